import assert from "node:assert/strict";
import { test } from "node:test";
import { caseQuery, casesAmong } from "../../templates/static/catalogue.js";
import { cell, csv } from "../../templates/static/take.js";
import { distance, excerpt, holders, nearest, normal, otherNames, otherWords, patternOf, pieces, plain, quoted, shortened, spelt, suggestions, terms, valueNamed, valueSaid, wordList } from "../../templates/static/words.js";

test("spinal levels are one word however written", () => {
  for (const text of ["L4-5", "L4/5", "l4-l5", "L4 / L5", "L4/L5"]) assert.equal(normal(text), "l4l5", text);
  assert.equal(normal("C5-6 and L5-S1, 10/325 #60 2x4"), "c5c6 and l5s1, 10/325 #60 2x4");
  for (const text of ["Norco 10/325 mg", "Norco 10/325mg"]) assert.equal(normal(text), "Norco 10/325mg", text);
  assert.equal(normal("7.5 MG, 1,200 mcg; 2 mgs, L5 g, 3 grams"), "7.5MG, 1,200mcg; 2 mgs, L5 g, 3 grams");
});

test("what stands in quotes is a phrase, loose punctuation goes, little words go where others remain", () => {
  assert.deepEqual(terms('"lumbar MRI"'), { phrases: ["lumbar MRI"], words: [] });
  assert.deepEqual(terms('MRI of the "low back"'), { phrases: ["low back"], words: ["MRI"] });
  assert.deepEqual(terms('"fusion at L4-5" C5/6'), { phrases: ["fusion at L4-5"], words: ["c5c6"] }); // a joined spelling stands in no sentence
  assert.deepEqual(terms("lumbar, (MRI) 10% #60 10/325"), { phrases: [], words: ["lumbar", "MRI", "10", "60", "10/325"] });
  assert.deepEqual(terms("Why was my MRI denied?"), { phrases: [], words: ["MRI", "denied"] });
  assert.deepEqual(terms("of the"), { phrases: [], words: ["of", "the"] });
  for (const nothing of ["  ?! ", '""', "“ ”"]) assert.deepEqual(terms(nothing), { phrases: [], words: [] });
});

test("a heading says what was typed in quotes once, and no more than a line or two of it", () => {
  const told = (text) => quoted(text, (words) => `«${words}»`);
  assert.equal(told("lumbar MRI"), "«lumbar MRI»");
  assert.equal(told('"lumbar MRI"'), "«lumbar MRI»");
  assert.equal(told('"physical therapy" shoulder'), "«physical therapy» shoulder");
  assert.equal(told('"lumbar'), "«lumbar»");
  for (const nothing of ["", "---", '""', "?! …"]) assert.equal(told(nothing), "", nothing);
  assert.equal(told("lumbar ".repeat(40)), `«${"lumbar ".repeat(11).trim()}…»`);
  assert.equal(told("x".repeat(3000)), `«${"x".repeat(80)}…»`);
  assert.equal(shortened("x".repeat(80)), "x".repeat(80));
});

test("a word list says which shards hold a word that begins like the one typed", () => {
  const list = wordList("gabapentin 6\ngabadone 1\npain\n");
  assert.equal(holders("gabap", list), 6n);
  assert.equal(holders("gaba", list), 7n);
  assert.equal(holders("pai", list), null);
  assert.equal(holders("gabapentn", list), 0n);
  assert.equal(plain("10/325"), "10325");
});

test("a mistyped word leads to the nearest known one", () => {
  const known = ["pain", "gabapentin", "lumbar", "lumber", "plum"];
  assert.equal(nearest("gabapentn", known), "gabapentin");
  assert.equal(nearest("gabapentni", known), "gabapentin");
  assert.equal(nearest("pian", known), "pain");
  assert.equal(nearest("zzzzzz", known), "");
});

test("names are known without little words and accents", () => {
  const names = [[["shoulder"], ["hombro"]], [["surgery"], ["cirugía"]], [["headache"], ["dolor de cabeza"]], [["wrist"], ["muñeca"]]];
  assert.deepEqual(otherNames("cirugia hombro", names), ["shoulder", "surgery"]);
  assert.deepEqual(otherNames("dolor cabeza", names), ["headache"]);
  assert.deepEqual(otherNames("MUNECA", names), ["wrist"]);
  assert.deepEqual(otherNames("cabeza", names), []);
  assert.deepEqual(terms("cirugía de la rodilla"), { phrases: [], words: ["cirugía", "rodilla"] });
});

test("words that name what was decided are known, the longest run of them, and as words only", () => {
  const outcome = { key: "outcome", values: [{ id: "overturned", words: ["approved", "medically necessary"] }, { id: "upheld", words: ["denied", "not approved", "non-certified"] }] };
  const facets = [{ key: "body-part", values: [{ id: "knee" }] }, outcome];
  const said = (...words) => {
    const found = valueSaid(words, facets);
    return found && [found.facet.key, found.value.id, found.words];
  };
  assert.deepEqual(said("MRI", "Denied"), ["outcome", "upheld", ["Denied"]]);
  assert.deepEqual(said("MRI", "not", "approved"), ["outcome", "upheld", ["not", "approved"]]);
  assert.equal(said("not", "certified", "knee"), undefined);
  assert.deepEqual(said("non", "certified", "MRI"), ["outcome", "upheld", ["non", "certified"]]);
  assert.deepEqual(said("approved", "knee", "overturned"), ["outcome", "overturned", ["approved"]]);
  assert.equal(said("knee", "denial"), undefined);
  assert.equal(said(), undefined);
});

test("distance counts a swap of neighbours once and stops early", () => {
  assert.equal(distance("abcd", "abdc", 3), 1);
  assert.equal(distance("kitten", "sitting", 5), 3);
  assert.equal(distance("aaaaaaaa", "bbbbbbbb", 2), 3);
});

test("case numbers are recognised in any punctuation, whole or begun", () => {
  const cases = [170001234, 160221706, 0, 2130000004];
  const like = (text) => cases.flatMap((code, letter) => (caseQuery(text).fits(code) ? [letter] : []));
  for (const text of ["CM17-0001234", "cm17 0001234", "CM170001234", "CM 17 – 0001234", "17-0001234", "170001234", "0001234", "CM17-1234", "Case No. CM17-0001234", "IMR case number: CM17-0001234", "IMR CM17-0001234", "IMR 17-0001234"]) {
    assert.deepEqual(like(text), [0], text);
    assert.ok(caseQuery(text).exact || text === "CM17-1234", text);
  }
  assert.deepEqual(like("CM16-02"), [1]);
  assert.deepEqual(like("CM16"), [1]);
  for (const text of ["IMR 13-000004", "IMR13-000004", "imr 13000004"]) assert.deepEqual(like(text), [3], text);
  for (const text of ["13-000004", "13000004"]) assert.deepEqual(like(text), [3], text); // as of 2013, too
  assert.deepEqual(like("CM14-9999999"), []);
});

test("other numbers are no case numbers", () => {
  for (const text of ["lumbar", "10/325", "2x4", "72148", "CM17-00012345", "04/21/2014", "2016", "16", "cm", "IMR 2016", "IMR case", "case", "decision no", "4-21-14", ""]) {
    assert.equal(caseQuery(text), null, text);
  }
});

test("suggestions put labels before words inside before other words for them", () => {
  const facets = [{ key: "body-part", values: [{ id: "a", label: "Low back" }, { id: "b", label: "Lumbago clinic" }, { id: "c", label: "Right lumbar" }] }];
  const vocabulary = [[["lumbar"], [], []]];
  const found = suggestions("lum", facets, vocabulary);
  assert.deepEqual(found.map((one) => one.value.id), ["b", "c", "a"]);
  assert.deepEqual(found.map((one) => one.via), ["", "", "lumbar"]);
  assert.deepEqual(suggestions("l", facets, vocabulary), []);
});

test("where the whole text suggests nothing its last words do, and the others stay", () => {
  const facets = [{ key: "body-part", values: [{ id: "a", label: "Low back" }] }];
  const [found] = suggestions("Norco  for low b", facets, [[[]]]);
  assert.deepEqual([found.value.id, found.before], ["a", "Norco  for"]);
});

test("a word names a value by the beginning of a word in its label, by its id, or by another word for it as a whole", () => {
  const facets = [
    { key: "outcome", values: [{ id: "upheld", label: "Denegación confirmada" }, { id: "overturned", label: "Denegación revocada" }] },
    { key: "letter-outcome", values: [{ id: "partly", label: "Revocada en parte" }] },
    { key: "body-part", values: [{ id: "neck", label: "Cuello" }] },
  ];
  const vocabulary = [[[], []], [[]], [["cervical spine", "nape"]]];
  const id = (word) => valueNamed(word, facets, vocabulary)?.value.id;
  assert.deepEqual(["Revocada", "upheld", "NAPE", "cervical", "zz"].map(id), ["overturned", "upheld", "neck", undefined, undefined]);
});

test("a cell is no formula", () => {
  for (const text of ["=1", "+1", "-1", "@a", " =1", "\u200b=1", "\uff1d1", "\t1"]) assert.match(cell(text), /^"'/, text);
  assert.equal(cell('say "so", 5-1'), '"say ""so"", 5-1"');
  assert.equal(cell(""), '""');
});

test("a table has one line an issue that fits", () => {
  const card = ["cm17-0001234", "CM17-0001234", "2017-02-21", [["MRI, lumbar", "upheld"], ["Norco", null]]];
  const lines = csv([{ card, matching: new Set([1]) }], "http://a.example/imr/").trim().split("\r\n");
  assert.equal(lines.length, 2);
  assert.equal(lines[1], '"CM17-0001234","2017-02-21","2","Norco","","http://a.example/imr/decisions/cm17-0001234.html#issue-2"');
});

test("what has other names is looked for by them, and by no name that is typed", () => {
  const names = [[["gabapentin", "neurontin"], []], [["norco", "tylenol 3"], ["pain killers", "pain pills"]], [["x-ray"], []]];
  assert.deepEqual(otherNames("Neurontin 300mg", names), ["gabapentin"]);
  assert.deepEqual(otherNames("pain  killers!", names), ["norco", "tylenol 3"]);
  assert.deepEqual(otherNames("Tylenol #3", names), ["norco"]);
  for (const text of ["neurontins", "pain", "x ray", ""]) assert.deepEqual(otherNames(text, names), [], text);
  assert.deepEqual(otherWords("denied Neurontin, 300mg", names), [["denied", "gabapentin", "300mg"]]);
  assert.deepEqual(otherWords("neurontin and pain killers", names), [["gabapentin", "norco"], ["gabapentin", "tylenol", "3"]]);
  assert.deepEqual(otherWords("neurontins", names), []);
});

test("an excerpt is the first place that fits, with whole words around it", () => {
  const pattern = patternOf({ phrases: ["tylenol 3"], words: [] });
  assert.deepEqual(excerpt("He took Tylenol #3 and rested.", pattern), "He took Tylenol #3 and rested.");
  assert.deepEqual(excerpt("one two three Tylenol 3 four five six", pattern, 11), "two three Tylenol 3 four five");
  assert.equal(excerpt("Nothing of it.", pattern), null);
  assert.equal(excerpt("Anything", null), null);
});

test("whole case numbers are known among other words", () => {
  assert.deepEqual(casesAmong("IMR Case Number: CM16-0247255 Date of Injury"), { numbers: ["CM16-0247255"], rest: "  Date of Injury" });
  assert.deepEqual(casesAmong("see cm160247255, MRI"), { numbers: ["CM160247255"], rest: "see  , MRI" });
  assert.deepEqual(casesAmong("IMR: CM16-0247255 and IMR 13-000004").numbers, ["CM16-0247255", "IMR 13-000004"]);
  for (const text of ["CM16-02472", "acm16-0247255 MRI", "16-0247255 MRI", "lumbar MRI", ""]) assert.deepEqual(casesAmong(text), { numbers: [], rest: text });
});

test("a text falls into what is marked and what stands between", () => {
  const pattern = patternOf(terms("lumbar spine"));
  assert.deepEqual(pieces("Lumbar MRI of the spines", pattern), [["", false], ["Lumbar", true], [" MRI of the ", false], ["spines", true], ["", false]]);
  assert.deepEqual(pieces("Norco", pattern), [["Norco", false]]);
  assert.deepEqual(pieces("null and void", patternOf(terms("x"))), [["null and void", false]]);
});

test("a level is told as people write it", () => {
  assert.deepEqual(["l4l5", "l5s1", "c5c6", "Norco", "l4"].map(spelt), ["L4-5", "L5-S1", "C5-6", "Norco", "l4"]);
});

test("suggestions need no accents", () => {
  const facets = [{ key: "body-part", values: [{ id: "wrist-hand", label: "Muñeca y mano" }] }];
  for (const typed of ["muneca", "Muñe", "mano"]) assert.equal(suggestions(typed, facets, [[[]]])[0]?.value.id, "wrist-hand", typed);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { columns, decode, indexed, shardOf, unpacked } from "../../templates/static/catalogue.js";
import { closest, contentWith, evaluate, inMonths, near, rate, relevant, rows, sequence, settled, total } from "../../templates/static/query.js";
import { parse } from "../../templates/static/state.js";

// Three letters: A (2017-02, issues MRI/upheld and PT/overturned), B (2016-12, MRI/overturned), C (no date, MRI/upheld, no sex).
const DAY = (iso) => (Date.parse(iso) - Date.UTC(1900, 0, 1)) / 86_400_000;
const index = indexed({
  facets: [
    { key: "outcome", level: "issue", values: [{ id: "upheld" }, { id: "overturned" }] },
    { key: "treatment", level: "issue", values: [{ id: "mri" }, { id: "pt" }] },
    { key: "sex", level: "letter", values: [{ id: "female" }, { id: "male" }] },
    { key: "year", level: "letter", values: [{ id: "2017" }, { id: "2016" }] },
  ],
  shards: [
    { letters: 1, issues: 2, first: "2017-02-28", last: "2017-02-28", values: { year: [0] } },
    { letters: 1, issues: 1, first: "2016-12-01", last: "2016-12-01", values: { year: [1] } },
    { letters: 1, issues: 1, first: null, last: null, values: { year: [] } },
  ],
});

/** A column file as Python packs it. */
function packed(arrays) {
  const header = {};
  const body = [];
  for (const [name, array] of Object.entries(arrays)) {
    while (body.length % 4) body.push(0);
    header[name] = [`u${array.BYTES_PER_ELEMENT * 8}`, body.length, array.length];
    body.push(...new Uint8Array(array.buffer));
  }
  let told = JSON.stringify(header);
  while ((told.length + 4) % 8) told += " ";
  const bytes = new Uint8Array(4 + told.length + body.length);
  new DataView(bytes.buffer).setUint32(0, told.length, true);
  bytes.set(new TextEncoder().encode(told), 4);
  bytes.set(body, 4 + told.length);
  return bytes.buffer;
}

const shards = [
  { days: Uint16Array.of(DAY("2017-02-28")), issues: Uint16Array.of(2), outcome: Uint8Array.of(0, 1), treatment: Uint8Array.of(0, 1), sex: Uint8Array.of(0), year: Uint8Array.of(0) },
  { days: Uint16Array.of(DAY("2016-12-01")), issues: Uint16Array.of(1), outcome: Uint8Array.of(1), treatment: Uint8Array.of(0), sex: Uint8Array.of(1), year: Uint8Array.of(1) },
  { days: Uint16Array.of(0), issues: Uint16Array.of(1), outcome: Uint8Array.of(0), treatment: Uint8Array.of(0), "sex#": Uint8Array.of(0), sex: new Uint8Array(), "year#": Uint8Array.of(0), year: new Uint8Array() },
].map((arrays) => decode(packed(arrays), index.facets));

const KEYS = index.facets.map((facet) => facet.key);

function ask(search, { scores = null, order = "newest" } = {}) {
  const parts = new Map(shards.map((shard, number) => {
    const own = scores ? Float32Array.of(scores[number]) : null;
    return [number, { ...evaluate(shard, index.facets, parse(search, KEYS), own), scores: own }];
  }));
  const sum = total(parts, index.facets);
  return { letters: rows(parts, index.shards, order), issues: sum.issues, counts: sum.counts.map((one) => [...one.letters]) };
}

test("nothing chosen shows every letter, newest first", () => {
  assert.deepEqual(ask(""), { letters: [0, 1, 2], issues: 4, counts: [[2, 2], [3, 1], [1, 1], [1, 1]] });
});

test("two facets must fit on the same issue", () => {
  assert.deepEqual(ask("?treatment=mri&outcome=overturned").letters, [1]);
});

test("the numbers of a facet leave its own choice aside", () => {
  assert.deepEqual(ask("?treatment=mri&outcome=overturned").counts, [[2, 1], [1, 1], [0, 1], [0, 1]]);
});

test("values of one facet are alternatives", () => {
  assert.deepEqual(ask("?outcome=upheld&outcome=overturned&treatment=pt").letters, [0]);
});

test("a value that nothing has shows nothing", () => {
  assert.deepEqual(ask("?outcome=strange").letters, []);
});

test("months are whole months and leave letters without a date out", () => {
  assert.deepEqual(ask("?from=2016-12&to=2017-01").letters, [1]);
  assert.deepEqual(ask("?from=2017-02&to=2017-02").letters, [0]);
  assert.deepEqual(ask("?from=2016-01").letters, [0, 1]);
});

test("scores narrow, and order with the newest first among equals", () => {
  const scores = [5, 7, 5];
  assert.deepEqual(ask("?q=x", { scores, order: "relevance" }).letters, [1, 0, 2]);
  assert.deepEqual(ask("?q=x&outcome=upheld", { scores, order: "relevance" }).letters, [0, 2]);
  assert.deepEqual(ask("?q=x", { scores: [5, -1, 0], order: "relevance" }).letters, [0, 2]);
});

test("oldest first keeps letters without a date at the end", () => {
  assert.deepEqual(ask("?sort=oldest", { order: "oldest" }).letters, [1, 0, 2]);
});

test("rows are settled as far as the shards above them are known", () => {
  const part = (letters) => ({ letters });
  assert.deepEqual(sequence(index.shards, "oldest").map((shard) => shard.number), [1, 0, 2]);
  assert.equal(settled(new Map([[0, part([0])]]), index.shards, "newest"), 1);
  assert.equal(settled(new Map([[1, part([0])]]), index.shards, "newest"), 0);
  assert.equal(settled(new Map([[1, part([0])]]), index.shards, "oldest"), 1);
  assert.equal(settled(new Map([[0, part([0])], [1, part([0])]]), index.shards, "relevance"), 0);
});

test("a year or a month that is asked for touches its own shards only", () => {
  const touched = (search, test_) => index.shards.filter((shard) => test_(shard, parse(search, KEYS))).map((shard) => shard.number);
  assert.deepEqual(touched("?year=2016", (shard, state) => relevant(shard, index.facets, state)), [1]);
  assert.deepEqual(touched("?from=2017-01&outcome=upheld", (shard, state) => relevant(shard, index.facets, state)), [0]);
  assert.deepEqual(touched("?from=2016-12&to=2017-03", inMonths), [0, 1]);
  assert.deepEqual(touched("", inMonths), [0, 1, 2]);
});

test("a letter is found in its shard", () => {
  assert.deepEqual([0, 1, 2].map((letter) => shardOf(index.shards, letter).number), [0, 1, 2]);
});

test("of equally good letters those come first whose own treatment was asked for", () => {
  const asked = ["lumbar", "mri", "spine"];
  const row = (id, disputed, matching) => ({ card: [id], matching: new Set(matching), nearness: disputed.map((text) => near(text, asked)) });
  const listed = [
    row("mentions", ["Norco"], [0]),
    row("other issue", ["MRI of the lumbar spine", "Norco"], [1]), // its MRI does not fit the filters
    row("longer", ["MRI of the lumbar spine without contrast"], [0]),
    row("exact", ["Norco", "MRI lumbar spine."], [0, 1]),
  ];
  assert.deepEqual(closest(listed).map(({ card }) => card[0]), ["exact", "longer", "mentions", "other issue"]);
});

test("where words may be missing, the nearer disputed treatment comes first", () => {
  const asked = ["denied", "mri", "left", "shoulder", "reviewer"];
  const row = (disputed) => ({ card: [disputed], matching: new Set([0]), nearness: [near(disputed, asked)], share: 0.5 });
  const listed = ["Norco", "Left knee brace", "MRI of the left knee", "MRI of the left shoulder"];
  assert.deepEqual(closest(listed.map(row), true).map(({ card }) => card[0]), [...listed].reverse());
  assert.deepEqual(closest(listed.map(row), false).map(({ card }) => card[0]), ["MRI of the left shoulder", ...listed.slice(0, 3)]);
});

test("a file is unpacked, and a value brings the values above it, each once", async () => {
  const tree = indexed({ shards: [], facets: [{ key: "treatment", level: "issue", values: [{ id: "drugs" }, { id: "drugs/opioid", parent: 0 }, { id: "drugs/nsaid", parent: 0 }, { id: "surgery" }] }] });
  const buffer = packed({ "treatment#": Uint8Array.of(2, 1, 0), treatment: Uint8Array.of(1, 2, 3) });
  const [column] = columns(await unpacked(gzipSync(new Uint8Array(buffer))), tree.facets);
  assert.deepEqual([[...column.values], [...column.offsets]], [[1, 0, 2, 3], [0, 3, 4, 4]]);
  const [one] = columns(packed({ treatment: Uint8Array.of(3, 2) }), tree.facets);
  assert.deepEqual([[...one.values], [...one.offsets]], [[3, 2, 0], [0, 1, 3]]);
});

test("a facet whose columns are not there is not counted, the others are", () => {
  const [first] = shards;
  const part = evaluate({ ...first, columns: first.columns.map((column, place) => (place === 2 ? undefined : column)) }, index.facets, parse("", KEYS), null);
  const sum = total(new Map([[0, part]]), index.facets);
  assert.deepEqual(sum.counts.map((one) => one && [...one.letters]), [[1, 1], [1, 1], null, [1, 0]]);
});

test("the best of many are the same as the first of all", () => {
  const many = Array.from({ length: 300 }, (_, letter) => (letter * 7919) % 23);
  const parts = new Map([[0, { letters: [...many.keys()], scores: Float32Array.from(many) }]]);
  const all = rows(parts, [{ number: 0, start: 0, first: "2017-01-01" }], "relevance");
  for (const most of [1, 20, 299, 300, 301]) assert.deepEqual(rows(parts, [{ number: 0, start: 0, first: "2017-01-01" }], "relevance", most), all.slice(0, most));
  assert.deepEqual(all.slice(0, 3).map((letter) => many[letter]), [22, 22, 22]);
});

test("nearness is the part of the words that a disputed treatment and a search share, little ones aside", () => {
  assert.equal(near("MRI of the lumbar spine", ["lumbar", "MRI"]), 1 + 2 / 3);
  assert.equal(near("Lumbar MRI", ["MRI", "lumbar", "denied"]), 1 + 2 / 3);
  assert.equal(near("Lumbar MRI", ["MRI", "cervical"]), 1 / 3);
  assert.equal(near("MRI, lumbar", ["lumbar", "MRI"]), 2);
  assert.equal(near("Norco", ["lumbar"]), 0);
  assert.equal(near("Norco", ["#"]), 0);
  assert.equal(near("Norco 10/325 mg", ["Norco", "10/325mg"]), 2);
});

test("where no letter has all words, as much of them is asked for as fifty letters have", () => {
  const tenths = (letters) => Array.from({ length: 11 }, (_, place) => letters[place] ?? 0);
  assert.deepEqual(contentWith(tenths({ 9: 60, 8: 70 })), { least: 90, letters: 60 });
  assert.deepEqual(contentWith(tenths({ 9: 2, 8: 3, 6: 50, 5: 7 })), { least: 60, letters: 55 });
  assert.deepEqual(contentWith(tenths({ 7: 1, 1: 90 })), { least: 20, letters: 1 });
  assert.equal(contentWith(tenths({ 1: 90, 0: 5 })), undefined);
  assert.equal(contentWith(tenths({})), undefined);
});

test("a rate counts the issues decided, comes with its interval, and is not given for few", () => {
  const facets = indexed({ shards: [], facets: [{ key: "letter-outcome", level: "letter", values: [{ id: "upheld" }] }, { key: "outcome", level: "issue", values: [{ id: "upheld" }, { id: "overturned" }] }] }).facets;
  const told = (upheld, overturned) => rate(facets, [null, { issues: [upheld, overturned] }], 10);
  assert.deepEqual(told(7, 2), { facet: "outcome", overturned: 2, decided: 9 });
  const { share, low, high } = told(80, 20);
  assert.deepEqual([share, low.toFixed(4), high.toFixed(4)], [0.2, "0.1334", "0.2888"]);
  assert.equal(told(50, 0).low, 0);
  assert.equal(told(0, 50).high, 1);
  assert.equal(rate(facets, [null, null], 10), undefined);
  assert.equal(rate(facets.slice(0, 1), [{ issues: [3] }], 10), undefined);
});

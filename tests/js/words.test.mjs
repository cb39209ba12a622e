import assert from "node:assert/strict";
import { test } from "node:test";
import { caseQuery, casesLike } from "../../templates/static/catalogue.js";
import { distance, nearest, normal, suggestions, terms } from "../../templates/static/words.js";

test("spinal levels are one word however written", () => {
  for (const text of ["L4-5", "L4/5", "l4-l5", "L4 / L5", "L4/L5"]) assert.equal(normal(text), "l4l5", text);
  assert.equal(normal("C5-6 and L5-S1, 10/325 #60 2x4"), "c5c6 and l5s1, 10/325 #60 2x4");
});

test("quotes make a phrase, loose punctuation goes", () => {
  assert.deepEqual(terms('"lumbar MRI"'), { phrase: "lumbar MRI", terms: [] });
  assert.deepEqual(terms("lumbar, (MRI) 10% #60"), { phrase: "", terms: ["lumbar", "MRI", "10%", "60"] });
  assert.deepEqual(terms("  ?! "), { phrase: "", terms: [] });
});

test("a mistyped word leads to the nearest known one", () => {
  const known = ["pain", "gabapentin", "lumbar", "lumber", "plum"];
  assert.equal(nearest("gabapentn", known), "gabapentin");
  assert.equal(nearest("gabapentni", known), "gabapentin");
  assert.equal(nearest("pian", known), "pain");
  assert.equal(nearest("zzzzzz", known), "");
});

test("distance counts a swap of neighbours once and stops early", () => {
  assert.equal(distance("abcd", "abdc", 3), 1);
  assert.equal(distance("kitten", "sitting", 5), 3);
  assert.equal(distance("aaaaaaaa", "bbbbbbbb", 2), 3);
});

test("case numbers are recognised in any punctuation, whole or begun", () => {
  const cases = [170001234, 160221706, 0, 2130000004];
  const like = (text) => casesLike(caseQuery(text), cases);
  for (const text of ["CM17-0001234", "cm17 0001234", "CM170001234", "17-0001234", "0001234"]) assert.deepEqual(like(text), [0], text);
  assert.deepEqual(like("CM16-02"), [1]);
  assert.deepEqual(like("CM16"), [1]);
  assert.deepEqual(like("IMR 13-000004"), [3]);
  assert.deepEqual(like("CM14-9999999"), []);
  for (const text of ["lumbar", "10/325", "2x4", "72148", "CM17-00012345"]) assert.equal(caseQuery(text), null, text);
});

test("suggestions put labels before words inside before synonyms", () => {
  const values = [
    { id: "a", label: "Low back", words: ["lumbar"] },
    { id: "b", label: "Lumbago clinic" },
    { id: "c", label: "Right lumbar" },
  ];
  const found = suggestions("lum", [{ key: "body-part", values }]);
  assert.deepEqual(found.map((one) => one.value.id), ["b", "c", "a"]);
  assert.deepEqual(suggestions("l", [{ key: "body-part", values }]), []);
});

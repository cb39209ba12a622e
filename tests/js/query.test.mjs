import assert from "node:assert/strict";
import { test } from "node:test";
import { join } from "../../templates/static/catalogue.js";
import { evaluate } from "../../templates/static/query.js";
import { parse } from "../../templates/static/state.js";

// Three letters: A (2017-02, issues MRI/upheld and PT/overturned), B (2016-12, MRI/overturned), C (no date, MRI/upheld).
const DAY = (iso) => (Date.parse(iso) - Date.UTC(1900, 0, 1)) / 86_400_000;
const index = {
  facets: [
    { key: "outcome", level: "issue", values: [{ id: "upheld" }, { id: "overturned" }] },
    { key: "treatment", level: "issue", values: [{ id: "mri" }, { id: "pt" }] },
    { key: "sex", level: "letter", values: [{ id: "female" }, { id: "male" }] },
  ],
  shards: [
    { letters: 2, issues: 3 },
    { letters: 1, issues: 1 },
  ],
};
const shards = [
  { days: Uint16Array.of(DAY("2017-02-28"), DAY("2016-12-01")), issues: Uint16Array.of(2, 1), outcome: Uint8Array.of(0, 1, 1), treatment: Uint8Array.of(0, 1, 0), sex: Uint8Array.of(0, 1) },
  { days: Uint16Array.of(0), issues: Uint16Array.of(1), outcome: Uint8Array.of(0), treatment: Uint8Array.of(0), "sex#": Uint8Array.of(0), sex: Uint8Array.of() },
];
const table = join(index, shards);
const ask = (search, hits = null, order = "newest") => {
  const found = evaluate(table, parse(search, ["outcome", "treatment", "sex"]), hits, order);
  return { letters: found.letters, issues: found.issues, counts: found.counts.map((one) => [...one.letters]) };
};

test("nothing chosen shows every letter, newest first", () => {
  assert.deepEqual(ask(""), { letters: [0, 1, 2], issues: 4, counts: [[2, 2], [3, 1], [1, 1]] });
});

test("two facets must fit on the same issue", () => {
  assert.deepEqual(ask("?treatment=mri&outcome=overturned").letters, [1]);
});

test("the numbers of a facet leave its own choice aside", () => {
  assert.deepEqual(ask("?treatment=mri&outcome=overturned").counts, [[2, 1], [1, 1], [0, 1]]);
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

test("hits narrow, and order by score with the newest first among equals", () => {
  const hits = new Map([[2, 5], [1, 7], [0, 5]]);
  assert.deepEqual(ask("?q=x", hits, "relevance").letters, [1, 0, 2]);
  assert.deepEqual(ask("?q=x&outcome=upheld", hits, "relevance").letters, [0, 2]);
});

test("oldest first keeps letters without a date at the end", () => {
  assert.deepEqual(ask("?sort=oldest", null, "oldest").letters, [1, 0, 2]);
});

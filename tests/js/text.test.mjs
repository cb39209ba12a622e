import assert from "node:assert/strict";
import { test } from "node:test";
import { enough, tally } from "../../templates/static/text.js";

/** letter -> hit, of letters with their scores. */
const holding = (scores) => new Map(Object.entries(scores).map(([letter, score]) => [Number(letter), { score, letter }]));

// Of ten letters all have "the", half "knee", one "scooter", none "qqq".
const WORDS = ["the", "knee", "scooter", "qqq"];
const EACH = [
  holding(Object.fromEntries(Array.from({ length: 10 }, (_, letter) => [letter, 1]))),
  holding({ 0: 1, 1: 1, 2: 3, 3: 1, 4: 1 }),
  holding({ 4: 1 }),
  holding({}),
];
const search = (least, quoted = []) => enough(quoted, EACH, { words: WORDS, least, scores: new Float32Array(10).fill(-1) });

test("rare words count more, and one that no letter has the less, the more letters lack it", () => {
  const { having } = tally([], EACH, 10);
  assert.equal(having.reduce((sum, letters) => sum + letters, 0), 10);
  assert.equal(having.findLastIndex((letters) => letters > 0), 8); // all but "qqq"
  assert.equal(having[0], 5); // "the" alone says next to nothing
  const some = EACH.map((one) => new Map([...one].filter(([letter]) => letter === 4 || letter === 9)));
  assert.equal(tally([], some, 2).having.findLastIndex((letters) => letters > 0), 7);
  assert.equal(tally([], EACH, 1000).having.findLastIndex((letters) => letters > 0), 9);
});

test("letters with as much of the words are found, those without are not, and each tells what it lacks", () => {
  const { scores, hits, lacking } = search(20);
  assert.deepEqual([...hits.keys()].sort(), [0, 1, 2, 3, 4]);
  assert.deepEqual([...scores].map((score) => score >= 0), [...Array(10).keys()].map((letter) => letter < 5));
  assert.ok(scores[4] > scores[2] && scores[2] > scores[0]);
  assert.deepEqual(lacking(0), ["scooter", "qqq"]);
  assert.deepEqual([...search(70).hits.keys()], [4]);
  assert.deepEqual([...search(90).hits.keys()], []);
});

test("the hit of a letter is that for its rarest word", () => {
  assert.equal(search(20).hits.get(4), EACH[2].get(4));
  assert.equal(search(20).hits.get(3), EACH[1].get(3));
});

test("a phrase is never done without", () => {
  const quoted = [holding({ 3: 1, 8: 1 })];
  assert.deepEqual([...search(20, quoted).hits.keys()], [3]);
  assert.equal(tally(quoted, EACH, 10).having.reduce((sum, letters) => sum + letters, 0), 2);
});

test("letters with all words but one are counted for each", () => {
  assert.deepEqual(tally([], EACH, 10).without, [0, 0, 0, 1]);
  assert.deepEqual(tally([], EACH.slice(0, 3), 10).without, [1, 1, 5]);
  assert.deepEqual(tally([holding({ 3: 1 })], [holding({})], 10).without, [1]);
});

// For tests in Python: evaluates states over catalogue files with the modules of the page. stdin: {folder, states: [{search, hits}]}.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { caseQuery, columns as more, decode, indexed } from "../../templates/static/catalogue.js";
import { evaluate, inMonths, rows, total } from "../../templates/static/query.js";
import { order, parse } from "../../templates/static/state.js";

const { folder, states, cases } = JSON.parse(readFileSync(0, "utf-8"));
const read = (path) => readFileSync(`${folder}/${path}`);
const buffer = (path) => Uint8Array.from(gunzipSync(read(path))).buffer;
const index = indexed(JSON.parse(read("catalogue/index.json")));
const columns = index.shards.map((shard) => {
  const [first, others] = [decode(buffer(shard.columns), index.facets), more(buffer(shard.more), index.facets)];
  return { ...first, columns: first.columns.map((column, place) => column ?? others[place]) };
});
const codes = index.shards.flatMap((shard) => [...new Uint32Array(buffer(shard.cases))]);
const cards = index.shards.flatMap((shard) =>
  Array.from({ length: Math.ceil(shard.letters / index.cards) }, (_, place) => JSON.parse(gunzipSync(read(`${shard.cards}${place}.bin`)))).flat(),
);
const keys = index.facets.map((facet) => facet.key);

const answers = states.map(({ search, hits }) => {
  const state = parse(search, keys);
  const shards = index.shards.filter((shard) => inMonths(shard, state));
  const parts = new Map(shards.map((shard) => {
    const own = cards.slice(shard.start, shard.start + shard.letters);
    const scores = hits && Float32Array.from(own, ([id]) => hits[id] ?? -1);
    return [shard.number, { ...evaluate(columns[shard.number], index.facets, state, scores), scores }];
  }));
  const sum = total(parts, index.facets);
  const counts = Object.fromEntries(index.facets.map((facet, place) => [facet.key, Object.fromEntries(
    facet.values.map((value, number) => [value.id, [sum.counts[place].letters[number], sum.counts[place].issues[number]]]),
  )]));
  return { letters: rows(parts, shards, order(state)).map((letter) => cards[letter][0]), issues: sum.issues, counts };
});
const found = (cases ?? []).map((text) => cards.filter((_, letter) => caseQuery(text)?.fits(codes[letter])).map(([id]) => id));
process.stdout.write(JSON.stringify({ answers, found, cards }));

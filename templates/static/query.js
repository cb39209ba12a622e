// State + catalogue + text hits -> rows and counts. Pure.
//
// An issue fits when it has, in every facet with a choice, one of the chosen values, and its letter is in the months and among the
// hits. The number beside a value counts what choosing it alone in its facet would show: all other facets stay in force.

import { days } from "./catalogue.js";

/** `hits`: letter -> score, or null without words. */
export function evaluate(table, state, hits, order) {
  const chosen = table.facets.map((facet) => allowed(facet, state.chosen.get(facet.key)));
  const counts = table.facets.map((facet) => ({
    issues: new Uint32Array(facet.values.length),
    letters: new Uint32Array(facet.values.length),
    last: new Int32Array(facet.values.length).fill(-1),
  }));
  const [first, last] = days(state.from, state.to);
  const dated = Boolean(state.from || state.to);
  const letters = [];
  const matching = new Uint8Array(table.issues);
  let issues = 0;
  const visit = (letter) => {
    const day = table.days[letter];
    if (dated && (day === 0 || day < first || day > last)) return;
    let any = false;
    for (let issue = table.first[letter]; issue < table.first[letter + 1]; issue += 1) {
      const failing = failed(table, chosen, issue);
      if (failing === MANY) continue;
      if (failing === NONE) {
        matching[issue] = 1;
        issues += 1;
        any = true;
        for (let facet = 0; facet < counts.length; facet += 1) count(table.columns[facet], counts[facet], issue, letter);
      } else count(table.columns[failing], counts[failing], issue, letter);
    }
    if (any) letters.push(letter);
  };
  if (hits) for (const letter of [...hits.keys()].sort((a, b) => a - b)) visit(letter);
  else for (let letter = 0; letter < table.letters; letter += 1) visit(letter);
  return { letters: sorted(letters, table, hits, order), issues, matching, counts };
}

const NONE = -1;
const MANY = -2;

/** Which values pass, or null where nothing is chosen. Unknown values pass nothing. */
function allowed(facet, ids) {
  if (!ids) return null;
  const mask = new Uint8Array(facet.values.length);
  for (const id of ids) if (facet.number.has(id)) mask[facet.number.get(id)] = 1;
  return mask;
}

/** The one facet that the issue fails, NONE, or MANY. */
function failed(table, chosen, issue) {
  let failing = NONE;
  for (let facet = 0; facet < chosen.length; facet += 1) {
    const mask = chosen[facet];
    if (!mask || passes(table.columns[facet], mask, issue)) continue;
    if (failing !== NONE) return MANY;
    failing = facet;
  }
  return failing;
}

function passes(column, mask, issue) {
  for (let place = column.offsets[issue]; place < column.offsets[issue + 1]; place += 1) if (mask[column.values[place]]) return true;
  return false;
}

function count(column, counts, issue, letter) {
  for (let place = column.offsets[issue]; place < column.offsets[issue + 1]; place += 1) {
    const value = column.values[place];
    counts.issues[value] += 1;
    if (counts.last[value] !== letter) {
      counts.last[value] = letter;
      counts.letters[value] += 1;
    }
  }
}

/** Letters without a date come last in either direction of time; equal scores stand newest first. */
function sorted(letters, table, hits, order) {
  if (order === "relevance" && hits) return letters.sort((a, b) => hits.get(b) - hits.get(a) || a - b);
  if (order !== "oldest") return letters;
  const dated = letters.filter((letter) => table.days[letter]).reverse();
  return dated.concat(letters.filter((letter) => !table.days[letter]));
}

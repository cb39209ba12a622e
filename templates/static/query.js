// State + columns + scores of a shard -> matching issues and counts; shards put together -> rows in order. Pure.
//
// An issue fits when it has, in every facet with a choice, one of the chosen values, and its letter is in the months and has a
// score. The number beside a value counts what choosing it alone in its facet would show: all other facets stay in force.

import { days } from "./catalogue.js";
import { terms } from "./words.js";

const NONE = -1;
const MANY = -2;

/**
 * `scores`: by letter of the shard, below 0 for no hit; null without words. Letters are numbered within the shard. A facet without
 * a column has no counts; one with a choice needs its column.
 */
export function evaluate(shard, facets, state, scores) {
  const masks = facets.map((facet) => allowed(facet, state.chosen.get(facet.key)));
  const active = masks.flatMap((mask, place) => (mask ? [place] : []));
  const counts = facets.map((facet, place) => (shard.columns[place] ? counter(facet.values.length) : null));
  const matching = new Uint8Array(shard.first[shard.days.length]);
  const letters = [];
  let issues = 0;
  const [from, to] = days(state.from, state.to);
  const dated = Boolean(state.from || state.to);
  for (let letter = 0; letter < shard.days.length; letter += 1) {
    if (scores && !(scores[letter] >= 0)) continue;
    const day = shard.days[letter];
    if (dated && (day === 0 || day < from || day > to)) continue;
    let any = false;
    for (let issue = shard.first[letter]; issue < shard.first[letter + 1]; issue += 1) {
      const failing = failed(shard.columns, masks, active, issue, letter);
      if (failing === MANY) continue;
      if (failing !== NONE) {
        count(shard.columns[failing], counts[failing], issue, letter);
        continue;
      }
      matching[issue] = 1;
      issues += 1;
      any = true;
      for (let facet = 0; facet < counts.length; facet += 1) if (counts[facet]) count(shard.columns[facet], counts[facet], issue, letter);
    }
    if (any) letters.push(letter);
  }
  return { letters, issues, matching, counts };
}

function counter(values) {
  return { issues: new Uint32Array(values), letters: new Uint32Array(values), last: new Int32Array(values).fill(-1) };
}

/** Which values pass, or null where nothing is chosen. Unknown values pass nothing. */
function allowed(facet, ids) {
  if (!ids) return null;
  const mask = new Uint8Array(facet.values.length);
  for (const id of ids) if (facet.number.has(id)) mask[facet.number.get(id)] = 1;
  return mask;
}

/** The one facet that the issue fails, NONE, or MANY. */
function failed(columns, masks, active, issue, letter) {
  let failing = NONE;
  for (const facet of active) {
    const column = columns[facet];
    if (passes(column, masks[facet], column.ofIssue ? issue : letter)) continue;
    if (failing !== NONE) return MANY;
    failing = facet;
  }
  return failing;
}

function passes({ values, offsets }, mask, owner) {
  if (!offsets) return mask[values[owner]] === 1;
  for (let place = offsets[owner]; place < offsets[owner + 1]; place += 1) if (mask[values[place]]) return true;
  return false;
}

function count({ values, offsets, ofIssue }, counts, issue, letter) {
  const owner = ofIssue ? issue : letter;
  const last = offsets ? offsets[owner + 1] : owner + 1;
  for (let place = offsets ? offsets[owner] : owner; place < last; place += 1) {
    const value = values[place];
    counts.issues[value] += 1;
    if (counts.last[value] !== letter) {
      counts.last[value] = letter;
      counts.letters[value] += 1;
    }
  }
}

/** Counts of the shards together. `parts`: evaluations, by number of the shard. */
export function total(parts, facets) {
  const known = facets.map((_, place) => [...parts.values()].every((part) => part.counts[place]));
  const sum = { letters: 0, issues: 0, counts: facets.map((facet, place) => (known[place] ? counter(facet.values.length) : null)) };
  for (const part of parts.values()) {
    sum.letters += part.letters.length;
    sum.issues += part.issues;
    sum.counts.forEach((into, facet) => {
      if (into) for (const kind of ["issues", "letters"]) part.counts[facet][kind].forEach((number, value) => (into[kind][value] += number));
    });
  }
  return sum;
}

/**
 * How the issues that fit came out, whatever outcome was chosen: {facet, overturned, decided, share, low, high}, the last three, of
 * which two are the 95% Wilson interval, where at least `fewest` are decided; undefined where outcomes are not counted.
 */
export function rate(facets, counts, fewest) {
  const place = facets.findIndex(({ level, number }) => level === "issue" && (number.has("upheld") || number.has("overturned")));
  if (!counts[place]) return undefined;
  const [overturned, upheld] = ["overturned", "upheld"].map((id) => counts[place].issues[facets[place].number.get(id)] ?? 0);
  const decided = overturned + upheld;
  const { key: facet } = facets[place];
  if (decided < fewest) return { facet, overturned, decided };
  const [share, z] = [overturned / decided, 1.96];
  const middle = share + (z * z) / (2 * decided);
  const half = z * Math.sqrt((share * (1 - share)) / decided + (z * z) / (4 * decided * decided));
  const [low, high] = [middle - half, middle + half].map((end) => Math.min(1, Math.max(0, end / (1 + (z * z) / decided))));
  return { facet, overturned, decided, share, low, high };
}

/** Shards in the order in which time runs down the page. Letters without a date come last in either direction. */
export function sequence(shards, order) {
  const dated = shards.filter((shard) => shard.first);
  if (order === "oldest") dated.reverse();
  return [...dated, ...shards.filter((shard) => !shard.first)];
}

/** Letters, by number in the collection, as they are shown; the first `most` of them. Equal scores stand newest first. */
export function rows(parts, shards, order, most = Infinity) {
  if (order === "relevance") return best(parts, shards, most);
  const listed = [];
  for (const shard of sequence(shards, order)) {
    if (listed.length >= most) break;
    const part = parts.get(shard.number);
    if (!part) continue;
    const letters = order === "oldest" && shard.first ? [...part.letters].reverse() : part.letters;
    for (const letter of letters) listed.push(shard.start + letter);
  }
  return listed.slice(0, most);
}

/** The letters with the best scores. Only those that reach the list are put in order: sorting everything would take longer. */
function best(parts, shards, most) {
  const letters = [];
  const scores = [];
  for (const shard of shards) {
    const part = parts.get(shard.number);
    for (const letter of part?.letters ?? []) {
      letters.push(shard.start + letter);
      scores.push(part.scores ? part.scores[letter] : 0);
    }
  }
  const least = scores.length > most ? Float32Array.from(scores).sort()[scores.length - most] : -Infinity;
  const places = [...letters.keys()].filter((place) => scores[place] >= least);
  places.sort((a, b) => scores[b] - scores[a] || letters[a] - letters[b]);
  return places.slice(0, most).map((place) => letters[place]);
}

/** How many of the first rows cannot change any more: those of the shards at the top that are done. Relevance needs all. */
export function settled(parts, shards, order) {
  let number = 0;
  for (const shard of sequence(shards, order)) {
    if (!parts.has(shard.number)) return order === "relevance" ? 0 : number;
    number += parts.get(shard.number).letters.length;
  }
  return number;
}

/** Can the shard hold a row? Only then it is asked first; one outside the months is not asked at all. */
export function relevant(shard, facets, state) {
  if (!inMonths(shard, state)) return false;
  return facets.every((facet) => {
    const ids = state.chosen.get(facet.key);
    const own = shard.values[facet.key];
    return !ids || !own || own.some((number) => ids.has(facet.values[number].id));
  });
}

export function inMonths(shard, state) {
  if (!state.from && !state.to) return true;
  return Boolean(shard.first) && (!state.to || shard.first.slice(0, 7) <= state.to) && (!state.from || shard.last.slice(0, 7) >= state.from);
}

/**
 * Rows with those first whose own disputed treatment is what was asked for; where words may be missing, the nearer the
 * sooner, and the more of them a letter has. The index scores whole letters; which of two letters asked for just this, it does not know.
 */
export function closest(rows, isLoose) {
  const nearest = ({ matching, nearness }) => Math.max(0, ...[...matching].map((place) => nearness[place]));
  const own = (row) => (isLoose ? nearest(row) + 3 * row.share : nearest(row) > 1 ? nearest(row) : 0);
  return rows.map((row) => [own(row), row]).sort(([a], [b]) => b - a).map(([, row]) => row);
}

/**
 * With how many per cent of the words to be content where no letter has all, and what that gives: {least, letters}; undefined where none
 * comes near. As many as the nearest letters have; fewer while these are few. `having`: letters by tenths of the words.
 */
export function contentWith(having, few = 50, tenths = 2) {
  let least = having.findLastIndex((letters) => letters > 0);
  let letters = having[least];
  while (letters < few && least > tenths) letters += having[(least -= 1)];
  return least >= tenths ? { least: 10 * least, letters } : undefined;
}

/**
 * How much a disputed treatment is what the words ask for: the part of the words of both that they share, and 1 more where one of them
 * holds all that the other says.
 */
export function near(disputed, words) {
  const [few, many] = [words, terms(disputed).words].map((some) => new Set(some.map(folded).filter(Boolean))).sort((a, b) => a.size - b.size);
  const shared = [...few].filter((word) => many.has(word)).length;
  if (!shared) return 0;
  return shared / (few.size + many.size - shared) + (shared === few.size ? 1 : 0);
}

function folded(word) {
  return word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

// The catalogue: column files to typed arrays. Pure: buffers in, arrays out; who fetches them is not its business.

const TYPES = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array };
const EPOCH = Date.UTC(1900, 0, 1);
const DAY = 86_400_000;

/** catalogue/index.json with what can be looked up in it: numbers of values by id, first letter of each shard. */
export function indexed(index) {
  let letters = 0;
  const shards = index.shards.map((shard, number) => {
    const start = letters;
    letters += shard.letters;
    return { ...shard, number, start };
  });
  const facets = index.facets.map((facet) => ({
    ...facet,
    number: new Map(facet.values.map((value, place) => [value.id, place])),
    above: facet.values.some((value) => value.parent !== undefined) ? facet.values.map((value) => value.parent) : null,
  }));
  return { ...index, shards, facets, letters };
}

/** Files of the catalogue that are called .bin, packed as no host would pack them. */
export function unpacked(buffer) {
  return new Response(new Blob([buffer]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** One shard's file as columns: letter l has the issues first[l] to first[l + 1]; see `columns` for the facets. */
export function decode(buffer, facets) {
  const found = arrays(buffer);
  return { days: dates(found.days), first: offsets(found.issues), columns: columns(buffer, facets) };
}

/** Columns of the facets that the file holds, at their places: others are left empty. */
export function columns(buffer, facets) {
  const found = arrays(buffer);
  return facets.map((facet) => (found[facet.key] ? column(facet, found) : undefined));
}

/** Owner o (an issue, or a letter) has values[offsets[o]] to values[offsets[o + 1]]; without offsets exactly values[o]. */
function column(facet, found) {
  const many = found[`${facet.key}#`];
  const own = { ofIssue: facet.level === "issue", values: found[facet.key], offsets: many ? offsets(many) : null };
  return facet.above ? withAbove(own, facet.above) : own;
}

/** With the values that stand above the given ones, each once an owner. */
function withAbove({ ofIssue, values, offsets: given }, above) {
  const owners = given ? given.length - 1 : values.length;
  const all = [];
  const ends = new Uint32Array(owners + 1);
  for (let owner = 0; owner < owners; owner += 1) {
    const [start, end] = given ? [given[owner], given[owner + 1]] : [owner, owner + 1];
    for (let place = start; place < end; place += 1) {
      for (let value = values[place]; value !== undefined && !all.includes(value, ends[owner]); value = above[value]) all.push(value);
    }
    ends[owner + 1] = all.length;
  }
  return { ofIssue, values: Uint16Array.from(all), offsets: ends };
}

/** name -> typed array: a JSON header behind its length, then little-endian arrays. */
function arrays(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const found = {};
  for (const [name, [type, offset, count]] of Object.entries(header)) found[name] = new TYPES[type](buffer, 4 + length + offset, count);
  return found;
}

/** Days since 1900 from steps back in time; 0 is no date. */
function dates(steps) {
  const days = new Uint16Array(steps.length);
  if (steps.length) days[0] = steps[0];
  for (let letter = 1; letter < steps.length; letter += 1) days[letter] = days[letter - 1] - steps[letter];
  return days;
}

function offsets(counts) {
  const sums = new Uint32Array(counts.length + 1);
  for (let place = 0; place < counts.length; place += 1) sums[place + 1] = sums[place] + counts[place];
  return sums;
}

/** Days since 1900 of the first and the last day of months such as "2016-04"; open ends are open. */
export function days(from, to) {
  const first = from ? (Date.UTC(+from.slice(0, 4), +from.slice(5) - 1, 1) - EPOCH) / DAY : 0;
  const last = to ? (Date.UTC(+to.slice(0, 4), +to.slice(5), 0) - EPOCH) / DAY : 65_535;
  return [first, last];
}

/** The shard of a letter, by its number in the collection. */
export function shardOf(shards, letter) {
  let low = 0;
  let high = shards.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (shards[middle].start <= letter) low = middle;
    else high = middle - 1;
  }
  return shards[low];
}

const LEAD = /^(?:(?:imr\s+)?(?:case|decision)\s*(?:number|no\b\.?|#)?\s*:?\s*|imr\s+(?=cm))/i;
const YEAR = /^(?:cm|imr)\s+20[12]\d$/i; // "IMR 2016"
const NUMBER = /^(?:(cm|imr)[\s\W]*(\d{2})[\s\W]*(\d{0,7})|(\d{2})[-\s]?(\d{6,7})|()(\d{7}))$/i;

/** What somebody typed as a case number: {exact, fits(code)} over the codes of the cases file; null where it is none. */
export function caseQuery(text) {
  const typed = text.trim().replace(LEAD, "");
  if (YEAR.test(text.trim())) return null;
  const match = NUMBER.exec(typed);
  if (!match) return null;
  if (match[7]) return { exact: true, fits: (code) => code > 0 && code % 1e7 === Number(match[7]) };
  const [year, rest] = match[1] ? [match[2], match[3]] : [match[4], match[5]];
  const old = (match[1] ?? "").toLowerCase() === "imr" && rest.length < 7;
  const digits = old ? 6 : 7;
  if (rest.length > digits) return null;
  const base = Number(year) * 1e7 + (old ? 2e9 : 0);
  const low = base + Number(rest || 0) * 10 ** (digits - rest.length);
  const high = low + 10 ** (digits - rest.length) - 1;
  const padded = rest ? base + Number(rest) : -1; // "CM17-1234": the noughts left out
  const bare = match[1] || rest.length !== 6 ? -1 : base + 2e9 + Number(rest); // "13-000042": of 2013, without its "IMR"
  return { exact: rest.length === digits, fits: (code) => code > 0 && ((code >= low && code <= high) || code === padded || code === bare) };
}

const WITHIN = /(?:\b(?:imr|case|decision|number|no)\b[\s:.#(["“]*)*\b(cm[\s-]?\d{2}[\s-]?\d{7}|imr[\s-]?\d{2}[\s-]?\d{6})\b/gi;

/** Whole case numbers among other words: {numbers, rest: the others}. */
export function casesAmong(text) {
  return { numbers: [...text.matchAll(WITHIN)].map((match) => match[1].toUpperCase()), rest: text.replace(WITHIN, " ") };
}

// The catalogue: column files to typed arrays. Pure: buffers in, arrays out; who fetches them is not its business.

const TYPES = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array };
const EPOCH = Date.UTC(1900, 0, 1);
const DAY = 86_400_000;

/** One shard's file: name -> typed array. */
export function columns(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const found = {};
  for (const [name, [type, offset, count]] of Object.entries(header)) {
    found[name] = new TYPES[type](buffer, 4 + length + offset, count);
  }
  return found;
}

/**
 * All shards as one table. Letters and issues are numbered in time, newest first.
 * `index`: catalogue/index.json; `shards`: columns() of each shard, in the order of the index.
 */
export function join(index, shards) {
  const letters = sum(index.shards, "letters");
  const issues = sum(index.shards, "issues");
  const table = {
    letters,
    issues,
    days: new Uint16Array(letters),
    first: new Uint32Array(letters + 1),
    letterOf: new Uint32Array(issues),
    facets: index.facets.map((facet) => ({ ...facet, number: new Map(facet.values.map((value, place) => [value.id, place])) })),
    columns: [],
    starts: [],
  };
  let letter = 0;
  let issue = 0;
  index.shards.forEach((shard, place) => {
    table.starts.push(letter);
    table.days.set(shards[place].days, letter);
    for (const count of shards[place].issues) {
      table.first[letter] = issue;
      table.letterOf.fill(letter, issue, issue + count);
      issue += count;
      letter += 1;
    }
  });
  table.first[letters] = issues;
  table.columns = index.facets.map((facet) => column(facet, table, shards));
  return table;
}

/** A facet over all issues: `values[offsets[i]..offsets[i + 1]]` are issue i's. */
function column(facet, table, shards) {
  const counts = new Uint8Array(table.issues);
  const parts = [];
  let issue = 0;
  let letter = 0;
  for (const shard of shards) {
    const own = shard[facet.key];
    const many = shard[`${facet.key}#`];
    const owners = facet.level === "issue" ? sumOf(shard.issues) : shard.issues.length;
    let start = 0;
    for (let owner = 0; owner < owners; owner += 1) {
      const count = many ? many[owner] : 1;
      const repeats = facet.level === "issue" ? 1 : shard.issues[owner];
      for (let again = 0; again < repeats; again += 1) {
        counts[issue] = count;
        issue += 1;
        for (let place = start; place < start + count; place += 1) parts.push(own[place]);
      }
      start += count;
    }
    letter += shard.issues.length;
  }
  const offsets = new Uint32Array(table.issues + 1);
  for (let place = 0; place < table.issues; place += 1) offsets[place + 1] = offsets[place] + counts[place];
  return { offsets, values: facet.values.length <= 256 ? Uint8Array.from(parts) : Uint16Array.from(parts) };
}

/** Days since 1900 of the first and the last day of months such as "2016-04"; open ends are open. */
export function days(from, to) {
  const first = from ? (Date.UTC(+from.slice(0, 4), +from.slice(5) - 1, 1) - EPOCH) / DAY : 0;
  const last = to ? (Date.UTC(+to.slice(0, 4), +to.slice(5), 0) - EPOCH) / DAY : 65_535;
  return [first, last];
}

/** Shard and place in it of a letter. */
export function locate(table, letter) {
  let shard = table.starts.length - 1;
  while (table.starts[shard] > letter) shard -= 1;
  return [shard, letter - table.starts[shard]];
}

/** What somebody typed as a case number: {exact, low, high} over the codes of the cases file; null where it is none. */
export function caseQuery(text) {
  const folded = text.toLowerCase().replace(/[^a-z0-9]/g, "");
  const match = /^(cm|imr)?(\d{2})(\d{0,7})$/.exec(folded);
  if (!match) return null;
  const [, kind, year, rest] = match;
  const digits = kind === "imr" ? 6 : 7;
  if (!kind && rest.length <= 5) return bare(folded);
  if (rest.length > digits) return null;
  const base = Number(year) * 1e7 + (kind === "imr" ? 2e9 : 0);
  const room = 10 ** (digits - rest.length);
  const low = base + Number(rest || 0) * room;
  return { exact: rest.length === digits, low, high: low + room - 1 };
}

/** Seven digits alone are the number without its year. */
function bare(folded) {
  return /^\d{7}$/.test(folded) ? { exact: true, low: Number(folded), high: Number(folded), anyYear: true } : null;
}

/** Letters (numbers) whose case number fits. `cases`: the codes of all letters. */
export function casesLike(query, cases) {
  const found = [];
  cases.forEach((code, letter) => {
    const fits = query.anyYear ? code % 1e7 === query.low && code > 0 : code >= query.low && code <= query.high && code > 0;
    if (fits) found.push(letter);
  });
  return found;
}

function sum(rows, field) {
  return rows.reduce((total, row) => total + row[field], 0);
}

function sumOf(array) {
  let total = 0;
  for (const value of array) total += value;
  return total;
}

// What is typed, turned into what the index holds; and the nearest word that it does hold. Pure.

const LEVEL = /(?<![A-Za-z0-9])([CTLS])-?(\d{1,2}) ?[-/] ?([CTLS])?-?(\d{1,2})(?![0-9])/gi;

/** L4-5, L4/L5 and L4-L5 are one word, as in the staged pages. */
export function normal(text) {
  return text.replace(LEVEL, (_, one, from, two, to) => `${one}${from}${two ?? one}${to}`.toLowerCase());
}

/** {phrase: "..."} for text in quotes, else {terms: [...]}. */
export function terms(text) {
  const quoted = /^\s*["“”](.+?)["“”]\s*$/.exec(text);
  if (quoted) return { phrase: normal(quoted[1]).trim(), terms: [] };
  return { phrase: "", terms: normal(text).replace(/["“”]/g, " ").split(/\s+/).map((term) => term.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}%]+$/gu, "")).filter(Boolean) };
}

/** The known word nearest to a mistyped one, or "". At most two slips, one in a short word; the more frequent word wins. */
export function nearest(word, known) {
  const typed = word.toLowerCase();
  const most = typed.length <= 5 ? 1 : 2;
  let best = "";
  let least = most + 1;
  for (const other of known) {
    if (Math.abs(other.length - typed.length) > most || other === typed) continue;
    const slips = distance(typed, other, least - 1);
    if (slips < least) {
      best = other;
      least = slips;
      if (slips === 1) break;
    }
  }
  return best;
}

/** Damerau-Levenshtein (neighbours swapped count once); more than `most` is `most` + 1. */
export function distance(one, two, most) {
  let before = [];
  let above = Array.from({ length: two.length + 1 }, (_, place) => place);
  for (let row = 1; row <= one.length; row += 1) {
    const line = [row];
    for (let place = 1; place <= two.length; place += 1) {
      const same = one[row - 1] === two[place - 1];
      line[place] = Math.min(above[place] + 1, line[place - 1] + 1, above[place - 1] + (same ? 0 : 1));
      if (row > 1 && place > 1 && one[row - 1] === two[place - 2] && one[row - 2] === two[place - 1]) {
        line[place] = Math.min(line[place], before[place - 2] + 1);
      }
    }
    if (Math.min(...line) > most) return most + 1;
    [before, above] = [above, line];
  }
  return above[two.length];
}

/** Vocabulary values for what is being typed: whole labels first, then words inside, then synonyms. */
export function suggestions(text, facets, most = 8) {
  const typed = text.toLowerCase().trim();
  if (typed.length < 2) return [];
  const found = [];
  for (const facet of facets) {
    facet.values.forEach((value, number) => {
      const label = value.label.toLowerCase();
      const via = (value.words ?? []).find((word) => word.toLowerCase().startsWith(typed));
      const rank = label.startsWith(typed) ? 0 : label.includes(` ${typed}`) ? 1 : via ? 2 : 3;
      if (rank < 3) found.push({ facet, value, number, rank, via: rank === 2 ? via : "" });
    });
  }
  return found.sort((a, b) => a.rank - b.rank || a.value.label.length - b.value.label.length).slice(0, most);
}

// What is typed, turned into what the index holds; and the nearest word that it does hold. Pure.

const LEVEL = /(?<![A-Za-z0-9])([CTLS])-?(\d{1,2}) ?[-/] ?([CTLS])?-?(\d{1,2})(?![0-9])/gi;
const DOSE = /(?<![A-Za-z0-9])(\d[\d.,/-]{0,15}) (mg|mcg|gm?|ml|cc)\b/gi;
const PHRASE = /["“”]([^"“”]*)["“”]/g;
const EDGES = /^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu;
const STOP = new Set(
  ("a an and as at be by for from in is it of on or the to was were with also am are because been being but can could did do does due get gets got had has have " +
    "he her his how i if into its me my our please she should so such than that their them then there these they this those we want wants what when where which who why will would you your " +
    "al con de del el en es la las los mi mis para por que se su sus un una y").split(" "), // who writes Spanish finds letters too
);

/** L4-5, L4/L5 and L4-L5 are one word, and so are "7.5 mg" and "7.5mg", as in the staged pages. */
export function normal(text) {
  return text.replace(LEVEL, (_, one, from, two, to) => `${one}${from}${two ?? one}${to}`.toLowerCase()).replace(DOSE, "$1$2");
}

/** {phrases, words}: what stands in quotes, as it stands; and the other words, little ones left out where others remain. */
export function terms(text) {
  const phrases = [...text.matchAll(PHRASE)].map((match) => match[1].trim()).filter((phrase) => /[\p{L}\p{N}]/u.test(phrase));
  const words = normal(text.replace(PHRASE, " ")).split(/\s+/).map((word) => word.replace(EDGES, "")).filter(Boolean);
  const some = withoutLittle(words);
  return { phrases, words: some.length || phrases.length ? some : words };
}

/** The words but the little ones. */
export function withoutLittle(words) {
  return words.filter((word) => !STOP.has(word.toLowerCase()));
}

/**
 * Phrases as wholes, words with their endings, "l4l5" and "20mg" however they are written, as a pattern; null where nothing is asked.
 */
export function patternOf({ phrases, words }) {
  const parts = [...phrases, ...words].map((text) => {
    const level = /^([ctls]\d+)([ctls])(\d+)$/.exec(text);
    if (level) return `${level[1]}\\s?[-/]\\s?${level[2]}?-?${level[3]}`;
    const pieces = text.match(/[\p{L}\p{N}]+/gu) ?? [];
    const last = pieces.pop() ?? "";
    const stem = (last.length > 5 ? last.replace(/(?:ing|ions?|ies|es|s|ed)$/i, "") : last).replace(/^(\d+)(?=[a-z]+$)/i, "$1\\s?");
    return [...pieces, last].join("").length > 1 ? [...pieces, `${stem}[\\p{L}\\p{N}]*`].join("[^\\p{L}\\p{N}]+") : "";
  });
  const wanted = parts.filter(Boolean);
  return wanted.length ? new RegExp(`(?<![\\p{L}\\p{N}])(?:${wanted.join("|")})`, "giu") : null;
}

/** Small letters without accents: who types "cirugia" means "cirugía". */
export function unaccented(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Words as names are compared, a blank on either side of each, without the little ones. */
function spaced(text) {
  const words = unaccented(text).split(/[^\p{L}\p{N}]+/u);
  return ` ${words.filter((word) => word && !STOP.has(word)).join(" ")} `;
}

/** Of each thing in `names` (how letters have it; how else it is called) that was typed: [as it was typed, its other names in letters]. */
function thingsIn(text, names) {
  const asked = spaced(text);
  const has = (name) => asked.includes(spaced(name));
  return names.flatMap(([words, others]) => {
    const typed = [...words, ...others].find(has);
    return typed ? [[typed, words.filter((name) => !has(name))]] : [];
  });
}

/** What the letters may call what was typed. */
export function otherNames(text, names) {
  return thingsIn(text, names).flatMap(([, others]) => others);
}

/** The words of a text as letters may have them: its things by their first other names, by their second ones ... */
export function otherWords(text, names) {
  const things = thingsIn(text, names).filter(([, others]) => others.length);
  const most = Math.max(0, ...things.map(([, others]) => others.length));
  const by = (number) => things.reduce((said, [typed, others]) => said.replace(spaced(typed), spaced(others[Math.min(number, others.length - 1)])), spaced(text));
  return Array.from({ length: most }, (_, number) => by(number).trim().split(" "));
}

/** A text in pieces: [words, do they fit the pattern?]; in one where there is no pattern. */
export function pieces(text, pattern) {
  const matches = pattern ? [...text.matchAll(pattern)] : [];
  const ends = [0, ...matches.map((match) => match.index + match[0].length)];
  return [...matches.flatMap((match, place) => [[text.slice(ends[place], match.index), false], [match[0], true]]), [text.slice(ends.at(-1)), false]];
}

/** The first place that fits the pattern, with what stands before and behind it; null where there is none. */
export function excerpt(text, pattern, most = 100) {
  const [match] = pattern ? text.matchAll(pattern) : [];
  if (!match) return null;
  const end = match.index + match[0].length;
  const [before, behind] = [text.slice(0, match.index), text.slice(end)];
  return (before.length > most ? before.slice(-most).replace(/^\S*\s/, "") : before) + match[0] + (behind.length > most ? behind.slice(0, most).replace(/\s\S*$/, "") : behind);
}

/** What was typed, as a heading says it: its phrases in quotes, or else all of it; "" where there is no word in it. */
export function quoted(text, quote) {
  if (!/[\p{L}\p{N}]/u.test(text)) return "";
  const short = shortened(text);
  const told = short.replace(PHRASE, (_, phrase) => quote(phrase));
  return told === short ? quote(short.replace(/["“”]/g, "")) : told;
}

/** The first 80 characters or so, up to the end of a word where one is near. */
export function shortened(text, most = 80) {
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most).join("").replace(/\s+\S{0,30}$/, "")}…` : text;
}

/** A word as it is told of: "l4l5" is L4-5, "l5s1" L5-S1, and a long one is cut. */
export function spelt(word) {
  return shortened(word.replace(/^([ctls])(\d+)([ctls])(\d+)$/, (_, one, from, two, to) => `${one}${from}-${two === one ? "" : two}${to}`.toUpperCase()));
}

/** As the index cuts a word: "10/325" is 10325. */
export function plain(word) {
  return word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/** Lines of a word list: {word, shards}; shards is a set as a number, or null for all. */
export function wordList(text) {
  return text.split("\n").filter(Boolean).map((line) => {
    const [word, mask] = line.split(" ");
    return { word, shards: mask ? BigInt(`0x${mask}`) : null };
  });
}

/** Set of the shards that hold a word which begins like this; null for all of them. */
export function holders(typed, list) {
  let found = 0n;
  for (const { word, shards } of list) {
    if (!word.startsWith(typed)) continue;
    if (shards === null) return null;
    found |= shards;
  }
  return found;
}

/** The known word nearest to a mistyped one, or "". At most two slips, one in a short word; the more frequent word wins. */
export function nearest(word, known) {
  const typed = word.toLowerCase();
  const most = typed.length <= 5 ? 1 : 2;
  let best = "";
  let least = most + 1;
  for (const other of known) {
    if (Math.abs(other.length - typed.length) > most || other === typed || STOP.has(other)) continue;
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

/**
 * Vocabulary values for what is being typed: whole labels first, then words inside, then other words for them.
 * Where the whole text leads nowhere, its last words do; `before` is the text that stays in the box.
 */
export function suggestions(text, facets, vocabulary, most = 8) {
  const typed = text.toLowerCase().trimStart().replace(/\s+/g, " ");
  for (let start = 0; start >= 0 && typed.length - start >= 2; start = typed.indexOf(" ", start) + 1 || -1) {
    const found = named(typed.slice(start).trim(), facets, vocabulary);
    if (found.length) return found.slice(0, most).map((one) => ({ ...one, before: text.trimStart().slice(0, start).trim() }));
  }
  return [];
}

/** The value that a word names, of the first facet that has one. */
export function valueNamed(word, facets, vocabulary) {
  const found = named(word.toLowerCase(), facets, vocabulary).filter(({ rank }) => rank < 2);
  return facets.flatMap((facet) => found.filter((one) => one.facet === facet))[0];
}

/** The value that the longest run of the words names, of a facet whose values come with their words: {facet, value, words}. */
export function valueSaid(asked, facets) {
  const plainly = (told) => told.toLowerCase().replaceAll("-", " ");
  const isDenied = (start) => /^(?:not|no|non|never|nor)$/i.test(asked[start - 1] ?? ""); // "not certified" is not "certified"
  const starts = [...asked.keys()].filter((start) => !isDenied(start));
  const runs = starts.flatMap((start) => [1, 2, 3].map((length) => asked.slice(start, start + length))).sort((a, b) => b.length - a.length);
  for (const words of runs) {
    for (const facet of facets) {
      const value = facet.values.find((one) => one.words && [one.id, ...one.words].some((told) => plainly(told) === plainly(words.join(" "))));
      if (value) return { facet, value, words };
    }
  }
  return undefined;
}

function named(text, facets, vocabulary) {
  const typed = unaccented(text);
  if (typed.length < 2) return [];
  const found = [];
  facets.forEach((facet, place) => {
    facet.values.forEach((value, number) => {
      const label = unaccented(value.label);
      const via = vocabulary[place][number].find((word) => unaccented(word).startsWith(typed));
      const rank = label.startsWith(typed) || value.id === typed ? 0 : label.includes(` ${typed}`) ? 1 : via && unaccented(via) === typed ? 1 : via ? 2 : 3;
      if (rank < 3) found.push({ facet, value, rank, via: label.includes(typed) ? "" : via });
    });
  });
  return found.sort((a, b) => a.rank - b.rank || a.value.label.length - b.value.label.length);
}

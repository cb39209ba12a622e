// Asks Pagefind which letters hold the words: one index a shard, opened when it is needed, by one program for all of them.
//
// Pagefind takes every word for the beginning of one ("TENS" finds tendons), and answers one that it does not know with the longest
// beginning that it knows. So every word is looked up first, in the shipped lists: what stands there is asked for in quotes, which
// find its forms only, and so is what begins no word there. A shard that lacks a word has no hits.
// Labels, other names and spellings that the build has added to a letter help finding it; no phrase is found in them, as they are not its words.

import { holders, plain, wordList } from "./words.js";

// Measured on real letters: each disputed item, searched by its words, should bring its own letter to the top.
const RANKING = { termSimilarity: 5, termFrequency: 0.4, metaWeights: { title: 5, added: 0.5 } };
const pairs = (letters) => letters.match(/../g) ?? [];
const all = ([first = new Map(), ...others]) => [...first.keys()].filter((letter) => others.every((one) => one.has(letter)));

/**
 * What each word weighs among so many letters: the rarer, the more; one that none has as much as others do on average, but the less the
 * more letters lack it: of a thousand none may have it anywhere, of three that says nothing.
 */
function weights(each, letters) {
  const known = each.filter((one) => one.size).map((one) => Math.log(1 + (letters - one.size + 0.5) / (one.size + 0.5)));
  const usual = known.reduce((sum, weight) => sum + weight, 0) / known.length;
  return each.map((one) => (one.size ? known.shift() : (usual * 10) / (10 + letters)));
}

/** letter -> which part of the words it has, by what they weigh; of the letters that have all phrases. */
function shares(quoted, each, weighing) {
  const whole = weighing.reduce((sum, weight) => sum + weight, 0);
  const found = new Map(all(quoted).map((letter) => [letter, 0]));
  each.forEach((one, place) => {
    for (const letter of one.keys()) if (!quoted.length || found.has(letter)) found.set(letter, (found.get(letter) ?? 0) + weighing[place] / whole);
  });
  return found;
}

/**
 * {without: how many letters have all words but one, for each; having: how many have just so many tenths of the words}. `quoted`, `each`:
 * what holds each phrase and each word, letter -> hit; `letters`: how many the shard has.
 */
export function tally(quoted, each, letters) {
  const having = new Array(11).fill(0);
  for (const share of shares(quoted, each, weights(each, letters)).values()) having[Math.floor(10 * share + 1e-6)] += 1;
  return { without: each.map((_, place) => all([...quoted, ...each.filter((__, other) => other !== place)]).length), having };
}

/** The letters with at least so many per cent of the words: {scores, hits, has, lacking} of `search`. The rarest word's hit tells the most. */
export function enough(quoted, each, { words, least, scores }) {
  const hits = new Map();
  const weighing = weights(each, scores.length);
  const has = shares(quoted, each, weighing);
  for (const [letter, share] of has) {
    if (100 * share < least - 1e-4) continue;
    const own = [...quoted, ...each].filter((one) => one.has(letter)).sort((a, b) => a.size - b.size);
    hits.set(letter, own[0].get(letter));
    scores[letter] = share * each.reduce((sum, one, place) => sum + weighing[place] * (one.get(letter)?.score ?? 0), 0);
  }
  return { scores, hits, has, lacking: (letter) => words.filter((_, place) => !each[place].has(letter)) };
}

export class Text {
  /** `load(path, as)` fetches a published file; `root`: URL of the site's root; `index`: of the catalogue. */
  constructor(root, index, load) {
    this.root = root;
    this.index = index;
    this.load = load;
    this.opened = new Map();
    this.query = "";
    this.answers = new Map();
  }

  /**
   * {scores: by letter of the shard, below 0 for no hit; hits: letter -> result; absent: words that no letter there holds; where `least`
   * per cent of them are enough: has: letter -> which part of them it has, lacking(letter): those that it does without; fewer(): where
   * there is no hit, its `tally`}.
   */
  search(shard, asked) {
    const query = JSON.stringify(asked);
    if (query !== this.query) {
      this.query = query;
      this.answers = new Map();
    }
    const { answers } = this;
    if (!answers.has(shard.number)) {
      const answer = this.#search(shard, asked);
      answer.catch(() => answers.delete(shard.number));
      answers.set(shard.number, answer);
    }
    return answers.get(shard.number);
  }

  /** Listed words that begin with the same letter, or with the first two swapped: what a mistyped word may have meant. */
  async like(word) {
    const [one, two] = plain(word);
    const begins = pairs(this.index.text.initials).filter((begin) => begin[0] === one || begin === `${two}${one}`);
    begins.sort((a, b) => (b === one + two) - (a === one + two)); // the slip is seldom in the first two letters
    const lists = await Promise.all(begins.map((begin) => this.#list(begin)));
    return lists.flat().map((line) => line.word);
  }

  async #search(shard, { phrases, words, least }) {
    for (const word of words) this.#list(plain(word).slice(0, 2)).catch(() => {}); // on their way while the index is opened
    const instance = await this.#open(shard);
    const having = await Promise.all(words.map((word) => this.#having(shard, instance, word)));
    const absent = words.filter((_, place) => having[place]?.size === 0);
    const scores = new Float32Array(shard.letters).fill(-1);
    const quoted = () => Promise.all(phrases.map((phrase) => this.#phrase(instance, phrase)));
    const each = () => Promise.all(words.map((word, place) => having[place] ?? this.#ask(instance, word)));
    if (least) return { absent, ...enough(await quoted(), await each(), { words, least, scores }) };
    const fewer = async () => tally(await quoted(), await each(), shard.letters);
    if (absent.length) return { scores, hits: new Map(), absent, fewer };
    const alone = words.length === 1 && having[0];
    const together = !words.length || alone ? [] : [this.#ask(instance, words.join(" "))];
    const found = [...(await quoted()), ...having.filter(Boolean), ...(await Promise.all(together))];
    const hits = new Map(all(found).map((letter) => [letter, found.at(-1).get(letter)]));
    for (const [letter, hit] of hits) scores[letter] = hit.score;
    return { scores, hits, absent, fewer: hits.size ? undefined : fewer };
  }

  /** Letters with the phrase in words of their own. */
  async #phrase(instance, phrase) {
    const found = await this.#ask(instance, `"${phrase}"`);
    return new Map([...found].filter(([, hit]) => hit.own));
  }

  /** Letters with the word in any of its forms; null for the beginning of a word, which Pagefind completes. */
  async #having(shard, instance, word) {
    const typed = plain(word);
    const list = await this.#list(typed.slice(0, 2));
    const listed = holders(typed, list);
    const begins = !list.some((line) => line.word === typed) && (listed === null || (listed >> BigInt(shard.number)) & 1n);
    return begins ? null : this.#ask(instance, `"${word}"`);
  }

  async #list(begin) {
    const { words, initials } = this.index.text;
    if (!pairs(initials).includes(begin)) return [];
    this.lists ??= new Map();
    if (!this.lists.has(begin)) {
      const loading = this.load(`${words}${begin}.txt`, "text").then(wordList);
      loading.catch(() => this.lists.delete(begin));
      this.lists.set(begin, loading);
    }
    return this.lists.get(begin);
  }

  /** letter -> result. Of signs the index drops some in letters only: "4+/5" is asked for as "4/5". */
  async #ask({ instance, letterOf }, query) {
    const { results } = await instance.search(query.replace(/\p{S}/gu, ""));
    const found = new Map();
    for (const result of results) {
      const letter = letterOf.get(Number.parseInt(result.id.split("_").pop(), 16));
      result.own = result.words.length > 0; // else in what was added only
      result.words = null; // places of the words: the index keeps them, here they would take a hundred megabytes
      if (letter !== undefined) found.set(letter, result);
    }
    return found;
  }

  #open(shard) {
    if (!this.opened.has(shard.number)) {
      const opening = this.#start(shard).catch(() => this.#start(shard)); // a busy machine can miss the worker's time limit once
      opening.catch(() => this.opened.delete(shard.number));
      this.opened.set(shard.number, opening);
    }
    return this.opened.get(shard.number);
  }

  async #start(shard) {
    const hub = new URL(this.index.text.hub, this.root);
    const [pagefind, ids] = await Promise.all([import(new URL("pagefind.js", hub).href), this.load(shard.fragments, "arrayBuffer")]);
    const version = encodeURIComponent(shard.fragments); // without it no entry file would ever come from a cache
    const instance = pagefind.createInstance({ basePath: hub.pathname, baseUrl: "/", ranking: RANKING, metaCacheTag: encodeURIComponent(this.index.text.words) });
    await instance.init();
    await instance.mergeIndex(new URL(shard.text, this.root).pathname, { language: "en", ranking: RANKING, metaCacheTag: version });
    return { instance, letterOf: new Map([...new Uint32Array(ids)].map((id, letter) => [id, letter])) };
  }
}

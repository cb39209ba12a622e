// Asks Pagefind which letters contain the words: one index a shard, opened when it is needed, a few side by side.

import { terms } from "./words.js";

const ATONCE = 3;
const RANKING = { termSimilarity: 5, metaWeights: { title: 2 } };

export class Text {
  /** `root`: URL of the site's root; `shards`: of catalogue/index.json; `letterOf(shard, fragment)`: number of the letter. */
  constructor(root, shards, letterOf) {
    this.root = root;
    this.shards = shards;
    this.letterOf = letterOf;
    this.instances = new Map();
  }

  /** letter -> {score, hit}, over the shards given; `searched` hears each shard's name when it is done. */
  async search(query, wanted, searched = () => {}, stale = () => false) {
    const { phrase, terms: words } = terms(query);
    const asked = phrase ? `"${phrase}"` : words.join(" ");
    const found = new Map();
    if (!asked) return found;
    await this.#each(wanted, async (shard) => {
      if (stale()) return;
      const { results } = await (await this.#instance(shard)).search(asked);
      for (const result of results) {
        const letter = this.letterOf(shard, Number.parseInt(result.id.split("_").pop(), 16));
        if (letter !== undefined) found.set(letter, { score: result.score, hit: result });
      }
      searched(this.shards[shard].name);
    });
    return found;
  }

  /** Does any letter hold exactly this word (its stem)? Quotes switch the index's silent guessing off. */
  async has(word, wanted) {
    let any = false;
    await this.#each(wanted, async (shard) => {
      if (any) return;
      const { results } = await (await this.#instance(shard)).search(`"${word}"`);
      any ||= results.length > 0;
    });
    return any;
  }

  async #instance(shard) {
    if (!this.instances.has(shard)) this.instances.set(shard, this.#open(shard));
    return this.instances.get(shard);
  }

  async #open(shard) {
    const path = new URL(this.shards[shard].text, this.root);
    const pagefind = await import(new URL("pagefind.js", new URL(this.shards[0].text, this.root)).href);
    const instance = pagefind.createInstance({ basePath: path.pathname, baseUrl: "/", ranking: RANKING });
    if (instance.init) await instance.init();
    return instance;
  }

  async #each(wanted, work) {
    const waiting = [...wanted];
    const worker = async () => {
      while (waiting.length) await work(waiting.shift());
    };
    await Promise.all(Array.from({ length: Math.min(ATONCE, waiting.length) }, worker));
  }
}

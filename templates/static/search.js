// Wires the search page together: URL -> state -> catalogue and index -> rows -> page.

import { casesLike, caseQuery, columns, join, locate } from "./catalogue.js";
import { evaluate } from "./query.js";
import { counted, make, showChips, showPages, showPanel, showResults } from "./results.js";
import { format, order, parse, toggled } from "./state.js";
import { Text } from "./text.js";
import { nearest, normal, suggestions, terms } from "./words.js";

const SIZE = 20;
const find = (id) => document.getElementById(id);
const form = find("search");
const root = new URL(form.dataset.root || "./", location.href);
const kept = new Map();
let table;
let index;
let text;
let known;
let state;
let turn = 0;

document.documentElement.classList.add("script");

async function load(path, as) {
  if (!kept.has(path)) {
    const loading = fetch(new URL(path, root)).then((answer) => {
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
      return answer[as]();
    });
    loading.catch(() => kept.delete(path));
    kept.set(path, loading);
  }
  return kept.get(path);
}

async function start() {
  index = await load("catalogue/index.json", "json");
  state = parse(location.search, index.facets.map((facet) => facet.key));
  find("q").value = state.q;
  const shards = await Promise.all(index.shards.map((shard) => load(shard.columns, "arrayBuffer").then(columns)));
  table = join(index, shards);
  const rows = shards.map((shard, place) => new Map([...(shard.fragments ?? [])].map((id, letter) => [id, table.starts[place] + letter])));
  if (index.shards.some((shard) => shard.text)) text = new Text(root, index.shards, (shard, id) => rows[shard].get(id));
  await update();
}

/** The state has changed: show it. A newer change wins over a slower older one. */
async function update() {
  turn += 1;
  const mine = turn;
  const stale = () => mine !== turn;
  showChips(find("chips"), state, table.facets, removed, () => go({ ...state, chosen: new Map(), from: "", to: "", page: 1 }));
  find("sort").value = order(state);
  find("from").value = state.from;
  find("to").value = state.to;
  if (badMonths()) return;
  const asked = await hits(stale);
  if (stale()) return;
  const found = evaluate(table, state, asked.scores, order(state));
  showPanel(find("panel"), table.facets, found.counts, state);
  const last = Math.max(1, Math.ceil(found.letters.length / SIZE));
  const page = Math.min(state.page, last);
  const rows = await Promise.all(found.letters.slice((page - 1) * SIZE, page * SIZE).map((letter) => row(letter, found, asked)));
  if (stale()) return;
  showResults(find("results"), rows, root.href);
  showPages(find("pages"), page, last, (number) => format({ ...state, page: number }) || "./");
  say(found, asked);
  find("take").hidden = found.letters.length === 0;
  find("download").onclick = () => download(found);
}

/** {scores, hits, note}: letters that hold the words, or that bear the case number. */
async function hits(stale) {
  if (!state.q) return { scores: null };
  const number = caseQuery(state.q);
  if (number) return byCase(number);
  if (!text) return { scores: null, note: "This site was built without its text index: the words are not searched, the filters work." };
  find("progress").textContent = "Searching …";
  const { shards } = index;
  const wanted = shards.map((_, place) => place).filter((place) => inMonths(shards[place]));
  const unknown = await missing(wanted);
  if (stale()) return { scores: null };
  if (unknown.length) {
    find("progress").textContent = "";
    return { scores: new Map(), unknown };
  }
  const done = [];
  const found = await text.search(normal(state.q), wanted, (name) => {
    done.push(name);
    if (!stale() && done.length < wanted.length) find("progress").textContent = `Searched ${done.join(", ")} …`;
  }, stale);
  if (!stale()) find("progress").textContent = "";
  return { scores: new Map([...found].map(([letter, { score }]) => [letter, score])), found };
}

/** Words that no letter holds. The last one may still be being typed: the beginning of a word is enough. */
async function missing(wanted) {
  const { phrase, terms: words } = terms(state.q);
  if (phrase) return [];
  known ??= (await load(index.words, "text")).split("\n");
  const set = new Set(known);
  const unknown = [];
  for (const word of words) {
    const plain = word.toLowerCase();
    const begun = known.some((other) => other.startsWith(plain));
    if (!begun && !set.has(plain) && !(await text.has(word, wanted))) unknown.push({ word, better: nearest(plain, known) });
  }
  return unknown;
}

async function byCase(number) {
  const parts = await Promise.all(index.shards.map((shard) => load(shard.cases, "arrayBuffer")));
  const cases = parts.flatMap((part) => [...new Uint32Array(part)]);
  const letters = casesLike(number, cases);
  const note = letters.length === 0 && number.exact ? `Case ${state.q.toUpperCase()} is not in this collection.` : "";
  return { scores: new Map(letters.map((letter) => [letter, 1])), note, exact: number.exact };
}

function inMonths(shard) {
  if (!state.from && !state.to) return true;
  return Boolean(shard.first) && (!state.to || shard.first.slice(0, 7) <= state.to) && (!state.from || shard.last.slice(0, 7) >= state.from);
}

async function row(letter, found, asked) {
  const [shard, place] = locate(table, letter);
  const cards = await load(index.shards[shard].cards[Math.floor(place / index.cards)], "json");
  const matching = new Set();
  for (let issue = table.first[letter]; issue < table.first[letter + 1]; issue += 1) if (found.matching[issue]) matching.add(issue - table.first[letter]);
  const excerpts = new Map();
  const hit = asked.found?.get(letter)?.hit;
  if (hit) {
    const data = await hit.data();
    for (const part of data.sub_results ?? []) {
      const issue = /#issue-(\d+)$/.exec(part.url);
      if (issue) excerpts.set(Number(issue[1]), part.excerpt);
    }
    excerpts.set(0, data.excerpt);
  }
  return { card: cards[place % index.cards], matching, excerpts, query: hit ? state.q : "" };
}

function say(found, asked) {
  const { letters, issues } = found;
  const about = state.q ? ` for “${state.q}”` : "";
  const heading = letters.length ? `${counted(letters.length, "decision")}${about}` : `No decision${about}`;
  find("heading").textContent = heading;
  find("status").textContent = letters.length ? `${heading}, ${counted(issues, "issue")}` : heading;
  find("progress").textContent = letters.length ? `${counted(issues, "matching issue")} in ${counted(letters.length, "letter")}` : "";
  document.title = `${heading} · Search`;
  const parts = [];
  if (asked.note) parts.push(make("p", {}, asked.note));
  for (const { word, better } of asked.unknown ?? []) {
    const told = make("p", {}, `No letter contains “${word}”.`);
    if (better) told.append(" Did you mean ", button(better, () => go({ ...state, q: state.q.replace(word, better), page: 1 })), "?");
    parts.push(told);
  }
  if (!letters.length) parts.push(loosen());
  find("message").replaceChildren(...parts);
}

/** What to let go of, one click each. */
function loosen() {
  const ways = [];
  for (const facet of table.facets) {
    for (const id of state.chosen.get(facet.key) ?? []) {
      const label = facet.values[facet.number.get(id)]?.label ?? id;
      ways.push(button(`without ${facet.label}: ${label}`, () => go(toggled(state, facet.key, id, false))));
    }
  }
  if (state.from || state.to) ways.push(button("in any month", () => go({ ...state, from: "", to: "", page: 1 })));
  if (state.q) ways.push(button("without the words", () => go({ ...state, q: "", page: 1 })));
  const list = make("ul", {}, ...ways.map((way) => make("li", {}, way)));
  return make("div", { class: "empty" }, make("p", {}, "Nothing here fits everything asked for. Try"), list, make("p", {}, make("a", { href: new URL("browse/", root).href }, "or browse all decisions"), "."));
}

function button(words, act) {
  const made = make("button", { type: "button", class: "plain" }, words);
  made.addEventListener("click", act);
  return made;
}

/** A step of the reader: into the address bar and its history. */
function go(next, { replace = false } = {}) {
  state = next;
  find("q").value = state.q;
  const url = format(state) || location.pathname;
  if (replace) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  return attempt(update);
}

function removed(key, id) {
  const next = id === undefined ? { ...state, [key]: "", page: 1 } : toggled(state, key, id, false);
  go(next).then(() => find("heading").focus());
}

function badMonths() {
  const wrong = state.from && state.to && state.from > state.to;
  const error = find("months-error");
  error.hidden = !wrong;
  error.textContent = wrong ? "The first month is after the last: nothing was searched." : "";
  if (wrong) error.closest("details").open = true;
  return wrong;
}

async function download(found) {
  const columns_ = ["case_number", "decision_date", "issue", "disputed", "outcome", "url"];
  const lines = [columns_];
  for (const letter of found.letters) {
    const { card, matching } = await row(letter, found, {});
    const [id, number, date, issues] = card;
    for (const place of [...matching].sort((a, b) => a - b)) {
      const url = new URL(`decisions/${id}.html#issue-${place + 1}`, root).href;
      lines.push([number ?? "", date ?? "", place + 1, issues[place][0], issues[place][1] ?? "", url]);
    }
  }
  const csv = lines.map((cells) => cells.map(cell).join(",")).join("\r\n");
  const link = make("a", { href: URL.createObjectURL(new Blob([csv], { type: "text/csv" })), download: "imr-decisions.csv" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A cell that no spreadsheet takes for a formula. */
function cell(value) {
  const plain = String(value);
  const safe = /^[\s\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/.test(plain) ? `'${plain}` : plain;
  return `"${safe.replaceAll('"', '""')}"`;
}

async function attempt(work) {
  try {
    await work();
  } catch (error) {
    console.warn(error);
    find("progress").textContent = "";
    const again = button("Try again", () => attempt(table ? update : start));
    const offline = navigator.onLine === false ? "You seem to be offline. " : "";
    find("message").replaceChildren(
      make("div", { class: "empty", role: "alert" }, make("p", {}, `${offline}The search data could not be loaded. `, again, " or ", make("a", { href: new URL("browse/", root).href }, "browse the decisions"), ".")),
    );
  }
}

// The reader's hands.

form.addEventListener("submit", (event) => {
  event.preventDefault();
  close();
  go({ ...state, q: find("q").value.trim(), page: 1 });
});
find("panel").addEventListener("submit", (event) => event.preventDefault());
find("panel").addEventListener("change", (event) => {
  const { type, name, value, checked } = event.target;
  if (type === "checkbox") go(toggled(state, name, value, checked));
  else if (name === "from" || name === "to") go({ ...state, [name]: /^\d{4}-\d{2}$/.test(value) ? value : "", page: 1 });
});
find("sort").addEventListener("change", () => go({ ...state, sort: find("sort").value === order({ ...state, sort: "" }) ? "" : find("sort").value, page: 1 }));
find("pages").addEventListener("click", (event) => {
  const page = Number(event.target.dataset.page);
  if (!page || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go({ ...state, page }).then(() => find("heading").focus());
});
find("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(location.href);
  find("status").textContent = "Link copied";
  find("copy").textContent = "Copied";
});
addEventListener("popstate", () => {
  state = parse(location.search, index.facets.map((facet) => facet.key));
  find("q").value = state.q;
  attempt(update);
});
for (const opener of ["show-panel", "hide-panel"]) {
  find(opener).addEventListener("click", () => {
    const open = find("panel").classList.toggle("open");
    find("show-panel").setAttribute("aria-expanded", String(open));
    (open ? find("panel").querySelector("summary") : find("heading")).focus();
  });
}
for (const box of document.querySelectorAll(".facet")) {
  const all = box.querySelector(".show-all");
  const narrow = box.querySelector(".narrow-facet");
  if (!all) continue;
  box.classList.add("short");
  all.addEventListener("click", () => {
    box.classList.remove("short");
    all.hidden = true;
  });
  narrow.addEventListener("input", () => {
    const typed = narrow.value.toLowerCase().trim();
    box.classList.toggle("finding", Boolean(typed));
    for (const item of box.querySelectorAll(":scope > ul li")) item.hidden = Boolean(typed) && !item.textContent.toLowerCase().includes(typed);
  });
}

// Suggestions: values of the vocabulary, taken over with the keyboard or the mouse.

const box = find("suggestions");
let offered = [];
let at = -1;

function offer() {
  offered = table ? suggestions(find("q").value, table.facets) : [];
  at = -1;
  box.replaceChildren(
    ...offered.map(({ facet, value, via }, place) => {
      const item = make("li", { role: "option", id: `suggestion-${place}`, "aria-selected": "false" }, make("span", {}, `${value.label}${via ? ` (${via})` : ""}`), make("span", { class: "faint" }, facet.label));
      item.addEventListener("mousedown", (event) => event.preventDefault());
      item.addEventListener("click", () => take(place));
      return item;
    }),
  );
  box.hidden = offered.length === 0;
  find("q").setAttribute("aria-expanded", String(!box.hidden));
  find("q").removeAttribute("aria-activedescendant");
}

function close() {
  box.hidden = true;
  at = -1;
  find("q").setAttribute("aria-expanded", "false");
  find("q").removeAttribute("aria-activedescendant");
}

function take(place) {
  const { facet, value } = offered[place];
  close();
  go(toggled({ ...state, q: "" }, facet.key, value.id, true));
}

find("q").addEventListener("input", offer);
find("q").addEventListener("blur", close);
find("q").addEventListener("keydown", (event) => {
  if (box.hidden) return;
  if (event.key === "Escape") close();
  else if (event.key === "Enter" && at >= 0) {
    event.preventDefault();
    take(at);
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    at = (at + step + offered.length + (at < 0 && step < 0 ? 1 : 0)) % offered.length;
    [...box.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
    find("q").setAttribute("aria-activedescendant", `suggestion-${at}`);
  }
});

attempt(start);

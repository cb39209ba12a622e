// The page: shows rows, counts, chips. Knows nothing of the index; everything is set as text.

import { around, ENGLISH, MONTHS, say } from "./say.js";
import { patternOf, pieces, spelt, terms } from "./words.js";

const OPEN = 4;
const NUMBER = new Intl.NumberFormat("en-US");

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== ""));
  return node;
}

export function button(words, act, attributes = { class: "plain" }) {
  const made = make("button", { type: "button", ...attributes }, words);
  made.addEventListener("click", act);
  return made;
}

/** "3 decisions": the texts of a noun, `decision` and `decisions`. */
export function counted(number, one, many = `${one}s`) {
  return `${NUMBER.format(number)} ${say(number === 1 ? one : many)}`;
}

/** The facets with the names that the panel gives them, which are in the page's language. */
export function labelled(facets, panel) {
  return facets.map((facet) => {
    const box = panel.querySelector(`[data-facet="${CSS.escape(facet.key)}"]`);
    const named = new Map(Array.from(box?.querySelectorAll("[data-value]") ?? [], (item) => [item.dataset.value, item.querySelector("label span").textContent]));
    const values = facet.values.map((value) => ({ ...value, label: named.get(value.id) ?? value.label }));
    return { ...facet, label: box?.querySelector("summary").textContent ?? facet.label, values };
  });
}

export function day(iso) {
  const [year, month, date] = iso.split("-").map(Number);
  return `${date} ${MONTHS[month - 1]} ${year}`;
}

/**
 * `rows`: [{card, matching: Set of places, nearness of each place to the words, mark: what to mark in the letter, lacking: words that
 * it does without, reworded: none of the others is its own, excerpts}]. `excerpts()`, where there are any, promises a Map: number of the
 * issue, 0 for the letter -> pieces of text, [words, marked?]. It is asked when the card comes into view.
 */
export function showResults(list, rows, root) {
  watcher?.disconnect();
  watcher = new IntersectionObserver(seen, { rootMargin: "50% 0px" });
  list.replaceChildren(...rows.map((row) => result(row, root)));
  for (const [place, row] of rows.entries()) if (row.excerpts) wait(list.children[place], row, root);
}

let watcher;
const waiting = new WeakMap();

function wait(card, row, root) {
  card.append(make("p", { class: "excerpt pending" }));
  waiting.set(card, { row, root });
  watcher.observe(card);
}

/** A card whose text is there is set anew, unless the reader holds it with the keyboard: then it is only completed. */
function seen(entries) {
  for (const { target: card, isIntersecting } of entries) {
    if (!isIntersecting || !waiting.has(card)) continue;
    const { row, root } = waiting.get(card);
    waiting.delete(card);
    watcher.unobserve(card);
    row.excerpts().catch(() => new Map()).then((found) => {
      if (card.contains(document.activeElement)) card.querySelector(".pending").replaceWith(found.has(0) ? quote(found.get(0), row.mark) : "");
      else card.replaceWith(result(row, root, found));
    });
  }
}

/** The issues that fit come first, those with the words before the others; the rest is folded away. */
function result({ card: [id, number, date, issues], matching, nearness, mark, lacking, reworded }, root, excerpts = new Map()) {
  const url = `${root}decisions/${encodeURIComponent(id)}.html`;
  const query = mark ? `?highlight=${encodeURIComponent(mark)}` : "";
  const weight = (place) => (matching.has(place) ? 8 : 0) + nearness[place] + (excerpts.has(place + 1) ? 1 : 0);
  const places = issues.map((_, place) => place).sort((a, b) => weight(b) - weight(a) || a - b);
  const items = places.map((place) => {
    const [disputed, outcome] = issues[place];
    const link = make("a", { href: `${url}${query}#issue-${place + 1}`, ...ENGLISH }, disputed);
    const excerpt = matching.has(place) && excerpts.get(place + 1);
    return make("li", { class: matching.has(place) ? "matching" : "other" }, link, " ", badge(outcome), excerpt ? quote(excerpt, mark) : "");
  });
  const folded = items.splice(OPEN);
  const about = excerpts.get(0);
  const told = places.slice(0, OPEN).some((place) => matching.has(place) && excerpts.has(place + 1));
  return make(
    "li",
    { class: "card" },
    make("p", { class: "meta" }, date ? `${day(date)} · ` : "", make("a", { href: `${url}${query}`, ...ENGLISH }, number ?? id)),
    make("ul", { class: "issues" }, ...items),
    folded.length ? make("details", {}, make("summary", {}, say("more_in_letter", { number: folded.length })), make("ul", { class: "issues" }, ...folded)) : "",
    about && !told ? quote(about, mark) : "",
    lacking.length ? make("p", { class: "faint" }, say("lacks", { words: lacking.map(spelt).join(say("word_and_word")) })) : "",
    reworded ? make("p", { class: "faint" }, say("other_words")) : "",
  );
}

/** An excerpt with the words marked as on the page of the letter: the index leaves those in headings out. Where none fits, with its marks. */
function quote(found, mark) {
  const own = pieces(found.map(([words]) => words).join(""), patternOf(terms(mark)));
  const shown = own.length > 1 ? own : found;
  return make("p", { class: "excerpt", lang: ENGLISH.lang }, ...shown.map(([words, isMarked]) => (isMarked ? make("mark", {}, words) : words)));
}

function badge(outcome) {
  const means = outcome ? make("span", {}, say(`${outcome}_means`)) : "";
  return make("span", { class: `badge ${outcome ?? "unknown"}` }, make("b", {}, say(outcome ?? "unknown")), " ", means);
}

/** Ticks of the panel; a facet with a choice is open. */
export function showChoices(panel, state) {
  for (const input of panel.querySelectorAll("input[type=checkbox]")) {
    input.checked = state.chosen.get(input.name)?.has(input.value) ?? false;
    if (input.checked) input.closest("details").open = true;
  }
}

/** Numbers of the panel, in letters; the issues stand in the tooltip. A facet whose numbers are not known shows none. */
export function showCounts(panel, facets, counts) {
  facets.forEach((facet, place) => {
    const box = panel.querySelector(`[data-facet="${CSS.escape(facet.key)}"]`);
    box?.classList.toggle("uncounted", !counts[place]);
    if (!box || !counts[place]) return;
    for (const item of box.querySelectorAll("[data-value]")) {
      const value = facet.number.get(item.dataset.value);
      const [letters, issues] = [counts[place].letters[value] ?? 0, counts[place].issues[value] ?? 0];
      const shown = item.querySelector(".n");
      const told = say("counts", { decisions: counted(letters, "decision"), issues: counted(issues, "issue") });
      if (shown.title === told) continue;
      shown.title = told;
      shown.textContent = NUMBER.format(letters);
      item.classList.toggle("none", letters === 0);
    }
    if (box.classList.contains("short")) shorten(box);
  });
}

/** How the issues that fit came out. `found`: of `rate`; undefined where there is nothing to say. `isAside`: is an outcome chosen? */
export function showRate(line, found, isAside) {
  const percent = (share) => say(share > 0 && share < 0.005 ? "under_one" : share >= 0.995 && share < 1 ? "over_99" : "percent", { percent: Math.round(100 * share) });
  const [overturned, decided] = [found?.overturned, found?.decided].map((number) => NUMBER.format(number ?? 0));
  const told = !found?.decided ? [] : found.share === undefined ? [say("rate_few", { overturned, decided })]
    : around(isAside ? "rate_any" : "rate", make("b", {}, percent(found.share)), { overturned, decided, low: percent(found.low), high: percent(found.high) });
  line.replaceChildren(...told);
}

/** Leaves of a long facet the first values with letters. Nothing that is chosen goes, nor one value alone: its place would be the button's. */
function shorten(box) {
  const items = [...box.querySelectorAll(":scope > ul > li")];
  const full = (item) => !item.classList.contains("none");
  const wanted = new Set([...items.filter(full), ...items.filter((item) => !full(item))].slice(0, Number(box.dataset.shown)));
  const rest = items.filter((item) => !wanted.has(item) && !item.querySelector(":checked, :focus"));
  for (const item of items) item.classList.toggle("rest", rest.length > 1 && rest.includes(item));
  box.querySelector(".show-all").hidden = rest.length < 2;
}

/** One removable chip a choice; `remove(key, id)`. */
export function showChips(list, state, facets, remove, clear) {
  const chip = (text, act) => make("li", {}, button(`${text} ×`, act, { class: "quiet", "aria-label": say("remove", { text }) }));
  const items = [];
  for (const facet of facets) {
    for (const id of state.chosen.get(facet.key) ?? []) {
      const label = facet.values[facet.number.get(id)]?.label ?? id;
      items.push(chip(`${facet.label}: ${label}`, () => remove(facet.key, id)));
    }
  }
  if (state.from) items.push(chip(say("from", { month: month(state.from) }), () => remove("from")));
  if (state.to) items.push(chip(say("to", { month: month(state.to) }), () => remove("to")));
  if (state.q && state.least) items.push(chip(say("some_words"), () => remove("least")));
  if (items.length) items.push(make("li", {}, button(say("clear"), clear)));
  list.replaceChildren(...items);
}

export function month(iso) {
  return `${MONTHS[Number(iso.slice(5)) - 1]} ${iso.slice(0, 4)}`;
}

/** Real links, so that a page of results can be opened in a tab. */
export function showPages(nav, page, last, href) {
  const link = (number, text, rel) => make("a", { href: href(number), "data-page": number, rel }, text);
  const parts = [
    page > 1 ? link(page - 1, say("previous"), "prev") : "",
    make("span", {}, say("page", { page: NUMBER.format(page), last: NUMBER.format(last) })),
    page < last ? link(page + 1, say("next"), "next") : "",
  ];
  nav.replaceChildren(...(last > 1 ? parts.filter(Boolean) : []));
}

// Wires the search page together: URL -> state -> shards of the catalogue and of the index -> rows and counts -> page.

import { caseQuery, casesAmong, columns, decode, indexed, shardOf, unpacked } from "./catalogue.js";
import { closest, contentWith, evaluate, inMonths, near, rate, relevant, rows, sequence, settled, total } from "./query.js";
import { button, counted, labelled, make, month, showChips, showChoices, showCounts, showPages, showRate, showResults } from "./results.js";
import { around, MONTHS, say } from "./say.js";
import { format, monthOf, order, parse, toggled } from "./state.js";
import { suggest } from "./suggest.js";
import { csv } from "./take.js";
import { Text } from "./text.js";
import { excerpt, nearest, normal, otherNames, otherWords, patternOf, quoted, spelt, terms, unaccented, valueNamed, valueSaid, withoutLittle } from "./words.js";

const SIZE = 20;
const ALIKE = 60; // letters that are put in order by their disputed treatments where words may be missing
const AT_ONCE = 4;
const PATIENCE = 150; // ms for which the first hits wait for better ones from open shards, so that most lists appear once
const UNKNOWN = 4; // words of which it is told that no letter holds them: more are a text that somebody has pasted
const QUIET = 700; // ms after the last key before something is said aloud
const PAUSE = 200; // ms without a key that end a word
const find = (id) => document.getElementById(id);
const form = find("search");
const root = new URL(form.dataset.root || "./", location.href);
const here = new URL(form.dataset.here, root); // where the pages in this language stand
const kept = new Map();
const held = new Map();
let index;
let text;
let state;
let shown;
let turn = 0;
let touched = false;
let typing;
let telling;
let stroke = -Infinity;
let settledAt; // address of the last finished step
const early = new Set(); // fields that a reader has changed before the index came

function load(path, as, cache = "default") {
  if (!kept.has(path)) {
    const loading = fetch(new URL(path, root), { cache }).then((answer) => {
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
      return answer[as]();
    });
    loading.catch(() => kept.delete(path));
    kept.set(path, loading);
  }
  return kept.get(path);
}

async function packed(path) {
  return unpacked(await load(path, "arrayBuffer"));
}

/** Columns of a shard: those of the facets that stand open first, the others when somebody looks at one of them. */
async function columnsOf(shard) {
  const decoded = async (path, as) => as(await packed(path), index.facets);
  if (!held.has(shard.number)) held.set(shard.number, { first: decoded(shard.columns, decode) });
  const mine = held.get(shard.number);
  if (wantsMore()) mine.more ??= decoded(shard.more, columns);
  for (const name of Object.keys(mine)) mine[name].catch(() => held.delete(shard.number));
  const [first, more] = await Promise.all([mine.first, mine.more]);
  return more ? { ...first, columns: first.columns.map((column, place) => column ?? more[place]) } : first;
}

function wantsMore() {
  const open = new Set([...find("panel").querySelectorAll("[data-facet][open]")].map((facet) => facet.dataset.facet));
  return index.facets.slice(index.open).some(({ key }) => state.chosen.has(key) || open.has(key));
}

async function each(items, atOnce, work) {
  const waiting = [...items];
  const worker = async () => {
    while (waiting.length) await work(waiting.shift());
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, waiting.length) }, worker));
}

async function opened(cache) {
  const found = indexed(await load("catalogue/index.json", "json", cache));
  return { ...found, facets: labelled(found.facets, find("panel")) };
}

async function start(cache) {
  index ??= await opened(cache);
  if (index.text) text ??= new Text(root, index, load);
  const typed = find("q").value;
  read();
  if (early.size) state = asDone(state, typed.trim());
  if (early.has(find("q"))) find("q").value = typed;
  await (early.size ? go(state, { replace: true }) : update());
  early.clear();
}

/** The state with what was typed and ticked while the index was on its way. */
function asDone(from, typed) {
  let next = early.has(find("q")) ? { ...from, q: typed } : from;
  for (const { id, type, name, value, checked } of early) {
    if (type === "checkbox") next = toggled(next, name, value, checked);
    else if (name === "from" || name === "to") next = { ...next, [name]: monthOf(value, MONTHS) ?? "" };
    else if (id === "sort") next = { ...next, sort: value };
  }
  return next;
}

function read() {
  state = parse(location.search, index.facets.map((facet) => facet.key));
  find("q").value = state.q;
  settledAt = location.pathname + location.search;
}

/** What the words in the box are: nothing, a case number, or words for the index, perhaps beside the number of a case. */
function question() {
  const { numbers, rest } = casesAmong(state.q);
  const { phrases, words } = terms(rest);
  const isAlone = numbers.length && !phrases.length && !withoutLittle(words).length; // in brackets, or between little words, too
  const number = caseQuery(isAlone ? numbers[0] : state.q);
  if (number) return { number, others: numbers.slice(1) };
  if (!phrases.length && !words.length) return {};
  return text ? { asked: { phrases, words: [...new Set(words)], least: state.least }, others: numbers } : { mute: true };
}

/** {scores} of a shard's letters, null without words. */
async function answer(shard, { number, asked }) {
  if (asked) return text.search(shard, asked);
  if (!number) return { scores: null };
  const codes = new Uint32Array(await packed(shard.cases));
  return { scores: Float32Array.from(codes, (code) => (number.fits(code) ? 1 : -1)) };
}

/** The state has changed: show it. A newer change wins over a slower older one. */
async function update() {
  turn += 1;
  const mine = turn;
  const stale = () => mine !== turn;
  const query = question();
  const way = query.asked ? order(state) : order({ ...state, q: "", sort: state.sort === "relevance" ? "" : state.sort });
  showControls(way, query);
  busy(true);
  if (query.asked) names(); // on their way beside the index
  if (shown === undefined) find("message").replaceChildren(...decided(query)); // later it would move the first results
  if (monthsReversed()) return showAll({ parts: new Map(), shards: [], way, query });
  const shards = index.shards.filter((shard) => inMonths(shard, state));
  const wanted = sequence(shards, way).sort((a, b) => relevant(b, index.facets, state) - relevant(a, index.facets, state));
  const found = { parts: new Map(), shards, way, query };
  const begun = performance.now();
  const cold = query.asked && wanted.slice(1).some((shard) => !text.opened.has(shard.number)); // they are long in coming
  let early; // what is shown before all shards have answered
  const look = () => {
    if (early || stale() || found.parts.size === wanted.length) return;
    const late = way === "relevance" && (cold || performance.now() - begun >= PATIENCE) && [...found.parts.values()].some((part) => part.letters.length);
    if (late || settled(found.parts, shards, way) >= state.page * SIZE) early = showRows(found, stale);
  };
  const ask = async (shard) => {
    const [own, answered] = await Promise.all([columnsOf(shard), answer(shard, query)]);
    if (stale()) return;
    found.parts.set(shard.number, { ...evaluate(own, index.facets, state, answered.scores), ...answered, first: own.first });
    if (query.asked && found.parts.size < wanted.length) find("progress").textContent = say("searched", { years: (found.parts.size > 1 ? "… " : "") + shard.name }); // with more names the line of a phone breaks, which moves the results
    look();
  };
  const timer = setTimeout(look, PATIENCE);
  if (query.asked && wanted.length) await ask(wanted[0]); // alone: the first results share the line with nobody
  await early;
  await each(wanted.slice(query.asked ? 1 : 0), query.asked ? AT_ONCE : wanted.length, ask);
  clearTimeout(timer);
  if (!stale()) await showAll(found, stale, await early);
}

/** Everything is known: numbers, chips, messages; the list too, unless a reader may be in the middle of it. */
async function showAll(found, stale = () => false, early = undefined) {
  const sum = total(found.parts, index.facets);
  const last = Math.max(1, Math.ceil(sum.letters / SIZE));
  const page = Math.min(state.page, last);
  const unknown = await absent(found);
  const fewer = sum.letters ? {} : await fewerWords(found, unknown);
  if (stale()) return;
  showCounts(find("panel"), index.facets, sum.counts);
  const how = rate(index.facets, sum.counts, Number(find("rate").dataset.fewest));
  showRate(find("rate"), how, state.chosen.has(how?.facet));
  tell(sum, found, unknown, fewer);
  const now = onPage(found, page).letters;
  const same = early && new Set([...early, ...now]).size === early.length && early.length === now.length;
  if (!early?.length || !touched) await showRows(found, stale, page);
  else if (!same) find("progress").replaceChildren(say("all_searched"), button(say("show_best"), () => showRows(found, stale, page).then(toHeading)));
  if (stale()) return;
  showPages(find("pages"), page, last, (number) => format({ ...state, page: number }) || "./"); // below the list: before it is there, they would jump
  find("take").hidden = sum.letters === 0;
  find("download").onclick = () => attempt(() => download(found, rows(found.parts, found.shards, found.way)));
  busy(false);
}

/** The letters among which those of a page are: `first` of them stand on the pages before it. */
function onPage({ parts, shards, way, query }, page) {
  const size = query.asked?.least && way === "relevance" ? ALIKE : SIZE;
  const first = ((page - 1) * SIZE) % size;
  const begin = (page - 1) * SIZE - first;
  return { letters: rows(parts, shards, way, begin + size).slice(begin), first };
}

/** Returns the letters among which it has shown some. From now on it counts whether the reader has them in hand. */
async function showRows(found, stale, page = state.page) {
  const { letters, first } = onPage(found, page);
  const typed = found.query.asked ? found.query.asked.words.join(" ") : "";
  const known = typed ? await names() : [];
  const called = otherNames(typed, known);
  const asked = found.query.asked ? [words(found.query.asked), ...otherWords(typed, known)] : [];
  const scored = (await Promise.all(letters.map((letter) => row(letter, found)))).map((one) => scoredBy(one, asked, called));
  if (stale()) return [];
  const ordered = found.query.asked && found.way === "relevance" ? closest(scored, Boolean(state.least)) : scored;
  const listed = ordered.slice(first, first + SIZE);
  const text_ = listed.map(({ card, matching }) => [card[0], ...matching]).join() + state.q;
  if (text_ !== shown) showResults(find("results"), listed, root.href);
  shown = text_;
  touched = false;
  return letters;
}

function words({ phrases, words: others }) {
  return [...phrases.flatMap((phrase) => phrase.split(" ")), ...others];
}

/** A letter that was found: its card, the issues that match, and the index's hit where words were asked for. */
async function row(letter, { parts }) {
  const shard = shardOf(index.shards, letter);
  const place = letter - shard.start;
  const part = parts.get(shard.number);
  const matching = new Set();
  for (let issue = part.first[place]; issue < part.first[place + 1]; issue += 1) if (part.matching[issue]) matching.add(issue - part.first[place]);
  const card = (await cards(shard, Math.floor(place / index.cards)))[place % index.cards];
  return { card, matching, hit: part.hits?.get(place), share: part.has?.get(place) ?? 0, lacking: part.lacking?.(place) ?? [] };
}

/**
 * The same as `showResults` wants it. What surrounds the words is fetched only when the card comes into view.
 * `asked`: the words, and as letters may have them; `called`: other names of what they name.
 */
function scoredBy({ card, matching, hit, share, lacking }, asked, called) {
  const reworded = Boolean(hit) && !hit.own && normal(state.q) === state.q; // levels and doses are the letter's own, in one spelling
  const nearness = card[3].map(([disputed]) => Math.max(0, ...asked.map((some) => near(disputed, some))));
  const mark = asked.length ? [state.q, ...called.map((name) => `"${name}"`)].join(" ") : "";
  return { card, matching, nearness, share, mark, lacking, reworded, excerpts: hit && (() => excerpts(hit, called)) };
}

async function cards(shard, number) {
  return JSON.parse(new TextDecoder().decode(await packed(`${shard.cards}${number}.bin`)));
}

/** Names of one thing; none where they do not come: they only make a result clearer. */
async function names() {
  return load(index.names, "json").catch(() => []);
}

/** Number of the issue, 0 for the letter -> text around the words, or around what the letter calls them, in pieces: [words, marked?]. */
async function excerpts(hit, called) {
  const data = await hit.data();
  const other = hit.own ? null : excerpt(data.content, patternOf({ phrases: called, words: [] })); // the index's would be how the letter begins
  const about = hit.own ? fromHtml(data.excerpt) : other && [[other, false]];
  const found = new Map(about ? [[0, about]] : []);
  for (const sub of data.sub_results) {
    const issue = /#issue-(\d+)$/.exec(sub.url);
    if (issue) found.set(Number(issue[1]), fromHtml(sub.excerpt));
  }
  return found;
}

/** An excerpt of the index: it escapes the text and adds <mark>. Parsed apart from the page, where nothing of it is run or loaded. */
function fromHtml(html) {
  return [...new DOMParser().parseFromString(html, "text/html").body.childNodes].map((node) => [node.textContent, node.nodeName === "MARK"]);
}

/** The first words that no letter holds, each with the nearest one that some letter does, and the value that it names. */
async function absent({ parts, query }) {
  if (!query.asked || !parts.size) return [];
  const everywhere = [...new Set(query.asked.words)].filter((word) => [...parts.values()].every((part) => part.absent.includes(word))).slice(0, UNKNOWN);
  const known = everywhere.length ? await vocabulary() : [];
  return Promise.all(everywhere.map(async (word) => ({ word, better: nearest(word, await text.like(word)), named: valueNamed(word, index.facets, known) })));
}

/**
 * {without: each word with the number of letters that have all the others, the most first; some: how much of the words the nearest
 * letters have (see `contentWith`)}. With filters fewer letters may be left.
 */
async function fewerWords({ parts, query }, unknown) {
  if (!query.asked || !parts.size) return {};
  const counts = await Promise.all([...parts.values()].map((part) => part.fewer?.()));
  const sum = (kind, place) => counts.reduce((all, one) => all + (one?.[kind][place] ?? 0), 0);
  const without = query.asked.words.map((word, place) => [word, sum("without", place)]).sort((a, b) => b[1] - a[1]);
  const having = Array.from({ length: 11 }, (_, tenths) => sum("having", tenths));
  return { without, some: without.length - unknown.length > 2 && counts.every(Boolean) ? contentWith(having) : undefined };
}

/** What was asked for, without some words. */
function beside(left, { phrases, words: asked }) {
  return [...phrases.map((phrase) => `"${phrase}"`), ...asked.filter((word) => !left.includes(word))].join(" ");
}

/** The words that mean each value. */
async function vocabulary() {
  index ??= await opened();
  return load(index.vocabulary, "json");
}

function showControls(way, query) {
  const clear = () => go({ ...state, chosen: new Map(), from: "", to: "", least: 0, page: 1 }).then(toHeading);
  for (const link of document.querySelectorAll("header nav a[lang]")) link.search = format(state); // this page in other languages
  find("q").defaultValue = state.q; // to which WebKit resets the box when a reader comes back
  showChips(find("chips"), state, index.facets, removed, clear);
  showChoices(find("panel"), state);
  find("sort").value = way;
  find("sort").options[0].disabled = !query.asked;
  find("from").value = state.from;
  find("to").value = state.to;
  if (state.from || state.to) find("from").closest("details").open = true;
  const reversed = monthsReversed();
  refuse(reversed, reversed ? ["from", "to"] : []);
  const chosen = [...state.chosen.values()].reduce((sum, ids) => sum + ids.size, 0) + Boolean(state.from) + Boolean(state.to);
  find("show-panel").textContent = chosen ? say("filters_chosen", { number: chosen }) : say("filters");
}

function busy(is) {
  find("results").setAttribute("aria-busy", String(is));
  find("panel").classList.toggle("counting", is);
}

function tell({ letters, issues }, { query, parts }, unknown, fewer) {
  const words = quoted(state.q, (told) => say("quoted", { words: told }));
  const heading = say(`${letters ? "found" : "none_found"}${words ? "_for" : ""}`, { decisions: counted(letters, "decision"), words });
  find("heading").textContent = heading;
  const reversed = monthsReversed();
  announce(reversed || (letters ? say("with_issues", { heading, issues: counted(issues, "issue") }) : heading));
  const narrow = index.facets.some(({ key, level }) => level === "issue" && state.chosen.has(key)); // else all of a letter's issues are counted
  const fit = !narrow ? "" : letters > 1 || issues > 1 ? "_fit" : "_fits";
  find("progress").textContent = letters ? say(`issues_in_${letters > 1 ? "them" : "it"}${fit}`, { issues: counted(issues, "issue") }) : "";
  find("hide-panel").textContent = letters ? say("show_number", { results: counted(letters, "result") }) : say("show_results");
  document.title = `${heading} · ${say("search")}`;
  const told = [];
  if (query.mute) told.push(say("no_text"));
  if (query.number && !letters && !state.chosen.size && !state.from && !state.to) {
    told.push(say(query.number.exact ? "no_case" : "no_case_begins", { number: (casesAmong(state.q).numbers[0] ?? state.q).toUpperCase() }));
  }
  const nodes = told.map((one) => make("p", {}, one));
  if (reversed) nodes.push(make("p", { class: "hint" }, reversed, " ", button(say("swap_months", monthsOf(state.to, state.from)), () => go({ ...state, from: state.to, to: state.from, page: 1 }).then(toHeading))));
  if (query.others?.length) nodes.push(casesItself(query));
  for (const { word, better } of unknown) nodes.push(unknownWord(word, better, query.asked));
  nodes.push(...decided(query, unknown));
  if (!letters && !reversed) nodes.push(loosen(unknown, query, fewer));
  find("message").replaceChildren(...nodes);
}

/** Nothing is announced between two strokes of the keys. */
function announce(words) {
  clearTimeout(telling);
  const tell = () => (find("status").textContent = words);
  if (performance.now() - stroke > QUIET) tell();
  else telling = setTimeout(tell, QUIET);
}

/** No letter is found by the number of its case among other words, which are looked for in all of them; nor by the second of two. */
function casesItself({ asked, others }) {
  const ways = others.map((number) => button(number, () => go({ ...state, q: number, page: 1 }).then(toHeading)));
  return make("p", { class: "hint" }, say(asked ? "case_itself" : "case_other"), ...ways.flatMap((way) => [" ", way]));
}

function unknownWord(word, better, asked) {
  const node = make("p", { class: "hint" }, say(state.from || state.to ? "no_word_of_months" : "no_word", { word: spelt(word) }));
  const mended = state.q.includes(word) ? state.q.replace(word, better) : `${beside([word], asked)} ${better}`.trim(); // of "L4-L6" the index is asked for l4l6
  if (better) node.append(...around("did_you_mean", button(spelt(better), () => go({ ...state, q: mended, page: 1 }).then(toHeading))));
  return node;
}

/** Words that name an outcome are words like others: letters that hold them may have been decided otherwise. */
function decided({ asked }, unknown = []) {
  const found = asked && valueSaid(terms(state.q).words, index.facets);
  if (!found || state.chosen.has(found.facet.key) || unknown.some(({ word }) => found.words.includes(word))) return [];
  const { facet, value, words: left } = found;
  const next = toggled({ ...state, q: beside(left, asked), page: 1 }, facet.key, value.id, true);
  const instead = button(`${facet.label}: ${value.label}`, () => go(next).then(toHeading));
  return [make("p", { class: "hint" }, ...around("decided", instead, { words: left.join(" ") }))];
}

/** What to let go of, one click each, with what that would show. */
function loosen(unknown, { asked, number }, { without: others = [], some }) {
  const ways = [];
  const without = (left) => ({ ...state, q: beside(left, asked), page: 1 });
  const narrow = state.chosen.size || state.from || state.to;
  const leave = (left, letters) => {
    const words = left.map(spelt).join(say("word_and_word"));
    if (without(left).q && letters !== 0) ways.push([say(narrow || !letters ? "without_word" : "without_word_number", { word: words, decisions: letters && counted(letters, "decision") }), without(left)]);
  };
  for (const { word, named } of unknown) {
    if (named) ways.push([say("value_for_word", { facet: named.facet.label, value: named.value.label, word: spelt(word) }), toggled(without([word]), named.facet.key, named.value.id, true)]);
  }
  if (some) {
    const told = say(narrow ? "some_words" : "some_words_number", { decisions: counted(some.letters, "decision") });
    ways.push([told, { ...state, least: some.least, page: 1 }]);
  }
  if (unknown.length) leave(unknown.map(({ word }) => word));
  for (const facet of index.facets) {
    for (const id of state.chosen.get(facet.key) ?? []) {
      const label = facet.values[facet.number.get(id)]?.label ?? id;
      ways.push([say("without", { facet: facet.label, value: label }), toggled(state, facet.key, id, false)]);
    }
  }
  if (state.from || state.to) ways.push([say("any_month"), { ...state, from: "", to: "", page: 1 }]);
  const any = others.some(([, letters]) => letters); // else one step more is needed, whichever word goes first
  if (!unknown.length && (any || !some)) for (const [word, letters] of others.slice(0, UNKNOWN)) leave([word], any ? letters : undefined);
  if (asked || number) ways.push([say(narrow ? "without_words" : "all_without_words"), { ...state, q: "", page: 1 }]);
  const items = ways.map(([words, next]) => make("li", {}, button(words, () => go(next).then(toHeading))));
  const browse = make("a", { href: new URL("browse/", here).href }, say("browse_all"));
  return make("div", { class: "empty" }, make("p", {}, say("nothing_fits")), make("ul", {}, ...items), make("p", {}, ...around("or_browse_all", browse)));
}

/** A step of the reader: into the address bar and its history. */
function go(next, { replace = false } = {}) {
  state = next.q === state.q ? next : { ...next, least: 0 }; // it is said of these words
  if (find("q") !== document.activeElement) find("q").value = state.q;
  const url = `${location.pathname}${format(state)}`;
  if (replace) history.replaceState(null, "", url);
  else {
    history.replaceState(null, "", settledAt); // over which somebody has typed
    if (url !== settledAt) history.pushState(null, "", url);
    settledAt = url;
  }
  return attempt(update);
}

function removed(key, id) {
  const next = id === undefined ? { ...state, [key]: "", page: 1 } : toggled(state, key, id, false);
  go(next).then(toHeading);
}

/** WebKit does not scroll to what is given the focus while the page becomes shorter. */
function toHeading() {
  find("heading").focus({ preventScroll: true });
  find("heading").scrollIntoView({ block: "nearest" });
}

/** What is said where the months are the wrong way round, else "". */
function monthsReversed() {
  return state.from && state.to && state.from > state.to ? say("months_reversed", monthsOf(state.from, state.to)) : "";
}

function monthsOf(from, to) {
  return { from: month(from), to: month(to) };
}

/** Says what is wrong with the months, and in which fields. */
function refuse(told, fields) {
  const error = find("months-error");
  error.hidden = !told;
  error.textContent = told;
  for (const id of ["from", "to"]) find(id).setAttribute("aria-invalid", String(fields.includes(id)));
}

async function download(found, letters) {
  const told = find("download").textContent;
  const listed = new Array(letters.length);
  let done = 0;
  await each(letters.keys(), 8, async (place) => {
    listed[place] = await row(letters[place], found);
    done += 1;
    if (done % 500 === 0) find("download").textContent = say("preparing", { percent: Math.round((100 * done) / letters.length) });
  });
  find("download").textContent = told;
  const link = make("a", { href: URL.createObjectURL(new Blob(["\ufeff", csv(listed, root)], { type: "text/csv" })), download: "imr-decisions.csv" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** From the beginning: what a publication has replaced since the page was opened has another name now. */
async function anew() {
  index = text = undefined;
  kept.clear();
  held.clear();
  await start("no-cache");
}

async function attempt(work, mend = anew) {
  try {
    await work();
  } catch (error) {
    console.warn(error);
    const offline = navigator.onLine === false ? say("offline") : "";
    if (mend && !offline) return attempt(mend, null);
    const again = button(say("again"), () => attempt(anew, null));
    const browse = make("a", { href: new URL("browse/", here).href }, say("browse_decisions"));
    find("progress").textContent = "";
    showRate(find("rate"));
    find("message").replaceChildren(
      make("div", { class: "empty", role: "alert" }, make("p", {}, `${offline}${say("not_loaded")}`, again, ...around("or_browse", browse))),
    );
    busy(false);
  }
}

// The reader's hands.

const box = suggest(find("q"), find("suggestions"), {
  facets: () => index.facets,
  vocabulary,
  take({ facet, value, before }) {
    clearTimeout(typing);
    find("q").value = before;
    go(toggled({ ...state, q: before }, facet.key, value.id, true));
  },
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  box.close();
  if (index) go({ ...state, q: find("q").value.trim(), page: 1 });
});
find("q").addEventListener("input", () => {
  if (!index) early.add(find("q"));
  stroke = performance.now();
  clearTimeout(typing);
  typing = setTimeout(() => {
    const q = find("q").value.trim();
    if (index && q !== state.q && q.length !== 1) go({ ...state, q, page: 1 }, { replace: true });
  }, PAUSE);
});
find("panel").addEventListener("submit", (event) => event.preventDefault());
find("panel").addEventListener("change", ({ target }) => {
  const { type, name, value, checked } = target;
  if (!index) early.add(target);
  else if (type === "checkbox") go(toggled(state, name, value, checked));
  else if (name === "from" || name === "to") {
    const chosen = monthOf(value, MONTHS);
    if (chosen === null) {
      refuse(say("month_unread", { typed: value }), [name]);
      announce(say("month_unread", { typed: value }));
    } else go({ ...state, [name]: chosen, page: 1 });
  }
});
find("sort").addEventListener("change", () => {
  if (!index) return early.add(find("sort"));
  const usual = order({ ...state, sort: "" });
  go({ ...state, sort: find("sort").value === usual ? "" : find("sort").value, page: 1 });
});
find("pages").addEventListener("click", (event) => {
  const page = Number(event.target.dataset.page);
  if (!page || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go({ ...state, page }).then(toHeading);
});
find("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    find("status").textContent = say("copied");
    find("copy").textContent = say("copied");
    setTimeout(() => (find("copy").textContent = say("copy")), 3000);
  } catch {
    find("copied").value = location.href;
    find("copied").hidden = false;
    find("copied").select();
  }
});
addEventListener("popstate", () => {
  if (!index) return;
  clearTimeout(typing);
  box.close();
  read();
  attempt(update);
});
find("panel").addEventListener("toggle", ({ target }) => {
  if (index?.facets.slice(index.open).some(({ key }) => target.open && key === target.dataset.facet)) attempt(update);
}, true);
for (const sign of ["pointermove", "pointerdown", "focusin"]) find("results").addEventListener(sign, () => (touched = true), { passive: true });
addEventListener("scroll", () => (touched = true), { passive: true });
for (const opener of ["show-panel", "hide-panel"]) {
  find(opener).addEventListener("click", () => {
    const open = find("panel").classList.toggle("open");
    find("show-panel").setAttribute("aria-expanded", String(open));
    if (!open) return toHeading();
    find("panel").querySelector("summary").focus({ preventScroll: true });
    find("show-panel").scrollIntoView(); // below it there is place for all of the panel
  });
}
for (const all of document.querySelectorAll(".show-all")) {
  all.addEventListener("click", () => {
    const facet = all.closest(".facet");
    facet.classList.remove("short");
    all.hidden = true;
    facet.querySelector(".rest input")?.focus();
  });
}
for (const narrow of document.querySelectorAll(".narrow-facet")) {
  const facet = narrow.closest(".facet");
  addEventListener("pageshow", ({ persisted }) => persisted && setTimeout(() => narrow.dispatchEvent(new Event("input")), 0)); // WebKit has emptied it
  narrow.addEventListener("input", () => {
    const typed = unaccented(narrow.value).trim();
    facet.classList.toggle("finding", Boolean(typed));
    for (const item of facet.querySelectorAll("li")) item.hidden = Boolean(typed) && !unaccented(item.textContent).includes(typed);
  });
}

for (const id of ["from", "to"]) if (find(id).type !== "month") find(id).placeholder = say("month_hint"); // Firefox has no field for months

attempt(start);

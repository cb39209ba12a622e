// The page: shows rows and counts. Knows nothing of the index; everything is set as text but the index's own, escaped excerpts.

const WORDS = {
  upheld: ["Upheld", "treatment not approved"],
  overturned: ["Overturned", "treatment approved"],
};

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== ""));
  return node;
}

export function counted(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en-US")} ${number === 1 ? one : many}`;
}

/** `rows`: [{card, issues: numbers that match, excerpts: Map(issue -> html), words}]. */
export function showResults(list, rows, root) {
  list.replaceChildren(...rows.map((row) => card(row, root)));
}

function card({ card: [id, number, date, issues], matching, excerpts, query }, root) {
  const url = `${root}decisions/${encodeURIComponent(id)}.html`;
  const mark = query ? `?highlight=${encodeURIComponent(query)}` : "";
  const first = issues.map((_, place) => place).sort((a, b) => matching.has(b) - matching.has(a) || a - b);
  const shown = first.slice(0, Math.max(3, Math.min(matching.size, 5)));
  const items = shown.map((place) => {
    const [disputed, outcome] = issues[place];
    const link = make("a", { href: `${url}${mark}#issue-${place + 1}` }, disputed);
    const excerpt = excerpts.get(place + 1);
    return make("li", { class: matching.has(place) ? "matching" : "other" }, link, " ", badge(outcome), excerpt ? quote(excerpt) : "");
  });
  const left = issues.length - shown.length;
  const about = excerpts.get(0);
  return make(
    "li",
    { class: "card" },
    make("p", { class: "meta" }, date ? `${day(date)} · ` : "", make("a", { href: `${url}${mark}` }, number ?? id)),
    make("ul", { class: "issues" }, ...items, left > 0 ? make("li", { class: "faint" }, `and ${left} more in this letter`) : ""),
    about && !shown.some((place) => excerpts.has(place + 1)) ? quote(about) : "",
  );
}

/** The only HTML that is not ours: the index escapes its excerpts and adds <mark>. */
function quote(html) {
  const text = make("p", { class: "excerpt" });
  text.innerHTML = html;
  return text;
}

function badge(outcome) {
  const [word, means] = WORDS[outcome] ?? ["Outcome not recognised", ""];
  return make("span", { class: `badge ${outcome ?? "unknown"}` }, make("b", {}, word), " ", means ? make("span", {}, means) : "");
}

export function day(iso) {
  const [year, month, date] = iso.split("-").map(Number);
  return `${date} ${["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][month - 1]} ${year}`;
}

/** Numbers and ticks of the panel. */
export function showPanel(panel, facets, counts, state) {
  facets.forEach((facet, place) => {
    const box = panel.querySelector(`[data-facet="${CSS.escape(facet.key)}"]`);
    if (!box) return;
    const chosen = state.chosen.get(facet.key) ?? new Set();
    for (const input of box.querySelectorAll("input[type=checkbox]")) {
      const number = counts[place].letters[facet.number.get(input.value)] ?? 0;
      input.checked = chosen.has(input.value);
      const item = input.closest("li");
      item.classList.toggle("none", number === 0 && !input.checked);
      item.querySelector(".n").textContent = number.toLocaleString("en-US");
    }
    if (chosen.size) box.open = true;
  });
}

/** One removable chip a choice; `remove(key, id)`. */
export function showChips(list, state, facets, remove, clear) {
  const items = [];
  for (const facet of facets) {
    for (const id of state.chosen.get(facet.key) ?? []) {
      const label = facet.values[facet.number.get(id)]?.label ?? id;
      items.push(chip(`${facet.label}: ${label}`, () => remove(facet.key, id)));
    }
  }
  if (state.from) items.push(chip(`From ${state.from}`, () => remove("from")));
  if (state.to) items.push(chip(`To ${state.to}`, () => remove("to")));
  if (items.length) {
    const all = make("button", { type: "button", class: "plain" }, "Clear all filters");
    all.addEventListener("click", clear);
    items.push(make("li", {}, all));
  }
  list.replaceChildren(...items);
}

function chip(text, remove) {
  const button = make("button", { type: "button", class: "quiet", "aria-label": `Remove filter: ${text}` }, `${text} ×`);
  button.addEventListener("click", remove);
  return make("li", {}, button);
}

/** Real links, so that a page of results can be opened in a tab. */
export function showPages(nav, page, last, href) {
  if (last <= 1) {
    nav.replaceChildren();
    return;
  }
  const link = (number, text, rel) => make("a", { href: href(number), "data-page": number, rel }, text);
  nav.replaceChildren(
    ...[page > 1 ? link(page - 1, "Previous", "prev") : "", make("span", {}, `Page ${page} of ${last}`), page < last ? link(page + 1, "Next", "next") : ""].filter(Boolean),
  );
}

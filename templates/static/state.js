// The URL is the state. Pure: a query string in, a state out, and back.

/** @typedef {{q: string, chosen: Map<string, Set<string>>, from: string, to: string, least: number, sort: string, page: number}} State */

export const SORTS = ["relevance", "newest", "oldest"];
const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

/** @returns {State} */
export function parse(search, facets) {
  const given = new URLSearchParams(search);
  const chosen = new Map();
  for (const facet of facets) {
    const ids = given.getAll(facet).flatMap((value) => value.split(",")).filter(Boolean);
    if (ids.length) chosen.set(facet, new Set(ids));
  }
  const month = (name) => (MONTH.test(given.get(name) ?? "") ? given.get(name) : "");
  const number = (name) => Number.parseInt(given.get(name) ?? "", 10) || 0;
  return {
    q: (given.get("q") ?? "").trim(),
    chosen,
    from: month("from"),
    to: month("to"),
    sort: SORTS.includes(given.get("sort")) ? given.get("sort") : "",
    least: Math.min(100, Math.max(0, number("least"))),
    page: Math.max(1, number("page")),
  };
}

/** The shortest query string of a state: equal states give equal strings. */
export function format(state) {
  const out = new URLSearchParams();
  if (state.q) out.set("q", state.q);
  for (const facet of [...state.chosen.keys()].sort()) {
    for (const id of [...state.chosen.get(facet)].sort()) out.append(facet, id);
  }
  if (state.from) out.set("from", state.from);
  if (state.to) out.set("to", state.to);
  if (state.q && state.least) out.set("least", String(state.least));
  if (state.sort) out.set("sort", state.sort);
  if (state.page > 1) out.set("page", String(state.page));
  const text = out.toString();
  return text ? `?${text}` : "";
}

/** The order in force: by relevance where there are words, else newest first. */
export function order(state) {
  return state.sort || (state.q ? "relevance" : "newest");
}

/**
 * "2016-04" of what is typed where a browser has no field for months: "4/2016", "201604", "April 2016"; empty of nothing, null of what
 * says no month. `names`: of the months, as they begin.
 */
export function monthOf(typed, names) {
  const words = typed.trim().toLowerCase();
  const year = /(?:19|20)\d\d/.exec(words)?.[0] ?? "";
  const rest = words.replace(year, " ").trim();
  const number = 1 + names.findIndex((name) => rest.startsWith(name.toLowerCase())) || Number(/\d+/.exec(rest)?.[0]);
  if (!words) return "";
  return year && number >= 1 && number <= 12 ? `${year}-${String(number).padStart(2, "0")}` : null;
}

/** A copy with one value chosen or let go; back to the first page. */
export function toggled(state, facet, id, on) {
  const chosen = new Map([...state.chosen].map(([key, ids]) => [key, new Set(ids)]));
  const ids = chosen.get(facet) ?? new Set();
  if (on) ids.add(id);
  else ids.delete(id);
  if (ids.size) chosen.set(facet, ids);
  else chosen.delete(facet);
  return { ...state, chosen, page: 1 };
}

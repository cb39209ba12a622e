// What the search page says, in its language: the texts come with the page.

const texts = JSON.parse(document.getElementById("search").dataset.said);

/** Attributes of what is in English on a page that is not. */
export const ENGLISH = document.documentElement.lang === "en" ? {} : { lang: "en", hreflang: "en" };

export const MONTHS = texts.months;

/** A text with its {names} filled in. */
export function say(name, values = {}) {
  return texts[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

/** A text in which {node} is a node: for `append`. */
export function around(name, node, values = {}) {
  const [before, after] = say(name, { ...values, node: "\n" }).split("\n");
  return [before, node, after];
}

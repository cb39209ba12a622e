// Marks on a decision page the words that led to it (`?highlight=`): counted, walked through with two buttons, removed with Escape.

import { patternOf, pieces, terms } from "./words.js";

const REPEATS = "article > h1, table, article > dl, h1 + p + dl, p[class], aside, footer"; // of what stands in the letter's own text
const article = document.querySelector("article");
const pattern = patternOf(terms(new URLSearchParams(location.search).get("highlight") ?? ""));
const marks = article && pattern ? marked(article, pattern) : [];
if (marks.length) walk();

function marked(article, pattern) {
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(REPEATS)) texts.push(walker.currentNode);
  return texts.flatMap((text) => {
    const nodes = pieces(text.data, pattern).map(([words, isMarked]) => (isMarked ? Object.assign(document.createElement("mark"), { textContent: words }) : words));
    if (nodes.length > 1) text.replaceWith(...nodes);
    return nodes.filter((node) => typeof node !== "string");
  });
}

/** The bar with which a reader walks from mark to mark, and the number of marks beside every issue. */
function walk() {
  const bar = document.createElement("div");
  const told = document.createElement("span");
  const number = (count) => `${count} ${count === 1 ? "match" : "matches"}`;
  let at = -1;
  const go = (step) => {
    const target = document.querySelector(":target");
    const after = target ? marks.findIndex((mark) => target.compareDocumentPosition(mark) & (Node.DOCUMENT_POSITION_FOLLOWING | Node.DOCUMENT_POSITION_CONTAINED_BY)) : 0;
    at = at < 0 ? (Math.max(after, 0) + Math.min(step, 0) + marks.length) % marks.length : (at + step + marks.length) % marks.length;
    marks.forEach((mark, place) => mark.classList.toggle("now", place === at));
    marks[at].closest("details:not([open])")?.setAttribute("open", "");
    marks[at].scrollIntoView({ block: "center" });
    told.textContent = `${at + 1} of ${number(marks.length)}`;
  };
  const clear = () => {
    for (const mark of marks) mark.replaceWith(mark.textContent);
    article.normalize();
    for (const count of article.querySelectorAll(".matches")) count.remove();
    history.replaceState(null, "", location.pathname + location.hash);
    removeEventListener("keydown", escape);
    if (bar.contains(document.activeElement)) document.getElementById("main").focus({ preventScroll: true });
    bar.remove();
  };
  const escape = ({ key }) => key === "Escape" && clear();
  const button = (text, act) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: text });
    made.addEventListener("click", act);
    return made;
  };
  bar.className = "marks";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Words that were searched for");
  told.setAttribute("role", "status");
  told.textContent = number(marks.length);
  bar.append(told, button("Previous", () => go(-1)), button("Next", () => go(1)), button("Remove highlighting", clear));
  article.after(bar);
  addEventListener("keydown", escape);
  for (const link of article.querySelectorAll('table a[href^="#issue-"]')) {
    const section = document.getElementById(link.hash.slice(1))?.closest("section");
    const count = marks.filter((mark) => section?.contains(mark)).length;
    if (count) link.after(" ", Object.assign(document.createElement("small"), { className: "matches", textContent: number(count) }));
  }
}

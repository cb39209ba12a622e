// The box under the search box: facet values for what is being typed, taken over with the keyboard or the mouse (a combobox).

import { make } from "./results.js";
import { suggestions } from "./words.js";

/** `vocabulary()`: promise of the words for each value; `take({facet, value, before})`: one was chosen. */
export function suggest(input, box, { facets, vocabulary, take }) {
  let offered = [];
  let at = -1;
  let asked = 0;

  async function offer() {
    const mine = (asked += 1);
    const text = input.value;
    const words = text.trim().length < 2 ? null : await vocabulary();
    if (mine !== asked || text !== input.value || document.activeElement !== input) return;
    offered = words ? suggestions(text, facets(), words) : [];
    mark(-1);
    box.replaceChildren(...offered.map(item));
    show(offered.length > 0);
  }

  function item({ facet, value, via }, place) {
    const above = value.parent === undefined ? "" : `${facet.values[value.parent].label} › `;
    const option = make(
      "li",
      { role: "option", id: `suggestion-${place}`, "aria-selected": "false" },
      make("span", {}, `${above}${value.label}`, via ? make("span", { class: "faint" }, ` ${via}`) : ""),
      make("span", { class: "faint" }, facet.label),
    );
    option.addEventListener("mousedown", (event) => event.preventDefault());
    option.addEventListener("click", () => choose(place));
    return option;
  }

  function show(open) {
    box.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
  }

  function mark(place) {
    at = place;
    [...box.children].forEach((option, number) => option.setAttribute("aria-selected", String(number === place)));
    if (place < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", `suggestion-${place}`);
      box.children[place].scrollIntoView({ block: "nearest" });
    }
  }

  function close() {
    asked += 1; // words that are still on their way would open it again
    mark(-1);
    show(false);
  }

  function choose(place) {
    close();
    take(offered[place]);
  }

  input.addEventListener("focus", () => vocabulary().catch(() => {}));
  input.addEventListener("input", () => offer().catch(close));
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (box.hidden) return;
    if (event.key === "Escape") {
      event.preventDefault(); // or some browsers leave their full screen, too
      close();
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      choose(at);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const places = offered.length + 1; // one of them is the text as typed
      mark(((at + 1 + (event.key === "ArrowDown" ? 1 : places - 1)) % places) - 1);
    }
  });
  return { close };
}

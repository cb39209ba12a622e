// What a decision page can do besides being read: words marked, its citation copied.

import "./highlight.js";

const citation = document.querySelector("#citation");
const button = document.createElement("button");
const told = document.createElement("span");
button.type = "button";
button.className = "plain";
button.textContent = "Copy citation";
told.setAttribute("role", "status");
button.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(citation.textContent.trim());
    told.textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(citation);
    told.textContent = "Selected: copy it with Ctrl+C or ⌘C.";
  }
});
citation.after(button, " ", told);

// What a decision page can do besides being read: words marked, its citation copied, an issue linked from its heading.

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

for (const heading of document.querySelectorAll('h2[id^="issue-"]')) {
  const link = document.createElement("a");
  link.href = `#${heading.id}`;
  link.append(...heading.childNodes);
  heading.append(link);
}

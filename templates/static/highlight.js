// Marks on a decision page the words that led to it (`?highlight=`), with a way to remove the marks.

const typed = new URLSearchParams(location.search).get("highlight") ?? "";
const words = typed.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [];
const article = document.querySelector("article");

if (words.length && article) {
  const stems = words.map((word) => (word.length > 5 ? word.replace(/(?:ing|ions?|ies|es|s|ed)$/, "") : word));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${stems.join("|")})[\\p{L}\\p{N}]*`, "giu");
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  let count = 0;
  for (const text of texts) {
    const parts = [];
    let end = 0;
    for (const match of text.data.matchAll(pattern)) {
      const mark = document.createElement("mark");
      mark.textContent = match[0];
      parts.push(text.data.slice(end, match.index), mark);
      end = match.index + match[0].length;
      count += 1;
    }
    if (parts.length) text.replaceWith(...parts, text.data.slice(end));
  }
  if (count) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = `Remove highlighting (${count})`;
    button.addEventListener("click", () => {
      for (const mark of article.querySelectorAll("mark")) mark.replaceWith(mark.textContent);
      article.normalize();
      history.replaceState(null, "", location.pathname + location.hash);
      button.remove();
    });
    article.before(button);
  }
}

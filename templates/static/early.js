// Before the page is painted: scripts run here. Should one of them not load, the page shows what it shows without scripts.

document.documentElement.classList.add("script");
addEventListener("error", (event) => event.target instanceof HTMLScriptElement && document.documentElement.classList.remove("script"), true);

// Words in the address: the program that finds them is the last and largest script, and asked for beside the others.
const program = document.currentScript.dataset.program;
if (program && new URLSearchParams(location.search).get("q")) {
  const link = document.createElement("link");
  link.rel = "modulepreload";
  link.href = program;
  document.head.append(link);
}

// Before the page is painted: scripts run here. Should one of them not load, the page shows what it shows without scripts.

document.documentElement.classList.add("script");
addEventListener("error", (event) => event.target instanceof HTMLScriptElement && document.documentElement.classList.remove("script"), true);

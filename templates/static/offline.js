// The offer to keep a copy of the site in this browser. Nothing is registered, fetched or stored until somebody asks for it.

const box = document.getElementById("offline");
const root = new URL(box.dataset.root || "./", location.href);
const [keep, drop] = box.querySelectorAll("button");
const status = box.querySelector("[role=status]");

const say = (name) => (status.textContent = name ? box.dataset[name] : "");

/** The registration of this site, not of another one above it. */
async function registered() {
  const found = await navigator.serviceWorker.getRegistration(root);
  return found?.scope === root.href ? found : undefined;
}

function show(is) {
  keep.hidden = is;
  drop.hidden = !is;
}

/** Resolves when the worker answers for the site; rejects when the copy could not be fetched whole. */
function settled(worker) {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (worker.state === "activated") resolve();
      if (worker.state === "redundant") reject(new Error("the copy is not whole"));
    };
    worker.addEventListener("statechange", look);
    look();
  });
}

async function start() {
  say("coming");
  keep.disabled = true;
  try {
    const made = await navigator.serviceWorker.register(new URL("sw.js", root), { scope: root.href, updateViaCache: "none" });
    await settled(made.installing ?? made.waiting ?? made.active);
    show(true);
    say("kept");
  } catch {
    await stop();
    say("failed");
  }
  keep.disabled = false;
}

async function stop() {
  await (await registered())?.unregister();
  for (const name of await caches.keys()) if (name.startsWith(`copy of ${root.pathname} `)) await caches.delete(name);
  show(false);
  say("dropped");
}

async function offer() {
  const made = await registered();
  show(Boolean(made?.active));
  if (made?.active) say("kept");
  if (location.hash === "#away") say("away");
  box.hidden = false;
  const { bytes } = await (await fetch(new URL("offline.json", root))).json();
  document.getElementById("offline-size").textContent = bytes < 1e5 ? "< 0.1 MB" : `${(bytes / 1e6).toFixed(1)} MB`;
}

if ("serviceWorker" in navigator && "caches" in window) {
  keep.addEventListener("click", start);
  drop.addEventListener("click", stop);
  offer().catch(() => {});
}

// The copy for use without a connection: the site's frame, its search, and the pages that were opened. Only whoever asked for it has it.
//
// Every build has a version of this file of its own, so a browser that keeps a copy fetches the new generation while the old one goes
// on answering: whole, into a store of its own, every file held against its digest; what fails leaves the old one. The new one takes
// over when no page of the old one is open any more, so that no reader ever sees parts of two.

const GENERATION = "{generation}";
const LIST = "{list}"; // sha256 of offline.json
const SCOPE = registration.scope;
const PREFIX = `copy of ${new URL(SCOPE).pathname} `; // sites of one host share their stores
const AT_ONCE = 6;
const MEANWHILE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>One moment</title>
<p>This site has changed since it was kept here. The page opens in a moment.
<p lang="es">Este sitio ha cambiado desde que se guardó aquí. La página se abre en un momento.`;

/** The address under which a page or file is kept: without a query, a folder for its index. */
function bare(address) {
  const url = new URL(address, SCOPE);
  return url.origin + url.pathname.replace(/\/index\.html$/, "/");
}

async function sha256(buffer) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", buffer));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What the server has now: an old answer in the browser's own cache is asked about, and used where it still holds. */
async function fetched(path) {
  const answer = await fetch(new URL(path, SCOPE), { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer;
}

async function put(store, address, answer, digest = "") {
  const body = await answer.arrayBuffer();
  if (digest && (await sha256(body)) !== digest) throw new Error(`${address} is of another generation`);
  await store.put(bare(address), new Response(body, { headers: { "Content-Type": answer.headers.get("Content-Type") ?? "" } }));
}

/** Is what the server has still this generation? Asked after fetching what no digest is known of. */
async function isCurrent() {
  const answer = await fetch(new URL("sw.js", SCOPE), { cache: "no-store" });
  return answer.ok && (await answer.text()).includes(GENERATION);
}

async function each(items, work) {
  const waiting = [...items];
  const worker = async () => {
    while (waiting.length) await work(waiting.shift());
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function older() {
  return (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== PREFIX + GENERATION);
}

async function fetchAll() {
  const list = await (await fetched("offline.json")).arrayBuffer();
  if ((await sha256(list)) !== LIST) throw new Error("offline.json is of another generation");
  const { files } = JSON.parse(new TextDecoder().decode(list));
  const store = await caches.open(PREFIX + GENERATION);
  const before = await Promise.all((await older()).map((name) => caches.open(name)));
  await each(Object.entries(files), async ([path, digest]) => put(store, path, await fetched(path), digest));
  const listed = new Set(Object.keys(files).map(bare));
  const held = (await Promise.all(before.map((old) => old.keys()))).flat().map((request) => request.url);
  const visited = held.filter((url) => !listed.has(url) && /(?:\/|\.html)$/.test(url));
  await each(visited, async (url) => {
    const answer = await fetch(url, { cache: "no-cache" });
    if (answer.ok) await put(store, url, answer);
    else await answer.body?.cancel(); // a page that is gone leaves the copy; an answer left unread holds its connection
  });
  if (visited.length && !(await isCurrent())) throw new Error("the site has changed again");
}

async function install() {
  try {
    await fetchAll();
  } catch (error) {
    await caches.delete(PREFIX + GENERATION);
    throw error;
  }
}

async function activate() {
  for (const name of await older()) await caches.delete(name);
  await clients.claim();
}

/** To open a store that is gone would make it anew. */
function held(address) {
  return caches.match(address, { cacheName: PREFIX + GENERATION });
}

async function answer(event) {
  const { request } = event;
  const moves = request.mode === "navigate";
  const next = moves && registration.waiting; // when the pages have been counted it may be taking over, and wait no more
  if (next && (await clients.matchAll()).length < 2) {
    next.postMessage("take over");
    return new Response(MEANWHILE, { headers: { "Content-Type": "text/html; charset=utf-8", Refresh: "1" } });
  }
  const address = bare(request.url);
  const kept = await held(address);
  if (kept) return kept;
  let found;
  try {
    found = await fetch(request);
  } catch (error) {
    if (!moves) throw error;
    return Response.redirect((await held(`${address}/`)) ? `${address}/` : new URL("help/#away", SCOPE));
  }
  if (moves && found.ok && (found.headers.get("Content-Type") ?? "").startsWith("text/html")) event.waitUntil(keep(request.url, found.clone()));
  return found;
}

async function keep(address, page) {
  if (await isCurrent()) await put(await caches.open(PREFIX + GENERATION), address, page);
}

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("message", ({ data }) => data === "take over" && skipWaiting());
addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && event.request.url.startsWith(SCOPE)) event.respondWith(answer(event));
});

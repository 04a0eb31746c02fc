/* Service worker of /visits/: the page used on site opens without a connection. It keeps nothing by itself; the page
   puts itself and its files into a cache of the person signed in, and what is asked here comes from the network first,
   from that cache when the network fails or dawdles. Other pages pass by untouched. */

const CACHES = "cchc-capture-";
const PATIENCE = 4_000;
const SLOW_FOR = 30_000;
let slowUntil = 0;

const isPage = (request) => request.mode === "navigate" && /^\/visits\/\d+\/capture\/$/.test(new URL(request.url).pathname);
const isFile = (request) => new URL(request.url).pathname.startsWith("/static/");

async function kept(request) {
  for (const name of await caches.keys()) {
    if (!name.startsWith(CACHES)) continue;
    const found = await (await caches.open(name)).match(request, { ignoreSearch: isPage(request), ignoreVary: true });
    if (found) return found;
  }
  return undefined;
}

async function answered(event) {
  const network = fetch(event.request);
  network.catch(() => {});
  const cached = await kept(event.request);
  if (!cached) return network;
  if (Date.now() < slowUntil && !isPage(event.request)) return cached;
  let timer;
  const dawdling = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("slow")), PATIENCE);
  });
  try {
    const answer = await Promise.race([network, dawdling]);
    return answer.status >= 500 ? cached : answer;
  } catch {
    slowUntil = Date.now() + SLOW_FOR;
    return cached;
  } finally {
    clearTimeout(timer);
  }
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  if (isPage(request) || isFile(request)) event.respondWith(answered(event));
});

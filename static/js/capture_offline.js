/* Makes the page open without a connection: registers the worker and keeps the page with every file it loaded in a
   cache of this person's. Resolves to true when all of it is there. */

import { CACHES, forget } from "./capture_forget.js";

function files() {
  const loaded = performance.getEntriesByType("resource").map(({ name }) => new URL(name));
  const linked = [...document.querySelectorAll("link[rel=stylesheet], script[src], img[src]")].map(
    (element) => new URL(element.href || element.src, location.href),
  );
  const drawn = [...document.querySelectorAll("use")].map((element) => new URL(element.href.baseVal, location.href));
  const own = [...loaded, ...linked, ...drawn].filter(({ origin, pathname }) => {
    return origin === location.origin && pathname.startsWith("/static/");
  });
  return [...new Set(own.map(({ pathname }) => pathname))];
}

/* The page as the server has it now, if it is still this person's; its text tells the form's token as well. */
export async function freshPage(url, person) {
  const response = await fetch(url, { redirect: "manual", headers: { Accept: "text/html" } });
  if (!response.ok) return { state: response.type === "opaqueredirect" ? "expired" : "failed" };
  const page = new DOMParser().parseFromString(await response.clone().text(), "text/html");
  const owner = page.querySelector("[data-cchc-capture]")?.dataset.person;
  if (owner !== String(person)) return { state: "other_person" };
  return { state: "fresh", response, token: page.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "" };
}

async function keepPage(url, person) {
  const fresh = await freshPage(url, person);
  if (fresh.state !== "fresh") return false;
  const cache = await caches.open(`${CACHES}${person}`);
  const wanted = files();
  const answers = await Promise.all(wanted.map((path) => fetch(path)));
  if (answers.some(({ ok }) => !ok)) return false;
  await Promise.all(wanted.map((path, at) => cache.put(path, answers[at])));
  await cache.put(url, fresh.response);
  const stale = (await cache.keys()).map(({ url: one }) => new URL(one).pathname);
  const gone = stale.filter((path) => path.startsWith("/static/") && !wanted.includes(path));
  await Promise.all(gone.map((path) => cache.delete(path)));
  return true;
}

export async function readyOffline({ worker, page, person }) {
  if (!("serviceWorker" in navigator) || !("caches" in window)) return false;
  try {
    await navigator.serviceWorker.register(worker, { scope: new URL("./", new URL(worker, location.href)).pathname });
    await forget({ except: person });
    await navigator.serviceWorker.ready;
    return await keepPage(page, person);
  } catch {
    // Without a connection: what was kept the last time is still there.
    return Boolean(await caches.match(page, { ignoreVary: true }).catch(() => null));
  }
}

/* What the page used on site leaves in the browser, seen from the other pages: the cache from which it opens without a
   connection is the signed-in person's alone and goes with his or her session; entries not sent yet stay and are
   counted, so that signing out can tell. */

export const CACHES = "cchc-capture-";
const DATABASE = "cchc-capture";

export async function forget({ except = "" } = {}) {
  if (!("caches" in window)) return;
  const names = (await caches.keys()).filter((name) => name.startsWith(CACHES) && name !== `${CACHES}${except}`);
  await Promise.all(names.map((name) => caches.delete(name)));
}

function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/* How many operations and photos of this person wait in this browser; no database is made by asking. */
export async function waitingOnSite(person) {
  try {
    if (!(await indexedDB.databases()).some(({ name }) => name === DATABASE)) return 0;
    const db = await answer(indexedDB.open(DATABASE));
    const read = db.transaction(["operations", "photos"]);
    const own = IDBKeyRange.bound([person], [person, []]);
    const counts = [read.objectStore("operations").index("owner").count(own), read.objectStore("photos").count(own)];
    const [operations, photos] = await Promise.all(counts.map(answer));
    db.close();
    return operations + photos;
  } catch {
    return 0;
  }
}

/* What was typed and is not on the server yet, in the browser's own database: entries of cells and batches on their way.
   Everything is kept under the person who typed it and is read back for that person only; signing out erases nothing.
   Where the browser does not store (blocked, full, private window) the entries live on in the page's memory alone, and
   `onTrouble` is told once so that the page can warn. */

const DATABASE = "cchc-outbox";
const ENTRIES = "entries";
const BATCHES = "batches";

function finished(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function opened() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(ENTRIES);
    request.result.createObjectStore(BATCHES);
  };
  return finished(request);
}

/* A name no other batch has; `randomUUID` is missing on pages without TLS. */
export function newKey() {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(16).padStart(8, "0")).join("");
}

export class Outbox {
  #db = null;
  #written = new Map();
  #troubled = false;

  constructor({ person, item, onTrouble }) {
    Object.assign(this, { person, item, onTrouble });
  }

  get durable() {
    return this.#db !== null && !this.#troubled;
  }

  /* Opens the database; gives back {entries, batches} left behind by an earlier page of this person and return. */
  async open() {
    try {
      this.#db = await opened();
      this.#db.onversionchange = () => this.#db.close();
      const own = IDBKeyRange.bound([this.person, this.item], [this.person, this.item, []]);
      const read = this.#db.transaction([ENTRIES, BATCHES]);
      const [entries, batches] = await Promise.all([
        finished(read.objectStore(ENTRIES).getAll(own)),
        finished(read.objectStore(BATCHES).getAll(own)),
      ]);
      for (const entry of entries) this.#written.set(`${entry.line} ${entry.name}`, JSON.stringify(entry));
      return { entries, batches };
    } catch {
      this.#trouble();
      return { entries: [], batches: [] };
    }
  }

  #trouble() {
    if (this.#troubled) return;
    this.#troubled = true;
    this.onTrouble();
  }

  #write(store, act) {
    if (!this.#db) return;
    try {
      const transaction = this.#db.transaction(store, "readwrite");
      transaction.onabort = () => this.#trouble();
      act(transaction.objectStore(store));
      // The order to commit leaves with the entry itself: a tab that is killed right afterwards has sent both.
      transaction.commit?.();
    } catch {
      this.#trouble();
    }
  }

  /* The line's unsent entries are exactly `unsent`: name → {value} or, for what is no count, {text}. */
  keep(line, version, unsent) {
    const put = [];
    for (const [name, typed] of Object.entries(unsent)) {
      const entry = { person: this.person, item: this.item, line, name, version, ...typed };
      const written = JSON.stringify(entry);
      if (this.#written.get(`${line} ${name}`) === written) continue;
      this.#written.set(`${line} ${name}`, written);
      put.push(entry);
    }
    if (put.length) {
      this.#write(ENTRIES, (store) => {
        for (const entry of put) store.put(entry, [this.person, this.item, entry.line, entry.name]);
      });
    }
    for (const place of this.#written.keys()) {
      const [at, name] = place.split(" ");
      if (Number(at) === line && !(name in unsent)) this.#settle(line, name);
    }
  }

  /* Forgets an entry unless another tab has written a different one in its place. */
  #settle(line, name) {
    const written = this.#written.get(`${line} ${name}`);
    this.#written.delete(`${line} ${name}`);
    if (!this.#db) return;
    try {
      const store = this.#db.transaction(ENTRIES, "readwrite").objectStore(ENTRIES);
      const key = [this.person, this.item, line, name];
      store.get(key).onsuccess = (event) => {
        const { value, text } = JSON.parse(written);
        const there = event.target.result;
        if (there && JSON.stringify([there.value, there.text]) === JSON.stringify([value, text])) store.delete(key);
      };
    } catch {
      this.#trouble();
    }
  }

  /* A batch is kept before it leaves, so that it can be sent again under its key by whoever opens the page next. */
  depart(batch) {
    this.#write(BATCHES, (store) => store.put(batch, [this.person, this.item, batch.key]));
  }

  arrived(key) {
    this.#write(BATCHES, (store) => store.delete([this.person, this.item, key]));
  }
}

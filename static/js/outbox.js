/* What was typed and is not on the server yet, in the browser's own database: entries of cells and batches on their way.
   Everything is kept under the person who typed it and is read back for that person only; signing out erases nothing.
   Where the browser does not store (blocked, full, private window) the entries live on in the page's memory alone, and
   `onTrouble` is told once so that the page can warn. */

const DATABASE = "cchc-outbox";
const ENTRIES = "entries";
const BATCHES = "batches";
// What could not be kept is tried again after this, in milliseconds, if nothing else is written before.
const AGAIN = 3_000;

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

/* Was the same typed in both entries, whatever version of the line they stand on? */
function alike(one, other) {
  return JSON.stringify([one.value, one.text]) === JSON.stringify([other.value, other.text]);
}

/* A name no other batch has; `randomUUID` is missing on pages without TLS. */
export function newKey() {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(16).padStart(8, "0")).join("");
}

/* What a person left unsent in this browser: [{item, title, cells}], one row a return; nothing where nothing is kept. */
export async function leftBy(person) {
  try {
    const db = await opened();
    const own = IDBKeyRange.bound([person], [person, []]);
    const entries = await finished(db.transaction(ENTRIES).objectStore(ENTRIES).getAll(own));
    db.close();
    const left = new Map();
    for (const { item, title } of entries) left.set(item, { item, title, cells: (left.get(item)?.cells ?? 0) + 1 });
    return [...left.values()];
  } catch {
    return [];
  }
}

export class Outbox {
  #db = null;
  // Places to entries: as they should be, as they were last written, and what differs for the next transaction.
  #wanted = new Map();
  #stored = new Map();
  #changed = new Map();
  // Places whose entries are written later than they were typed, because they failed once or stand on a newer version of
  // their line: meanwhile another tab may have written there.
  #late = new Set();
  #due = false;
  #flushed = Promise.resolve(true);
  #troubled = false;

  /* `title` names the return to this person wherever the entries are told of without it. */
  constructor({ person, item, title, onTrouble }) {
    Object.assign(this, { person, item, title, onTrouble });
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
      for (const entry of entries) {
        this.#wanted.set(`${entry.line} ${entry.name}`, JSON.stringify(entry));
        this.#stored.set(`${entry.line} ${entry.name}`, entry);
      }
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

  /* One transaction; resolves to whether it is on the disk. */
  #write(stores, act) {
    return new Promise((resolve) => {
      const failed = () => {
        this.#trouble();
        resolve(false);
      };
      let transaction;
      try {
        transaction = this.#db.transaction(stores, "readwrite");
        transaction.oncomplete = () => resolve(true);
        transaction.onabort = failed;
        act(transaction);
      } catch {
        try {
          transaction?.abort();
        } catch {
          // It has ended already.
        }
        failed();
      }
    });
  }

  /* The line's unsent entries are exactly `unsent`: name → {value} or, for what is no count, {text}. */
  keep(line, version, unsent) {
    for (const [name, typed] of Object.entries(unsent)) {
      const entry = { person: this.person, item: this.item, title: this.title, line, name, version, ...typed };
      const place = `${line} ${name}`;
      const before = this.#wanted.get(place);
      if (before === JSON.stringify(entry)) continue;
      if (before && alike(JSON.parse(before), entry)) this.#late.add(place);
      else this.#late.delete(place);
      this.#wanted.set(place, JSON.stringify(entry));
      this.#changed.set(place, entry);
    }
    for (const place of this.#wanted.keys()) {
      const [at, name] = place.split(" ");
      if (Number(at) !== line || name in unsent) continue;
      this.#wanted.delete(place);
      this.#changed.set(place, null);
    }
    if (!this.#changed.size || this.#due) return;
    this.#due = true;
    queueMicrotask(() => this.#flush());
  }

  /* Everything that changed in one turn goes into one transaction; what could not be kept goes into the next. */
  #flush() {
    this.#due = false;
    const changed = [...this.#changed];
    const late = new Set(this.#late);
    this.#changed.clear();
    this.#late.clear();
    if (!this.#db || !changed.length) return;
    const before = changed.map(([place]) => [place, this.#stored.get(place)]);
    const written = this.#write(ENTRIES, (transaction) => {
      const store = transaction.objectStore(ENTRIES);
      for (const [place, entry] of changed) {
        const [line, name] = place.split(" ");
        const key = [this.person, this.item, Number(line), name];
        if (entry && late.has(place)) this.#putLate(store, key, this.#stored.get(place), entry);
        else if (entry) store.put(entry, key);
        else this.#forget(store, key, this.#stored.get(place));
        if (entry) this.#stored.set(place, entry);
        else this.#stored.delete(place);
      }
      // The order to commit leaves with the entries: a tab that is killed right afterwards has sent both.
      if (!late.size && changed.every(([, entry]) => entry)) transaction.commit?.();
    });
    this.#flushed = written.then((kept) => kept || this.#again(changed, before));
  }

  #again(changed, before) {
    for (const [place, stored] of before) {
      if (stored) this.#stored.set(place, stored);
      else this.#stored.delete(place);
    }
    for (const [place, entry] of changed) {
      if (this.#changed.has(place)) continue;
      this.#changed.set(place, entry);
      this.#late.add(place);
    }
    setTimeout(() => this.#flush(), AGAIN);
    return false;
  }

  /* Writes an entry that comes late unless another tab has written there meanwhile: what is typed there is newer. */
  #putLate(store, key, stored, entry) {
    store.get(key).onsuccess = ({ target }) => {
      const other = target.result && !(stored && alike(target.result, stored));
      try {
        if (!other) store.put(entry, key);
      } catch {
        target.transaction.abort();
      }
    };
  }

  /* Deletes an entry unless another tab has written a different one in its place. */
  #forget(store, key, stored) {
    if (!stored) return;
    store.get(key).onsuccess = ({ target }) => {
      if (target.result && alike(target.result, stored)) store.delete(key);
    };
  }

  /* A batch is on the disk before it leaves, behind the entries it was made of: whoever opens the page next sends it
     again under its key and never takes an older entry for the newest. Where those entries cannot be kept, the batch
     alone is not either: a page that knew only the batch would take what stood there before for typed after it. */
  async depart(batch) {
    if (!this.#db) return;
    this.#flush();
    if (!(await this.#flushed)) return;
    await this.#write([ENTRIES, BATCHES], (transaction) => {
      transaction.objectStore(BATCHES).put(batch, [this.person, this.item, batch.key]);
      transaction.commit?.();
    });
  }

  /* The server has answered the batch. */
  arrived(key) {
    if (!this.#db) return;
    this.#write(BATCHES, (transaction) => transaction.objectStore(BATCHES).delete([this.person, this.item, key]));
  }
}

/* The log of operations of one person at one visit: every input is an operation, written before anything is sent. One
   that has not left yet takes in the next edit of the same subject; one that has left is never changed again. What the
   store refuses stays in memory, is sent from there, and the page says so. Sequence numbers decide, not the clock. */

import { isFull } from "./capture_store.js";

const ONE_AT_A_TIME = "resolve";
const REMEMBERED = 30;
const GONE = new Set(["applied", "beside", "late"]);

/* A UUID; `randomUUID` is missing on pages without TLS. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function bySeq(one, other) {
  return one.seq - other.seq;
}

/* An operation as it goes over the network and into a bundle: always the same, or the server takes it for another. */
export function asSent({ id, seq, number = seq, at, kind, subject, base, value }) {
  return { id, seq: number, at, kind, subject, base, value };
}

/* The later of an operation and one known to come after some others: `later` is {id, before}, or nothing. */
function follows(id, later) {
  return later && (!id || later.before.includes(id)) ? later.id : id;
}

/* The last of a subject's operations: no other is based on it. Where a store was written late, places do not tell. */
export function lastOf(operations) {
  const those = operations.filter(({ refused }) => !refused);
  const followed = new Set(those.map(({ base }) => base));
  return those.findLast(({ id }) => !followed.has(id)) ?? those.at(-1);
}

export class Log {
  #memory = [];
  #loosePhotos = new Map();
  #lastSeq = 0;
  #turn = Promise.resolve();
  #keeping = null;
  // Written by this page: no other changes them. Those on their way although the store could not write that down.
  #mine = new Set();
  #leaving = new Set();
  #still = false;
  // What the server said of stored operations, and what it has from memory, until the store could take that down.
  #receipts = new Map();
  #owed = [];
  // By subject {id, before}: what only this page's memory has, and what only another's has; told over the channel.
  #told = new Map();
  #heard = new Map();

  /* `trouble` is "", "full" or "blocked": why the newest entry is in memory only. `channel` reaches the other tabs. */
  constructor(store, { person, visit, device, now = () => new Date(), onTrouble = () => {}, channel = null }) {
    Object.assign(this, { store, person, visit, device, now, onTrouble, channel });
    this.trouble = "";
    this.owner = [person, visit];
    channel?.addEventListener("message", ({ data }) => this.#hear(data));
    channel?.postMessage({ asking: true });
  }

  /* Another tab of the same person: it asks for, or tells, what stands in a memory alone. */
  #hear({ asking, subject, id, before } = {}) {
    if (asking) for (const [name, one] of this.#told) this.channel.postMessage({ subject: name, ...one });
    const known = subject && this.#heard.get(subject);
    if (subject && !known?.before.includes(id)) this.#heard.set(subject, { id, before });
  }

  #entry({ kind, subject, value }, base) {
    const at = this.now().toISOString();
    const { person, visit, device } = this;
    const id = newId();
    this.#mine.add(id);
    return { id, person, visit, device, at, kind, subject, base, value, left: 0, refused: "" };
  }

  #owned(photo) {
    return { ...photo, person: this.person, visit: this.visit, refused: "" };
  }

  /* May the edit go into that operation? The newest of the subject, of the same kind, this page's, not on its way. */
  #takesIn(last, { kind }) {
    if (this.#still || !last || last.kind !== kind || kind === ONE_AT_A_TIME) return false;
    return this.#mine.has(last.id) && !last.left && !last.refused && !this.#leaving.has(last.id);
  }

  /* Keeps one input. `base` tells the operation of the subject that the person saw last; an own one may be newer.
     Resolves to {operation, kept}: kept is false when it lives in memory alone. `photo` is stored in the same step.
     One after the other, so that an older edit that could not be written never comes after a newer one that was. */
  append(input, options = {}) {
    const done = this.#turn.then(() => this.#append(input, options));
    this.#turn = done.catch(() => {});
    return done;
  }

  async #append(input, { base = () => "", photo = null, strict = true }) {
    await this.#catchUp();
    const names = ["operations", "states", ...(photo ? ["photos"] : [])];
    if (this.#memory.some(({ subject }) => subject === input.subject)) return this.#inMemory(input, base(), photo);
    try {
      const found = await this.store.run(
        names,
        "readwrite",
        (stores, result) => {
          if (photo) stores.photos.put(this.#owned(photo));
          this.#known(stores, input.subject, (rows, own) => {
            this.#write(stores.operations, this.#after(input, base(), rows, own), input, result);
          });
        },
        { strict },
      );
      this.#lastSeq = Math.max(this.#lastSeq, found.operation.seq);
      if (!this.inMemory) this.#says("");
      return { operation: found.operation, kept: true };
    } catch (error) {
      this.#says(isFull(error) ? "full" : "blocked");
      return this.#inMemory(input, base(), photo);
    }
  }

  /* What the store has of a subject: its operations, oldest first, and the newest that the server has from here. */
  #known({ operations, states }, subject, then) {
    const place = [...this.owner, subject];
    operations.index("subject").getAll(place).onsuccess = ({ target: { result: rows } }) => {
      states.get(place).onsuccess = ({ target: { result: own } }) => then(this.#asTold(rows.sort(bySeq)), own);
    };
  }

  /* Which operation the next one of the subject comes after, of all that this device knows: what waits in the store or
     in memory, what left from here, what another tab has in memory; else what the page saw. */
  #after({ subject }, seen, rows, own) {
    const heard = this.#heard.get(subject);
    const last = lastOf([...rows, ...this.#memory.filter((one) => one.subject === subject)]);
    const base = follows(follows(last?.id ?? seen, own), heard);
    const before = [base, own?.id, ...(own?.before ?? []), heard?.id, ...(heard?.before ?? [])].filter(Boolean);
    return { base, before: [...new Set(before)], last: last?.id === base ? last : null };
  }

  #write(operations, { base, last }, input, result) {
    if (this.#takesIn(last, input)) {
      result.operation = { ...last, at: this.now().toISOString(), value: input.value };
      operations.put(result.operation);
      return;
    }
    const entry = this.#entry(input, base);
    operations.add(entry).onsuccess = ({ target }) => {
      result.operation = { ...entry, seq: target.result };
    };
  }

  async #inMemory(input, seen, photo) {
    if (photo) this.#loosePhotos.set(photo.sha256, this.#owned(photo));
    const { subject } = input;
    const { rows, own } = await this.store
      .run(["operations", "states"], "readonly", (stores, found) => {
        this.#known(stores, subject, (all, state) => Object.assign(found, { rows: all, own: state }));
      })
      .catch(() => ({ rows: [] }));
    const { base, before, last } = this.#after(input, seen, rows, own);
    if (this.#memory.includes(last) && this.#takesIn(last, input)) {
      Object.assign(last, { at: this.now().toISOString(), value: input.value });
      return { operation: last, kept: false };
    }
    this.#lastSeq += 1;
    const operation = { ...this.#entry(input, base), seq: this.#lastSeq };
    this.#memory.push(operation);
    this.#told.set(subject, { id: operation.id, before });
    this.channel?.postMessage({ subject, id: operation.id, before });
    return { operation, kept: false };
  }

  #says(trouble) {
    if (this.trouble === trouble) return;
    this.trouble = trouble;
    this.onTrouble(trouble);
  }

  async #stored() {
    try {
      const { rows } = await this.store.run(["operations"], "readonly", ({ operations }, found) => {
        operations.index("owner").getAll(this.owner).onsuccess = ({ target }) => {
          found.rows = target.result;
        };
      });
      const rowsInOrder = rows.sort(bySeq);
      this.#lastSeq = Math.max(this.#lastSeq, rowsInOrder.at(-1)?.seq ?? 0);
      return this.#asTold(rowsInOrder).filter(({ id }) => !this.#hasLeft(id));
    } catch {
      this.#says(this.trouble || "blocked");
      return [];
    }
  }

  #hasLeft(id) {
    return GONE.has(this.#receipts.get(id)?.outcome);
  }

  /* Rows of the store with the refusals that it could not take down yet. */
  #asTold(rows) {
    return rows.map((one) => {
      const told = this.#receipts.get(one.id);
      return told?.outcome === "refused" ? { ...one, refused: told.message || "refused" } : one;
    });
  }

  /* Everything the server has not taken, oldest first; what it refused stands among them with its reason. */
  async unsent() {
    return [...(await this.#stored()), ...this.#memory];
  }

  get inMemory() {
    return this.#memory.length + this.#loosePhotos.size;
  }

  /* The next operations to send, marked as on their way before they are: from here on they never change. */
  async take(most) {
    await this.#catchUp();
    const chosen = [];
    try {
      await this.store.run(["operations"], "readwrite", ({ operations }) => {
        operations.index("owner").getAll(this.owner).onsuccess = ({ target }) => {
          const waiting = this.#asTold(target.result.sort(bySeq)).filter((one) => !one.refused && !this.#hasLeft(one.id));
          chosen.push(...waiting.slice(0, most));
          for (const one of chosen) {
            if (!one.left) operations.put({ ...one, left: 1 });
          }
        };
      });
    } catch {
      // A full disk takes no mark either. What has one, and what only this page could still change, is sent all the same.
      // Nothing is taken in while it is read, so that what is sent is what stays.
      this.#still = true;
      const safe = (await this.#stored()).filter((one) => !one.refused && (one.left || this.#mine.has(one.id)));
      chosen.splice(0, chosen.length, ...safe.slice(0, most));
      for (const one of chosen) this.#leaving.add(one.id);
      this.#still = false;
    }
    for (const one of this.#memory) {
      if (chosen.length >= most || one.refused) continue;
      one.left = 1;
      chosen.push(one);
    }
    return chosen;
  }

  /* The server's receipts: what it took leaves, what it refused stays with the reason. Returns the refused ones. A full
     disk takes none of this down: then the page knows it, and the store is told as soon as it has room. */
  async settle(receipts) {
    for (const one of receipts) this.#receipts.set(one.id, one);
    this.#owed.push(...this.#memory.filter(({ id }) => this.#hasLeft(id)));
    this.#memory = this.#memory.filter(({ id }) => !this.#hasLeft(id));
    this.#memory = this.#asTold(this.#memory);
    await this.#clear().catch(() => {});
    await this.keepMemory();
    return receipts.filter(({ outcome }) => outcome === "refused");
  }

  async #clear() {
    const [receipts, owed] = [new Map(this.#receipts), [...this.#owed]];
    await this.store.run(["operations", "states"], "readwrite", ({ operations, states }) => {
      operations.index("owner").getAll(this.owner).onsuccess = ({ target }) => {
        for (const one of this.#asTold(target.result.sort(bySeq))) {
          if (this.#hasLeft(one.id)) {
            operations.delete(one.seq);
            this.#remember(states, one);
          } else if (this.#receipts.has(one.id)) operations.put(one);
        }
        for (const one of owed) this.#remember(states, one);
      };
    });
    for (const [id, one] of receipts) if (this.#receipts.get(id) === one) this.#receipts.delete(id);
    this.#owed = this.#owed.filter((one) => !owed.includes(one));
  }

  /* The newest of a subject that the server has from here, and those it came after. */
  #remember(states, { id, subject, base }) {
    const place = [...this.owner, subject];
    states.get(place).onsuccess = ({ target: { result: own } }) => {
      const newest = own?.before.includes(id) ? own.id : id;
      const before = [base, ...(own ? [own.id, ...own.before] : []), id].filter((one) => one && one !== newest);
      states.put({ id: newest, before: [...new Set(before)].slice(0, REMEMBERED) }, place);
    };
  }

  /* What the store could not take is tried again, at the next input and the next time something is sent. */
  async #catchUp() {
    if (this.#receipts.size || this.#owed.length) await this.#clear().catch(() => {});
    if (this.inMemory) await this.keepMemory();
  }

  /* Tries again to write what is in memory only, in the order in which it was entered; true when nothing is left. */
  keepMemory() {
    this.#keeping ??= this.#keep().finally(() => {
      this.#keeping = null;
    });
    return this.#keeping;
  }

  async #keep() {
    for (const [sha256, photo] of this.#loosePhotos) {
      const put = await this.store.put("photos", photo).then(() => true, () => false);
      if (!put) return false;
      this.#loosePhotos.delete(sha256);
    }
    while (this.#memory.length) {
      const waiting = this.#memory[0];
      // From here on it takes nothing in: what is being written, or may be sent meanwhile, must not change.
      this.#leaving.add(waiting.id);
      // The number under which it may have been sent stays, whatever place in the store it gets.
      const { seq, ...entry } = { ...waiting, number: waiting.seq };
      try {
        const { key } = await this.store.run(["operations"], "readwrite", ({ operations }, found) => {
          operations.add(entry).onsuccess = ({ target }) => {
            found.key = target.result;
          };
        });
        this.#lastSeq = Math.max(this.#lastSeq, key);
      } catch {
        this.#leaving.delete(waiting.id);
        return false;
      }
      this.#memory = this.#memory.filter((one) => one.id !== waiting.id);
    }
    this.#says("");
    return true;
  }

  /* Sends a refused operation again, or gives it up: the person decides, nobody else. */
  async again(id) {
    this.#receipts.delete(id);
    await this.#change(id, (operations, one) => operations.put({ ...one, refused: "" }));
    for (const one of this.#memory) if (one.id === id) one.refused = "";
  }

  async giveUp(id) {
    this.#receipts.delete(id);
    await this.#change(id, (operations, one) => operations.delete(one.seq));
    this.#memory = this.#memory.filter((one) => one.id !== id);
  }

  #change(id, act) {
    return this.store
      .run(["operations"], "readwrite", ({ operations }) => {
        const asked = operations.index("owner").getAll(this.owner);
        asked.onsuccess = () => {
          const one = asked.result.find((row) => row.id === id);
          if (one) act(operations, one);
        };
      })
      .catch(() => {});
  }

  /* Photos whose bytes the server does not have; what it refused stands among them with its reason. */
  async photos() {
    const loose = [...this.#loosePhotos.values()];
    try {
      const { rows } = await this.store.run(["photos"], "readonly", ({ photos }, found) => {
        photos.getAll(IDBKeyRange.bound(this.owner, [...this.owner, []])).onsuccess = ({ target }) => {
          found.rows = target.result;
        };
      });
      return [...rows, ...loose];
    } catch {
      return loose;
    }
  }

  /* The server has the bytes: they leave the device. */
  async photoArrived(sha256) {
    this.#loosePhotos.delete(sha256);
    await this.#withPhoto(sha256, (photos, one) => photos.delete([one.person, one.visit, one.sha256]));
  }

  async photoRefused(sha256, refused) {
    const loose = this.#loosePhotos.get(sha256);
    if (loose) loose.refused = refused;
    await this.#withPhoto(sha256, (photos, one) => photos.put({ ...one, refused }));
  }

  #withPhoto(sha256, act) {
    return this.store
      .run(["photos"], "readwrite", ({ photos }) => {
        photos.get([...this.owner, sha256]).onsuccess = ({ target }) => {
          if (target.result) act(photos, target.result);
        };
      })
      .catch(() => {});
  }
}

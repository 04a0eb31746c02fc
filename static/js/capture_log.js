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

/* What an operation is based on when none of the subject waits: what the page saw, unless this device has since been
   told of a newer one of its own (by another tab, or a moment ago). */
function follows(seen, own) {
  return own && (!seen || own.before.includes(seen)) ? own.id : seen;
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

  /* `trouble` is "", "full" or "blocked": why the newest entry is in memory only. */
  constructor(store, { person, visit, device, now = () => new Date(), onTrouble = () => {} }) {
    Object.assign(this, { store, person, visit, device, now, onTrouble });
    this.trouble = "";
    this.owner = [person, visit];
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
    const names = ["operations", "states", ...(photo ? ["photos"] : [])];
    const waiting = this.#memory.findLast((one) => one.subject === input.subject);
    if (waiting) return this.#inMemory(input, waiting.id, photo);
    try {
      const found = await this.store.run(
        names,
        "readwrite",
        ({ operations, states, photos }, result) => {
          if (photo) photos.put(this.#owned(photo));
          const place = [...this.owner, input.subject];
          operations.index("subject").getAll(place).onsuccess = ({ target: { result: rows } }) => {
            const last = rows.filter(({ refused }) => !refused).sort(bySeq).at(-1);
            if (last) return this.#write(operations, last, input, last.id, result);
            states.get(place).onsuccess = ({ target: { result: own } }) => {
              this.#write(operations, null, input, follows(base(), own), result);
            };
          };
        },
        { strict },
      );
      this.#lastSeq = Math.max(this.#lastSeq, found.operation.seq);
      if (!this.inMemory) this.#says("");
      return { operation: found.operation, kept: true };
    } catch (error) {
      this.#says(isFull(error) ? "full" : "blocked");
      const newest = await this.#newest(input.subject);
      const own = await this.store.get("states", [...this.owner, input.subject]).catch(() => undefined);
      return this.#inMemory(input, newest ?? follows(base(), own), photo);
    }
  }

  #write(operations, last, input, base, result) {
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

  async #newest(subject) {
    const own = (await this.#stored()).filter((one) => one.subject === subject && !one.refused);
    return own.at(-1)?.id;
  }

  #inMemory(input, base, photo) {
    if (photo) this.#loosePhotos.set(photo.sha256, this.#owned(photo));
    const last = this.#memory.findLast((one) => one.subject === input.subject);
    if (this.#takesIn(last, input)) {
      Object.assign(last, { at: this.now().toISOString(), value: input.value });
      return { operation: last, kept: false };
    }
    this.#lastSeq += 1;
    const operation = { ...this.#entry(input, last?.id ?? base), seq: this.#lastSeq };
    this.#memory.push(operation);
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
      return rowsInOrder;
    } catch {
      this.#says(this.trouble || "blocked");
      return [];
    }
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
    const chosen = [];
    try {
      await this.store.run(["operations"], "readwrite", ({ operations }) => {
        operations.index("owner").getAll(this.owner).onsuccess = ({ target }) => {
          chosen.push(...target.result.filter((one) => !one.refused).sort(bySeq).slice(0, most));
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

  /* The server's receipts: what it took leaves, what it refused stays with the reason. Returns the refused ones. */
  async settle(receipts) {
    const told = new Map(receipts.map((one) => [one.id, one]));
    const refused = receipts.filter(({ outcome }) => outcome === "refused");
    const gone = this.#memory.filter((one) => GONE.has(told.get(one.id)?.outcome));
    this.#memory = this.#memory.filter((one) => !gone.includes(one));
    for (const one of this.#memory) if (told.has(one.id)) one.refused = told.get(one.id).message || "refused";
    await this.#clear(told, gone).catch(() => this.#clear(told, null).catch(() => {}));
    await this.keepMemory();
    return refused;
  }

  /* Without the marks of what was refused if the disk is too full for them: they are refused again next time. */
  #clear(told, gone) {
    return this.store.run(["operations", "states"], "readwrite", ({ operations, states }) => {
      operations.index("owner").getAll(this.owner).onsuccess = ({ target }) => {
        for (const one of target.result.sort(bySeq)) {
          const receipt = told.get(one.id);
          if (GONE.has(receipt?.outcome)) {
            operations.delete(one.seq);
            if (gone) this.#remember(states, one);
          } else if (receipt && gone) {
            operations.put({ ...one, refused: receipt.message || "refused" });
          }
        }
        for (const one of gone ?? []) this.#remember(states, one);
      };
    });
  }

  /* The newest of a subject that the server has from here, and those it came after. */
  #remember(states, { id, subject, base }) {
    const place = [...this.owner, subject];
    states.get(place).onsuccess = ({ target: { result: own } }) => {
      const before = [base, ...(own ? [own.id, ...own.before] : [])].filter(Boolean);
      states.put({ id, before: [...new Set(before)].slice(0, REMEMBERED) }, place);
    };
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
      const put = await this.store.put("photos", photo).catch(() => null);
      if (!put) return false;
      this.#loosePhotos.delete(sha256);
    }
    while (this.#memory.length) {
      const waiting = this.#memory[0];
      // From here on it takes nothing in, as if it had left: what is being written must not change.
      waiting.left = 1;
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
        return false;
      }
      this.#memory = this.#memory.filter((one) => one.id !== waiting.id);
    }
    this.#says("");
    return true;
  }

  /* Sends a refused operation again, or gives it up: the person decides, nobody else. */
  async again(id) {
    await this.#change(id, (operations, one) => operations.put({ ...one, refused: "" }));
    for (const one of this.#memory) if (one.id === id) one.refused = "";
  }

  async giveUp(id) {
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

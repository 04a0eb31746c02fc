/* The browser's own database of what is recorded on site: operations, photos, the last state heard, this device's name.
   Every row is kept under the person who made it. A write that fails says why: full, or not possible at all. */

const STORES = ["operations", "photos", "states", "device"];

export function finished(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function upgrade({ target: { result: db } }) {
  const operations = db.createObjectStore("operations", { keyPath: "seq", autoIncrement: true });
  operations.createIndex("owner", ["person", "visit"]);
  operations.createIndex("subject", ["person", "visit", "subject"]);
  db.createObjectStore("photos", { keyPath: ["person", "visit", "sha256"] });
  db.createObjectStore("states");
  db.createObjectStore("device");
}

export function isFull(error) {
  return error?.name === "QuotaExceededError";
}

export class Store {
  #db = null;
  #opening = null;

  constructor(name = "cchc-capture") {
    this.name = name;
  }

  #open() {
    this.#opening ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(this.name, 1);
      request.onupgradeneeded = upgrade;
      request.onsuccess = () => {
        const db = request.result;
        // Site data erased while the page stands open: the next write opens a new database.
        const left = () => {
          db.close();
          this.#db = this.#opening = null;
        };
        db.onversionchange = left;
        db.onclose = left;
        this.#db = db;
        resolve(db);
      };
      request.onerror = () => reject(request.error);
    }).catch((error) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  /* Runs `act(stores, transaction)` in one transaction and resolves with what it left in its result object once all of
     it is on the disk; rejects, with nothing written, when any of it is not. Strict waits for the disk itself. */
  async run(names, mode, act, { strict = false } = {}) {
    const db = this.#db ?? (await this.#open());
    return new Promise((resolve, reject) => {
      const transaction = db.transaction(names, mode, strict ? { durability: "strict" } : undefined);
      const found = {};
      transaction.oncomplete = () => resolve(found);
      transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
      try {
        act(Object.fromEntries(names.map((one) => [one, transaction.objectStore(one)])), found, transaction);
      } catch (error) {
        transaction.abort();
        reject(error);
      }
    });
  }

  /* One value of a plain store, or undefined. */
  async get(name, key) {
    const { value } = await this.run([name], "readonly", (stores, found) => {
      stores[name].get(key).onsuccess = ({ target }) => {
        found.value = target.result;
      };
    });
    return value;
  }

  put(name, value, key) {
    return this.run([name], "readwrite", (stores) => void stores[name].put(value, key));
  }

  /* This browser's name: made once, kept as long as the database is. */
  async device(fresh) {
    const { id } = await this.run(["device"], "readwrite", ({ device }, found) => {
      device.get("id").onsuccess = ({ target }) => {
        found.id = target.result ?? fresh;
        if (!target.result) device.put(fresh, "id");
      };
    });
    return id;
  }

  /* Bytes used and left, as far as the browser tells; asks it once not to throw anything away by itself. */
  static async room() {
    const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
    return { used: usage, left: Math.max(0, quota - usage) };
  }

  static async keepForGood() {
    return (await navigator.storage?.persisted?.()) || Boolean(await navigator.storage?.persist?.());
  }
}

export const STORE_NAMES = STORES;

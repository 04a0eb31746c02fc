/* Random runs of the real log and sender (static/js/capture_*.js) on the browser's real store, against a network and a
   server that are played. `play(seed, {control})` gives what was acknowledged, lost, doubled, and what befell.

   Lost: an input that the log acknowledged, and that is neither on the server nor in the bundle saved at the end.
   Doubled: an input that the server has under two operations. The control has no store: its inputs live in memory. */

async ({ seeds, control }) => {
  const [{ Store }, { Log, newId }, { Sender }, { bundled }] = await Promise.all(
    ["store", "log", "sender", "bundle"].map((name) => import(`/static/js/capture_${name}.js`)),
  );
  const PAUSES = { input: 1, first: 2, longest: 8, answer: 400 };
  const SUBJECTS = ["answer:P1", "answer:P2", "note:P1", "note:P2", "finding:f1", "recount:resolved"];
  const FAULTS = { none: 40, drop: 8, unheard: 10, twice: 8, late: 8, cut_answer: 6, cut_request: 5, 401: 3, 409: 3, 413: 4, 500: 6 };

  const full = new Set();
  for (const name of ["put", "add"]) {
    const usual = IDBObjectStore.prototype[name];
    if (usual.patched) continue;
    IDBObjectStore.prototype[name] = function (...all) {
      if (!globalThis.cchcFull?.has(this.transaction.db.name)) return usual.apply(this, all);
      const error = new DOMException("full", "QuotaExceededError");
      Object.defineProperty(this.transaction, "error", { value: error, configurable: true });
      try {
        this.transaction.abort();
      } catch {
        // It has been aborted already.
      }
      return {};
    };
    IDBObjectStore.prototype[name].patched = true;
  }
  globalThis.cchcFull = full;

  function random(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
  }

  const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  /* The server of docs/capture.md: every operation once, refused when its key comes back with another content. */
  class Server {
    rows = new Map();
    photos = new Set();
    writable = true;
    befell = {};
    held = [];
    whole = false;
    signedIn = 1;

    constructor(dice) {
      this.dice = dice;
    }

    #state(subjects) {
      const told = {};
      for (const subject of subjects) {
        const rows = [...this.rows.values()].filter((row) => row.subject === subject);
        const named = new Set(rows.map(({ base }) => base));
        const standing = rows.filter(({ id }) => !named.has(id));
        told[subject] = { last: standing.length === 1 ? standing[0].id : "", standing };
      }
      return { subjects: told };
    }

    heard() {
      return this.#state(new Set([...this.rows.values()].map(({ subject }) => subject))).subjects;
    }

    take(body) {
      const { person, operations } = JSON.parse(body);
      if (person !== this.signedIn) return { status: 403, data: { other_person: true } };
      if (operations.length > 200) return { status: 413, data: {} };
      const receipts = operations.map((one) => {
        const known = this.rows.get(one.id);
        const content = JSON.stringify(one);
        if (known && known.content !== content) return { id: one.id, outcome: "refused", message: "another content" };
        if (!known) this.rows.set(one.id, { ...one, person, content });
        return { id: one.id, outcome: "applied", message: "" };
      });
      return { status: 200, data: { receipts, state: this.#state(new Set(operations.map(({ subject }) => subject))) } };
    }

    #serve(url, body) {
      if (url === "operations") return this.take(body);
      const sha256 = url.slice("photos/".length, -1);
      this.photos.add(sha256);
      return { status: 201, data: { sha256 } };
    }

    #fault() {
      if (this.whole) return "none";
      let left = this.dice() * Object.values(FAULTS).reduce((sum, one) => sum + one);
      for (const [name, share] of Object.entries(FAULTS)) if ((left -= share) < 0) return name;
      return "none";
    }

    async fetch(url, { body }) {
      await wait(this.dice() * 3);
      const fault = this.offline ? "drop" : this.#fault();
      this.befell[fault] = (this.befell[fault] ?? 0) + 1;
      if (fault === "drop") throw new TypeError("network");
      const answer = (status, data) => ({ status, ok: status < 300, type: "basic", json: async () => data });
      if (/^\d+$/.test(fault)) return answer(Number(fault), fault === "401" ? { signed_out: true } : {});
      if (fault === "cut_request") return answer(400, { message: "cut" });
      if (fault === "late") {
        this.held.push(() => this.#serve(url, body));
        throw new TypeError("network");
      }
      const { status, data } = this.#serve(url, body);
      if (fault === "twice") this.held.push(() => this.#serve(url, body));
      if (fault === "unheard") throw new TypeError("network");
      if (fault === "cut_answer") {
        return { status, ok: true, type: "basic", json: async () => JSON.parse(JSON.stringify(data).slice(0, -7)) };
      }
      return answer(status, data);
    }

    /* What was held back arrives now, in any order, behind what was sent later. */
    letOut(all = false) {
      this.held.sort(() => this.dice() - 0.5);
      while (this.held.length && (all || this.dice() < 0.5)) this.held.pop()();
    }
  }

  class NoStore extends Store {
    run() {
      return Promise.reject(new Error("off"));
    }
  }

  class Tab {
    constructor(name, person, server, dice, device) {
      const store = control ? new NoStore() : new Store(name);
      const off = (dice() < 0.5 ? 1 : -1) * 7_200_000;
      this.seen = {};
      this.cut = new Promise((_, reject) => {
        this.cutOff = () => reject(new TypeError("killed"));
      });
      this.cut.catch(() => {});
      this.channel = new BroadcastChannel(`${name}-${person}`);
      const { channel } = this;
      // As the page does when it opens: what stands on the server, if it can be reached.
      if (!server.offline) for (const [subject, { last }] of Object.entries(server.heard())) this.seen[subject] = last;
      this.log = new Log(store, { person, visit: 1, device, channel, now: () => new Date(Date.now() + (dice() < 0.5 ? off : 0)) });
      this.sender = new Sender(this.log, {
        urls: { operations: "operations", photos: "photos/" },
        token: { value: "token" },
        pauses: PAUSES,
        locks: { request: (lock, ...rest) => navigator.locks.request(`${name}-${lock}`, ...rest) },
        // A killed tab is cut off from what it sent, and its lock is free again.
        fetchIt: (url, options) => Promise.race([server.fetch(url, options), this.cut]),
        onState: (state, reason, heard) => {
          for (const [subject, { last }] of Object.entries(heard?.subjects ?? {})) this.seen[subject] = last;
        },
        freshToken: async () => "",
      });
    }

    /* As a killed tab: nothing more is sent or written by it, what it waited for is never heard. */
    kill() {
      this.dead = true;
      this.sender.stop();
      this.channel.close();
      this.cutOff();
    }
  }

  async function run(seed) {
    const dice = random(seed);
    const name = `cchc-proof-${seed}-${control ? "control" : "log"}`;
    indexedDB.deleteDatabase(name);
    const server = new Server(dice);
    const device = newId();
    let [killed, number, photos] = [0, 0, 0];
    const befell = {};
    const count = (what) => (befell[what] = (befell[what] ?? 0) + 1);
    const acknowledged = [];
    const given = [];
    const writing = [];
    // In turn with their person: each locks the store's rows of the other out.
    const open = (person) => new Tab(`${name}`, person, server, dice, device);
    let tabs = [open(1)];
    const one = (list) => list[Math.floor(dice() * list.length)];
    const steps = 20 + Math.floor(dice() * 20);
    for (let step = 0; step < steps; step += 1) {
      const tab = one(tabs);
      const { person } = tab.log;
      const chance = dice();
      if (chance < 0.62) {
        number += 1;
        const subject = one(SUBJECTS);
        const event = { number, subject, person };
        given.push(event);
        let photo = null;
        let input = { kind: subject.split(":")[0], subject, value: { number } };
        if (dice() < 0.12) {
          const sha256 = `${"0".repeat(56)}${(seed % 9999).toString().padStart(4, "0")}${number.toString().padStart(4, "0")}`;
          photo = { sha256, blob: new Blob([sha256]), name: "photo.jpg", size: 64 };
          input = { kind: "photo", subject: `photo:${number}`, value: { number, sha256 } };
          event.sha256 = sha256;
          photos += 1;
        }
        const done = tab.log.append(input, { base: () => tab.seen[subject] ?? "", photo, strict: false });
        const noted = done.then(({ operation, kept }) => {
          if (kept || control) acknowledged.push({ ...event, id: operation.id });
          if (!tab.dead) tab.sender.soon();
        });
        writing.push(noted);
        if (dice() < 0.7) await noted;
      } else if (chance < 0.7) {
        count("killed");
        killed += 1;
        tab.kill();
        tabs = tabs.filter((other) => other !== tab);
        if (dice() < 0.5) await wait(dice() * 4);
        if (!tabs.length) tabs.push(open(server.signedIn));
      } else if (chance < 0.76) {
        if (tabs.length < 2) {
          count("second tab");
          tabs.push(open(server.signedIn));
        }
      } else if (chance < 0.82) {
        count("other member");
        server.signedIn = server.signedIn === 1 ? 2 : 1;
        // Tabs of the one before stay open, as on a shared phone, and go on trying.
        tabs = [...tabs.slice(0, 1), open(server.signedIn)];
      } else if (chance < 0.87) {
        count("full");
        full.add(name);
        setTimeout(() => full.delete(name), dice() * 12);
      } else if (chance < 0.92) {
        count("offline");
        server.offline = !server.offline;
      } else {
        server.letOut();
        tab.sender.now();
        await wait(dice() * 8);
      }
    }
    // Everybody leaves; what is left is sent with a whole network by a new tab of each member, or saved to a file.
    full.delete(name);
    // What is being written is written: an input acknowledged after the file was saved would not be in it.
    await Promise.allSettled(writing);
    for (const tab of tabs) await tab.log.keepMemory();
    for (const tab of tabs) tab.kill();
    server.offline = false;
    const bundle = new Map();
    const bundlePhotos = new Set();
    const byFile = dice() < 0.3;
    for (const person of [1, 2]) {
      server.signedIn = person;
      const tab = open(person);
      if (!byFile) {
        server.whole = true;
        for (let tries = 0; tries < 200 && !control; tries += 1) {
          await tab.sender.now();
          if (!(await tab.log.unsent()).some(({ refused }) => !refused) && !(await tab.log.photos()).length) break;
          await wait(2);
        }
      }
      const file = await (await bundled(tab.log)).arrayBuffer();
      const view = new DataView(file);
      const [nameLength, length] = [view.getUint16(26, true), view.getUint32(22, true)];
      const list = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 30 + nameLength, length)));
      for (const operation of list.operations) bundle.set(operation.id, { ...operation, person: list.person });
      for (const photo of await tab.log.photos()) bundlePhotos.add(photo.sha256);
      tab.kill();
    }
    server.letOut(true);
    const there = new Map([...bundle, ...server.rows]);
    // Several inputs of one subject may share an operation: the one acknowledged last must stand in it, or a newer one.
    const last = new Map(acknowledged.map((event) => [event.id, event.number]));
    const lost = acknowledged.filter(({ id, number: typed, person, sha256 }) => {
      const found = there.get(id);
      if (!found || found.person !== person) return true;
      const older = found.value.number !== typed && acknowledged.some((one) => one.id === id && one.number === found.value.number);
      if (last.get(id) === typed && older) return true;
      return Boolean(sha256) && !server.photos.has(sha256) && !bundlePhotos.has(sha256);
    });
    const ids = new Map();
    for (const { id, value } of server.rows.values()) ids.set(value.number, [...(ids.get(value.number) ?? []), id]);
    const doubled = [...ids.values()].filter((all) => new Set(all).size > 1);
    const theirs = [...server.rows.values()].filter(({ value, person }) => {
      return given.find((event) => event.number === value.number)?.person !== person;
    });
    const left = byFile ? 0 : [...bundle.values()].filter(({ id }) => !server.rows.has(id)).length;
    // A member alone never stands against himself: all of one person's operations of a subject are one chain.
    const beside = [1, 2].flatMap((person) => SUBJECTS.filter((subject) => {
      const rows = [...server.rows.values()].filter((row) => row.subject === subject);
      if (rows.some((row) => row.person !== person)) return false;
      const named = new Set(rows.map(({ base }) => base));
      return rows.filter(({ id }) => !named.has(id)).length > 1;
    }));
    for (const [what, times] of Object.entries(server.befell)) befell[what] = times;
    indexedDB.deleteDatabase(name);
    return { inputs: given.length, acknowledged: acknowledged.length, lost: lost.length, doubled: doubled.length,
      theirs: theirs.length, left, beside: beside.length, photos, killed, befell,
      first: lost[0] ? JSON.stringify([lost[0], there.get(lost[0].id)]) : "" };
  }

  const rows = [];
  for (let at = 0; at < seeds.length; at += 16) rows.push(...(await Promise.all(seeds.slice(at, at + 16).map(run))));
  return rows;
}

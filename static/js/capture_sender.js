/* Sends the log: one tab of the device at a time, in batches, again after a failure with growing pauses, at once when
   the network is back. Operations leave the log with the server's receipt and in no other way. */

import { asSent } from "./capture_log.js";

const MOST = 200;
// Milliseconds: after an input, after the first failure, at the longest between two tries, for one answer.
const PAUSES = { input: 700, first: 2_000, longest: 300_000, answer: 60_000 };
const TRIES_ALONE = 3;

export class Sender {
  #timer = null;
  #running = null;
  #again = false;
  #retry;
  #most = MOST;
  #alone = new Map();
  state = "idle";
  reason = "";
  stopped = false;

  constructor(log, { urls, token, fetchIt = (...all) => fetch(...all), locks = navigator.locks, pauses = PAUSES,
    onState, onHeard, freshToken }) {
    Object.assign(this, { log, urls, token, fetchIt, locks, pauses, onState, onHeard, freshToken });
    this.#retry = pauses.first;
  }

  /* Words of the state are the page's: sending, idle, offline, expired, other_person, forbidden, gone, failed. */
  #say(state, reason = "") {
    this.state = state;
    this.reason = reason;
    this.onState?.(state, reason);
  }

  soon(delay = this.pauses.input) {
    if (this.stopped) return;
    if (this.#timer && delay >= this.pauses.input) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.now(), delay);
  }

  /* For good: the page belongs to somebody else, or is going away. */
  stop() {
    this.stopped = true;
    this.#rest();
  }

  #rest() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  /* Sends all there is; resolves when the server has answered, could not be reached, or another tab is at it. */
  now() {
    this.#rest();
    if (this.stopped) return Promise.resolve();
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#inTurn().finally(() => {
      this.#running = null;
      if (this.#again) {
        this.#again = false;
        this.soon();
      }
    });
    return this.#running;
  }

  #inTurn() {
    if (!this.locks) return this.#send();
    const name = `cchc-capture-${this.log.person}-${this.log.visit}`;
    return this.locks.request(name, { ifAvailable: true }, (lock) => (lock ? this.#send() : this.#later()));
  }

  #later() {
    this.soon(Math.max(this.#retry, this.pauses.input + 1));
  }

  /* Words first: they are small, and photos may come to a finding that has arrived. */
  async #send() {
    while (!this.stopped) {
      const batch = await this.log.take(this.#most);
      if (batch.length) {
        this.#say("sending");
        const answer = await this.#reach(() => this.#post(batch));
        if (!(await this.#understood(answer, batch))) return;
        continue;
      }
      const photo = (await this.log.photos()).find(({ refused }) => !refused);
      if (!photo) return this.#idle();
      this.#say("sending");
      if (!(await this.#bring(photo))) return;
    }
  }

  #idle() {
    this.#retry = this.pauses.first;
    this.#say("idle");
  }

  /* The bytes of a photo under their hash. What is no photo for the server stays here with the server's words. */
  async #bring(photo) {
    const body = new FormData();
    body.append("photo", photo.blob, photo.name);
    if (photo.keep_place) body.append("keep_place", "1");
    const answer = await this.#reach(() => this.#fetch(`${this.urls.photos}${photo.sha256}/`, { body }));
    if (!answer) return false;
    const { status, ok, data } = answer;
    if (ok && data?.sha256 === photo.sha256) {
      this.#retry = this.pauses.first;
      await this.log.photoArrived(photo.sha256);
      this.onHeard?.({ receipts: [], refused: [], photo: photo.sha256 });
      return true;
    }
    // 422 is also said of a photo that did not arrive whole, so once is not enough.
    const tries = (this.#alone.get(photo.sha256) ?? 0) + 1;
    if ([400, 413, 422].includes(status)) this.#alone.set(photo.sha256, tries);
    if (data?.message && (data.late || tries >= TRIES_ALONE)) {
      await this.log.photoRefused(photo.sha256, data.message);
      this.onHeard?.({ receipts: [], refused: [photo] });
      return true;
    }
    await this.#turnedAway(answer);
    return false;
  }

  #post(batch) {
    const { person, device } = this.log;
    const body = JSON.stringify({ person, device, operations: batch.map(asSent) });
    return this.#fetch(this.urls.operations, { body, headers: { "Content-Type": "application/json" } });
  }

  #fetch(url, { body, headers = {} }) {
    return this.fetchIt(url, {
      method: "POST",
      redirect: "manual",
      headers: { Accept: "application/json", "X-CSRFToken": this.token.value, ...headers },
      body,
      signal: AbortSignal.timeout?.(this.pauses.answer),
    });
  }

  /* The answer with its JSON, or null when none came whole. */
  async #reach(ask) {
    try {
      const response = await ask();
      const { status, ok, type } = response;
      const data = await response.json().catch(() => null);
      return { status: type === "opaqueredirect" ? 401 : status, ok, data };
    } catch {
      this.#failed("offline");
      return null;
    }
  }

  /* True when the log got shorter or the next try differs; otherwise the reason is said and time will tell. */
  async #understood(answer, batch) {
    if (!answer) return false;
    if (answer.ok && Array.isArray(answer.data?.receipts)) {
      const sent = new Set(batch.map(({ id }) => id));
      const receipts = answer.data.receipts.filter(({ id }) => sent.has(id));
      // The page knows what stands before the operations leave the log, so that the next edit is based on it.
      this.onState?.(this.state, this.reason, answer.data.state);
      const refused = await this.log.settle(receipts);
      this.#retry = this.pauses.first;
      this.#most = Math.min(MOST, this.#most * 2);
      this.onHeard?.({ receipts, refused });
      if (receipts.length) return true;
      this.#failed("failed");
      return false;
    }
    if (answer.status === 413 || answer.status === 400) return this.#smaller(answer, batch);
    await this.#turnedAway(answer);
    return false;
  }

  /* Too much at once, or one of them spoils the rest: halves, down to the one, which is refused after a few tries. */
  async #smaller(answer, batch) {
    if (batch.length > 1) {
      this.#most = Math.ceil(batch.length / 2);
      return true;
    }
    const [{ id }] = batch;
    const tries = (this.#alone.get(id) ?? 0) + 1;
    this.#alone.set(id, tries);
    if (tries < TRIES_ALONE) {
      this.#failed("failed", answer.data?.message);
      return false;
    }
    this.#alone.delete(id);
    const message = answer.data?.message || `HTTP ${answer.status}`;
    this.onHeard?.({ receipts: [], refused: await this.log.settle([{ id, outcome: "refused", message }]) });
    return true;
  }

  async #turnedAway({ status, data }) {
    if (status === 401) return this.#failed("expired");
    if (status === 403 && data?.other_person) return this.#failed("other_person");
    if (status === 403) {
      const fresh = await this.freshToken?.().catch(() => "");
      if (fresh === "other_person" || fresh === "expired") return this.#failed(fresh);
      if (!fresh || fresh === this.token.value) return this.#failed("forbidden", data?.message);
      this.token.value = fresh;
      return this.#failed("failed", "", 0);
    }
    if (status === 404) return this.#failed("gone");
    return this.#failed("failed", data?.message);
  }

  /* Nothing leaves the log; tried again after a pause that grows and is never the same on two devices. */
  #failed(state, reason = "", delay = this.#retry * (0.75 + Math.random() / 2)) {
    this.#say(state, reason);
    this.soon(Math.min(delay, this.pauses.longest));
    this.#retry = Math.min(this.#retry * 2, this.pauses.longest);
  }
}

/* Sends what is not saved: in batches, soon after typing, again after a failure, at once when asked. A batch keeps its
   key until the server has answered it, so that one whose answer got lost has no second effect. Nothing is dropped. */

import { fill } from "./grid_table.js";
import { newKey } from "./outbox.js";

const AFTER_TYPING = 900;
const FIRST_RETRY = 2_000;
const LONGEST_RETRY = 30_000;
const LONGEST_WAIT = 30_000;

export class Saver {
  #timer = null;
  #running = null;
  #retry = FIRST_RETRY;
  #closed = false;
  #savedAt = "";
  #batches = [];
  #failing = false;
  state = "nothing";

  constructor(sheet, outbox, { token, onState, onLine, onConflicts, onClosed }) {
    Object.assign(this, { sheet, outbox, token, onState, onLine, onConflicts, onClosed });
    this.channel = "BroadcastChannel" in window ? new BroadcastChannel(`cchc-grid-${sheet.person}-${sheet.id}`) : null;
    this.channel?.addEventListener("message", ({ data }) => this.#heardFromTab(data));
    addEventListener("beforeunload", (event) => {
      if (!this.leaving && !outbox.durable && sheet.unsaved) event.preventDefault();
    });
    addEventListener("online", () => this.now());
    document.addEventListener("visibilitychange", () => {
      if (this.#pending) this.now();
    });
  }

  get #pending() {
    return this.#batches.length > 0 || this.sheet.edits().length > 0;
  }

  #say(state, named = {}) {
    this.state = state;
    const words = state === "unsent" && !this.outbox.durable ? "unsent_here" : state;
    this.onState(state === "closed" || state === "broken" ? "failed" : state, fill(this.sheet.texts[words], named));
  }

  #later(delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.now(), delay);
  }

  /* Batches that an earlier page sent without hearing an answer go first, each under its own key. */
  resume(batches) {
    this.#batches.push(...batches);
    if (!this.#pending) return;
    this.#say("typing");
    this.now();
  }

  /* After a change: the state in words, and a save when typing pauses. */
  soon() {
    if (this.#closed) return;
    if (this.#pending) {
      if (!this.#running && !this.#failing) this.#say("typing");
      if (!this.#failing) this.#later(AFTER_TYPING);
    } else {
      this.#settled();
    }
  }

  /* Saves what is not saved; resolves when the server has answered or could not be reached. */
  now() {
    clearTimeout(this.#timer);
    this.#running ??= this.#send().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /* Before the page is left for the submission: true when the server has everything that was typed. */
  async flush() {
    do {
      await this.#running;
      await this.now();
    } while (this.#pending && !this.#failing && !this.#closed && this.state !== "broken");
    this.leaving = !this.sheet.unsaved && !this.#pending;
    return this.leaving;
  }

  /* Where what stands in a cell is: refused, conflict, saving, unsent, typing, saved or "". */
  cellState(line, name) {
    if (line.refused[name]) return "refused";
    if (line.cells[name] !== line.saved.cells[name]) {
      if (line.conflict) return "conflict";
      if (this.#failing || this.#closed) return "unsent";
      const onTheWay = this.#running && this.#batches[0]?.lines.find((edit) => edit.id === line.id);
      return onTheWay && name in onTheWay.cells ? "saving" : "typing";
    }
    return line.sentAt[name] ? "saved" : "";
  }

  #settled() {
    this.#failing = false;
    if (this.sheet.lines.some((line) => line.conflict)) this.#say("conflict");
    else if (this.#pending) this.#say("typing");
    else if (this.sheet.refusedCells) this.#say("refused");
    else if (this.#savedAt) this.#say("saved", { time: this.#savedAt });
    else this.#say("nothing");
  }

  async #nextBatch() {
    if (this.#batches.length) return this.#batches[0];
    const lines = this.sheet.edits();
    if (!lines.length) return null;
    const batch = { person: this.sheet.person, item: this.sheet.id, key: newKey(), lines };
    this.#batches.push(batch);
    await this.outbox.depart(batch);
    return batch;
  }

  async #send() {
    const batch = this.#closed ? null : await this.#nextBatch();
    if (!batch) return this.#closed || this.#settled();
    this.#say("saving");
    let response;
    try {
      response = await this.#post(batch);
    } catch {
      return this.#failed("unsent");
    }
    if (response.type === "opaqueredirect" || response.status === 401) return this.#failed("expired");
    if (response.status === 403 || response.status === 404) return this.#turnedAway(response);
    let answer;
    try {
      answer = response.status < 500 && response.status !== 429 ? await response.json() : null;
    } catch {
      answer = null;
    }
    const understood = answer && (response.status === 200 ? answer.lines : answer.message || answer.conflicts);
    if (!understood) return this.#failed("unsent");
    return this.#heard(response.status, answer, batch);
  }

  #post({ key, lines }) {
    return fetch(this.sheet.urls.save, {
      method: "POST",
      redirect: "manual",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.token.value, "Idempotency-Key": key },
      body: JSON.stringify({ person: this.sheet.person, lines }),
      signal: AbortSignal.timeout?.(LONGEST_WAIT),
    });
  }

  /* 403 and 404: an old form token, or a session of somebody else, whose entries these are not. */
  async #turnedAway(response) {
    const answer = await response.json().catch(() => null);
    if (answer?.other_person) return this.#failed("other_person");
    const fresh = response.status === 403 && (await this.#freshToken().catch(() => false));
    return this.#failed(fresh ? "unsent" : "expired", fresh ? 0 : undefined);
  }

  #heard(status, answer, batch) {
    this.#retry = FIRST_RETRY;
    this.#failing = false;
    this.#batches.shift();
    this.outbox.arrived(batch.key);
    if (status === 200 || (status === 409 && answer.conflicts)) {
      this.sheet.version = answer.version;
      this.#savedAt = answer.saved_at;
      const sent = new Map(batch.lines.map((edit) => [edit.id, edit]));
      const told = answer.lines.map(({ id, version }) => ({ edit: sent.get(id), version }));
      for (const { edit, version } of told) this.onLine(this.sheet.wasSaved(edit, version, answer.saved_at));
      for (const conflict of answer.conflicts) this.onLine(this.sheet.wasRefused(conflict));
      this.channel?.postMessage({ told, version: answer.version, at: answer.saved_at });
      if (answer.conflicts.length) this.onConflicts();
      this.#settled();
      if (this.#pending) this.#later(AFTER_TYPING);
      return;
    }
    for (const { line, cell, message } of answer.errors ?? []) this.#refused(this.sheet.line(line), cell, message);
    this.#closed = Boolean(answer.closed);
    this.#say(this.#closed ? "closed" : "broken", { message: answer.message });
    if (this.#closed) this.onClosed();
    // What was refused at its cell is not sent again; the rest of the batch is.
    const atCells = answer.errors?.length && answer.errors.every(({ cell }) => this.sheet.table.typed.includes(cell));
    if (atCells && this.#pending) this.#later(AFTER_TYPING);
  }

  /* Another tab of this person saved lines of this return. */
  #heardFromTab({ told, version, at }) {
    this.sheet.version = Math.max(this.sheet.version, version);
    for (const { edit, version: one } of told) {
      const line = this.sheet.savedElsewhere(edit, one, at);
      if (line) this.onLine(line, { inputs: true });
    }
    this.soon();
  }

  /* The server refused a cell that looked right here: its words stand in the list, what was typed in the cell. */
  #refused(line, cell, message) {
    const code = `server:${line.id}:${cell}`;
    this.sheet.texts[code] = message;
    line.refused[cell] = { text: this.sheet.printed(line.cells[cell] ?? null), error: code };
    if (cell in line.saved.cells) line.cells[cell] = line.saved.cells[cell];
    this.onLine(line);
  }

  #failed(state, delay = this.#retry) {
    this.#failing = true;
    this.#say(state);
    this.#later(delay);
    this.#retry = Math.min(this.#retry * 2, LONGEST_RETRY);
  }

  /* After signing in again elsewhere the form's token is an old one; the page itself knows the new one. */
  async #freshToken() {
    const page = await fetch(this.sheet.urls.page, { redirect: "manual" });
    if (!page.ok) return false;
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("[name=csrfmiddlewaretoken]");
    if (!fresh || fresh.value === this.token.value) return false;
    this.token.value = fresh.value;
    return true;
  }
}

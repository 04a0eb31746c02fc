/* Sends what is not saved: soon after typing, again after a failure, at once when asked. Nothing typed is dropped. */

import { fill } from "./grid_table.js";

const AFTER_TYPING = 900;
const FIRST_RETRY = 2_000;
const LONGEST_RETRY = 30_000;

export class Saver {
  #timer = null;
  #running = null;
  #retry = FIRST_RETRY;
  #closed = false;
  #savedAt = "";

  constructor(sheet, { token, onState, onLine, onConflicts }) {
    Object.assign(this, { sheet, token, onState, onLine, onConflicts });
    addEventListener("beforeunload", (event) => {
      if (!this.leaving && sheet.unsaved) event.preventDefault();
    });
    addEventListener("online", () => this.now());
    document.addEventListener("visibilitychange", () => {
      if (sheet.edits().length) this.now();
    });
  }

  #say(state, named = {}) {
    this.onState(state === "closed" || state === "broken" ? "failed" : state, fill(this.sheet.texts[state], named));
  }

  #later(delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.now(), delay);
  }

  /* After a change: the state in words, and a save when typing pauses. */
  soon() {
    if (this.#closed) return;
    if (this.sheet.edits().length) {
      if (!this.#running) this.#say("typing");
      this.#later(AFTER_TYPING);
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
    await this.#running;
    await this.now();
    this.leaving = !this.sheet.unsaved;
    return this.leaving;
  }

  #settled() {
    if (this.sheet.lines.some((line) => line.conflict)) this.#say("conflict");
    else if (this.sheet.refusedCells) this.#say("refused");
    else if (this.#savedAt) this.#say("saved", { time: this.#savedAt });
    else this.#say("nothing");
  }

  async #send() {
    const edits = this.sheet.edits();
    if (!edits.length || this.#closed) return this.#closed || this.#settled();
    this.#say("saving");
    let response;
    try {
      response = await this.#post(edits);
    } catch {
      return this.#failed("unsent");
    }
    if (response.type === "opaqueredirect" || response.status === 401) return this.#failed("expired");
    if (response.status === 403 && (await this.#freshToken())) return this.#failed("unsent");
    if (response.status >= 500 || response.status === 429) return this.#failed("unsent");
    let answer;
    try {
      answer = await response.json();
    } catch {
      return this.#failed("unsent");
    }
    this.#retry = FIRST_RETRY;
    return this.#heard(response.status, answer, edits);
  }

  #post(edits) {
    return fetch(this.sheet.urls.save, {
      method: "POST",
      redirect: "manual",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.token.value },
      body: JSON.stringify({ lines: edits }),
    });
  }

  #heard(status, answer, edits) {
    if (status === 200 || (status === 409 && answer.conflicts)) {
      this.sheet.version = answer.version;
      this.#savedAt = answer.saved_at;
      const sent = new Map(edits.map((edit) => [edit.id, edit]));
      for (const row of answer.lines) this.onLine(this.sheet.wasSaved(sent.get(row.id), row.version));
      for (const conflict of answer.conflicts) this.onLine(this.sheet.wasRefused(conflict));
      if (answer.conflicts.length) this.onConflicts();
      this.#settled();
      if (this.sheet.edits().length) this.#later(AFTER_TYPING);
      return;
    }
    if (status === 422) {
      for (const { line, cell, message } of answer.errors) this.#refused(this.sheet.line(line), cell, message);
    }
    this.#closed = Boolean(answer.closed);
    this.#say(this.#closed ? "closed" : "broken", { message: answer.message });
  }

  /* The server refused a cell that looked right here: its words stand in the list, what was typed in the cell. */
  #refused(line, cell, message) {
    const code = `server:${line.id}:${cell}`;
    this.sheet.texts[code] = message;
    line.refused[cell] = { text: this.sheet.printed(line.cells[cell] ?? null), error: code };
    if (cell in line.saved.cells) line.cells[cell] = line.saved.cells[cell];
    this.onLine(line);
  }

  #failed(state) {
    this.#say(state);
    this.#later(this.#retry);
    this.#retry = Math.min(this.#retry * 2, LONGEST_RETRY);
  }

  /* After signing in again elsewhere the form's token is an old one; the page itself knows the new one. */
  async #freshToken() {
    const page = await fetch(location.pathname, { redirect: "manual" });
    if (!page.ok) return false;
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("[name=csrfmiddlewaretoken]");
    if (!fresh || fresh.value === this.token.value) return false;
    this.token.value = fresh.value;
    return true;
  }
}

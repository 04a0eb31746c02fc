/* What waits on the phone, in words: how much, why, each entry with its state; refused ones with what can be done. */

import { button, icon, size, time, words } from "./capture_words.js";
import { asSent } from "./capture_log.js";
import { element } from "./grid_table.js";

const LONGEST = 200;

export class Queue {
  operations = [];
  photos = [];

  constructor(page, root) {
    this.page = page;
    this.parts = Object.fromEntries(
      ["bar", "queue-words", "queue-size", "queue", "said", "trouble", "trouble-words", "reason", "reason-words", "sign-in",
        "clock"].map((name) => [name, root.querySelector(`[data-cchc-${name}]`)]),
    );
  }

  get count() {
    return this.operations.length + this.photos.length;
  }

  get bytes() {
    const written = this.operations.map((one) => new TextEncoder().encode(JSON.stringify(asSent(one))).length);
    return [...written, ...this.photos.map(({ blob }) => blob.size)].reduce((sum, one) => sum + one, 0);
  }

  hear(operations, photos) {
    Object.assign(this, { operations, photos });
    const summary = this.count ? words("waiting", { count: this.count, size: size(this.bytes) }) : words("all_sent");
    this.parts["queue-words"].textContent = summary;
    this.parts["queue-size"].textContent = summary;
    this.parts.bar.dataset.state = this.count ? "waiting" : "sent";
    const rows = [...operations.slice(-LONGEST).map((one) => this.#row(one)), ...photos.map((one) => this.#photo(one))];
    this.parts.queue.replaceChildren(...(rows.length ? rows : [element("li", { class: "empty-line", text: words("queue_empty") })]));
  }

  /* Why what waits is not on the server. */
  because(state, reason) {
    const said = state === "idle" || state === "sending" ? words(state) : "";
    this.parts.said.textContent = this.count || state !== "idle" ? said : "";
    const standing = !["idle", "sending"].includes(state);
    const heard = reason ? words("tried", { reason }) : "";
    this.parts.reason.hidden = !standing;
    this.parts["reason-words"].textContent = standing ? `${words(state)} ${heard}`.trim() : "";
    this.parts["sign-in"].hidden = !["expired", "other_person"].includes(state);
  }

  trouble(name) {
    this.parts.trouble.hidden = !name;
    this.parts["trouble-words"].textContent = words(name);
  }

  /* A clock that is off does no harm; it is said once it differs by minutes. */
  clock(serverTime) {
    const minutes = Math.round(Math.abs(new Date(serverTime) - Date.now()) / 60_000);
    const named = { minutes, time: time(serverTime) };
    this.parts.clock.textContent = words(minutes >= 3 ? "clock" : "server_time", named);
  }

  #row(operation) {
    const { kind, subject, value, at, left, refused, id } = operation;
    const what = this.page.conflicts.name(subject);
    const told = this.page.conflicts.said(kind === "resolve" ? value.value : value);
    const state = refused ? words("refused", { reason: refused }) : words(left ? "on_its_way" : "unsent");
    const row = element("li", { class: "site-queued", "data-operation": id },
      element("p", {}, element("strong", { text: words(`kind_${kind}`) }), what && what !== value.text ? ` · ${what}` : ""),
      element("p", { text: told.length > 160 ? `${told.slice(0, 159)}…` : told }),
      element("p", { class: refused ? "errorlist" : "muted", text: `${time(at)} · ${state}` }));
    if (refused) {
      const again = button("return", words("again"));
      again.addEventListener("click", () => this.page.again(id));
      const gone = button("trash", words("give_up"));
      gone.addEventListener("click", () => this.page.giveUp(id));
      row.append(element("div", { class: "form-actions" }, again, gone));
    }
    return row;
  }

  #photo({ blob, refused, sha256 }) {
    const state = refused ? words("refused", { reason: refused }) : words("unsent");
    const row = element("li", { class: "site-queued", "data-photo-waiting": sha256 },
      element("p", {}, icon("camera"), " ", words("photo_bytes", { size: size(blob.size) })),
      element("p", { class: refused ? "errorlist" : "muted", text: state }));
    if (refused) {
      const gone = button("trash", words("give_up"));
      gone.addEventListener("click", () => this.page.giveUpPhoto(sha256));
      row.append(element("div", { class: "form-actions" }, gone));
    }
    return row;
  }
}

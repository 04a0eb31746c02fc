/* The page used on site: what is tapped or typed goes into the log first, then onto the screen, then to the server. */

import { bundled, saveAs } from "./capture_bundle.js";
import { Conflicts } from "./capture_conflicts.js";
import { Findings } from "./capture_findings.js";
import { Items } from "./capture_items.js";
import { Log, newId } from "./capture_log.js";
import { Marking } from "./capture_marks.js";
import { freshPage, readyOffline } from "./capture_offline.js";
import { NoPicture, Previews, prepared } from "./capture_photos.js";
import { Queue } from "./capture_queue.js";
import { Recount } from "./capture_recount.js";
import { Sender } from "./capture_sender.js";
import { Sheet } from "./capture_sheet.js";
import { Store } from "./capture_store.js";
import { tabs } from "./capture_tabs.js";
import { button, data, icon, words } from "./capture_words.js";
import { element } from "./grid_table.js";

const root = document.querySelector("[data-cchc-capture]");
const part = (name, from = document) => from.querySelector(`[data-cchc-${name}]`);
const SHOWN_AFTER = 120;
const ASKED_EVERY = 15_000;

class Page {
  #due = null;
  #asked = 0;
  onlyOpen = false;
  photosThere = new Set();

  constructor({ person, visit, urls }) {
    Object.assign(this, { person, visit, urls });
    this.store = new Store();
    this.sheet = new Sheet(person);
    this.previews = new Previews();
    this.queue = new Queue(this, root);
    this.conflicts = new Conflicts(this, part("conflicts"));
    this.items = new Items(this, { place: part("items"), progress: part("progress") });
    this.findings = new Findings(this, { list: part("findings"), dialog: part("finding") });
    this.recount = new Recount(this, { form: part("recount"), factor: part("factor"), list: part("recounts") });
    this.marking = new Marking(part("marking"));
    this.channel = "BroadcastChannel" in window ? new BroadcastChannel(`cchc-capture-${person}-${visit}`) : null;
  }

  async start() {
    const device = await this.store.device(newId()).catch(() => newId());
    const { person, visit, urls } = this;
    const { channel } = this;
    this.log = new Log(this.store, { person, visit, device, channel, onTrouble: (name) => this.queue.trouble(name) });
    this.sender = new Sender(this.log, {
      urls,
      token: document.querySelector("[name=csrfmiddlewaretoken]"),
      onState: (state, reason, heard) => this.#stateOfSending(state, reason, heard),
      onHeard: (news) => this.#heard(news),
      freshToken: () => this.#freshToken(),
    });
    const kept = await this.store.get("states", [person, visit]).catch(() => undefined);
    if (kept) this.sheet.heard(kept);
    await this.reread();
    root.hidden = false;
    part("plain").hidden = true;
    root.dataset.ready = "";
    this.channel?.addEventListener("message", () => this.#otherTab());
    await this.ask();
    this.sender.now();
  }

  /* One input: into the log, and at once onto the screen. */
  async record(kind, subject, value, { strict = true, photo = null } = {}) {
    const input = { kind, subject, value };
    this.sheet.typed(subject, input);
    this.update();
    const { kept, operation } = await this.log.append(input, { base: () => this.sheet.base(subject), strict, photo });
    if (kept) root.dispatchEvent(new CustomEvent("cchc-kept", { detail: { id: operation.id, subject, value } }));
    await this.reread(() => this.sheet.typed(subject, null));
    this.channel?.postMessage("appended");
    this.sender.soon();
    return kept;
  }

  raise(item) {
    this.findings.raise(item);
  }

  /* Takes the picture that was just shot into the log, put to a line or to a finding. */
  async shoot(input, of) {
    const files = [...input.files];
    input.value = "";
    for (const file of files) {
      try {
        const photo = await prepared(file, { keepPlace: part("keep-place").checked });
        this.previews.add(photo);
        const value = { sha256: photo.sha256, caption: "", marks: [], keep_place: photo.keep_place, ...of };
        await this.record("photo", `photo:${newId()}`, value, { photo });
      } catch (error) {
        const named = { name: file.name };
        this.queue.parts.said.textContent = words(error instanceof NoPicture ? "no_picture" : "too_large", named);
      }
    }
  }

  camera(of) {
    const input = element("input", { class: "visually-hidden", type: "file", accept: "image/*", capture: "environment" });
    input.addEventListener("change", () => this.shoot(input, of));
    return element("label", { class: "button button--touch site-camera" }, icon("camera"), words("photo"), input);
  }

  isThere(sha256) {
    return this.photosThere.has(sha256) || this.sheet.state.photos.includes(sha256);
  }

  /* The log again, from the store; another tab may have added to it. */
  async reread(before = () => {}) {
    const [operations, photos] = await Promise.all([this.log.unsent(), this.log.photos()]);
    before();
    this.sheet.waiting(operations);
    for (const photo of photos) this.previews.add(photo);
    this.queue.hear(operations, photos);
    this.update();
  }

  update() {
    this.#due ??= setTimeout(() => {
      this.#due = null;
      this.items.update();
      this.findings.update();
      this.recount.update();
      this.conflicts.update();
      for (const list of document.querySelectorAll("[data-cchc-areas]")) this.#areas(list);
    }, SHOWN_AFTER);
  }

  #areas(list) {
    const { areas } = this.sheet.state;
    if (list.options.length === areas.length) return;
    list.replaceChildren(...areas.map(({ code, name }) => new Option(name, code)));
  }

  /* The whole state from the server, kept for the next time without a connection. */
  async ask() {
    this.#asked = Date.now();
    try {
      const options = { redirect: "manual", headers: { Accept: "application/json" }, signal: AbortSignal.timeout?.(20_000) };
      const response = await fetch(this.urls.state, options);
      if (!response.ok) return;
      const state = await response.json();
      if (state.person?.id !== this.person || !state.sections) return;
      this.#told(state);
      await this.store.put("states", state, [this.person, this.visit]).catch(() => {});
    } catch {
      // Without a connection the state that was kept is shown.
    }
    this.update();
  }

  #told(state) {
    this.sheet.heard(state);
    this.queue.clock(state.server_time);
    if (!state.writable) this.queue.parts.said.textContent = words("closed");
  }

  #stateOfSending(state, reason, heard) {
    if (heard) this.#told(heard);
    this.queue.because(state, reason);
  }

  async #heard({ receipts, photo }) {
    if (photo) this.photosThere.add(photo);
    const late = receipts.find(({ outcome }) => outcome === "late");
    await this.reread();
    if (this.sheet.known) await this.store.put("states", this.sheet.state, [this.person, this.visit]).catch(() => {});
    this.channel?.postMessage("sent");
    if (late) this.queue.parts.said.textContent = words("late");
    if (!this.queue.count && Date.now() - this.#asked > ASKED_EVERY) await this.ask();
  }

  async #otherTab() {
    await this.reread();
    const kept = await this.store.get("states", [this.person, this.visit]).catch(() => undefined);
    if (kept && kept.server_time > (this.sheet.state.server_time ?? "")) this.sheet.heard(kept);
    this.update();
  }

  async #freshToken() {
    const { state, token } = await freshPage(this.urls.page, this.person);
    return state === "fresh" ? token : state;
  }

  async again(id) {
    await this.log.again(id);
    await this.reread();
    this.sender.now();
  }

  async giveUp(id) {
    await this.log.giveUp(id);
    await this.reread();
  }

  async giveUpPhoto(sha256) {
    await this.log.photoArrived(sha256);
    await this.reread();
  }

  async bundle() {
    saveAs(await bundled(this.log), `${data.file}.zip`);
    await this.reread();
  }
}

const page = new Page(data);
tabs(root.querySelector("[role=tablist]"), [part("queue-open")]);
part("new-finding").addEventListener("click", () => page.findings.create());
part("only-open").addEventListener("change", ({ target }) => {
  page.onlyOpen = target.checked;
  page.update();
});
part("send").addEventListener("click", () => page.sender.now());
for (const one of root.querySelectorAll("[data-cchc-bundle]")) one.addEventListener("click", () => page.bundle());
part("add-item").querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const { text, area } = form.elements;
  page.record("item", `item:${newId()}`, { text: text.value, area: area.value, section: words("added_section") });
  text.value = "";
  part("add-item").open = false;
});
addEventListener("online", () => page.sender?.now());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  page.sender?.now();
  page.ask();
});
addEventListener("beforeunload", (event) => {
  if (page.log?.inMemory) event.preventDefault();
});

await page.start();
const ready = await readyOffline({ worker: page.urls.worker, page: page.urls.page, person: page.person });
part("ready").textContent = words(ready ? "ready" : "not_ready");
root.dataset.offline = ready ? "ready" : "";
const forGood = await Store.keepForGood().catch(() => false);
part("persisted").textContent = forGood ? "" : words("not_for_good");

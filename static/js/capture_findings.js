/* Findings: the list, and the sheet in which one is written. The finding is in the log from its first tap on. */

import { words } from "./capture_words.js";
import { newId } from "./capture_log.js";
import { photoStrip } from "./capture_strip.js";
import { element } from "./grid_table.js";

const TEXTS = ["text", "evidence", "cause", "legal_basis"];
const CHOICES = ["area", "severity"];
const KIND_OF = { conform: "strength", partly: "limitation", not: "limitation" };

export class Findings {
  #open = null;

  constructor(page, { list, dialog }) {
    Object.assign(this, { page, list, dialog });
    this.form = dialog.querySelector("form");
    this.kinds = dialog.querySelector("[data-cchc-kinds]");
    this.photos = dialog.querySelector("[data-cchc-photos]");
    this.kept = dialog.querySelector("[data-cchc-finding-kept]");
    this.form.addEventListener("input", (event) => {
      if (event.target.name) this.#record(TEXTS.includes(event.target.name));
    });
    dialog.querySelector("[data-cchc-camera]").addEventListener("change", ({ target }) => {
      page.shoot(target, { finding: this.#open });
    });
    dialog.addEventListener("close", () => {
      this.#open = null;
      page.update();
    });
  }

  /* A finding about a line of the checklist, filled in with what is known there; the one that is there, if there is. */
  raise(item) {
    const known = this.page.sheet.findingOf(item.code);
    if (known) return this.open(known.client_id);
    const { sheet } = this.page;
    const result = sheet.result(item);
    const named = sheet.state.results.find(({ code }) => code === result)?.name;
    const note = sheet.value(`note:${item.code}`)?.text;
    const text = named ? words("from_item", { item: item.text.replace(/[.;]$/, ""), result: named }) : item.text;
    return this.create({
      kind: KIND_OF[result] ?? "limitation",
      area: item.area,
      text: note ? `${text} ${note}` : text,
      legal_basis: item.legal_basis ?? "",
      item: item.code,
    });
  }

  create(value = {}) {
    const key = newId();
    const area = value.area || this.page.sheet.state.areas[0]?.code || "";
    const blank = { kind: "limitation", severity: "", text: "", evidence: "", cause: "", legal_basis: "", item: "" };
    this.page.record("finding", `finding:${key}`, { ...blank, ...value, area });
    this.open(key);
    return key;
  }

  open(key) {
    this.#open = key;
    this.#choices();
    const value = this.page.sheet.value(`finding:${key}`);
    for (const name of [...TEXTS, ...CHOICES]) this.form.elements[name].value = value[name] ?? "";
    for (const input of this.kinds.querySelectorAll("input")) input.checked = input.value === value.kind;
    this.dialog.showModal();
    this.update();
  }

  #choices() {
    if (this.kinds.querySelector("input")) return;
    for (const { code, name } of this.page.sheet.state.kinds) {
      const input = element("input", { type: "radio", name: "kind", value: code });
      this.kinds.append(element("label", { class: "site-choice" }, input, element("span", { text: name })));
    }
    const { severity } = this.form.elements;
    severity.replaceChildren(new Option("–", ""), ...this.page.sheet.state.severities.map(({ code, name }) => new Option(name, code)));
  }

  #record(typing) {
    const { elements } = this.form;
    const value = { ...this.page.sheet.value(`finding:${this.#open}`) };
    for (const name of [...TEXTS, ...CHOICES]) value[name] = elements[name].value;
    value.kind = this.kinds.querySelector("input:checked")?.value ?? value.kind;
    const { kind, area, severity, text, evidence, cause, legal_basis, item = "" } = value;
    const told = { kind, area, severity, text, evidence, cause, legal_basis, item };
    this.page.record("finding", `finding:${this.#open}`, told, { strict: !typing });
  }

  update() {
    const { sheet } = this.page;
    if (this.#open) {
      photoStrip(this.page, this.photos, { finding: this.#open });
      this.kept.textContent = words(sheet.isWaiting(`finding:${this.#open}`) ? "keep_here" : "on_server");
    }
    const rows = sheet.findings().map((finding) => this.#row(finding));
    this.list.replaceChildren(...(rows.length ? rows : [element("li", { class: "empty-line", text: words("no_findings") })]));
  }

  #row({ client_id: key, subject, kind, area, text, url, by }) {
    const { sheet } = this.page;
    const photos = key ? sheet.photos({ finding: key }).length : 0;
    const facts = [
      sheet.state.kinds.find(({ code }) => code === kind)?.name,
      sheet.state.areas.find(({ code }) => code === area)?.name,
      by && words("by", { person: by }),
      subject && sheet.isWaiting(subject) && words("keep_here"),
      photos && words("photos", { count: photos }),
    ];
    const title = (text ?? "").trim() || words("no_text");
    const shown = title.length > 160 ? `${title.slice(0, 159)}…` : title;
    const opener = subject && sheet.state.writable
      ? element("button", { type: "button", class: "site-finding", text: shown })
      : element("a", { class: "site-finding", href: url ?? "", text: shown });
    if (opener.tagName === "BUTTON") opener.addEventListener("click", () => this.open(key));
    return element("li", { class: "finding" }, opener, element("p", { class: "muted", text: facts.filter(Boolean).join(" · ") }));
  }
}

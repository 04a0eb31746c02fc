/* The checklist: sections that fold, a line with big answers, a note, a photo, one tap to a finding. */

import { button, icon, words } from "./capture_words.js";
import { element } from "./grid_table.js";
import { parseCell } from "./numbers.js";
import { photoStrip } from "./capture_strip.js";

const TYPING = { strict: false };

function answers(page, item) {
  const name = `answer-${item.code}`;
  const group = element("fieldset", { class: "site-choices" }, element("legend", { class: "visually-hidden", text: item.text }));
  for (const { code, name: text } of page.sheet.state.results) {
    const input = element("input", { type: "radio", name, value: code });
    input.addEventListener("change", () => page.record("answer", `answer:${item.code}`, { result: code }));
    group.append(element("label", { class: `site-choice site-choice--${code}` }, input, element("span", { text })));
  }
  return group;
}

function number(page, item) {
  const id = `number-${item.code}`;
  const input = element("input", { class: "input input--short", id, inputmode: "numeric", autocomplete: "off" });
  const fault = element("p", { class: "errorlist", id: `${id}-fault`, text: words("not_a_number"), hidden: "" });
  input.addEventListener("input", () => {
    const { value, error } = parseCell(input.value);
    const wrong = error !== null || (value !== null && typeof value !== "number");
    fault.hidden = !wrong;
    input.toggleAttribute("aria-invalid", false);
    if (wrong) input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", wrong ? fault.id : "");
    if (!wrong) page.record("answer", `answer:${item.code}`, { number: value }, TYPING);
  });
  return element("div", { class: "field" }, element("label", { for: id, text: words("number") }), input, fault);
}

class ItemView {
  constructor(page, item) {
    this.page = page;
    this.item = item;
    const title = element("h3", { class: "site-item-title" }, element("span", { text: item.text }));
    if (!item.added) title.prepend(element("span", { class: "site-item-code", text: item.code }));
    this.answer = item.kind === "number" ? number(page, item) : answers(page, item);
    this.note = element("textarea", { id: `note-${item.code}`, rows: "2", maxlength: "20000" });
    this.note.addEventListener("input", () => page.record("note", `note:${item.code}`, { text: this.note.value }, TYPING));
    this.noteField = element("div", { class: "field", hidden: "" },
      element("label", { for: this.note.id, text: words("note") }), this.note);
    this.needed = element("p", { class: "site-needed", hidden: "" });
    this.noteButton = button("note", words("note"), { "aria-expanded": "false", "aria-controls": this.note.id });
    this.noteButton.addEventListener("click", () => this.#openNote());
    this.raise = button("flag", words("raise"));
    this.raise.addEventListener("click", () => page.raise(item));
    this.photos = element("ul", { class: "site-photos" });
    const tools = element("div", { class: "site-item-tools" }, this.noteButton, page.camera({ item: item.code }), this.raise);
    const facts = item.legal_basis ? [element("p", { class: "muted", text: words("basis", { text: item.legal_basis }) })] : [];
    if (item.added) facts.push(element("p", { class: "muted", text: words("added") }));
    this.element = element("article", { class: "site-item", "data-item": item.code },
      title, ...facts, this.answer, this.noteField, this.needed, this.photos, tools);
  }

  #openNote() {
    this.noteField.hidden = false;
    this.noteButton.setAttribute("aria-expanded", "true");
    this.note.focus();
  }

  /* As it stands now; what is being typed in stays as it is. */
  update() {
    const { sheet } = this.page;
    const { code } = this.item;
    const result = sheet.result(this.item);
    if (this.item.kind === "number") {
      const input = this.answer.querySelector("input");
      if (input !== document.activeElement && !input.hasAttribute("aria-invalid")) input.value = result ?? "";
    } else {
      for (const input of this.answer.querySelectorAll("input")) input.checked = input.value === result;
    }
    const note = sheet.value(`note:${code}`)?.text ?? "";
    if (this.note !== document.activeElement) this.note.value = note;
    const needs = sheet.needs(this.item);
    if (note || needs.includes("note")) {
      this.noteField.hidden = false;
      this.noteButton.setAttribute("aria-expanded", "true");
    }
    this.needed.hidden = !needs.length;
    this.needed.replaceChildren(...(needs.length ? [icon("alert"), needs.map((one) => words(`needs_${one}`)).join(" ")] : []));
    const raised = sheet.findingOf(code);
    this.raise.lastChild.textContent = words(raised ? "raised" : "raise");
    photoStrip(this.page, this.photos, { item: code });
    this.element.classList.toggle("site-item--done", sheet.isAnswered(this.item) && !needs.length);
    this.element.classList.toggle("site-item--waiting", sheet.isWaiting(`answer:${code}`) || sheet.isWaiting(`note:${code}`));
    const open = page => page.onlyOpen && sheet.isAnswered(this.item) && !needs.length;
    this.element.hidden = open(this.page) && !this.element.contains(document.activeElement);
    for (const input of this.element.querySelectorAll("input, textarea")) input.disabled = !sheet.state.writable;
  }
}

export class Items {
  #drawn = "";
  #views = [];
  #sections = [];

  constructor(page, { place, progress }) {
    Object.assign(this, { page, place, progress });
  }

  update() {
    const sections = this.page.sheet.sections(words("added_section"));
    const wanted = JSON.stringify(sections.map(({ name, items }) => [name, items.map(({ code, text }) => [code, text])]));
    if (wanted !== this.#drawn) this.#build(sections, wanted);
    for (const view of this.#views) view.update();
    for (const { element: box, items, count, views } of this.#sections) {
      const done = items.filter((item) => this.page.sheet.isAnswered(item)).length;
      count.textContent = `${done}/${items.length}`;
      box.hidden = this.page.onlyOpen && views.every((view) => view.element.hidden);
    }
    const { done, all } = this.page.sheet.progress();
    const said = all ? words("answered", { done, all }) : this.page.sheet.known ? words("no_list") : "";
    this.progress.textContent = all && done === all && this.page.onlyOpen ? `${said} · ${words("nothing_left")}` : said;
  }

  #build(sections, wanted) {
    const open = new Set(this.#sections.filter(({ element: box }) => box.open).map(({ name }) => name));
    this.#drawn = wanted;
    this.#views = [];
    this.#sections = sections.map(({ name, checklist, items }, at) => {
      const views = items.map((item) => new ItemView(this.page, item));
      this.#views.push(...views);
      const count = element("span", { class: "tab-count" });
      const title = element("h2", { class: "site-section-name", text: name || checklist });
      const box = element("details", { class: "site-section" }, element("summary", {}, title, count),
        ...views.map((view) => view.element));
      box.open = open.size ? open.has(name) : at === 0;
      return { element: box, name, items, count, views };
    });
    this.place.replaceChildren(...this.#sections.map((section) => section.element));
  }
}

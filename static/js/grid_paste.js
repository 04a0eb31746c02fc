/* Shows a pasted block before it counts: marks on the cells, what is refused and why, and the choice to take it. */

import { readClipboard } from "./clipboard.js";
import { chooseMode, counted, FORM, judge, TYPED } from "./grid_judging.js";
import { element, fill, headWords, lineWords } from "./grid_table.js";
import { formatCount } from "./numbers.js";

const REFUSALS_LISTED = 40;
const TOLD = ["refused", "outside", "covered", "total_differs"];
const TAKEN = ["accepted", "clears"];

export class Paste {
  #shown = null;

  constructor(sheet, drawn, place, { onTaken, onLeft }) {
    Object.assign(this, { sheet, drawn, place, onTaken, onLeft });
    place.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.#shown) return;
      event.preventDefault();
      this.cancel();
    });
  }

  get open() {
    return this.#shown !== null;
  }

  /* A paste event over the block that is selected. One cell into one cell is left to the browser: it is judged as typed. */
  over(event, selection) {
    const read = readClipboard(event.clipboardData);
    const single = read.length === 1 && read[0].length === 1;
    if (single && !selection.several) return;
    event.preventDefault();
    const { top, left, bottom, right } = selection.block;
    const repeat = (cell) => Array.from({ length: right - left + 1 }, () => cell);
    const rows = single ? Array.from({ length: bottom - top + 1 }, () => repeat(read[0][0])) : read;
    const { mode, choice } = single
      ? { mode: TYPED, choice: false }
      : chooseMode(this.sheet, this.drawn.lines, rows, { top, left });
    this.#show({ rows, corner: { top, left }, mode, choice, from: document.activeElement });
  }

  #show(block) {
    this.#clear();
    const judged = judge(this.sheet, this.drawn.lines, block.rows, block.corner, block.mode);
    this.#shown = { ...block, judged };
    for (const one of judged) this.#mark(one);
    this.place.replaceChildren(...this.#words(judged, block));
    this.place.hidden = false;
    const [first] = this.place.querySelectorAll("[data-cchc-paste-apply]:not(:disabled), [data-cchc-paste-cancel]");
    first.focus();
  }

  #mark({ line, name, verdict, text }) {
    const cell = line && name && this.drawn.place(line.id, name);
    if (!cell) return;
    cell.dataset.paste = text.trim() || "–";
    cell.dataset.verdict = verdict;
  }

  #clear() {
    for (const { line, name } of this.#shown?.judged ?? []) {
      const cell = line && name && this.drawn.place(line.id, name);
      if (!cell) continue;
      delete cell.dataset.paste;
      delete cell.dataset.verdict;
    }
    this.#shown = null;
  }

  /* Where and why a cell is not taken, as one sentence. */
  #why({ line, name, down, across, text, verdict, reason, computed }) {
    const { texts } = this.sheet;
    const where =
      line && name
        ? `${lineWords(line)}, ${headWords(this.sheet, name)}`
        : fill(texts.paste_place, { row: down + 1, column: across + 1 });
    const typed = text.trim();
    return `${where}: ${fill(texts[reason ?? `paste_${verdict}`], { typed, computed })}`;
  }

  #words(judged, { mode, choice }) {
    const { texts } = this.sheet;
    const counts = counted(judged);
    const taken = TAKEN.reduce((sum, verdict) => sum + (counts[verdict] ?? 0), 0);
    const parts = ["accepted", "clears", "same", "total", "total_differs", "refused", "covered", "outside"]
      .filter((verdict) => counts[verdict])
      .map((verdict) => fill(texts[`paste_count_${verdict}`], { count: formatCount(counts[verdict]) }));
    const told = [element("p", { role: "status", text: parts.join(" · ") })];
    if (choice) told.push(this.#modes(mode));
    const wrong = judged.filter(({ verdict }) => TOLD.includes(verdict));
    if (wrong.length) {
      const rows = wrong.slice(0, REFUSALS_LISTED).map((one) => element("li", { text: this.#why(one) }));
      if (wrong.length > rows.length) {
        const more = formatCount(wrong.length - rows.length);
        rows.push(element("li", { text: fill(texts.paste_more, { count: more }) }));
      }
      told.push(element("ul", { class: "paste-refusals" }, ...rows));
    }
    const apply = this.#button(fill(texts.paste_apply, { count: formatCount(taken) }), "apply", () => this.take());
    apply.disabled = taken === 0;
    told.push(element("div", { class: "cluster" }, apply, this.#button(texts.paste_cancel, "cancel", () => this.cancel())));
    return told;
  }

  #button(text, name, act) {
    const primary = name === "apply" ? " button--primary" : "";
    const made = element("button", { type: "button", class: `button${primary}`, [`data-cchc-paste-${name}`]: "", text });
    made.addEventListener("click", act);
    return made;
  }

  #modes(mode) {
    const choose = (value) => {
      const input = element("input", { type: "radio", name: "paste-mode", value });
      input.checked = value === mode;
      input.addEventListener("change", () => this.#show({ ...this.#shown, mode: value }));
      return element("label", { class: "cluster" }, input, element("span", { text: this.sheet.texts[`paste_mode_${value}`] }));
    };
    const legend = element("legend", { text: this.sheet.texts.paste_mode });
    return element("fieldset", { class: "cluster" }, legend, choose(FORM), choose(TYPED));
  }

  take() {
    const { judged, from } = this.#shown;
    this.#end(from);
    this.onTaken(judged.filter(({ verdict }) => TAKEN.includes(verdict)).map(({ line, name, text }) => ({ line, name, text })));
  }

  cancel() {
    this.#end(this.#shown.from);
    this.onLeft();
  }

  #end(from) {
    this.#clear();
    this.place.hidden = true;
    this.place.replaceChildren();
    from?.focus();
  }
}

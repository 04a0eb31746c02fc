/* The periods before and what is usual, beside the lines: one request, on demand or with the first entry. */

import { number } from "./identities.js";
import { formatCount } from "./numbers.js";
import { element, fill, headWords, lineWords } from "./grid_table.js";

export class Context {
  #asked = null;
  #data = null;
  #rows = [];

  constructor(sheet, drawn, { onLoaded }) {
    Object.assign(this, { sheet, drawn, onLoaded });
  }

  /* Loads once; a failure is forgotten, so that the next entry or press asks again. */
  load() {
    this.#asked ??= fetch(this.sheet.urls.context, { redirect: "manual" })
      .then((response) => (response.ok ? response.json() : Promise.reject(new Error(response.type))))
      .then((data) => {
        this.#data = data;
        this.onLoaded();
        return data;
      })
      .catch(() => {
        this.#asked = null;
        return null;
      });
    return this.#asked;
  }

  /* Figures of the line that are unusual for the unit, as sentences; none once the clerk has written a note. */
  unusual(line) {
    if (line.note.trim()) return [];
    const ranges = this.#data?.usual[line.id] ?? {};
    const found = Object.entries(ranges).filter(([name, { low, high }]) => {
      const value = line.cells[name];
      return typeof value === "number" && (value < low || value > high);
    });
    return found.map(([name, range]) => ({ name, text: this.#sentence(line, name, range) }));
  }

  #sentence(line, name, range) {
    const printed = Object.fromEntries(Object.entries(range).map(([key, value]) => [key, formatCount(value)]));
    const named = { line: lineWords(line), figure: headWords(this.sheet, name), value: formatCount(line.cells[name]) };
    return fill(this.sheet.texts.unusual, { ...named, ...printed });
  }

  /* Shows or hides the rows of the periods before; gives back what to say of it. */
  async toggle(button) {
    const showing = this.#rows.length > 0;
    for (const row of this.#rows.splice(0)) row.remove();
    if (!showing) {
      const data = await this.load();
      if (!data) return this.sheet.texts.context_failed;
      const periods = [data.previous, data.last_year].filter(Boolean);
      if (!periods.length) return this.sheet.texts.context_none;
      // Rows are put after their line, so the later period is put last to stand first.
      for (const period of periods.reverse()) for (const line of this.sheet.lines) this.#add(line, period);
    }
    button.setAttribute("aria-pressed", String(!showing));
    return "";
  }

  #add(line, { title, lines }) {
    const cells = lines[line.id];
    if (!cells) return;
    const row = element("tr", { class: "grid-before" }, element("th", { scope: "row", text: title }));
    for (const { name } of this.sheet.heads) {
      const value = cells[name] === "NA" ? "NA" : number(this.sheet.table, cells, name);
      row.append(element("td", { text: formatCount(value) }));
    }
    this.drawn.rows.get(line.id).after(row);
    this.#rows.push(row);
  }
}

/* Blank opening balances for which the return before has a closing one: changes to be put in one step. */
export function openings(sheet) {
  const blank = (line) => line.cells.carried_over === null && !line.refused.carried_over;
  return sheet.lines
    .filter((line) => blank(line) && typeof line.previous === "number")
    .map((line) => ({ line, name: "carried_over", text: formatCount(line.previous) }));
}

/* A selected block of cells: Shift with the arrow keys, Shift and click, or dragging. */

import { fill } from "./grid_table.js";

export class Selection {
  #anchor = null;
  #head = null;
  #marked = [];

  constructor(table, drawn, sheet, { onSaid }) {
    Object.assign(this, { drawn, sheet, onSaid });
    this.places = new Map();
    drawn.order.forEach((row, line) => row.forEach((input, column) => this.places.set(input, [line, column])));
    this.#followMouse(table);
  }

  /* A cell was arrived at: the block is that cell. */
  at(input) {
    this.#anchor = this.#head = this.places.get(input);
    this.#mark();
  }

  get several() {
    return Boolean(this.#anchor) && String(this.#anchor) !== String(this.#head);
  }

  /* {top, left, bottom, right} in rows and typed columns; null before any cell was reached. */
  get block() {
    if (!this.#anchor) return null;
    const [[a, b], [c, d]] = [this.#anchor, this.#head];
    return { top: Math.min(a, c), left: Math.min(b, d), bottom: Math.max(a, c), right: Math.max(b, d) };
  }

  /* Rows of inputs of the block. */
  get rows() {
    if (!this.block) return [];
    const { top, left, bottom, right } = this.block;
    return this.drawn.order.slice(top, bottom + 1).map((row) => row.slice(left, right + 1));
  }

  /* Moves the loose end; `far` goes to the edge of the table. */
  extend([down, across], far = false) {
    if (!this.#anchor) return;
    const bound = (value, size) => Math.max(0, Math.min(size - 1, value));
    const size = [this.drawn.order.length, this.drawn.order[0].length];
    const step = (delta, axis) => (far && delta ? delta * size[axis] : delta);
    this.#head = [
      bound(this.#head[0] + step(down, 0), size[0]),
      bound(this.#head[1] + step(across, 1), size[1]),
    ];
    this.#mark();
    this.drawn.order[this.#head[0]][this.#head[1]].scrollIntoView({ block: "nearest", inline: "nearest" });
    this.#say();
  }

  extendTo(input) {
    if (!this.#anchor || !this.places.has(input)) return;
    this.#head = this.places.get(input);
    this.#mark();
    this.#say();
  }

  #say() {
    const rows = this.rows;
    if (this.several) this.onSaid(fill(this.sheet.texts.selected, { lines: rows.length, columns: rows[0].length }));
  }

  #mark() {
    for (const cell of this.#marked) cell.classList.remove("is-selected");
    this.#marked = this.several ? this.rows.flat().map((input) => input.parentElement) : [];
    for (const cell of this.#marked) cell.classList.add("is-selected");
  }

  #followMouse(table) {
    let dragging = false;
    table.addEventListener("mousedown", (event) => {
      if (!this.places.has(event.target) || event.button !== 0) return;
      if (event.shiftKey && this.#anchor) {
        event.preventDefault();
        this.extendTo(event.target);
        return;
      }
      if (document.activeElement === event.target) this.at(event.target);
      dragging = true;
    });
    // What stands in a cell is selected on arrival; dragging from it selects cells and does not carry its text away.
    table.addEventListener("dragstart", (event) => {
      if (this.places.has(event.target)) event.preventDefault();
    });
    table.addEventListener("mouseover", (event) => {
      if (!dragging || !(event.buttons & 1) || !this.places.has(event.target)) return;
      if (event.target === document.activeElement && !this.several) return;
      document.getSelection()?.removeAllRanges();
      this.extendTo(event.target);
    });
    addEventListener("mouseup", () => {
      dragging = false;
    });
  }
}

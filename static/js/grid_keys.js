/* Keys of the entry table: arrows in two dimensions, Enter down, F2 within a cell, Esc restores, Alt+K does not apply. */

import { NA } from "./numbers.js";

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export function followKeys(table, drawn, sheet, { onChanged, onSave }) {
  const places = new Map();
  drawn.order.forEach((row, line) => row.forEach((input, column) => places.set(input, [line, column])));
  let editing = false;
  let arrived = "";

  function go(input, [down, across]) {
    const [line, column] = places.get(input);
    const next = drawn.order[line + down]?.[column + across];
    if (!next) return false;
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
    return true;
  }

  function put(input, text) {
    input.value = text;
    const line = sheet.line(Number(input.dataset.line));
    sheet.type(line, input.dataset.cell, text);
    onChanged(line);
  }

  table.addEventListener("focusin", (event) => {
    if (!places.has(event.target)) return;
    editing = false;
    arrived = event.target.value;
    event.target.select();
  });
  table.addEventListener("focusout", (event) => {
    if (!places.has(event.target)) return;
    const line = sheet.line(Number(event.target.dataset.line));
    const name = event.target.dataset.cell;
    if (!line.refused[name]) event.target.value = sheet.printed(line.cells[name]);
  });
  table.addEventListener("dblclick", (event) => {
    editing = places.has(event.target);
  });

  table.addEventListener("keydown", (event) => {
    const input = event.target;
    if (!places.has(input) || event.isComposing || event.keyCode === 229) return;
    if (event.key in STEPS && !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey) {
      if (editing && event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
      event.preventDefault();
      go(input, STEPS[event.key]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!go(input, [event.shiftKey ? -1 : 1, 0])) input.select();
    } else if (event.key === "F2") {
      event.preventDefault();
      editing = !editing;
      if (editing) input.setSelectionRange(input.value.length, input.value.length);
      else input.select();
    } else if (event.key === "Escape") {
      event.preventDefault();
      put(input, arrived);
      editing = false;
      input.select();
    } else if (event.altKey && event.code === "KeyK") {
      event.preventDefault();
      const value = sheet.line(Number(input.dataset.line)).cells[input.dataset.cell];
      put(input, value === NA ? "" : "KAD");
      input.select();
    }
  });

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      onSave();
    }
  });
}

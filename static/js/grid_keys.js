/* Keys of the entry table: arrows in two dimensions, Enter down, F2 within a cell, Esc restores, Shift selects, Ctrl+D
   fills down, Ctrl+Z and Ctrl+Y undo and redo, Alt+K does not apply. While an input method composes, no key is ours. */

import { writeClipboard } from "./clipboard.js";
import { NA } from "./numbers.js";

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const NA_TYPED = "KAD";

/* A cell for another program: digits without dots, which every spreadsheet takes for the number. */
function plain(sheet, input) {
  const line = sheet.line(Number(input.dataset.line));
  const value = line.cells[input.dataset.cell];
  const refused = line.refused[input.dataset.cell];
  if (refused) return refused.text;
  return value === NA ? NA_TYPED : String(value ?? "");
}

export function followKeys(table, drawn, sheet, { selection, history, paste, onPut, onSave, onArrived }) {
  const { places } = selection;
  let editing = false;
  let arrived = "";

  const change = (input, text) => ({ line: sheet.line(Number(input.dataset.line)), name: input.dataset.cell, text });

  function goTo(row, column) {
    const next = drawn.order[row]?.[column];
    if (!next) return false;
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
    return true;
  }

  function far(input, [down, across]) {
    const [row, column] = places.get(input);
    const edge = (at, delta, size) => (delta < 0 ? 0 : delta > 0 ? size - 1 : at);
    return goTo(edge(row, down, drawn.order.length), edge(column, across, drawn.order[0].length));
  }

  function go(input, [down, across]) {
    const [row, column] = places.get(input);
    return goTo(row + down, column + across);
  }

  function fillDown(input) {
    const [row, column] = places.get(input);
    const rows = selection.several ? selection.rows : [[drawn.order[row - 1]?.[column]], [input]];
    const [source, ...below] = rows;
    if (!source[0]) return;
    onPut(below.flatMap((inputs) => inputs.map((one, at) => change(one, source[at].value))));
  }

  function notApplicable(input) {
    const chosen = selection.several ? selection.rows.flat() : [input];
    const is = sheet.line(Number(input.dataset.line)).cells[input.dataset.cell] === NA;
    onPut(chosen.map((one) => change(one, is ? "" : NA_TYPED)));
  }

  function arrow(event, input) {
    const step = STEPS[event.key];
    const sideways = step[1] !== 0;
    if (event.altKey || event.metaKey || (editing && sideways)) return;
    event.preventDefault();
    if (event.shiftKey) selection.extend(step, event.ctrlKey);
    else if (event.ctrlKey) far(input, step);
    else go(input, step);
  }

  function edge(event, input) {
    if (editing) return;
    event.preventDefault();
    const [row] = places.get(input);
    const column = event.key === "Home" ? 0 : drawn.order[0].length - 1;
    const corner = event.key === "Home" ? 0 : drawn.order.length - 1;
    if (event.shiftKey) selection.extendTo(drawn.order[event.ctrlKey ? corner : row][column]);
    else goTo(event.ctrlKey ? corner : row, column);
  }

  function commanded(event, input) {
    const key = event.key.toLowerCase();
    if (key === "z" || key === "y") {
      const step = key === "y" || event.shiftKey ? history.redo() : history.undo();
      if (step) onPut(step, { remember: false, show: true });
    } else if (key === "d") {
      fillDown(input);
    } else if (key === "a" && !editing) {
      goTo(0, 0);
      selection.extendTo(drawn.order.at(-1).at(-1));
    } else {
      return;
    }
    event.preventDefault();
  }

  table.addEventListener("focusin", (event) => {
    if (!places.has(event.target)) return;
    editing = false;
    arrived = event.target.value;
    history.left();
    selection.at(event.target);
    event.target.select();
    onArrived(event.target);
  });
  table.addEventListener("focusout", (event) => {
    if (!places.has(event.target)) return;
    history.left();
    const line = sheet.line(Number(event.target.dataset.line));
    event.target.value = sheet.textOf(line, event.target.dataset.cell);
  });
  table.addEventListener("dblclick", (event) => {
    editing = places.has(event.target);
  });

  table.addEventListener("keydown", (event) => {
    const input = event.target;
    if (!places.has(input) || event.isComposing || event.keyCode === 229) return;
    if (event.key in STEPS) {
      arrow(event, input);
    } else if (event.key === "Home" || event.key === "End") {
      edge(event, input);
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
      onPut([change(input, arrived)]);
      editing = false;
      selection.at(input);
      input.select();
    } else if ((event.key === "Delete" || event.key === "Backspace") && selection.several) {
      event.preventDefault();
      onPut(selection.rows.flat().map((one) => change(one, "")));
    } else if (event.altKey && event.code === "KeyK") {
      event.preventDefault();
      notApplicable(input);
      input.select();
    } else if ((event.ctrlKey || event.metaKey) && !event.altKey) {
      commanded(event, input);
    }
  });

  for (const kind of ["copy", "cut"]) {
    table.addEventListener(kind, (event) => {
      if (!places.has(event.target) || !selection.several) return;
      event.preventDefault();
      writeClipboard(event.clipboardData, selection.rows.map((row) => row.map((input) => plain(sheet, input))));
      if (kind === "cut") onPut(selection.rows.flat().map((one) => change(one, "")));
    });
  }
  table.addEventListener("paste", (event) => {
    if (places.has(event.target)) paste.over(event, selection);
  });

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      onSave();
    }
  });
}

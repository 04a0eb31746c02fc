/* The entry page of a return: puts the table, the keys, the checks, the saving and the conflicts together. */

import { markCells, showBreaches, sumsShown } from "./grid_checks.js";
import { showConflicts } from "./grid_conflicts.js";
import { Context, openings } from "./grid_context.js";
import { openLine } from "./grid_details.js";
import { download } from "./grid_export.js";
import { History } from "./grid_history.js";
import { followKeys } from "./grid_keys.js";
import { showLeft } from "./grid_left.js";
import { Paste } from "./grid_paste.js";
import { Saver } from "./grid_saving.js";
import { Selection } from "./grid_selection.js";
import { Sheet } from "./grid_sheet.js";
import { drawTable, element, fill } from "./grid_table.js";
import { Outbox } from "./outbox.js";

const page = document.querySelector("[data-cchc-grid]");
const data = JSON.parse(document.getElementById("grid-data").textContent);
const part = (name) => page.querySelector(`[data-cchc-${name}]`);
const places = {
  table: part("table"),
  breaches: part("breaches"),
  conflicts: part("conflicts"),
  left: part("left"),
  remarks: part("remarks"),
  state: part("save-state"),
  cellState: part("cell-state"),
  said: part("said"),
};
let frozen = false;
const submitForm = document.querySelector("[data-cchc-submit-return]");

const sheet = new Sheet(data);
const drawn = drawTable(sheet, places.table);
const history = new History();
const outbox = new Outbox({ person: sheet.person, item: sheet.id, title: sheet.title, onTrouble: () => warn(sheet.texts.not_kept) });
const saver = new Saver(sheet, outbox, {
  token: submitForm.querySelector("[name=csrfmiddlewaretoken]"),
  onState: showState,
  onLine: (line, { inputs = false } = {}) => {
    if (inputs) drawn.showLine(line, { inputs: true });
    refresh([line]);
    if (line.conflict) conflictsShown();
  },
  onClosed: closed,
  onConflicts: conflictsShown,
});
const context = new Context(sheet, drawn, { onLoaded: () => refresh(sheet.lines) });
const selection = new Selection(places.table, drawn, sheet, { onSaid: say });
const paste = new Paste(sheet, drawn, part("paste"), { onTaken: (changes) => put(changes), onLeft: () => say(sheet.texts.paste_left) });

function conflictsShown() {
  showConflicts(sheet, places.conflicts, { onChosen: chosen, onOpen: focusCell });
}

function say(words) {
  places.said.textContent = words;
}

/* Submitted, locked or voided meanwhile: what did not arrive is shown, kept and can be taken along. */
function closed() {
  drawn.freeze();
  frozen = true;
  showLeft(sheet, places.left, { link: true });
}

function warn(words) {
  places.remarks.append(element("div", { class: "message message--warning", role: "alert", text: words }));
}

function showState(state, words) {
  places.state.dataset.state = state;
  places.state.textContent = words;
  if (state === "expired" || state === "other_person") {
    const href = `${sheet.urls.login}?next=${encodeURIComponent(sheet.urls.page)}`;
    places.state.append(" ", element("a", { href, target: "_blank", text: sheet.texts.sign_in }));
  }
  submitForm.querySelector("[name=version]").value = sheet.version;
  for (const line of sheet.lines) if (Object.keys(sheet.unsent(line)).length) markCells(line, sheet.check(line), drawn, stateOf);
  showCellState();
}

function stateOf(line, name) {
  return saver.cellState(line, name);
}

/* Where the saving of the cell one is in stands, in words. */
function showCellState() {
  const { line: id, cell: name } = document.activeElement?.dataset ?? {};
  const line = name && sheet.line(Number(id));
  const state = line ? stateOf(line, name) : "";
  places.cellState.textContent = state ? fill(sheet.texts[`cell_${state}`], { time: line.sentAt[name] ?? "" }) : "";
}

/* After a change of lines: their computed cells, marks and messages, what is kept in the browser, and the sums. */
function refresh(lines) {
  for (const line of lines) {
    // While the clerk is asked about a line, its entries stay behind it: an earlier version asks again after a reload.
    outbox.keep(line.id, line.conflict ? 0 : line.version, sheet.unsent(line));
    const breaches = sheet.check(line);
    drawn.showLine(line);
    markCells(line, breaches, drawn, stateOf);
    showBreaches(sheet, line, breaches, context.unusual(line), places.breaches, { onOpen: focusCell, onRepair: repair });
  }
  sumsShown(sheet, drawn);
}

function focusCell(line, name) {
  if (!drawn.cell(line.id, name)) {
    openLine(sheet, line, drawn, changed);
    const field = name === "note" ? "[data-note]" : "textarea, input";
    drawn.detail(line.id)?.querySelector(field)?.focus();
    return;
  }
  const input = drawn.cell(line.id, name);
  input.focus();
  input.scrollIntoView({ block: "center", inline: "center" });
}

/* Several cells at once, as one step to undo: [{line, name, text}]. */
function put(changes, { remember = true, show = false } = {}) {
  if (frozen) return;
  const steps = changes.map(({ line, name, text }) => ({ line, name, before: sheet.textOf(line, name), after: text }));
  const moved = steps.filter(({ before, after }) => before !== after);
  for (const { line, name, after } of moved) {
    sheet.type(line, name, after);
    drawn.cell(line.id, name).value = after;
  }
  if (remember) history.record(moved);
  changed(...new Set(moved.map(({ line }) => line)));
  if (show && moved.length) focusCell(moved[0].line, moved[0].name);
}

function repair(line, name, value) {
  put([{ line, name, text: sheet.printed(value) }]);
  focusCell(line, name);
}

function chosen(line) {
  drawn.showLine(line, { inputs: true });
  openLine(sheet, line, drawn, changed, { again: true });
  changed(line);
}

function changed(...lines) {
  refresh(lines);
  // A choice that is still open names what is typed into its line meanwhile: taking the other side gives up that too.
  if (lines.some(({ conflict }) => conflict)) conflictsShown();
  saver.soon();
  showCellState();
}

places.table.addEventListener("input", (event) => {
  const input = event.target.closest("[data-cell]");
  if (!input) return;
  const line = sheet.line(Number(input.dataset.line));
  const name = input.dataset.cell;
  history.typed(line, name, sheet.textOf(line, name), input.value);
  sheet.type(line, name, input.value);
  changed(line);
  context.load();
});
places.table.addEventListener("click", (event) => {
  const button = event.target.closest("[data-cchc-open]");
  if (button) openLine(sheet, sheet.line(Number(button.dataset.cchcOpen)), drawn, changed, { toggle: true });
});
part("save-now").addEventListener("click", () => saver.now());
part("download").addEventListener("click", () => download(sheet));
part("before").addEventListener("click", async (event) => say(await context.toggle(event.currentTarget)));
part("openings").addEventListener("click", () => {
  const changes = openings(sheet);
  put(changes);
  say(fill(changes.length ? sheet.texts.openings_taken : sheet.texts.openings_none, { count: changes.length }));
});
followKeys(places.table, drawn, sheet, {
  selection,
  history,
  paste,
  onPut: put,
  onSave: () => saver.now(),
  onArrived: showCellState,
});

submitForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await saver.flush()) {
    submitForm.querySelector("[name=version]").value = sheet.version;
    submitForm.submit();
  } else {
    places.state.append(`. ${sheet.texts.submit_wait}`);
    places.state.scrollIntoView({ block: "center" });
  }
});

/* A fresh return begins with what the period before ended with; the clerk is told and may undo it. */
function fillOpenings() {
  const changes = openings(sheet);
  if (!changes.length) return;
  put(changes);
  const words = fill(sheet.texts.openings_filled, { count: changes.length });
  places.remarks.append(element("div", { class: "message", role: "status", text: words }));
}

/* What an earlier page of this person left unsent is put back and sent. */
async function start() {
  const { entries, batches } = await outbox.open();
  const lines = sheet.restore(entries);
  for (const line of lines) drawn.showLine(line, { inputs: true });
  refresh(sheet.lines);
  if (sheet.lines.some((line) => Object.keys(sheet.unsent(line)).length)) say(sheet.texts.restored);
  saver.resume(batches);
  if (lines.length) saver.soon();
  else if (sheet.untouched) fillOpenings();
  const wanted = /^#line-([0-9]+)(?:-([a-z_]+))?$/.exec(location.hash);
  if (wanted && sheet.line(Number(wanted[1]))) {
    focusCell(sheet.line(Number(wanted[1])), wanted[2] ?? sheet.table.typed[0]);
  }
  page.dataset.ready = "yes";
}

for (const remark of data.remarks[0] ?? []) {
  const told = element("div", { class: "message message--warning", text: fill(sheet.texts.remark, remark) });
  places.remarks.append(told);
}
start();

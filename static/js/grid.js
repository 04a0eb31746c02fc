/* The entry page of a return: puts the table, the keys, the checks, the saving and the conflicts together. */

import { markCells, showBreaches, sumsShown } from "./grid_checks.js";
import { showConflicts } from "./grid_conflicts.js";
import { openLine } from "./grid_details.js";
import { followKeys } from "./grid_keys.js";
import { Sheet } from "./grid_sheet.js";
import { Saver } from "./grid_saving.js";
import { drawTable, fill } from "./grid_table.js";

const page = document.querySelector("[data-cchc-grid]");
const data = JSON.parse(document.getElementById("grid-data").textContent);
const places = {
  table: page.querySelector("[data-cchc-table]"),
  breaches: page.querySelector("[data-cchc-breaches]"),
  conflicts: page.querySelector("[data-cchc-conflicts]"),
  remarks: page.querySelector("[data-cchc-remarks]"),
  state: page.querySelector("[data-cchc-save-state]"),
};
const submitForm = document.querySelector("[data-cchc-submit-return]");

const sheet = new Sheet(data);
const drawn = drawTable(sheet, places.table);
const saver = new Saver(sheet, {
  token: submitForm.querySelector("[name=csrfmiddlewaretoken]"),
  onState: showState,
  onLine: refresh,
  onConflicts: () => showConflicts(sheet, places.conflicts, { onChosen: chosen, onOpen: focusCell }),
});

function showState(state, words) {
  places.state.dataset.state = state;
  places.state.textContent = words;
  submitForm.querySelector("[name=version]").value = sheet.version;
}

/* After a change of a line: its computed cells, marks and messages, and the sums. */
function refresh(line) {
  const breaches = sheet.check(line);
  drawn.showLine(line);
  markCells(line, breaches, drawn);
  showBreaches(sheet, line, breaches, places.breaches, { onOpen: focusCell, onRepair: repair });
  sumsShown(sheet, drawn);
}

function focusCell(line, name) {
  if (!drawn.cell(line.id, name)) {
    openLine(sheet, line, drawn, changed);
    drawn.detail(line.id)?.querySelector("textarea, input")?.focus();
    return;
  }
  const input = drawn.cell(line.id, name);
  input.focus();
  input.scrollIntoView({ block: "center", inline: "center" });
}

function repair(line, name, value) {
  sheet.set(line, name, value);
  drawn.cell(line.id, name).value = sheet.printed(value);
  changed(line);
  focusCell(line, name);
}

function chosen(line) {
  drawn.showLine(line, { inputs: true });
  openLine(sheet, line, drawn, changed, { again: true });
  changed(line);
}

function changed(line) {
  refresh(line);
  saver.soon();
}

places.table.addEventListener("input", (event) => {
  const input = event.target.closest("[data-cell]");
  if (!input || event.isComposing) return;
  const line = sheet.line(Number(input.dataset.line));
  sheet.type(line, input.dataset.cell, input.value);
  changed(line);
});
places.table.addEventListener("compositionend", (event) => {
  event.target.dispatchEvent(new InputEvent("input", { bubbles: true }));
});
places.table.addEventListener("click", (event) => {
  const button = event.target.closest("[data-cchc-open]");
  if (button) openLine(sheet, sheet.line(Number(button.dataset.cchcOpen)), drawn, changed, { toggle: true });
});
page.querySelector("[data-cchc-save-now]").addEventListener("click", () => saver.now());
followKeys(places.table, drawn, sheet, { onChanged: changed, onSave: () => saver.now() });

submitForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await saver.flush()) {
    submitForm.querySelector("[name=version]").value = sheet.version;
    submitForm.submit();
  } else {
    places.state.textContent = `${places.state.textContent}. ${sheet.texts.submit_wait}`;
    places.state.scrollIntoView({ block: "center" });
  }
});

for (const remark of data.remarks[0] ?? []) {
  const told = document.createElement("div");
  told.className = "message message--warning";
  told.textContent = fill(sheet.texts.remark, remark);
  places.remarks.append(told);
}
for (const line of sheet.lines) refresh(line);

const wanted = /^#line-([0-9]+)(?:-([a-z_]+))?$/.exec(location.hash);
if (wanted && sheet.line(Number(wanted[1]))) {
  focusCell(sheet.line(Number(wanted[1])), wanted[2] ?? sheet.table.typed[0]);
}
page.dataset.ready = "yes";

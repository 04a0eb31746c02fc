/* What the identities say, at the cells and in a list from which one click leads to the cell or mends it. */

import { formatCount } from "./numbers.js";
import { element, fill, headWords, lineWords } from "./grid_table.js";

const MARKS = ["is-broken", "is-changed", "is-gap", "is-saved", "is-unsent"];
const STATE_MARKS = { typing: "is-changed", saving: "is-changed", conflict: "is-unsent", unsent: "is-unsent", saved: "is-saved" };
const REPAIRS_OFFERED = 3;
// What each line's messages say now.
const told = new WeakMap();

function sentence(sheet, breach) {
  const printed = Object.fromEntries(Object.entries(breach.params).map(([name, value]) => [name, formatCount(value)]));
  return fill(sheet.messages[breach.key], printed);
}

/* Corner marks and aria-invalid of the cells of a line: refused, breaking a rule, or where its saving stands. */
export function markCells(line, breaches, drawn, stateOf) {
  const broken = new Set(breaches.filter((one) => one.severity === "block").flatMap((one) => one.cells));
  const gaps = new Set(breaches.filter((one) => one.severity !== "block" && !one.explained).flatMap((one) => one.cells));
  for (const name of Object.keys(line.saved.cells)) {
    const input = drawn.cell(line.id, name);
    if (!input) continue;
    const cell = input.parentElement;
    const refused = name in line.refused;
    cell.classList.remove(...MARKS);
    if (refused || broken.has(name)) cell.classList.add("is-broken");
    else if (gaps.has(name)) cell.classList.add("is-gap");
    else if (stateOf(line, name)) cell.classList.add(STATE_MARKS[stateOf(line, name)]);
    if (refused || broken.has(name)) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
}

function button(text, act) {
  const made = element("button", { type: "button", class: "button button--small", text });
  made.addEventListener("click", act);
  return made;
}

function refusedRow(sheet, line, name, onOpen) {
  const { text, error } = line.refused[name];
  const told = fill(sheet.texts[error], { typed: text.trim() });
  const row = element("div", { class: "breach" }, element("span", { text: `${lineWords(line)}, ${headWords(sheet, name)}: ${told}` }));
  row.append(button(sheet.texts.to_cell, () => onOpen(line, name)));
  return row;
}

function breachRow(sheet, line, breach, { onOpen, onRepair }) {
  const soft = breach.severity !== "block";
  const row = element("div", { class: soft ? "breach breach--warning" : "breach" });
  const state = breach.explained ? sheet.texts.explained : soft ? sheet.texts.explains : sheet.texts.blocks;
  row.append(element("strong", { text: breach.code }), element("span", { text: `${lineWords(line)}: ${sentence(sheet, breach)}` }));
  row.append(element("span", { class: "muted", text: state }));
  if (breach.cells.length) row.append(button(sheet.texts.to_cell, () => onOpen(line, breach.cells[0])));
  for (const repair of breach.explained ? [] : sheet.repairs(line, breach).slice(0, REPAIRS_OFFERED)) {
    const words = fill(sheet.texts.repair, { cell: headWords(sheet, repair[0]), value: formatCount(repair[1]) });
    row.append(button(words, () => onRepair(line, ...repair)));
  }
  if (soft && !breach.explained) {
    row.append(button(fill(sheet.texts.explain, { code: breach.code }), () => onOpen(line, `explain:${breach.code}`)));
  }
  return row;
}

function unusualRow(sheet, line, { name, text }, { onOpen }) {
  const row = element("div", { class: "breach breach--note" }, element("span", { text }));
  row.append(button(sheet.texts.to_cell, () => onOpen(line, name)));
  row.append(button(sheet.texts.note, () => onOpen(line, "note")));
  return row;
}

/* The messages of one line, kept in one element that its cells are described by. */
export function showBreaches(sheet, line, breaches, unusual, place, acts) {
  let block = document.getElementById(`breaches-${line.id}`);
  if (!block) {
    block = element("div", { id: `breaches-${line.id}`, class: "breach-list", "data-line": line.id });
    const after = [...place.children].find((one) => Number(one.dataset.position) > sheet.lines.indexOf(line));
    block.dataset.position = sheet.lines.indexOf(line);
    place.insertBefore(block, after ?? null);
  }
  const rows = Object.keys(line.refused).map((name) => refusedRow(sheet, line, name, acts.onOpen));
  rows.push(...breaches.map((breach) => breachRow(sheet, line, breach, acts)));
  rows.push(...unusual.map((one) => unusualRow(sheet, line, one, acts)));
  // The same messages stay the same elements: a button one is pressing is not taken away, and nothing is read out twice.
  const words = rows.map((row) => row.textContent).join("\n");
  if (words === (told.get(block) ?? "")) return;
  told.set(block, words);
  block.replaceChildren(...rows);
}

/* Sums per field and for the whole return; a sum is shown only where every line is known, else how many are. */
export function sumsShown(sheet, drawn) {
  for (const { cell, lines, name } of drawn.sums) {
    const { sum, known, all } = sheet.sum(lines, name);
    cell.textContent = formatCount(sum);
    cell.title = sum === null && known ? fill(sheet.texts.filled, { known, all }) : "";
  }
}

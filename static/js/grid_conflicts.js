/* Somebody else changed a line first: both values, who and when; the clerk chooses and nothing is lost meanwhile. */

import { formatCount } from "./numbers.js";
import { element, fill, headWords, lineWords } from "./grid_table.js";

function printed(value) {
  if (value === undefined || value === null || value === "") return "–";
  if (typeof value === "object") {
    return Object.values(value).map((one) => (typeof one === "object" ? `${one.count} ${one.text}`.trim() : one)).join("; ") || "–";
  }
  return typeof value === "string" && value !== "NA" ? value : formatCount(value);
}

function named(sheet, name) {
  const beside = { note: sheet.texts.note, late_reasons: sheet.texts.late, explanations: sheet.texts.explains };
  return beside[name] ?? headWords(sheet, name);
}

function differing(line) {
  const cells = Object.keys(line.saved.cells).filter((name) => line.cells[name] !== line.saved.cells[name]);
  const rows = cells.map((name) => [name, line.saved.cells[name], line.cells[name]]);
  for (const name of ["note", "late_reasons", "explanations"]) {
    if (JSON.stringify(line[name]) !== JSON.stringify(line.saved[name])) rows.push([name, line.saved[name], line[name]]);
  }
  return rows;
}

function button(text, primary, act) {
  const made = element("button", { type: "button", class: primary ? "button button--primary" : "button", text });
  made.addEventListener("click", act);
  return made;
}

function card(sheet, line, { onChosen, onOpen }) {
  const { who, at } = line.conflict;
  const told = fill(sheet.texts.conflict_line, { line: lineWords(line), who, at });
  const table = element("table", { class: "table" });
  const head = element("tr", {}, element("td"));
  for (const text of [sheet.texts.theirs, sheet.texts.mine]) head.append(element("th", { scope: "col", text }));
  table.append(element("thead", {}, head));
  const body = element("tbody");
  for (const [name, theirs, mine] of differing(line)) {
    const row = element("tr", {}, element("th", { scope: "row", text: named(sheet, name) }));
    row.append(element("td", { class: "number", text: printed(theirs) }), element("td", { class: "number", text: printed(mine) }));
    body.append(row);
  }
  table.append(body);
  const choose = (how) => () => {
    sheet[how](line);
    onChosen(line);
    onOpen(line, sheet.table.typed[0]);
  };
  const buttons = element("div", { class: "cluster" });
  buttons.append(button(sheet.texts.keep_mine, false, choose("keepMine")), button(sheet.texts.take_theirs, false, choose("takeTheirs")));
  return element("section", { class: "card card--warning", "data-conflict": line.id }, element("p", { text: told }), table, buttons);
}

/* Draws a card for every line about which the clerk has to choose. */
export function showConflicts(sheet, place, acts) {
  const redraw = () => showConflicts(sheet, place, acts);
  const onChosen = (line) => {
    acts.onChosen(line);
    redraw();
  };
  const waiting = sheet.lines.filter((line) => line.conflict);
  place.replaceChildren(...waiting.map((line) => card(sheet, line, { ...acts, onChosen })));
}

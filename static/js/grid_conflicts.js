/* Somebody else changed a line first: both values, who and when; the clerk chooses and nothing is lost meanwhile. */

import { differing, named, printed } from "./grid_differences.js";
import { element, fill, lineWords } from "./grid_table.js";

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

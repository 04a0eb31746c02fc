/* Entries that came too late: the return was submitted or locked before they were sent. They are shown beside what
   stands, and go into a file; nothing of them is lost by closing the page. */

import { differing, named, printed } from "./grid_differences.js";
import { saveCsv } from "./grid_export.js";
import { element, fill, lineWords } from "./grid_table.js";
import { formatCount } from "./numbers.js";

function rowsOf(sheet) {
  return sheet.lines.flatMap((line) => differing(line).map((row) => [line, ...row]));
}

function exported(sheet, rows) {
  const { texts } = sheet;
  const head = [texts.code, texts.line, texts.left_figure, texts.theirs, texts.mine];
  const body = rows.map(([line, name, theirs, mine]) => [line.code, line.name, named(sheet, name), plain(theirs), plain(mine)]);
  saveCsv(`${sheet.file}-${texts.left_file}`, [head, ...body]);
}

function plain(value) {
  if (typeof value === "number") return String(value);
  return value === null || value === undefined ? "" : printed(value);
}

function tableOf(sheet, rows) {
  const { texts } = sheet;
  const head = element("tr");
  for (const text of [texts.line, texts.left_figure, texts.theirs, texts.mine]) head.append(element("th", { scope: "col", text }));
  const body = element("tbody");
  for (const [line, name, theirs, mine] of rows) {
    const row = element("tr", {}, element("th", { scope: "row", text: lineWords(line) }), element("td", { text: named(sheet, name) }));
    row.append(element("td", { class: "number", text: printed(theirs) }), element("td", { class: "number", text: printed(mine) }));
    body.append(row);
  }
  const table = element("table", { class: "table" }, element("thead", {}, head), body);
  return element("div", { class: "table-scroll", role: "region", tabindex: "0", "aria-label": texts.mine }, table);
}

/* Draws the entries that did not arrive into `place`; gives back how many there are. */
export function showLeft(sheet, place, { link = false } = {}) {
  const rows = rowsOf(sheet);
  place.replaceChildren();
  if (!rows.length) return 0;
  const told = fill(sheet.texts.left_told, { count: formatCount(rows.length) });
  const button = element("button", { type: "button", class: "button", "data-cchc-left-download": "", text: sheet.texts.left_download });
  button.addEventListener("click", () => exported(sheet, rows));
  const acts = element("div", { class: "cluster" }, button);
  if (link) acts.append(element("a", { class: "button", href: sheet.urls.detail, text: sheet.texts.left_return }));
  place.append(element("section", { class: "card card--warning stack stack--tight" }, element("p", { text: told }), acts, tableOf(sheet, rows)));
  return rows.length;
}

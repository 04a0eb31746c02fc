/* What stands in the table, saved or not, as a CSV file made in the browser: it works without network and session. */

import { headWords } from "./grid_table.js";

const BYTE_ORDER_MARK = "\ufeff";

/* A cell of a CSV file; one that a spreadsheet would take for a formula is marked as text. */
function written(text) {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function plain(sheet, line, name) {
  if (line.refused[name]) return line.refused[name].text;
  const value = line.cells[name];
  return value === "NA" ? "KAD" : String(value ?? "");
}

export function asCsv(sheet) {
  const names = sheet.table.typed;
  const rows = [["", sheet.texts.line, ...names.map((name) => headWords(sheet, name)), sheet.texts.note]];
  for (const line of sheet.lines) {
    rows.push([line.code, line.name, ...names.map((name) => plain(sheet, line, name)), line.note]);
  }
  return BYTE_ORDER_MARK + rows.map((row) => row.map(written).join(",")).join("\r\n") + "\r\n";
}

/* Rows of texts as a file that the browser puts where its downloads go. */
export function saveCsv(name, rows) {
  saveText(name, BYTE_ORDER_MARK + rows.map((row) => row.map(written).join(",")).join("\r\n") + "\r\n");
}

export function download(sheet) {
  saveText(sheet.file, asCsv(sheet));
}

function saveText(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  link.download = `${name}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

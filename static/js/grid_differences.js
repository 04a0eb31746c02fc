/* What stands differently in a line here and on the server, in words: for the choice between two values and for what
   could not be sent any more. */

import { formatCount } from "./numbers.js";
import { headWords } from "./grid_table.js";

const BESIDE = ["note", "late_reasons", "explanations"];

/* A value as one reads it: a count, KAD, a note, or rows of reasons. */
export function printed(value) {
  if (value === undefined || value === null || value === "") return "–";
  if (typeof value === "object") {
    return Object.values(value).map((one) => (typeof one === "object" ? `${one.count} ${one.text}`.trim() : one)).join("; ") || "–";
  }
  return typeof value === "string" && value !== "NA" ? value : formatCount(value);
}

/* The column, or what is typed beside the figures. */
export function named(sheet, name) {
  const beside = { note: sheet.texts.note, late_reasons: sheet.texts.late, explanations: sheet.texts.explains };
  return beside[name] ?? headWords(sheet, name);
}

/* Rows [name, as it stands, as typed here]; what is no count as it was typed. */
export function differing(line) {
  const cells = Object.keys(line.saved.cells).filter((name) => line.cells[name] !== line.saved.cells[name]);
  const rows = cells.map((name) => [name, line.saved.cells[name], line.cells[name]]);
  for (const [name, { text }] of Object.entries(line.refused)) rows.push([name, line.saved.cells[name], text]);
  for (const name of BESIDE) {
    if (JSON.stringify(line[name]) !== JSON.stringify(line.saved[name])) rows.push([name, line.saved[name], line[name]]);
  }
  return rows;
}

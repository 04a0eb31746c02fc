/* What would become of every cell of a pasted block, told before it counts. Pure functions, no DOM.
   A verdict is accepted, clears (blank over something), same, refused, covered (by a merged cell), outside the table,
   total (a computed column: compared, never taken over) or total_differs. */

import { formatCount, parseCell } from "./numbers.js";

export const FORM = "form";
export const TYPED = "typed";

/* The columns that the block lies over, from `left` on: all of the form, or only those one types in. */
function columnsUnder(sheet, left, mode) {
  const typed = sheet.heads.filter((head) => !head.derived);
  return mode === TYPED ? typed.slice(left) : sheet.heads.slice(sheet.heads.indexOf(typed[left]));
}

function verdictOf(sheet, line, head, { text, covered }) {
  if (covered) return { verdict: "covered" };
  const { value, error } = parseCell(text);
  if (error) return { verdict: "refused", reason: error };
  if (line.cells[head.name] === value && !line.refused[head.name]) return { verdict: "same", value };
  return { verdict: value === null ? "clears" : "accepted", value };
}

/* A computed column of the block against its parts, as they would stand after the paste. */
function judgeTotal(sheet, line, head, text, taken) {
  const { value, error } = parseCell(text);
  if (error || typeof value !== "number") return { verdict: "total" };
  const after = { ...line, cells: { ...line.cells, ...taken } };
  const computed = sheet.number(after, head.name);
  return computed === null || computed === value
    ? { verdict: "total", agrees: computed !== null }
    : { verdict: "total_differs", computed: formatCount(computed) };
}

/* Judges `rows` of cells put down with their corner at row `top` and typed column `left`. */
export function judge(sheet, lines, rows, { top, left }, mode) {
  const columns = columnsUnder(sheet, left, mode);
  const judged = [];
  rows.forEach((cells, down) => {
    const line = lines[top + down];
    const taken = {};
    const totals = [];
    cells.forEach((cell, across) => {
      const head = columns[across];
      const one = { line, down, across, name: head?.name, text: cell.text };
      judged.push(one);
      if (!line || !head) return Object.assign(one, { verdict: cell.text.trim() === "" ? "same" : "outside" });
      if (head.derived) return totals.push(one);
      Object.assign(one, verdictOf(sheet, line, head, cell));
      if (one.value !== undefined) taken[head.name] = one.value;
      return one;
    });
    for (const one of totals) Object.assign(one, judgeTotal(sheet, line, columns[one.across], one.text, taken));
  });
  return judged;
}

/* Whether the block lies over computed columns at all, and if so whether it carries them: it does where every total that
   can be compared agrees with its parts. */
export function chooseMode(sheet, lines, rows, corner) {
  const width = rows[0].length;
  const form = columnsUnder(sheet, corner.left, FORM).slice(0, width);
  if (!form.some((head) => head.derived)) return { mode: TYPED, choice: false };
  const totals = judge(sheet, lines, rows, corner, FORM).filter((one) => one.verdict.startsWith("total"));
  const carries = totals.some((one) => one.agrees) && !totals.some((one) => one.verdict === "total_differs");
  return { mode: carries ? FORM : TYPED, choice: true };
}

/* How many cells have each verdict. */
export function counted(judged) {
  const counts = {};
  for (const { verdict } of judged) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}

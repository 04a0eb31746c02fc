/* What belongs to a line beside its figures: opening balance, remarks, note, late reasons, reasons for gaps. */

import { formatCount, parseCell } from "./numbers.js";
import { element, fill, lineWords } from "./grid_table.js";

function noteField(sheet, line, onChanged) {
  const input = element("textarea", { rows: 2, maxlength: 2000, "data-note": "" });
  input.value = line.note;
  input.addEventListener("input", () => {
    line.note = input.value;
    onChanged(line);
  });
  return element("label", { class: "field" }, element("span", { class: "field-label", text: sheet.texts.note }), input);
}

function lateRow(sheet, line, reason, onChanged) {
  const row = line.late_reasons[reason.id] ?? { count: null, text: "" };
  const count = element("input", { class: "input grid-late-count", inputmode: "numeric", autocomplete: "off" });
  count.value = line.refused[`late:${reason.id}`]?.text ?? (row.count ? formatCount(row.count) : "");
  const text = element("input", { class: "input", "aria-label": `${reason.name}: ${sheet.texts.late_text}` });
  const wrong = element("span", { class: "errorlist", role: "alert" });
  text.value = row.text;
  const read = () => {
    const { value, error } = parseCell(count.value);
    const bad = error ?? (typeof value === "string" ? "not_a_count" : null);
    wrong.textContent = bad ? fill(sheet.texts[bad], { typed: count.value.trim() }) : "";
    count.setAttribute("aria-invalid", bad ? "true" : "false");
    if (bad) line.refused[`late:${reason.id}`] = { text: count.value, error: bad };
    else delete line.refused[`late:${reason.id}`];
    if (!bad) sheet.setLate(line, reason.id, value ?? 0, text.value);
    onChanged(line);
  };
  count.addEventListener("input", read);
  text.addEventListener("input", read);
  const label = element("label", { class: "cluster" }, count, element("span", { text: reason.name }));
  return element("div", { class: "cluster" }, label, ...(reason.needs_text ? [text] : []), wrong);
}

function lateFields(sheet, line, onChanged) {
  const rows = sheet.reasons.map((reason) => lateRow(sheet, line, reason, onChanged));
  return element("fieldset", { class: "stack stack--tight" }, element("legend", { text: sheet.texts.late }), ...rows);
}

function explainField(sheet, line, code, onChanged) {
  const input = element("textarea", { rows: 2, maxlength: 2000, "data-explain": code });
  input.value = line.explanations[code] ?? "";
  input.addEventListener("input", () => {
    sheet.setExplanation(line, code, input.value);
    onChanged(line);
  });
  const words = element("span", { class: "field-label", text: fill(sheet.texts.explain, { code }) });
  return element("label", { class: "field" }, words, input);
}

function contents(sheet, line, onChanged) {
  const parts = [];
  if (line.previous !== null && line.previous !== undefined) {
    parts.push(element("p", { text: fill(sheet.texts.previous, { count: formatCount(line.previous) }) }));
  }
  for (const remark of line.remarks) {
    parts.push(element("p", { class: "timeline-words", text: fill(sheet.texts.remark, remark) }));
  }
  const codes = new Set(Object.keys(line.explanations));
  for (const breach of sheet.check(line)) if (breach.severity === "explain") codes.add(breach.code);
  parts.push(...[...codes].sort().map((code) => explainField(sheet, line, code, onChanged)));
  parts.push(lateFields(sheet, line, onChanged), noteField(sheet, line, onChanged));
  return element("div", { class: "grid-detail stack stack--tight" }, ...parts);
}

/* Opens the row under a line; `toggle` closes it when it is open, `again` only redraws one that is. */
export function openLine(sheet, line, drawn, onChanged, { toggle = false, again = false } = {}) {
  const opened = drawn.details.get(line.id);
  const button = drawn.rows.get(line.id).querySelector("[data-cchc-open]");
  if (again && !opened) return;
  if (opened) opened.remove();
  drawn.details.delete(line.id);
  button.setAttribute("aria-expanded", "false");
  if (opened && toggle) return;
  const cell = element("td", { colspan: sheet.heads.length + 1 }, contents(sheet, line, onChanged));
  const row = element("tr", { "aria-label": `${sheet.texts.details}: ${lineWords(line)}` }, cell);
  drawn.rows.get(line.id).after(row);
  drawn.details.set(line.id, row);
  button.setAttribute("aria-expanded", "true");
}


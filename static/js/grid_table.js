/* Draws the entry table: a row per line, a column per figure of the form, sums per field and for all. */

import { formatCount } from "./numbers.js";

export function fill(sentence, named) {
  return sentence.replace(/%\((\w+)\)s/g, (_, name) => named[name] ?? "");
}

export function element(tag, { text, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

export function headWords(sheet, name) {
  if (name.startsWith("late:")) return sheet.texts.late;
  const head = sheet.heads.find((one) => one.name === name);
  return head?.column ? fill(sheet.texts.column, { figure: head.label, column: head.column }) : (head?.label ?? name);
}

export function lineWords(line) {
  return line.code ? `${line.code} ${line.name}` : line.name;
}

class Drawn {
  inputs = new Map();
  computed = new Map();
  details = new Map();
  rows = new Map();
  sums = [];
  // Inputs by row and typed column as they stand on the page, and the lines of those rows.
  order = [];
  lines = [];

  constructor(sheet) {
    this.sheet = sheet;
  }

  cell(id, name) {
    return this.inputs.get(`${id} ${name}`);
  }

  /* The cell of the table that shows a figure of a line, typed or computed. */
  place(id, name) {
    return this.computed.get(`${id} ${name}`) ?? this.cell(id, name)?.parentElement;
  }

  /* The return takes no figures any more: the cells are read only. */
  freeze() {
    for (const input of this.inputs.values()) input.readOnly = true;
  }

  detail(id) {
    return this.details.get(id);
  }

  /* Computed cells of the line, and with `inputs` what stands in the typed ones. */
  showLine(line, { inputs = false } = {}) {
    for (const head of this.sheet.heads) {
      if (head.derived) {
        this.computed.get(`${line.id} ${head.name}`).textContent = formatCount(this.sheet.number(line, head.name));
      } else if (inputs) {
        this.cell(line.id, head.name).value = this.sheet.textOf(line, head.name);
      }
    }
  }
}

function drawHead(sheet) {
  const row = element("tr", {}, element("th", { scope: "col", text: sheet.texts.line }));
  for (const head of sheet.heads) {
    const cell = element("th", { scope: "col", text: head.label });
    if (head.column) cell.append(" ", element("span", { class: "grid-column-number", text: `(${head.column})` }));
    row.append(cell);
  }
  return element("thead", {}, row);
}

function drawSums(sheet, drawn, title, lines, attributes, tag) {
  const row = element("tr", attributes, element("th", { scope: tag, text: title }));
  for (const head of sheet.heads) {
    const cell = element("td", { class: "is-total" });
    row.append(cell);
    drawn.sums.push({ cell, lines, name: head.name });
  }
  return row;
}

function restated(line, head) {
  return line.restated && head.name === "carried_over";
}

function drawLine(sheet, drawn, line) {
  // Long names are cut to a few rows of text; the whole one is in the title and to whoever does not look but listens.
  const words = element("span", { class: "grid-name", title: line.name });
  if (line.code) words.append(element("span", { class: "muted nowrap", text: line.code }), " ");
  words.append(line.name);
  const name = element("th", { scope: "row", id: `name-${line.id}` }, words, " ");
  name.append(
    element("button", {
      type: "button",
      class: "grid-open",
      "data-cchc-open": line.id,
      "aria-expanded": "false",
      "aria-label": `${sheet.texts.details}: ${lineWords(line)}`,
      text: sheet.texts.details,
    }),
  );
  if (line.restated) {
    const told = fill(sheet.texts.restated, line.restated);
    name.append(element("p", { class: "grid-remark", id: `restated-${line.id}`, text: told }));
  }
  const row = element("tr", { id: `line-${line.id}` }, name);
  const inputs = [];
  for (const head of sheet.heads) {
    const cell = element("td", head.derived ? { class: "is-computed" } : {});
    if (head.derived) {
      drawn.computed.set(`${line.id} ${head.name}`, cell);
    } else {
      cell.className = "grid-cell";
      const input = element("input", {
        class: "grid-input",
        inputmode: "numeric",
        autocomplete: "off",
        name: `line-${line.id}-${head.name}`,
        "data-line": line.id,
        "data-cell": head.name,
        "aria-label": fill(sheet.texts.cell, { line: lineWords(line), figure: headWords(sheet, head.name) }),
        "aria-describedby": `breaches-${line.id}${restated(line, head) ? ` restated-${line.id}` : ""}`,
      });
      input.value = sheet.printed(line.cells[head.name]);
      drawn.inputs.set(`${line.id} ${head.name}`, input);
      inputs.push(input);
      cell.append(input);
    }
    row.append(cell);
  }
  drawn.order.push(inputs);
  drawn.lines.push(line);
  drawn.rows.set(line.id, row);
  return row;
}

/* How much of the table its fixed heads cover: a cell one goes to is scrolled out from under them. */
function measured(place) {
  const table = place.firstElementChild;
  const sizes = { head: table.tHead.offsetHeight, foot: table.tFoot.offsetHeight, side: table.tHead.rows[0].cells[0].offsetWidth };
  for (const [name, size] of Object.entries(sizes)) place.style.setProperty(`--grid-${name}`, `${size}px`);
}

/* Builds the table in `place` and returns what finds its cells again. */
export function drawTable(sheet, place) {
  const drawn = new Drawn(sheet);
  const body = element("tbody");
  const groups = Map.groupBy ? Map.groupBy(sheet.lines, (line) => line.group) : grouped(sheet.lines);
  for (const [title, lines] of groups) {
    if (title) body.append(drawSums(sheet, drawn, title, lines, { class: "group" }, "rowgroup"));
    body.append(...lines.map((line) => drawLine(sheet, drawn, line)));
  }
  const foot = element("tfoot", {}, drawSums(sheet, drawn, sheet.texts.total, sheet.lines, {}, "row"));
  const table = element("table", { class: "grid" }, drawHead(sheet), body, foot);
  place.append(table);
  const sizes = new ResizeObserver(() => measured(place));
  for (const part of [table.tHead, table.tFoot, table.tHead.rows[0].cells[0]]) sizes.observe(part);
  return drawn;
}

function grouped(lines) {
  const groups = new Map();
  for (const line of lines) groups.set(line.group, [...(groups.get(line.group) ?? []), line]);
  return groups;
}

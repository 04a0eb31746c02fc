/* The return as the entry page knows it: what stands in each cell, what the server has, what is not saved yet. No DOM. */

import { check, number, repairs } from "./identities.js";
import { formatCount, parseCell } from "./numbers.js";

const BESIDE = ["note", "late_reasons", "explanations"];

function same(a, b) {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function copy(value) {
  return JSON.parse(JSON.stringify(value));
}

/* Rows without a count and a text are no rows; keys in order, so that equal contents compare equal. */
function tidy(rows, empty) {
  return Object.fromEntries(Object.entries(rows).filter(([, row]) => !empty(row)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export class Sheet {
  constructor(data) {
    Object.assign(this, { table: data.table, heads: data.heads, texts: data.texts, messages: data.messages });
    this.reasons = data.reasons;
    this.version = data.version;
    Object.assign(this, { id: data.id, person: data.person, title: data.title, file: data.file });
    this.urls = { save: data.save, login: data.login, page: data.page, context: data.context, detail: data.detail };
    this.lines = data.lines.map((row) => this.#line(row, data));
    this.byId = new Map(this.lines.map((line) => [line.id, line]));
  }

  #line(row, data) {
    // Cells come in the order of the table; their names with every line would be half of the data.
    const cells = Object.fromEntries(data.table.cells.map((name, place) => [name, row.cells[place]]));
    const beside = {
      note: row.note,
      late_reasons: tidy(data.late[row.id] ?? {}, () => false),
      explanations: tidy(data.explanations[row.id] ?? {}, (text) => !text),
    };
    return {
      ...row,
      cells,
      ...copy(beside),
      remarks: data.remarks[row.id] ?? [],
      saved: { cells: { ...cells }, ...copy(beside) },
      refused: {},
      conflict: null,
      // The newest version heard of; `version` is the one that what is typed here stands on.
      seen: row.version,
      sentAt: {},
    };
  }

  line(id) {
    return this.byId.get(id);
  }

  printed(value) {
    return value === null ? "" : formatCount(value);
  }

  /* What was typed in a cell. What is no count is kept as typed, and the cell keeps counting as it was saved. */
  type(line, name, text) {
    const { value, error } = parseCell(text);
    if (error) {
      line.refused[name] = { text, error };
      line.cells[name] = line.saved.cells[name];
    } else {
      this.set(line, name, value);
    }
  }

  set(line, name, value) {
    delete line.refused[name];
    line.cells[name] = value;
  }

  /* What stands in a cell, as one would type it: what is no count as it was typed, else as printed. */
  textOf(line, name) {
    return line.refused[name]?.text ?? this.printed(line.cells[name] ?? null);
  }

  setLate(line, reason, count, text) {
    const rows = { ...line.late_reasons, [reason]: { count, text } };
    line.late_reasons = tidy(rows, (row) => !row.count && !row.text);
  }

  setExplanation(line, code, text) {
    line.explanations = tidy({ ...line.explanations, [code]: text }, (one) => !one.trim());
  }

  lateSum(line) {
    return Object.values(line.late_reasons).reduce((sum, row) => sum + (row.count ?? 0), 0);
  }

  #context(line) {
    return { previous_pending: line.previous, late_reasons: this.lateSum(line) };
  }

  /* Breaches of the line; one that has its reason carries `explained`. */
  check(line) {
    return check(this.table, line.cells, this.#context(line)).map((breach) => ({
      ...breach,
      explained: breach.severity === "explain" && Boolean(line.explanations[breach.code]?.trim()),
    }));
  }

  repairs(line, breach) {
    return repairs(this.table, line.cells, breach, this.#context(line));
  }

  number(line, name) {
    return number(this.table, line.cells, name);
  }

  /* Sum of a figure over lines: {sum, known, all}; sum is null unless it is known on every line. */
  sum(lines, name) {
    const numbers = lines.map((line) => this.number(line, name));
    const known = numbers.filter((one) => one !== null);
    const sum = known.length === numbers.length && numbers.length ? known.reduce((a, b) => a + b, 0) : null;
    return { sum, known: known.length, all: numbers.length };
  }

  /* What of the line is not on the server: the body of a save, or null. */
  edit(line) {
    const cells = {};
    for (const name of this.table.typed) {
      if (line.cells[name] !== line.saved.cells[name]) cells[name] = line.cells[name];
    }
    const edit = { id: line.id, version: line.version, cells };
    for (const name of BESIDE) {
      if (!same(line[name], line.saved[name])) edit[name] = copy(line[name]);
    }
    if (edit.explanations) {
      // A reason that was taken away is sent as a blank one.
      for (const code of Object.keys(line.saved.explanations)) edit.explanations[code] ??= "";
    }
    return Object.keys(cells).length || BESIDE.some((name) => name in edit) ? edit : null;
  }

  /* Edits that may be sent now: not of lines about which the clerk is being asked. */
  edits() {
    return this.lines.filter((line) => !line.conflict).map((line) => this.edit(line)).filter(Boolean);
  }

  /* Nothing was typed in any line yet, here or by anybody. */
  get untouched() {
    const blank = (line) => this.table.typed.every((name) => line.cells[name] === null && !line.refused[name]);
    return this.lines.every(blank);
  }

  get refusedCells() {
    return this.lines.reduce((sum, line) => sum + Object.keys(line.refused).length, 0);
  }

  get unsaved() {
    return this.lines.some((line) => line.conflict || this.edit(line)) || this.refusedCells > 0;
  }

  /* What of the line the server does not have, as the outbox keeps it: name → {value} or {text} for what is no count. */
  unsent(line) {
    const found = {};
    for (const name of this.table.typed) {
      if (line.cells[name] !== line.saved.cells[name]) found[name] = { value: line.cells[name] };
    }
    for (const name of BESIDE) {
      if (!same(line[name], line.saved[name])) found[name] = { value: copy(line[name]) };
    }
    for (const [name, { text }] of Object.entries(line.refused)) found[name] = { text };
    return found;
  }

  /* Puts entries of an earlier page back. One typed over an older version of its line is sent with that version: the
     server then says whose value came in between. */
  restore(entries) {
    const touched = new Set();
    for (const { line: id, name, version, value, text } of entries) {
      const line = this.line(id);
      if (!line) continue;
      touched.add(line);
      if (text !== undefined && this.table.typed.includes(name)) this.type(line, name, text);
      else if (text !== undefined) line.refused[name] = { text, error: "not_a_count" };
      else if (BESIDE.includes(name)) line[name] = copy(value);
      else line.cells[name] = value;
      if (name in this.unsent(line)) line.version = Math.min(line.version, version);
    }
    return [...touched];
  }

  /* The server has what was sent in `edit`. */
  wasSaved(edit, version, at = "") {
    const line = this.line(edit.id);
    const late = version < line.seen;
    for (const name of Object.keys(edit.cells)) {
      line.sentAt[name] = at;
      // A batch of an earlier page, answered again: somebody has changed the line since, and theirs stands here already.
      if (!late) line.saved.cells[name] = edit.cells[name];
      else if (line.cells[name] === edit.cells[name]) line.cells[name] = line.saved.cells[name];
    }
    for (const name of BESIDE) {
      if (!(name in edit)) continue;
      if (!late) line.saved[name] = copy(edit[name]);
      else if (same(line[name], edit[name])) line[name] = copy(line.saved[name]);
    }
    line.saved.explanations = tidy(line.saved.explanations, (text) => !text);
    line.seen = Math.max(line.seen, version);
    line.version = late && !this.edit(line) ? line.seen : Math.max(line.version, version);
    return line;
  }

  /* Another tab of the same person saved the line: what is not typed differently here follows it. */
  savedElsewhere(edit, version, at) {
    const line = this.line(edit.id);
    if (version !== line.seen + 1 || line.version !== line.seen) return null;
    const names = Object.keys(edit.cells);
    const typedHere = (name) => line.cells[name] !== line.saved.cells[name] && line.cells[name] !== edit.cells[name];
    if (names.some(typedHere)) return null;
    for (const name of names) line.cells[name] = line.saved.cells[name] = edit.cells[name];
    for (const name of BESIDE) {
      if (!(name in edit)) continue;
      if (same(line[name], line.saved[name])) line[name] = copy(edit[name]);
      line.saved[name] = copy(edit[name]);
    }
    for (const name of names) line.sentAt[name] = at;
    line.version = line.seen = version;
    return line;
  }

  /* Somebody else changed the line: what nobody typed in here follows theirs, the rest waits for a choice. */
  wasRefused(conflict) {
    const line = this.line(conflict.id);
    // The answer to a batch of an earlier page: the line has moved on since, and the next save is answered anew.
    if (conflict.version < line.seen) return line;
    const { late_reasons, explanations, note, ...cells } = conflict.theirs;
    for (const name of this.table.typed) {
      if (line.cells[name] === line.saved.cells[name]) line.cells[name] = cells[name];
      line.saved.cells[name] = cells[name];
    }
    const sent = { note, late_reasons, explanations };
    const touched = conflict.mine;
    for (const name of BESIDE) {
      // Theirs holds late reasons and explanations only where this save touched them.
      if (name !== "note" && !(touched[name] && Object.keys(touched[name]).length)) continue;
      if (same(line[name], line.saved[name])) line[name] = copy(sent[name]);
      line.saved[name] = copy(sent[name]);
    }
    line.version = line.seen = conflict.version;
    line.conflict = this.edit(line) ? conflict : null;
    return line;
  }

  keepMine(line) {
    line.conflict = null;
  }

  takeTheirs(line) {
    line.conflict = null;
    line.refused = {};
    line.cells = { ...line.cells, ...line.saved.cells };
    for (const name of BESIDE) line[name] = copy(line.saved[name]);
  }
}

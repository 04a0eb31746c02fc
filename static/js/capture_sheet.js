/* The visit as the person sees it: what the server said last, with what waits in the log laid over it. No DOM. */

import { lastOf } from "./capture_log.js";

const GIVEN = new Set(["", "not_checked", undefined]);
const EXEMPT = new Set(["", "not_checked", "not_applicable", undefined]);
const NOT_MET = new Set(["partly", "not"]);
const EMPTY = { writable: true, subjects: {}, sections: [], areas: [], kinds: [], severities: [], results: [],
  methods: [], figures: [], findings: [], recounts: [], photos: [] };

function chosen({ kind, value }) {
  return kind === "resolve" ? value.value : value;
}

export class Sheet {
  state = EMPTY;
  known = false;
  // By subject: the newest operation that waits, and what was typed a moment ago.
  #waiting = new Map();
  #typed = new Map();

  constructor(person) {
    this.person = person;
  }

  /* The whole state, or what came with receipts: then only what it names is newer. */
  heard(state) {
    this.known ||= Boolean(state.sections);
    const subjects = state.sections ? state.subjects : { ...this.state.subjects, ...state.subjects };
    this.state = { ...this.state, ...state, subjects };
  }

  waiting(operations) {
    const waiting = Object.groupBy(operations.filter(({ refused }) => !refused), ({ subject }) => subject);
    this.#waiting = new Map(Object.entries(waiting).map(([subject, those]) => [subject, lastOf(those)]));
  }

  typed(subject, input) {
    if (input) this.#typed.set(subject, input);
    else this.#typed.delete(subject);
  }

  #own(subject) {
    return this.#typed.get(subject) ?? this.#waiting.get(subject);
  }

  #mine(subject) {
    return this.state.subjects[subject]?.standing.findLast(({ person }) => person.id === this.person);
  }

  /* What the person sees as the value of the subject; undefined where there is none or two disagree. */
  value(subject) {
    const own = this.#own(subject);
    if (own) return chosen(own);
    const told = this.state.subjects[subject];
    return told?.conflict ? this.#mine(subject)?.value : told?.standing.at(-1)?.value;
  }

  /* The operation that an edit is based on. */
  base(subject) {
    const told = this.state.subjects[subject];
    return told?.last || (this.#mine(subject) ?? told?.standing[0])?.id || "";
  }

  isWaiting(subject) {
    return Boolean(this.#own(subject));
  }

  /* The values that stand beside each other, unless the person has decided already. */
  conflict(subject) {
    const told = this.state.subjects[subject];
    return told?.conflict && this.#own(subject)?.kind !== "resolve" ? told.standing : null;
  }

  conflicts() {
    return Object.keys(this.state.subjects).filter((subject) => this.conflict(subject));
  }

  #subjects(about) {
    const names = new Set([...Object.keys(this.state.subjects), ...this.#waiting.keys(), ...this.#typed.keys()]);
    return [...names].filter((name) => name.startsWith(`${about}:`));
  }

  /* Sections with their lines; lines added on site and not yet among them come last. */
  sections(addedName) {
    const listed = new Set(this.state.sections.flatMap(({ items }) => items.map(({ code }) => code)));
    const added = this.#subjects("item")
      .map((subject) => ({ code: subject.slice(5), ...this.value(subject) }))
      .filter(({ code, text }) => text && !listed.has(code))
      .map((item) => ({ kind: "result", note_needed: "never", photo_needed: "never", legal_basis: "", ...item, added: true }));
    const last = added.length ? [{ name: addedName, checklist: "", items: added }] : [];
    return [...this.state.sections, ...last];
  }

  result(item) {
    const value = this.value(`answer:${item.code}`);
    return item.kind === "number" ? value?.number : value?.result;
  }

  isAnswered(item) {
    if (this.conflict(`answer:${item.code}`)) return false;
    const result = this.result(item);
    return item.kind === "number" ? Number.isInteger(result) : !GIVEN.has(result);
  }

  /* What the rules of the line still ask for: "note", "photo". */
  needs(item) {
    const result = this.result(item);
    const looked = item.kind === "number" ? Number.isInteger(result) : !EXEMPT.has(result);
    const asked = (rule) => (rule === "always" && looked) || (rule === "not_met" && NOT_MET.has(result));
    const needed = [];
    if (asked(item.note_needed) && !this.value(`note:${item.code}`)?.text) needed.push("note");
    if (asked(item.photo_needed) && !this.photos({ item: item.code }).length) needed.push("photo");
    return needed;
  }

  progress() {
    const items = this.sections("").flatMap((section) => section.items);
    return { all: items.length, done: items.filter((item) => this.isAnswered(item)).length };
  }

  /* Photos put to a finding or to a line, oldest first: [{subject, sha256, caption, marks}]. */
  photos({ finding, item }) {
    return this.#subjects("photo")
      .map((subject) => ({ subject, ...this.value(subject) }))
      .filter((one) => (finding ? one.finding === finding : one.item === item && !one.finding));
  }

  /* Findings of the visit: those of this log with their newest values, then what was written elsewhere. */
  findings() {
    const rows = new Map(this.state.findings.map((one) => [one.client_id || `#${one.id}`, one]));
    for (const subject of this.#subjects("finding")) {
      const key = subject.slice(8);
      const row = rows.get(key);
      if (row && row.state !== "draft") continue;
      rows.set(key, { ...row, ...this.value(subject), client_id: key, subject });
    }
    return [...rows.values()];
  }

  findingOf(code) {
    return this.findings().findLast(({ item, subject }) => item === code && subject);
  }
}

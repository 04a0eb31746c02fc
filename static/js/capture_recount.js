/* The recount: dossiers of a sample, how many were found to be what they were reported as, and what that says. */

import { LARGEST_SAMPLE, interval, rate } from "./capture_interval.js";
import { words } from "./capture_words.js";
import { element } from "./grid_table.js";
import { formatCount, parseCell } from "./numbers.js";

const DRAWN = new Set(["random", "systematic", "all"]);
const STEPS = 1_000_000;

function count(input) {
  const { value, error } = parseCell(input.value);
  const wrong = error !== null || (value !== null && typeof value !== "number");
  if (wrong) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  return wrong ? null : value;
}

/* The same sentences for the same numbers as the server's. */
export function judged({ reported, counted, method }) {
  if (!reported || counted === null || counted === undefined) return [words("fill_in")];
  if (counted > reported) return [words("more_counted")];
  const said = [words("factor", { factor: rate(counted, reported) })];
  const bounds = interval(counted, reported);
  if (bounds) said.push(words("interval", { low: rate(bounds.low, STEPS), high: rate(bounds.high, STEPS) }));
  else if (reported > LARGEST_SAMPLE) said.push(words("too_many"));
  if (!DRAWN.has(method)) said.push(words("not_random"));
  return said;
}

export class Recount {
  constructor(page, { form, factor, list }) {
    Object.assign(this, { page, form, factor, list });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", ({ target }) => {
      if (target.name === "figure") this.#fill();
      else this.#record(target.type !== "select-one");
      this.#say();
    });
  }

  #value() {
    const { reported, counted, population, method, note } = this.form.elements;
    return { reported: count(reported), counted: count(counted), population: count(population), method: method.value, note: note.value };
  }

  #record(typing) {
    const value = this.#value();
    if (!value.reported || value.counted === null) return;
    if (value.population !== null && value.population < value.reported) return;
    this.page.record("recount", `recount:${this.form.elements.figure.value}`, value, { strict: !typing });
  }

  #fill() {
    const { figure, reported, counted, population, method, note } = this.form.elements;
    const known = this.page.sheet.value(`recount:${figure.value}`);
    const printed = (number) => (number === null || number === undefined ? "" : String(number));
    reported.value = printed(known?.reported);
    counted.value = printed(known?.counted);
    population.value = printed(known?.population ?? this.#figure(figure.value)?.reported);
    method.value = known?.method ?? method.options[0]?.value ?? "";
    note.value = known?.note ?? "";
  }

  #figure(wanted) {
    return this.page.sheet.state.figures.find(({ code }) => code === wanted);
  }

  #say() {
    const [first, ...others] = judged(this.#value());
    this.factor.replaceChildren(element("p", { class: "tile-label", text: first }), ...others.map((text) => element("p", { text })));
  }

  update() {
    const { state } = this.page.sheet;
    const { figure, method } = this.form.elements;
    if (!figure.options.length && state.figures.length) {
      figure.replaceChildren(...state.figures.map(({ code, name, reported }) => {
        return new Option(reported === null ? name : `${name} (${formatCount(reported)})`, code);
      }));
      method.replaceChildren(...state.methods.map(({ code, name }) => new Option(name, code)));
      this.#fill();
      this.#say();
    } else if (!this.form.contains(document.activeElement) && figure.options.length) {
      this.#fill();
      this.#say();
    }
    for (const input of this.form.elements) input.disabled = !state.writable;
    const rows = state.figures.filter(({ code }) => this.page.sheet.value(`recount:${code}`)).map(({ code, name }) => {
      const value = this.page.sheet.value(`recount:${code}`);
      return element("li", { class: "card" }, element("strong", { text: name }),
        element("p", { text: `${formatCount(value.counted)}/${formatCount(value.reported)} · ${judged(value).join(" ")}` }));
    });
    this.list.replaceChildren(...rows);
  }
}

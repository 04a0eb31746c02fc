/* Values of several members that stand beside each other: all are shown, somebody chooses, nothing is lost. */

import { button, icon, time, words } from "./capture_words.js";
import { element } from "./grid_table.js";

export class Conflicts {
  #drawn = "";

  constructor(page, place) {
    Object.assign(this, { page, place });
  }

  /* What the subject is called: the line of the checklist, the finding, the figure. */
  name(subject) {
    const [about, key] = [subject.split(":")[0], subject.slice(subject.indexOf(":") + 1)];
    const { sheet } = this.page;
    const items = sheet.sections("").flatMap((section) => section.items);
    if (about === "answer" || about === "note") return items.find(({ code }) => code === key)?.text ?? key;
    if (about === "recount") return sheet.state.figures.find(({ code }) => code === key)?.name ?? key;
    return sheet.value(subject)?.text || sheet.value(subject)?.caption || "";
  }

  /* A value in words. */
  said(value) {
    const { state } = this.page.sheet;
    const named = (list, wanted) => list.find(({ code }) => code === wanted)?.name;
    const parts = [
      named(state.results, value.result),
      value.number,
      named(state.kinds, value.kind),
      named(state.areas, value.area),
      named(state.severities, value.severity),
      value.reported ? `${value.counted}/${value.reported}` : null,
      value.text,
      value.caption,
      value.evidence,
      value.note,
    ];
    return parts.filter((part) => part !== undefined && part !== null && part !== "").join(" · ") || words("empty_value");
  }

  update() {
    const { sheet } = this.page;
    const subjects = sheet.conflicts();
    const wanted = JSON.stringify(subjects.map((subject) => [subject, sheet.conflict(subject).map(({ id }) => id)]));
    if (wanted === this.#drawn) return;
    this.#drawn = wanted;
    this.place.replaceChildren(...subjects.map((subject) => this.#card(subject)));
  }

  #card(subject) {
    const standing = this.page.sheet.conflict(subject);
    const over = standing.map(({ id }) => id);
    const card = element("section", { class: "card card--warning", "data-conflict": subject },
      element("h2", { class: "site-conflict-name" }, icon("scale"), this.name(subject)),
      element("p", { text: words("conflict") }));
    for (const { value, person, at } of standing) {
      const keep = button("check", words("choose"));
      keep.addEventListener("click", () => this.page.record("resolve", subject, { over, value }));
      card.append(element("div", { class: "site-side" },
        element("p", {}, element("strong", { text: this.said(value) })),
        element("p", { class: "muted", text: words("said_by", { person: person.name, time: time(at) }) }), keep));
    }
    return card;
  }
}

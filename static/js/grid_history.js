/* Undo and redo of what was typed, pasted, filled or taken over: steps of changed cells, as text before and after. */

const STEPS_KEPT = 500;

export class History {
  #past = [];
  #future = [];
  #typing = null;

  /* One key in a cell; what is typed into a cell during one visit is one step. */
  typed(line, name, before, after) {
    if (this.#typing?.line === line && this.#typing.name === name) {
      this.#typing.after = after;
    } else {
      this.#typing = { line, name, before, after };
      this.#push([this.#typing]);
    }
    this.#future = [];
  }

  /* The visit of a cell is over. */
  left() {
    this.#typing = null;
  }

  /* Several cells at once: [{line, name, before, after}]. */
  record(changes) {
    this.left();
    if (!changes.length) return;
    this.#push(changes);
    this.#future = [];
  }

  #push(step) {
    this.#past.push(step);
    if (this.#past.length > STEPS_KEPT) this.#past.shift();
  }

  /* The texts to put back, as [{line, name, text}]; null where there is nothing to undo. */
  undo() {
    this.left();
    const step = this.#past.pop();
    if (!step) return null;
    this.#future.push(step);
    return step.map(({ line, name, before }) => ({ line, name, text: before }));
  }

  redo() {
    this.left();
    const step = this.#future.pop();
    if (!step) return null;
    this.#past.push(step);
    return step.map(({ line, name, after }) => ({ line, name, text: after }));
  }
}

/* Drawing on a photo with finger or mouse: arrow, circle, box, pen. Marks are parts of the picture's width and height
   and lie over it; the picture itself stays as it is. */

const SVG = "http://www.w3.org/2000/svg";
const MOST = 50;
const MOST_POINTS = 500;
const CLOSE = 0.004;

function path({ kind, points }, ratio) {
  const [[x, y], [x2, y2] = [x, y]] = [points[0], points.at(-1)];
  if (kind === "box") return `M${x} ${y}H${x2}V${y2}H${x}Z`;
  if (kind === "circle") {
    const [rx, ry] = [Math.abs(x2 - x) / 2, Math.abs(y2 - y) / 2];
    return `M${Math.min(x, x2)} ${(y + y2) / 2}a${rx} ${ry} 0 1 0 ${2 * rx} 0a${rx} ${ry} 0 1 0 ${-2 * rx} 0`;
  }
  if (kind === "pen") return `M${points.map(([px, py]) => `${px} ${py}`).join("L")}`;
  // The head of the arrow, drawn in the picture's own proportions.
  const angle = Math.atan2((y2 - y) / ratio, x2 - x);
  const tip = [0.45, -0.45].map((turn) => {
    const way = angle + Math.PI + turn;
    return `M${x2} ${y2}L${x2 + 0.07 * Math.cos(way)} ${y2 + 0.07 * Math.sin(way) * ratio}`;
  });
  return `M${x} ${y}L${x2} ${y2}${kind === "arrow" ? tip.join("") : ""}`;
}

/* Draws the marks into an <svg viewBox="0 0 1 1">; `ratio` is the picture's width over its height. */
export function draw(svg, marks, ratio) {
  svg.replaceChildren();
  for (const mark of marks) {
    for (const layer of ["site-mark-edge", "site-mark"]) {
      const made = document.createElementNS(SVG, "path");
      made.setAttribute("d", path(mark, ratio));
      made.setAttribute("class", layer);
      made.setAttribute("vector-effect", "non-scaling-stroke");
      svg.append(made);
    }
  }
}

export class Marking {
  #marks = [];
  #now = null;

  /* `onMarks(marks)` after every mark that is drawn or taken back. */
  constructor(dialog) {
    this.dialog = dialog;
    this.picture = dialog.querySelector("img");
    this.svg = dialog.querySelector("[data-cchc-canvas] svg");
    this.svg.addEventListener("pointerdown", (event) => this.#begin(event));
    this.svg.addEventListener("pointermove", (event) => this.#go(event));
    for (const name of ["pointerup", "pointercancel"]) this.svg.addEventListener(name, () => this.#end());
    dialog.querySelector("[data-cchc-undo-mark]").addEventListener("click", () => {
      if (this.#marks.pop()) this.onMarks?.(this.#marks);
      this.#draw();
    });
    this.picture.addEventListener("load", () => this.#draw());
  }

  open({ url, marks, onMarks }) {
    this.#marks = structuredClone(marks);
    this.onMarks = onMarks;
    this.picture.src = url;
    this.#draw();
    this.dialog.showModal();
  }

  #ratio() {
    return this.picture.naturalWidth / this.picture.naturalHeight || 1;
  }

  #draw() {
    draw(this.svg, [...this.#marks, ...(this.#now ? [this.#now] : [])], this.#ratio());
  }

  #point({ clientX, clientY }) {
    const { left, top, width, height } = this.svg.getBoundingClientRect();
    const part = (value) => Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000;
    return [part((clientX - left) / width), part((clientY - top) / height)];
  }

  #begin(event) {
    if (this.#marks.length >= MOST) return;
    event.preventDefault();
    this.svg.setPointerCapture(event.pointerId);
    const kind = this.dialog.querySelector("[name=tool]:checked").value;
    this.#now = { kind, points: [this.#point(event)] };
  }

  #go(event) {
    if (!this.#now) return;
    const point = this.#point(event);
    const [x, y] = this.#now.points.at(-1);
    if (this.#now.kind !== "pen") this.#now.points = [this.#now.points[0], point];
    else if (Math.hypot(point[0] - x, point[1] - y) > CLOSE && this.#now.points.length < MOST_POINTS) {
      this.#now.points.push(point);
    }
    this.#draw();
  }

  #end() {
    const [first, last] = [this.#now?.points[0], this.#now?.points.at(-1)];
    if (this.#now?.points.length > 1 && (this.#now.kind === "pen" || first[0] !== last[0] || first[1] !== last[1])) {
      this.#marks.push(this.#now);
      this.onMarks?.(this.#marks);
    }
    this.#now = null;
    this.#draw();
  }
}

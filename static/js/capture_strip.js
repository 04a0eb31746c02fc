/* The photos of a line or of a finding: small pictures with caption and marks, where their bytes are still here. */

import { button, words } from "./capture_words.js";
import { draw } from "./capture_marks.js";
import { element } from "./grid_table.js";

function value({ sha256, caption = "", marks = [], keep_place = false, finding, item }) {
  return { sha256, caption, marks, keep_place, ...(finding ? { finding } : { item }) };
}

function card(page, photo, number) {
  const url = page.previews.url(photo.sha256);
  const said = words(page.isThere(photo.sha256) ? "photo_sent" : "photo_number", { number });
  const one = element("li", { class: "site-photo", "data-photo": photo.sha256 });
  if (url) {
    const picture = element("img", { src: url, alt: said });
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 1 1");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    picture.addEventListener("load", () => draw(svg, photo.marks ?? [], picture.naturalWidth / picture.naturalHeight));
    one.append(element("div", { class: "site-photo-frame" }, picture, svg));
  }
  one.append(element("span", { class: "muted", text: said }));
  if (photo.marks?.length) one.append(element("span", { class: "muted", text: words("marks", { count: photo.marks.length }) }));
  const caption = element("input", { class: "input", "aria-label": words("photo_caption", { number }), maxlength: "200",
    placeholder: words("caption") });
  caption.value = photo.caption ?? "";
  caption.addEventListener("input", () => {
    page.record("photo", photo.subject, { ...value(photo), caption: caption.value }, { strict: false });
  });
  one.append(caption);
  if (url) {
    const drawing = button("pencil", words("mark"));
    drawing.addEventListener("click", () => {
      page.marking.open({
        url,
        marks: photo.marks ?? [],
        onMarks: (marks) => page.record("photo", photo.subject, { ...value(photo), caption: caption.value, marks: structuredClone(marks) }),
      });
    });
    one.append(drawing);
  }
  return one;
}

export function photoStrip(page, place, of) {
  const photos = page.sheet.photos(of);
  const drawn = JSON.stringify(photos.map(({ subject, sha256, marks = [] }) => {
    return [subject, sha256, marks.length, Boolean(page.previews.url(sha256)), page.isThere(sha256)];
  }));
  if (place.dataset.drawn === drawn || place.contains(document.activeElement)) return;
  place.dataset.drawn = drawn;
  place.replaceChildren(...photos.map((photo, at) => card(page, photo, at + 1)));
}

/* Tells on "Việc của tôi" what this person typed in this browser and the portal does not have yet; silent when nothing. */

import { leftBy } from "./outbox.js";

const place = document.querySelector("[data-cchc-unsent]");

function told(sentence, named) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => named[name]);
}

function row({ item, title, cells }) {
  const link = document.createElement("a");
  link.href = place.dataset.cchcUnsentUrl.replace("/0/", `/${item}/`);
  link.textContent = place.dataset.cchcTextOpen;
  const line = document.createElement("li");
  line.append(told(place.dataset.cchcTextCells, { title, count: cells }), " ", link);
  return line;
}

if (place) {
  const left = await leftBy(Number(place.dataset.cchcUnsent));
  place.querySelector("ul").replaceChildren(...left.map(row));
  place.hidden = left.length === 0;
}

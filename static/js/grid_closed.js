/* The page of a return that takes no figures any more: what this person typed here before and could not send. */

import { showLeft } from "./grid_left.js";
import { Sheet } from "./grid_sheet.js";
import { Outbox } from "./outbox.js";

const page = document.querySelector("[data-cchc-closed-grid]");
const place = page.querySelector("[data-cchc-left]");
const forget = page.querySelector("[data-cchc-forget]");
const sheet = new Sheet(JSON.parse(document.getElementById("grid-data").textContent));
const outbox = new Outbox({ person: sheet.person, item: sheet.id, title: sheet.title, onTrouble() {} });

function keepWhatDiffers() {
  for (const line of sheet.lines) outbox.keep(line.id, line.version, sheet.unsent(line));
}

const { entries, batches } = await outbox.open();
sheet.restore(entries);
// What arrived although its answer got lost stands on the server already.
keepWhatDiffers();
forget.hidden = showLeft(sheet, place) === 0;
forget.addEventListener("submit", (event) => {
  event.preventDefault();
  for (const line of sheet.lines) sheet.takeTheirs(line);
  keepWhatDiffers();
  for (const { key } of batches) outbox.arrived(key);
  showLeft(sheet, place);
  forget.hidden = true;
});
page.dataset.ready = "yes";

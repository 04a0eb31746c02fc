// Signing out asks once where entries of this person wait in this browser to be sent: nobody else sends them. The page
// kept for recording on site without a connection goes with the session.

import { forget, waitingOnSite } from "./capture_forget.js";
import { leftBy } from "./outbox.js";

const form = document.querySelector("[data-cchc-sign-out]");
const person = Number(form?.dataset.cchcSignOut);

async function signOut() {
  await forget().catch(() => {});
  form.submit();
}

if (form) forget({ except: person }).catch(() => {});

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (form.dataset.cchcConfirmed) return signOut();
  const left = await leftBy(person);
  const count = left.reduce((sum, { cells }) => sum + cells, 0) + (await waitingOnSite(person));
  if (!count) return signOut();
  form.dataset.cchcConfirm = form.dataset.cchcTextUnsent.replace("{count}", count);
  form.requestSubmit(event.submitter);
  delete form.dataset.cchcConfirm;
});

// Signing out asks once where entries of this person wait in this browser to be sent: nobody else sends them.

import { leftBy } from "./outbox.js";

const form = document.querySelector("[data-cchc-sign-out]");

form?.addEventListener("submit", async (event) => {
  if (form.dataset.cchcConfirmed) return;
  event.preventDefault();
  const left = await leftBy(Number(form.dataset.cchcSignOut));
  const count = left.reduce((sum, { cells }) => sum + cells, 0);
  if (!count) {
    form.submit();
    return;
  }
  form.dataset.cchcConfirm = form.dataset.cchcTextUnsent.replace("{count}", count);
  form.requestSubmit(event.submitter);
  delete form.dataset.cchcConfirm;
});

// A form with data-cchc-confirm="what will happen" asks once in a <dialog> before it is sent.

const dialog = document.getElementById("confirm-dialog");

function ask(form, submitter) {
  const yes = dialog.querySelector("[data-cchc-confirm-yes]");
  const usual = yes.textContent;
  document.getElementById("confirm-text").textContent = form.dataset.cchcConfirm;
  yes.textContent = form.dataset.cchcConfirmLabel || usual;
  dialog.returnValue = "no";
  dialog.addEventListener(
    "close",
    () => {
      yes.textContent = usual;
      if (dialog.returnValue !== "yes") return;
      form.dataset.cchcConfirmed = "yes";
      form.requestSubmit(submitter);
      delete form.dataset.cchcConfirmed;
    },
    { once: true },
  );
  dialog.showModal();
}

if (dialog) {
  // In the capturing phase, so that htmx does not see a form that was not confirmed.
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!form.dataset.cchcConfirm || form.dataset.cchcConfirmed) return;
      event.preventDefault();
      event.stopPropagation();
      ask(form, event.submitter);
    },
    true,
  );
}

// A select marked data-cchc-submit shows its choice at once; without JavaScript the form's button does.
document.addEventListener("change", (event) => {
  const select = event.target.closest("select[data-cchc-submit]");
  if (select) select.form.requestSubmit();
});

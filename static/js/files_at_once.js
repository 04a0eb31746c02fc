// A file input with data-cchc-most="20" says so at once when more are chosen: the server would refuse the whole request.
document.addEventListener("change", (event) => {
  const input = event.target.closest("input[type=file][data-cchc-most]");
  if (!input) return;
  const over = input.files.length > Number(input.dataset.cchcMost);
  input.setCustomValidity(over ? input.dataset.cchcMostText : "");
  if (over) input.reportValidity();
});

// Ctrl+K or "/" puts the cursor into the search of the top bar.

const search = document.querySelector("[data-cchc-search]");

function isTyping(target) {
  return target.closest("input, textarea, select, [contenteditable]") !== null;
}

document.addEventListener("keydown", (event) => {
  if (!search || event.isComposing) return;
  const asked =
    ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") ||
    (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target));
  if (!asked) return;
  event.preventDefault();
  search.focus();
  search.select();
});

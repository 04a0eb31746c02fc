// Menus made of <details data-cchc-menu>: Escape or a click elsewhere closes them. They open without this file.

function openMenus() {
  return document.querySelectorAll("details[data-cchc-menu][open]");
}

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target) && !event.target.closest("dialog, .nav")) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

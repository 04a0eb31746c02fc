/* Tabs of the page used on site: a press shows a panel, arrow keys move along. */

export function tabs(list, openers = []) {
  const all = [...list.querySelectorAll("[role=tab]")];

  function show(chosen) {
    for (const tab of all) {
      const is = tab === chosen;
      tab.setAttribute("aria-selected", String(is));
      tab.tabIndex = is ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !is;
    }
  }

  for (const tab of all) tab.addEventListener("click", () => show(tab));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    show(next);
    next.focus();
  });
  for (const opener of openers) {
    const tab = all.find((one) => one.getAttribute("aria-controls") === opener.getAttribute("aria-controls"));
    opener.addEventListener("click", () => {
      show(tab);
      tab.focus();
    });
  }
}

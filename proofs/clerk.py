"""Lan at her browser for the chaos journey: her tabs, what she typed, what her browser said it had kept."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, BrowserContext, Error, Page

from dossiers.models import Return
from proofs.network import Network
from proofs.world import World, signed_in

SETTLED = 60_000
# Tells when entries are on the browser's disk (the outbox's own transactions, seen from outside), lets the disk be full
# and the clock be wrong.
WATCH = """(() => {
const put = IDBObjectStore.prototype.put, now = Date.now.bind(Date), Clock = Date;
window.cchcTypedAt = {}; window.cchcSkew = 0;
IDBObjectStore.prototype.put = function (value, key) {
  if (window.cchcFull) throw new DOMException("full", "QuotaExceededError");
  const { transaction } = this;
  if (this.name === "entries" && typeof value.value === "number") {
    if (!transaction.cchcPut) {
      transaction.cchcPut = [];
      transaction.addEventListener("complete", () => {
        const at = performance.now();
        window.cchcKept(transaction.cchcPut.map((value) => [value, at - window.cchcTypedAt[value] || null]));
      });
    }
    transaction.cchcPut.push(value.value);
  }
  return put.call(this, value, key);
};
Date.now = () => now() + window.cchcSkew;
window.Date = class extends Clock { constructor(...given) { given.length ? super(...given) : super(Date.now()); } };
})()"""
# Typing as the browser reports it, without the price of one call per key.
TYPE = """async (cells) => { for (const [line, name, text] of cells) {
  const input = document.querySelector(`[data-line="${line}"][data-cell="${name}"]`);
  input.focus();
  for (let end = 1; end <= text.length; end += 1) {
    input.value = text.slice(0, end);
    input.dispatchEvent(new InputEvent("input", { bubbles: true, data: text[end - 1], inputType: "insertText" }));
  }
  window.cchcTypedAt[text] = performance.now();
  window.cchcTyped(line, name, Number(text));
  await new Promise((done) => setTimeout(done, 0));
} }"""
VALUES = """(line) => Object.fromEntries([...document.querySelectorAll(`input[data-line="${line}"][data-cell]`)]
.map((input) => [input.dataset.cell, Number(input.value.replaceAll(".", ""))]))"""
NO_STORE = "Object.defineProperty(window, 'indexedDB', { value: { open() { throw new Error('off'); } } })"
YEAR = 365 * 86_400_000
SKEWS = (0, -3 * YEAR, -7_200_000, 7_200_000, 3 * YEAR)
KILLS = ("crashed", "closed")


def opened(
    context: BrowserContext, address: str, item: Return, sign_in_again: Callable[[], None] | None = None
) -> Page:
    """The entry page in a tab of its own, ready to be typed in.

    A late answer to the session that ended takes the new session's cookie with it; then one signs in once more.
    """
    page = context.new_page()
    page.goto(f"{address}/returns/{item.pk}/grid/")
    if sign_in_again and "/login/" in page.url:
        sign_in_again()
        page.goto(f"{address}/returns/{item.pk}/grid/")
    page.wait_for_selector("[data-cchc-grid][data-ready]", state="attached")
    return page


def context_of(browser: Browser, address: str, world: World, network: Network) -> BrowserContext:
    """A browser in which Lan is signed in, behind that network."""
    context = browser.new_context(locale="vi-VN", viewport={"width": 1366, "height": 768})
    sign_in(context, address, world)
    context.route("**/lines/", network.route)
    network.context = context
    return context


def sign_in(context: BrowserContext, address: str, world: World) -> str:
    """A new session of Lan's; its key."""
    key = signed_in(world.lan).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": address}])
    return key


class Clerk:
    """Every cell typed gets a value of its own, so that a value tells where, when and whether it was typed."""

    def __init__(
        self, context: BrowserContext, address: str, world: World, item: Return, rng: random.Random, *, safeguards: bool
    ):
        self.context, self.address, self.world, self.item, self.rng = context, address, world, item, rng
        self.safeguards = safeguards
        self.tabs: list[Page] = []
        self.number = 100_000
        # By cell the values typed, oldest first; what may stand in it at the end; and values told to be on the disk.
        self.typed: dict[tuple, list[int]] = defaultdict(list)
        self.allowed: dict[tuple, set[int]] = {}
        self.kept: set[int] = set()
        self.delays: list[float] = []
        self.seen: set[int] = set()
        self.unkept: dict[int, tuple] = {}
        self.while_full: set[int] = set()
        self.chosen_again: set[int] = set()
        self.befell = Counter()
        context.expose_binding("cchcKept", self._told_kept)
        context.expose_binding("cchcTyped", lambda _source, line, name, value: self.seen.add(value))
        context.add_init_script(WATCH)
        if not safeguards:
            context.add_init_script(NO_STORE)

    def _told_kept(self, _source, told: list) -> None:
        for value, delay in told:
            # Written again with a newer version of its line, or by a page that restored it: that is no delay.
            if value not in self.kept and value not in self.while_full and delay is not None:
                self.delays.append(delay)
            self.kept.add(value)

    @property
    def counted(self) -> int:
        """Cells that the browser had the chance to keep."""
        return len(self.seen) - len(self.unkept)

    def open(self) -> Page:
        page = opened(self.context, self.address, self.item, self.sign_in_again)
        page.on("crash", self._forget)
        page.evaluate("(skew) => { window.cchcSkew = skew; }", self.rng.choice(SKEWS))
        self.tabs.append(page)
        return page

    def _forget(self, page: Page) -> None:
        if page in self.tabs:
            self.tabs.remove(page)

    def burst(self, cells: list[tuple]) -> list[list]:
        """Those cells with new values, as the page's typing takes them."""
        made = []
        for line, name in cells:
            self.number += 1
            made.append([line, name, str(self.number)])
        return made

    def _note(self, burst: list[list]) -> None:
        for line, name, text in burst:
            self.typed[line, name].append(int(text))

    def type(self, page: Page, burst: list[list]) -> None:
        page.evaluate(TYPE, burst)
        self._note(burst)
        for line, name, text in burst:
            self.seen.add(int(text))
            self.allowed[line, name] = {int(text)}

    def type_and_kill(self, page: Page, burst: list[list]) -> None:
        """The tab goes in the midst of typing: its renderer crashes, or it is closed unasked.

        What the browser's disk had not confirmed by then, and the server does not have, is not counted as typed.
        """
        page.evaluate(f"(cells) => {{ ({TYPE})(cells); }}", burst)
        page.wait_for_timeout(self.rng.choice((0, 20, 60, 150, 400)))
        how = self.rng.choice(KILLS)
        self.befell[how] += 1
        if how == "crashed":
            with suppress(Error):  # a page that has crashed does not arrive anywhere
                page.goto("chrome://crash", timeout=5_000)
            if page in self.tabs:
                page.wait_for_event("crash", timeout=5_000)
        self._forget(page)
        page.close(run_before_unload=False)
        if not self.tabs:
            self.open()
        self.tabs[0].wait_for_timeout(100)
        self._note(burst)
        self._leave_out_unkept()

    def close_all(self) -> None:
        """Every tab is closed unasked."""
        for page in list(self.tabs):
            page.close(run_before_unload=False)
            self._forget(page)
        self._leave_out_unkept()

    def _leave_out_unkept(self) -> None:
        """Of each cell, any value may stand at the end that is not older than the last one known to be kept.

        The control is given no such chance: there every cell that was typed counts.
        """
        promised = self.kept if self.safeguards else self.seen
        for key, values in self.typed.items():
            may: set[int | None] = {None}
            for value in reversed(values):
                if value in promised:
                    may = may - {None} | {value}
                    break
                may.add(value)
                if value in self.seen:
                    self.unkept[value] = key
            self.allowed[key] = may

    def _last(self, line: int, name: str) -> int | None:
        """The value typed last into a cell, as far as it got there."""
        return next((value for value in reversed(self.typed.get((line, name), ())) if value in self.seen), None)

    def end_session(self) -> None:
        """The session ends while she types; later she signs in again, sometimes with a new form token."""
        self.befell["session ended"] += 1
        Session.objects.filter(session_key__in=[one["value"] for one in self._session_cookies()]).delete()

    def _session_cookies(self) -> list[dict]:
        return [one for one in self.context.cookies() if one["name"] == settings.SESSION_COOKIE_NAME]

    def sign_in_again(self) -> None:
        sign_in(self.context, self.address, self.world)
        if self.rng.random() < 0.5:
            self.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)

    def choose(self, page: Page) -> list[tuple]:
        """Where the page asks, the value typed last is chosen; cells for which that was not to be had are given back.

        A card asks about a whole line. Where some of it is newer here and some there, she keeps hers and types the
        others again, provided that the card showed them to her.
        """
        again = []
        for _card in range(page.locator("[data-conflict]").count()):
            card = page.locator("[data-conflict]").first
            line, told = int(card.get_attribute("data-conflict")), card.inner_text()
            shown = page.evaluate(VALUES, line)
            last = {name: value for name in shown if (value := self._last(line, name))}
            in_words = {name: f"{value:,}".replace(",", ".") in told for name, value in last.items()}
            older = [name for name, value in last.items() if shown[name] != value and in_words[name]]
            newer = [name for name, value in last.items() if shown[name] == value and in_words[name]]
            mine = bool(newer) or not older
            card.locator("button").nth(0 if mine else 1).click()
            if mine and older:
                again += [(line, name) for name in older]
                self.chosen_again.update(shown[name] for name in older)
        return again

    def settle(self, page: Page) -> None:
        """Wait until the page says that all is saved, choosing where it asks."""
        waited = 0
        while waited < SETTLED:
            if again := self.choose(page):
                self.type(page, self.burst(again))
            page.locator("[data-cchc-save-now]").click()
            page.wait_for_timeout(150)
            waited += 150
            if page.locator("[data-cchc-save-state]").get_attribute("data-state") in ("saved", "nothing", None):
                return

"""The chaos journey: a clerk types in Chromium while tabs are killed and requests dropped, doubled, delayed, refused.

Every cell typed gets a value of its own within the run, so that the trail tells what arrived and how often. At the end
the network is whole again and the page is opened once more. Lost: a cell whose last typed value does not stand in the
database. Doubled: a value that was written into its cell more than once. The control types the same with the safeguards
off: nothing is kept in the browser, batches carry no key, and the server does not compare versions.
"""

import json
import random
from collections import Counter
from functools import partial

from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, Route

from dossiers import rules
from dossiers.imports import saving
from dossiers.models import Line, Return
from proofs.world import World, signed_in
from records.models import Event

CELLS_A_SEED = 400
BURST = (5, 30)
KILLED, COLLEAGUE = 0.18, 0.08
FAULTS = {"drop": 0.1, "unheard": 0.1, "double": 0.1, "delay": 0.08, "401": 0.05, "409": 0.05, "500": 0.1}
SETTLED = 60_000
# Typing as the browser reports it, without the price of one call per key.
TYPE = """async (cells) => { for (const [line, name, text] of cells) {
  const input = document.querySelector(`[data-line="${line}"][data-cell="${name}"]`);
  input.focus();
  for (let end = 1; end <= text.length; end += 1) {
    input.value = text.slice(0, end);
    input.dispatchEvent(new InputEvent("input", { bubbles: true, data: text[end - 1], inputType: "insertText" }));
  }
  await new Promise((done) => setTimeout(done, 0));
} }"""
NO_STORE = "Object.defineProperty(window, 'indexedDB', { value: { open() { throw new Error('off'); } } })"


class Network:
    """Answers of the server on their way to the page, and what befalls them."""

    def __init__(self, rng: random.Random, *, safeguards: bool):
        self.rng, self.safeguards = rng, safeguards
        self.whole = False
        self.held: list = []
        self.befell = Counter()

    def route(self, route: Route) -> None:
        headers = dict(route.request.headers)
        if not self.safeguards:
            headers.pop("idempotency-key", None)
        fault = None if self.whole else self._fault()
        self.befell[fault or "passed"] += 1
        if fault == "drop":
            route.abort()
        elif fault in ("401", "409", "500"):
            route.fulfill(status=int(fault), body="<h1>Không được</h1>", content_type="text/html")
        elif fault == "unheard":
            route.fetch(headers=headers)
            route.abort()
        else:
            if fault in ("double", "delay"):
                request = route.request
                self.held.append(partial(self._send, route, request.url, headers, request.post_data))
            if fault == "delay":
                route.abort()
            else:
                route.continue_(headers=headers)

    def _send(self, route: Route, url: str, headers: dict, body: str) -> None:
        self.context.request.post(url, headers=headers, data=body, max_redirects=0)

    def _fault(self) -> str | None:
        return self.rng.choices([*FAULTS, None], [*FAULTS.values(), 1 - sum(FAULTS.values())])[0]

    def let_out(self) -> None:
        """Some of what was held back arrives now, behind what was sent later."""
        self.rng.shuffle(self.held)
        while self.held and self.rng.random() < 0.6:
            self.held.pop()()


def opened(context: BrowserContext, address: str, item: Return) -> Page:
    """The entry page in a tab of its own, ready to be typed in."""
    page = context.new_page()
    page.goto(f"{address}/returns/{item.pk}/grid/")
    page.wait_for_selector("[data-cchc-grid][data-ready]", state="attached")
    return page


def context_of(browser: Browser, address: str, world: World, network: Network) -> BrowserContext:
    """A browser in which Lan is signed in, behind that network."""
    context = browser.new_context(locale="vi-VN", viewport={"width": 1366, "height": 768})
    key = signed_in(world.lan).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": address}])
    context.route("**/lines/", network.route)
    network.context = context
    if not network.safeguards:
        context.add_init_script(NO_STORE)
    return context


def _colleague(world: World, item: Return, rng: random.Random, number: int) -> None:
    """Nga writes the note of a line, so that the versions move under Lan's hands."""
    line = rng.choice(list(item.lines.all()))
    body = {"lines": [{"id": line.pk, "version": line.version, "note": f"Ghi chú {number}"}]}
    signed_in(world.nga).post(f"/returns/{item.pk}/lines/", json.dumps(body), content_type="application/json")


def _keep_mine(page: Page) -> None:
    for _card in range(page.locator("[data-conflict]").count()):
        page.locator("[data-conflict] button").first.click()


def _settle(page: Page) -> None:
    """Wait until the page says that all is saved, choosing the clerk's own value where it asks."""
    waited = 0
    while waited < SETTLED:
        _keep_mine(page)
        page.locator("[data-cchc-save-now]").click()
        page.wait_for_timeout(150)
        waited += 150
        if page.locator("[data-cchc-save-state]").get_attribute("data-state") in ("saved", "nothing", None):
            return


def _written(item: Return) -> Counter:
    """How often each value was written into each cell, by the trail."""
    times = Counter()
    for event in Event.objects.about(item).filter(action="save_lines"):
        for line, cells in json.loads(event.after)["lines"].items():
            times.update((int(line), name, value) for name, value in cells.items() if name in rules.TYPED_NAMES)
    return times


def journey(
    browser: Browser, address: str, world: World, seed: int, *, number: int, cells: int, safeguards: bool
) -> dict:
    """One seed: how many cells were typed, lost and doubled, and what befell the requests."""
    rng = random.Random(seed)
    item = world.draft(number)
    lines = list(item.lines.values_list("pk", flat=True))
    network = Network(rng, safeguards=safeguards)
    context = context_of(browser, address, world, network)
    compare, saving.is_stale = saving.is_stale, saving.is_stale if safeguards else lambda stored, seen: False
    last, typed, killed = {}, 0, 0
    try:
        page = opened(context, address, item)
        while typed < cells:
            burst = []
            for _ in range(min(rng.randint(*BURST), cells - typed)):
                typed += 1
                line, name = rng.choice(lines), rng.choice(rules.TYPED_NAMES)
                burst.append([line, name, str(100_000 + typed)])
                last[line, name] = 100_000 + typed
            page.evaluate(TYPE, burst)
            if rng.random() < KILLED:
                killed += 1
                page.close(run_before_unload=False)
                page = opened(context, address, item)
            page.wait_for_timeout(rng.choice((0, 50, 150, 1000)))
            if rng.random() < 0.8:
                page.locator("[data-cchc-save-now]").click()
            network.let_out()
            if rng.random() < COLLEAGUE:
                _colleague(world, item, rng, typed)
            _keep_mine(page)
        network.let_out()
        network.whole = True
        page.close(run_before_unload=False)
        _settle(opened(context, address, item))
    finally:
        saving.is_stale = compare
        context.close()
    stored = {line.pk: line for line in Line.objects.filter(of=item)}
    lost = [key for key, value in last.items() if getattr(stored[key[0]], key[1]) != value]
    doubled = [key for key, times in _written(item).items() if times > 1 and key[2] is not None and key[2] > 100_000]
    return {
        "cells": typed,
        "lost": len(lost),
        "doubled": len(doubled),
        "killed": killed,
        "requests": dict(network.befell),
    }

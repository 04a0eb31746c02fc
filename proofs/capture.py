"""Recording on site under chaos: the log in thousands of random runs, the whole page in a browser.

In the runs of the log the real scripts (`static/js/capture_*.js`) work on the browser's real store, against a network
and a server that are played (`capture_driver.js`); in the journeys all is real but the faults of the network. Lost: an
input that the page acknowledged as kept, and that is neither on the server nor in the file saved at the end. Doubled:
an input that the server has twice. The controls have no log: what is typed lives in the page's memory alone.
"""

import io
import json
import random
import zipfile
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path

from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Error, Page, Route

from inspections.models import Operation, Visit
from proofs import results
from proofs.capture_world import LINES, Site
from proofs.world import signed_in

DRIVER = Path(__file__).with_name("capture_driver.js")
RUNS, CHUNK = 2_000, 50
INPUTS = 24
ANSWERS = ("conform", "partly", "not", "not_applicable")
FAULTS = {"drop": 0.12, "unheard": 0.12, "double": 0.1, "cut": 0.05, "401": 0.04, "409": 0.04, "413": 0.04, "500": 0.08}
SETTLED, PATIENCE = 45_000, 60_000
NO_STORE = "Object.defineProperty(window, 'indexedDB', { value: { open() { throw new Error('off'); } } })"
CLOCK_OFF = """{ const Real = Date; const off = HOURS * 3600000;
window.Date = class extends Real { constructor(...all) { if (all.length) super(...all); else super(Real.now() + off); }
static now() { return Real.now() + off; } }; }"""
HEAR = """addEventListener("cchc-kept", ({ detail }) => heardKept(JSON.stringify(detail)), true);"""


def log_runs(browser: Browser, address: str, first: int, runs: int, *, control: bool = False) -> dict:
    """That many runs of the log from seed `first` on; their sums."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/login/")
    given = {"seeds": list(range(first, first + runs)), "control": control}
    try:
        rows = page.evaluate(DRIVER.read_text(encoding="utf-8"), given)
    finally:
        context.close()
    sums, befell = Counter(), Counter()
    for row in rows:
        befell.update(row.pop("befell"))
        row.pop("first")
        sums.update(row)
    return {"runs": runs, **sums, "befell": dict(befell)}


class Network:
    """What befalls the requests of the page on their way."""

    def __init__(self, rng: random.Random):
        self.rng, self.whole, self.offline, self.befell, self.held = rng, False, False, Counter(), []

    def route(self, route: Route) -> None:
        fault = None if self.whole else "drop" if self.offline else self._fault()
        self.befell[fault or "passed"] += 1
        with suppress(Error):  # a killed tab's request has nobody to be answered to
            self._befall(route, fault)

    def _fault(self) -> str | None:
        return self.rng.choices([*FAULTS, None], [*FAULTS.values(), 1 - sum(FAULTS.values())])[0]

    def _befall(self, route: Route, fault: str | None) -> None:
        if fault == "drop":
            route.abort()
        elif fault in ("401", "409", "413", "500"):
            route.fulfill(status=int(fault), body='{"message": "Không được"}', content_type="application/json")
        elif fault == "unheard":
            route.fetch(timeout=PATIENCE)
            route.abort()
        elif fault == "cut":
            answer = route.fetch(timeout=PATIENCE)
            route.fulfill(status=answer.status, body=answer.body()[:-9], content_type="application/json")
        else:
            if fault == "double":
                self.held.append(route.request)
            route.continue_()

    def let_out(self, context: BrowserContext) -> None:
        """What came twice comes again now, behind what was sent later."""
        self.rng.shuffle(self.held)
        for request in self.held:
            headers = {name: value for name, value in request.headers.items() if name != "content-length"}
            with suppress(Error):
                context.request.post(
                    request.url, headers=headers, data=request.post_data_buffer, max_redirects=0, timeout=PATIENCE
                )
        self.held.clear()


class Phone:
    """One phone on which members sign in by turns; what their pages acknowledged."""

    def __init__(self, browser: Browser, address: str, visit: Visit, rng: random.Random, *, control: bool):
        self.address, self.visit, self.rng, self.control = address, visit, rng, control
        self.network, self.kept, self.tabs, self.killed = Network(rng), [], [], 0
        self.context = browser.new_context(locale="vi-VN", viewport={"width": 390, "height": 844})
        self.context.set_default_timeout(PATIENCE)
        self.context.expose_function("heardKept", lambda told: self.kept.append(json.loads(told)))
        self.context.add_init_script(HEAR)
        self.context.add_init_script(CLOCK_OFF.replace("HOURS", rng.choice(["0", "2", "-2"])))
        if control:
            self.context.add_init_script(NO_STORE)
        for path in ("**/operations/", "**/photos/**"):
            self.context.route(path, self.network.route)

    def sign_in(self, person) -> None:
        value = signed_in(person).cookies[settings.SESSION_COOKIE_NAME].value
        self.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.address}])
        self.person = person

    def open(self, *, offline_ready: bool = False) -> Page:
        page = self.context.new_page()
        page.goto(f"{self.address}/visits/{self.visit.pk}/capture/")
        wanted = "[data-cchc-capture][data-offline=ready]" if offline_ready else "[data-cchc-capture][data-ready]"
        page.wait_for_selector(wanted, state="attached")
        page.locator("[data-item]").first.wait_for(state="attached")
        self.tabs.append(page)
        return page

    def kill(self, page: Page) -> None:
        """The tab's process crashes at once; nothing of the page runs any more."""
        self.killed += 1
        with page.expect_event("crash", timeout=PATIENCE), suppress(Error):
            page.goto("chrome://crash")
        page.close()
        self.tabs.remove(page)

    def full(self, page: Page, *, on: bool) -> None:
        """The disk is full, by the browser's own measure of what this site may store."""
        tools = self.context.new_cdp_session(page)
        size = {"quotaSize": 1} if on else {}
        tools.send("Storage.overrideQuotaForOrigin", {"origin": self.address, **size})
        tools.detach()


def _record(page: Page, rng: random.Random, number: int) -> tuple[str, dict]:
    """One input by the page's own means: an answer tapped or a note typed; its value is the run's own."""
    code = f"P{rng.randint(1, LINES)}"
    line = page.locator(f'[data-item="{code}"]')
    if rng.random() < 0.35:
        value = rng.choice(ANSWERS)
        line.locator(f'input[value="{value}"]').dispatch_event("click")
        return f"answer:{code}", {"result": value}
    # The full stop tells it from what stands in the box while a longer number is typed.
    text = f"Ghi chú {number}."
    line.locator("textarea").evaluate(
        """(box, text) => { for (let end = 1; end <= text.length; end += 1) { box.value = text.slice(0, end);
        box.dispatchEvent(new InputEvent("input", { bubbles: true })); } }""",
        text,
    )
    return f"note:{code}", {"text": text}


def _bundle(page: Page) -> list[dict]:
    with page.expect_download(timeout=PATIENCE) as saved:
        page.locator("[data-cchc-bundle]").last.dispatch_event("click")
    with zipfile.ZipFile(io.BytesIO(Path(saved.value.path()).read_bytes())) as archive:
        return json.loads(archive.read("operations.json"))["operations"]


def _settle(page: Page) -> None:
    """Sends until nothing waits, for so long and no longer."""
    for _ in range(SETTLED // 250):
        page.locator("[data-cchc-send]").dispatch_event("click")
        page.wait_for_timeout(250)
        if page.locator("[data-cchc-bar]").get_attribute("data-state") == "sent":
            return


def journey(browser: Browser, address: str, site: Site, seed: int, *, control: bool = False) -> dict:
    """One seed in the whole page; counts of inputs, acknowledged, lost and doubled ones."""
    rng, visit = random.Random(seed), site.visit()
    phone = Phone(browser, address, visit, rng, control=control)
    typed: list[tuple[str, dict]] = []
    try:
        phone.sign_in(site.hoa)
        phone.open(offline_ready=not control)
        for number in range(1, INPUTS + 1):
            page = rng.choice(phone.tabs)
            typed.append(_record(page, rng, number))
            _befall(phone, page, site, rng)
        leftover = _end(phone, site, control=control)
    finally:
        phone.context.close()
    stored = list(Operation.objects.filter(visit=visit))
    there = {str(one.uuid) for one in stored} | {one["id"] for one in leftover}
    told = typed if control else [(one["id"],) for one in phone.kept]
    if control:
        values = {(one.subject, json.dumps(one.value, sort_keys=True)) for one in stored}
        lost = [one for one in typed if (one[0], json.dumps(one[1], sort_keys=True)) not in values]
    else:
        lost = [one for one in told if one[0] not in there]
    texts = [(one.subject, one.value["text"]) for one in stored if one.kind == "note"]
    notes = Counter(one for one in texts if one[1].endswith("."))
    return {
        "inputs": len(typed),
        "acknowledged": len(told),
        "lost": len(lost),
        "doubled": sum(times > 1 for times in notes.values()),
        "in_bundle": len(leftover),
        "killed": phone.killed,
        "requests": dict(phone.network.befell),
    }


def _befall(phone: Phone, page: Page, site: Site, rng: random.Random) -> None:
    """What may happen after an input: a killed tab, a reload, no network, a second tab, the colleague, a full disk."""
    chance = rng.random()
    if chance < 0.1:
        phone.kill(page)
    elif chance < 0.15:
        page.close(run_before_unload=False)
        phone.tabs.remove(page)
    elif chance < 0.23:
        phone.network.offline = not phone.network.offline
    elif chance < 0.29 and len(phone.tabs) < 2:
        phone.open()
    elif chance < 0.34:
        phone.sign_in(site.khoa if phone.person == site.hoa else site.hoa)
        phone.open()
        phone.tabs[:] = phone.tabs[-2:]
    elif chance < 0.42 and not phone.control:
        phone.full(page, on=True)
        _record(page, rng, rng.randint(10_000, 99_999))
        page.wait_for_timeout(50)
        phone.full(page, on=False)
    else:
        page.wait_for_timeout(rng.choice((0, 40, 200, 900)))
        phone.network.let_out(phone.context)
    if not phone.tabs:
        phone.open()


def _end(phone: Phone, site: Site, *, control: bool) -> list[dict]:
    """The network is whole; each member opens the page once more. What does not leave is in the file saved then."""
    phone.network.whole = True
    phone.network.let_out(phone.context)
    for page in list(phone.tabs):
        page.close(run_before_unload=False)
    phone.tabs.clear()
    left = []
    for person in (site.hoa, site.khoa):
        phone.sign_in(person)
        page = phone.open()
        _settle(page)
        if not control and page.locator("[data-cchc-bar]").get_attribute("data-state") != "sent":
            left += _bundle(page)
        page.close(run_before_unload=False)
        phone.tabs.clear()
    return left


def prove(browser: Browser, address: str, site: Site, *, first: int, journeys: int) -> dict:
    """The row of the results: runs of the log, journeys in the whole page, and a control of each."""

    def logs(chunk: int, *, control: bool) -> dict:
        one = log_runs(browser, address, first + chunk * CHUNK, CHUNK, control=control)
        print(f"capture log {chunk}{' (control)' if control else ''}: {one}", flush=True)
        return one

    def pages(seed: int, *, control: bool) -> dict:
        one = journey(browser, address, site, seed, control=control)
        print(f"capture {seed}{' (control)' if control else ''}: {one}", flush=True)
        return one

    chunks, seeds = range(RUNS // CHUNK), range(first, first + journeys)
    rows = results.resumed("capture-log", chunks, partial(logs, control=False))
    rows_control = results.resumed("capture-log-control", range(1), partial(logs, control=True))
    walked = results.resumed("capture", seeds, partial(pages, control=False))
    walked_control = results.resumed("capture-control", range(first, first + 2), partial(pages, control=True))
    tried, control = [*rows, *walked], [*rows_control, *walked_control]
    lost, doubled = (sum(row[name] for row in tried) for name in ("lost", "doubled"))
    foreign = sum(row["theirs"] for row in rows)
    missed = min(sum(row["lost"] for row in rows_control), sum(row["lost"] for row in walked_control))
    return {
        "tried": sum(row["acknowledged"] for row in tried),
        "failed": lost + doubled + foreign,
        "lost": lost,
        "doubled": doubled,
        "under_another_person": foreign,
        "own_values_side_by_side": sum(row["beside"] for row in rows),
        "control_failed": sum(row["lost"] for row in control),
        "control_tried": sum(row["inputs"] for row in control),
        "runs_of_the_log": sum(row["runs"] for row in rows),
        "seeds": len(walked),
        "tabs_killed": sum(row["killed"] for row in tried),
        "befell": dict(sum((Counter(row["befell"]) for row in rows), Counter())),
        "requests": dict(sum((Counter(row["requests"]) for row in walked), Counter())),
        "minutes": sum(row["minutes"] for row in (*tried, *control)),
        "ok": lost == doubled == foreign == 0 and missed > 0,
    }

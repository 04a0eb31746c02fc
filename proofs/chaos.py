"""The chaos journey: a clerk types in Chromium while tabs die and requests are dropped, doubled, delayed, refused.

Every cell typed gets a value of its own within the run, so that the trail tells what arrived and how often. At the end
the network is whole again and the page is opened once more. Lost: a cell in which another value stands than the one
typed last. Doubled: a value that was written into its cell more than once. The control types the same with the
safeguards off: nothing is kept in the browser, batches carry no key, and the server does not compare versions.

A tab dies in the midst of typing, half of the times by a crash of its renderer (chrome://crash), else by being closed
unasked. What is typed is promised from the moment the browser's own database has confirmed the entry; what a tab took
with it before that is counted apart (`unkept`), and how much of it did not come back (`unkept_gone`). The window is
measured in every run, from the last key of a cell to the confirmation (`window_ms`: median, 99th percentile, longest);
typing of a script, cell after cell without a pause, makes it longer than a hand would. Beside that, sessions end, a
second tab is opened, the clock is years off, and the disk is full for a while: then the page warns that it keeps
nothing, and what goes with its tab before it is saved is counted apart too (`warned`, `warned_gone`).
"""

import json
import random
from collections import Counter
from statistics import quantiles

from playwright.sync_api import Browser

from dossiers import rules
from dossiers.imports import saving
from dossiers.models import Line, Return
from proofs.clerk import Clerk, context_of
from proofs.network import Network
from proofs.world import World, signed_in
from records.models import Event

CELLS_A_SEED = 400
BURST = (5, 30)
KILLED, COLLEAGUE, SECOND_TAB, SESSION_ENDS, FULL = 0.2, 0.08, 0.06, 0.05, 0.05


def _colleague(world: World, item: Return, rng: random.Random, number: int) -> None:
    """Nga writes the note of a line, so that the versions move under Lan's hands."""
    line = rng.choice(list(item.lines.all()))
    body = {"lines": [{"id": line.pk, "version": line.version, "note": f"Ghi chú {number}"}]}
    signed_in(world.nga).post(f"/returns/{item.pk}/lines/", json.dumps(body), content_type="application/json")


def _written(item: Return) -> Counter:
    """How often each value was written into each cell, by the trail."""
    times = Counter()
    for event in Event.objects.about(item).filter(action="save_lines"):
        for line, cells in json.loads(event.after)["lines"].items():
            times.update((int(line), name, value) for name, value in cells.items() if name in rules.TYPED_NAMES)
    return times


def _turn(clerk: Clerk, world: World, cells: list[tuple], network: Network) -> None:
    """One burst of typing, and what happens around it."""
    rng, burst = clerk.rng, clerk.burst(cells)
    page = rng.choice(clerk.tabs)
    full, ended = rng.random() < FULL, rng.random() < SESSION_ENDS
    if full:
        clerk.befell["disk full"] += 1
        clerk.while_full.update(int(text) for _line, _name, text in burst)
        page.evaluate("window.cchcFull = true")
    if ended:
        clerk.end_session()
    if rng.random() < KILLED and not ended:
        clerk.type_and_kill(page, burst)
    else:
        clerk.type(page, burst)
        if full:
            page.evaluate("window.cchcFull = false")
    page = rng.choice(clerk.tabs)
    page.wait_for_timeout(rng.choice((0, 50, 150, 1000)))
    if rng.random() < 0.8:
        page.locator("[data-cchc-save-now]").click()
    if ended:
        page.wait_for_timeout(200)
        clerk.sign_in_again()
    network.let_out()
    if rng.random() < COLLEAGUE:
        _colleague(world, clerk.item, rng, clerk.number)
    if len(clerk.tabs) == 1 and rng.random() < SECOND_TAB:
        clerk.befell["second tab"] += 1
        clerk.open()
    for tab in list(clerk.tabs):
        if again := clerk.choose(tab):
            clerk.type(tab, clerk.burst(again))


def journey(
    browser: Browser, address: str, world: World, seed: int, *, number: int, cells: int, safeguards: bool
) -> dict:
    """One seed: how many cells were typed, lost and doubled, and what befell tabs and requests."""
    rng = random.Random(seed)
    item = world.draft(number)
    lines = list(item.lines.values_list("pk", flat=True))
    network = Network(rng, safeguards=safeguards)
    context = context_of(browser, address, world, network)
    clerk = Clerk(context, address, world, item, rng, safeguards=safeguards)
    compare, saving.is_stale = saving.is_stale, saving.is_stale if safeguards else lambda stored, seen: False
    try:
        clerk.open()
        while (left := cells - clerk.counted) > 0:
            wanted = min(rng.randint(*BURST), left)
            _turn(clerk, world, [(rng.choice(lines), rng.choice(rules.TYPED_NAMES)) for _ in range(wanted)], network)
        while network.held:
            network.let_out()
        network.whole = True
        clerk.close_all()
        clerk.settle(clerk.open())
    finally:
        saving.is_stale = compare
        context.close()
    return _told(clerk, network)


def _told(clerk: Clerk, network: Network) -> dict:
    stored = {line.pk: line for line in Line.objects.filter(of=clerk.item)}
    standing = {key: getattr(stored[key[0]], key[1]) for key in clerk.allowed}
    lost = [key for key, values in clerk.allowed.items() if standing[key] not in values]
    written = _written(clerk.item)
    doubled = [
        key
        for key, times in written.items()
        if times > 1 and key[2] is not None and key[2] > 100_000 and key[2] not in clerk.chosen_again
    ]
    gone = [
        value for value, key in clerk.unkept.items() if (*key, value) not in written and clerk.typed[key][-1] == value
    ]
    window = quantiles(clerk.delays, n=100) if len(clerk.delays) > 1 else []
    return {
        "cells": clerk.counted,
        "lost": len(lost),
        "doubled": len(doubled),
        "killed": clerk.befell["crashed"] + clerk.befell["closed"],
        "unkept": len(clerk.unkept.keys() - clerk.while_full),
        "unkept_gone": len(set(gone) - clerk.while_full),
        "warned": len(clerk.unkept.keys() & clerk.while_full),
        "warned_gone": len(set(gone) & clerk.while_full),
        "window_ms": [round(window[49], 1), round(window[98], 1), round(max(clerk.delays), 1)] if window else [],
        "befell": dict(clerk.befell),
        "requests": dict(network.befell),
    }

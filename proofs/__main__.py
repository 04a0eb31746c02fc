"""`python -m proofs`, or one of them with ONLY=name in the environment; a chaos cut short goes on where it stopped."""

import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from proofs import capture, chaos, fluent, numbers, recompute, repairs, results, twice, unusual
from proofs.capture_world import make_site
from proofs.world import World, clean_up, make_world, served
from tests.conftest import CHROMIUM_FLAGS

SEED = 1
# SEEDS=10 does the first ten now; the next run goes on from there.
SEEDS = int(os.environ.get("SEEDS", "50"))
CONTROL_SEEDS = 2
DOUBLES, INTERLEAVINGS = 200, 1_000


@contextmanager
def chromium() -> Iterator[tuple[Browser, str]]:
    """Debian's Chromium and the address of the portal."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        yield browser, address
        browser.close()


def prove_fluent(world: World) -> dict:
    with chromium() as (browser, address):
        return fluent.prove(browser, address, world)


def prove_capture(world: World) -> dict:
    """Recording on site: runs of the log, then journeys in the whole page."""
    site = make_site(world.agency)
    with chromium() as (browser, address):
        return capture.prove(browser, address, site, first=SEED, journeys=SEEDS)


def prove_chaos(world: World) -> dict:
    """The safeguarded journeys, then the control."""
    with chromium() as (browser, address):

        def run(seed: int, *, safeguards: bool) -> dict:
            number = 1000 + seed + (0 if safeguards else 500)
            one = chaos.journey(
                browser, address, world, seed, number=number, cells=chaos.CELLS_A_SEED, safeguards=safeguards
            )
            print(f"chaos {seed}{'' if safeguards else ' (control)'}: {one}", flush=True)
            return one

        rows = results.resumed("chaos", range(SEED, SEED + SEEDS), partial(run, safeguards=True))
        seeds = range(SEED, SEED + CONTROL_SEEDS)
        control = results.resumed("chaos-control", seeds, partial(run, safeguards=False))
    lost, doubled = (sum(row[name] for row in rows) for name in ("lost", "doubled"))
    control_failed = sum(row["lost"] + row["doubled"] for row in control)
    return {
        "tried": sum(row["cells"] for row in rows),
        "failed": lost + doubled,
        "lost": lost,
        "doubled": doubled,
        "control_failed": control_failed,
        "control_tried": sum(row["cells"] for row in control),
        "seeds": len(rows),
        "tabs_killed": sum(row["killed"] for row in rows),
        "renderers_crashed": sum(row["befell"].get("crashed", 0) for row in rows),
        "befell": sum((Counter(row["befell"]) for row in rows), Counter()),
        **{name: sum(row[name] for row in rows) for name in ("unkept", "unkept_gone", "warned", "warned_gone")},
        "window_ms_median": round(median(row["window_ms"][0] for row in rows if row["window_ms"]), 1),
        "window_ms_p99": round(median(row["window_ms"][1] for row in rows if row["window_ms"]), 1),
        "minutes": sum(row["minutes"] for row in (*rows, *control)),
        "ok": lost == doubled == 0 and control_failed > 0,
    }


PROOFS: dict[str, Callable[[World], dict]] = {
    "numbers": lambda world: numbers.prove(),
    "repairs": lambda world: repairs.prove(first_seed=SEED),
    "double submits": lambda world: twice.prove_doubles(world, DOUBLES),
    "lock against submit": lambda world: twice.prove_lock(world, INTERLEAVINGS, SEED),
    "unusual": lambda world: unusual.prove(first_seed=SEED),
    "fluent grid": prove_fluent,
    "chaos": prove_chaos,
    "capture": prove_capture,
    "recompute": lambda world: recompute.prove(SEED),
}


def main() -> int:
    only = os.environ.get("ONLY", "")
    chosen = {name: run for name, run in PROOFS.items() if only in ("", name, name.replace(" ", "_"))}
    if not chosen:
        print(f"no proof is called {only}; there are: {', '.join(PROOFS)}")
        return 2
    good, world = True, make_world()
    try:
        for name, run in chosen.items():
            began = time.monotonic()
            row = {"name": name, "seed": SEED, "minutes": 0.0, **run(world)}
            row["minutes"] = round(row["minutes"] or (time.monotonic() - began) / 60, 2)
            results.write(row)
            good = good and row["ok"]
            print("ok    " if row["ok"] else "FAILED", row, flush=True)
    finally:
        clean_up()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

"""Rows of `proofs/results.json` and what a run has done so far, kept under `var/proofs` so that it can be resumed."""

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "proofs" / "results.json"
KEPT = ROOT / "var" / "proofs"


def resumed(name: str, seeds: Iterable[int], run: Callable[[int], dict]) -> list[dict]:
    """The result of `run` for each seed; those an earlier, interrupted run has done are read and not run again."""
    KEPT.mkdir(parents=True, exist_ok=True)
    log = KEPT / f"{name}.jsonl"
    done = {}
    if log.exists():
        done = {row["seed"]: row for row in map(json.loads, log.read_text(encoding="utf-8").splitlines())}
    rows = []
    for seed in seeds:
        if seed not in done:
            began = time.monotonic()
            done[seed] = {"seed": seed, **run(seed), "minutes": (time.monotonic() - began) / 60}
            with log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(done[seed], ensure_ascii=False) + "\n")
        rows.append(done[seed])
    return rows


def write(row: dict) -> None:
    """Put the row of one proof into the committed results, the others stay; its log is not needed any more."""
    rows = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
    rows = sorted([one for one in rows if one["name"] != row["name"]] + [row], key=lambda one: one["name"])
    RESULTS.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

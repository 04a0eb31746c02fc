"""Build the city on SQLite and on PostgreSQL, measure, write `bench/results.json` and `bench/results.svg`."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

from bench.city import KEPT, ROOT, environment, manage, postgresql_url, sqlite_url
from bench.picture import draw
from tests.services import running_services

RESULTS = ROOT / "bench" / "results.json"


def machine() -> str:
    """Processor, number of cores that may be used, Python and system."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, Python {platform.python_version()}, {platform.system()} {platform.release()}"


def commit() -> str:
    """The commit that is measured, with a plus where files of the working tree differ from it."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return said.stdout.strip()


def measure(url: str, results: dict) -> bool:
    """Every row on that database, written down as it comes: what was measured outlives a run that is broken off.

    False where a row could not be measured. With ONLY=… the rows are told and not written: the file holds whole runs.
    """
    command = [sys.executable, "-m", "bench.one"]
    with subprocess.Popen(command, cwd=ROOT, env=environment(url), stdout=subprocess.PIPE, text=True) as one:
        for line in one.stdout:
            row = json.loads(line)
            results["rows"].append(row)
            if "ONLY" not in os.environ:
                write(results)
            said = "ok    " if row["ok"] else "MISSED"
            print(f"{said} {row['name']} ({row['database']}): {row['value']:.2f}, goal {row['goal']:g}", flush=True)
    return one.returncode == 0


def write(results: dict) -> None:
    """The rows so far, as JSON and as a picture."""
    RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    RESULTS.with_suffix(".svg").write_text(draw(results), encoding="utf-8")


def main() -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    results: dict = {"machine": machine(), "commit": commit(), "rows": []}
    url = sqlite_url()
    manage(url, "collectstatic", "--noinput", "--verbosity", "0")
    whole = measure(url, results)
    with running_services() as services:
        whole = measure(postgresql_url(services), results) and whole
    sys.exit(0 if whole else "not every row could be measured")


if __name__ == "__main__":
    main()

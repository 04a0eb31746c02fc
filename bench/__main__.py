"""Build the city on SQLite and on PostgreSQL, measure, write `bench/results.json` and `bench/results.svg`."""

import json
import platform
import subprocess
import sys
from pathlib import Path

from bench.city import KEPT, ROOT, environment, manage, postgresql_url, sqlite_url
from bench.picture import draw
from tests.services import running_services

RESULTS = ROOT / "bench" / "results.json"


def machine() -> str:
    """Processor, number of cores, Python and system."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    cores = len([line for line in Path("/proc/stat").read_text(encoding="utf-8").splitlines() if line[:4] > "cpu "])
    return f"{model}, {cores} cores, Python {platform.python_version()}, {platform.system()} {platform.release()}"


def commit() -> str:
    """The commit that is measured, with a plus where files of the working tree differ from it."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return said.stdout.strip()


def measured(url: str) -> list[dict]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.one"], cwd=ROOT, env=environment(url), stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout)


def main() -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    url = sqlite_url()
    manage(url, "collectstatic", "--noinput", "--verbosity", "0")
    rows = measured(url)
    with running_services() as services:
        rows += measured(postgresql_url(services))
    results = {"machine": machine(), "commit": commit(), "rows": rows}
    RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    RESULTS.with_suffix(".svg").write_text(draw(results), encoding="utf-8")
    for row in rows:
        said = "ok    " if row["ok"] else "MISSED"
        print(f"{said} {row['name']} ({row['database']}): {row['value']:.2f}, goal {row['goal']:g}")


if __name__ == "__main__":
    main()

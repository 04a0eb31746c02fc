"""`make test`: linters, the suite with browser journeys on SQLite, then the suite on PostgreSQL and Redis.

Each step prints one line, a failed one its output too; all steps run whatever failed before. The last line counts the
tests and the steps that are no tests: `N passed, N failed, N skipped`. Arguments go to both pytest runs.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
LINES_SHOWN = 200
LONGEST = 40 * 60  # seconds of one step; what hangs longer is ended, and the next step runs
sys.path.insert(0, str(ROOT))

from tests.services import running_services  # noqa: E402

LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command as run; sys.argv[0] = 'imports'; run()"


def base_environment():
    """The caller's environment without the portal's settings: the tests run on the defaults, whatever is exported."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("CCHC_", "DJANGO_", "PYTEST_"))}


def run(name, command, environment, show=False):
    """Runs one step; returns whether it succeeded. `show` streams its output instead of keeping it for a failure."""
    began = time.monotonic()
    print(f"== {name}", flush=True)
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=None if show else subprocess.PIPE,
        stderr=None if show else subprocess.STDOUT,
        text=True,
        process_group=0,
    )
    try:
        output, _ = process.communicate(timeout=LONGEST)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        print(f"ended after {LONGEST} s", flush=True)
    if process.returncode and output:
        lines = output.splitlines()
        print(*lines[:LINES_SHOWN], *(["…"] if len(lines) > LINES_SHOWN else []), sep="\n", flush=True)
    print(f"{'ok' if not process.returncode else 'FAILED'} {name} ({time.monotonic() - began:.1f} s)", flush=True)
    return process.returncode == 0


def linters():
    """Name → command of each check that is no test."""
    templates = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*.html"))
    steps = {
        "ruff": [PYTHON, "-m", "ruff", "check", "--no-cache", "--output-format=concise", "."],
        "ruff format": [PYTHON, "-m", "ruff", "format", "--no-cache", "--check", "."],
        "floors (import-linter)": [PYTHON, "-c", LINT_IMPORTS, "--no-cache"],
        "templates (djade)": [".venv/bin/djade", "--check", "--target-version", "5.2", *templates],
        "migrations complete": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
        "locks complete": [PYTHON, "scripts/lock.py", "--check"],
    }
    if not templates:
        del steps["templates (djade)"]
    return steps


def suite(name, marks, environment, arguments):
    """One pytest run on both cores; returns its counts. A run without counts, or with none, is a failure."""
    with tempfile.TemporaryDirectory(prefix="cchc-junit-") as folder:
        report = Path(folder) / "junit.xml"
        command = [PYTHON, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "-m", marks, f"--junitxml={report}"]
        succeeded = run(name, [*command, *arguments], environment, show=True)
        counts = Counter()
        if report.exists():
            for result in ElementTree.parse(report).getroot().iter("testsuite"):
                failed = int(result.get("failures")) + int(result.get("errors"))
                skipped = int(result.get("skipped"))
                counts += Counter(failed=failed, skipped=skipped, passed=int(result.get("tests")) - failed - skipped)
    if not counts["failed"] and (not succeeded or not counts["passed"]):
        counts["failed"] += 1
    return counts


def main():
    arguments = sys.argv[1:]
    environment = base_environment()
    counts = Counter()
    for name, command in linters().items():
        counts["passed" if run(name, command, environment) else "failed"] += 1
    counts += suite("tests on SQLite", "not services", environment, arguments)
    with running_services() as services:
        environment |= services.environment()
        counts += suite("tests on PostgreSQL and Redis", "not browser", environment, arguments)
    print(f"\n{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped", flush=True)
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    raise SystemExit(main())

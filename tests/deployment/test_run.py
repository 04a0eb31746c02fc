"""`make run` in a copied checkout: it starts, stops without a trace, survives interruption, refuses clearly."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.services import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
LEFT_OUT = shutil.ignore_patterns(".*", "var", "tests", "node_modules", "__pycache__", "bench", "docs")
pytestmark = [pytest.mark.services, pytest.mark.slow]


class Run:
    """One `scripts/run.py` in a checkout, as the leader of its own process group, like a terminal's."""

    def __init__(self, checkout, port, **environment):
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("CCHC_", "DJANGO_", "MAKE"))}
        self.checkout, self.port = checkout, port
        self.log = checkout.parent / f"run-{time.monotonic_ns()}.log"
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "scripts/run.py"],
                cwd=checkout,
                env=keep | {"PORT": str(port), "HOME": str(checkout.parent / "home"), **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def output(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def until(self, holds, what, seconds=180):
        deadline = time.monotonic() + seconds
        while not holds():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{what} did not happen:\n{self.output()}")
            time.sleep(0.05)

    def announced(self):
        return "Ctrl+C" in self.output()

    def signed_in_page(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", "/login/")
            return connection.getresponse().status

    def interrupt(self):
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(30)

    def left_over(self):
        """Command lines of processes that still live in the checkout."""
        found = []
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if folder.name.isdecimal() and Path(os.readlink(folder / "cwd")) == self.checkout:
                    found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        return found


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """The project copied elsewhere, with an empty home beside it."""
    folder = tmp_path_factory.mktemp("copied")
    (folder / "home").mkdir()
    shutil.copytree(ROOT, folder / "portal", ignore=LEFT_OUT)
    yield folder / "portal"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def start(checkout):
    """Starts `make run`'s program; whatever a failed test leaves is ended."""
    runs = []

    def begin(port=None, **environment):
        runs.append(Run(checkout, port or free_port(), **environment))
        return runs[-1]

    yield begin
    for run in runs:
        if run.process.poll() is None:
            run.process.terminate()
            run.process.wait(30)


def test_taken_port_is_refused_before_anything(start, checkout):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        run = start(other.getsockname()[1])
        assert run.process.wait(30) == 1
    assert str(run.port) in run.output()
    assert "Traceback" not in run.output()
    assert not (checkout / "var").exists()


@pytest.mark.parametrize(
    ("environment", "named"),
    [({"DEMO": "village"}, "DEMO"), ({"CCHC_HTTPS": "yes"}, "CCHC_HTTPS"), ({"CCHC_REDIS_URL": "x"}, "CCHC_REDIS_URL")],
)
def test_wrong_setting_is_named(start, environment, named):
    run = start(**environment)
    assert run.process.wait(30) == 1
    assert named in run.output()
    assert "Traceback" not in run.output()


def test_interrupted_then_started_then_started_again(start, checkout):
    interrupted = start()
    interrupted.until(lambda: "demo data" in interrupted.output(), "loading")
    assert interrupted.interrupt() == 0
    assert interrupted.left_over() == []

    first = start()
    first.until(first.announced, "the first start")
    assert first.signed_in_page() == 200
    for word in (f"http://127.0.0.1:{first.port}", "cchc-demo-2026", "lan", "kiemtoan"):
        assert word in first.output()
    assert first.interrupt() == 0
    assert first.left_over() == []
    assert "Traceback" not in first.output()
    assert [path for path in (checkout / "var").rglob("*") if path.name.startswith(".static-")] == []
    assert list((checkout.parent / "home").iterdir()) == []
    with contextlib.closing(sqlite3.connect(checkout / "var" / "portal.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        agencies = database.execute("SELECT count(*) FROM agencies_agency").fetchone()[0]
    assert agencies > 20

    second = start()
    second.until(second.announced, "the second start")
    assert "demo data" not in second.output()
    second.process.kill()  # nothing can be tidied up now: the kernel tells the children
    second.process.wait()
    deadline = time.monotonic() + 20
    while second.left_over() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert second.left_over() == []

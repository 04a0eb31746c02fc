"""`make run`'s program in a copied checkout: everything it writes stays in the copy."""

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = shutil.ignore_patterns(".*", "var", "tests", "node_modules", "__pycache__", "bench", "docs")


def copied_checkout(folder: Path) -> Path:
    """The project copied to `folder`/portal, with an empty home beside it."""
    (folder / "home").mkdir()
    shutil.copytree(ROOT, folder / "portal", ignore=LEFT_OUT)
    return folder / "portal"


class Run:
    """One `scripts/run.py` in a checkout, as the leader of its own process group, like a terminal's."""

    def __init__(self, checkout, port, **environment):
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("CCHC_", "DJANGO_", "MAKE"))}
        self.checkout, self.port = checkout, port
        self.url = f"http://127.0.0.1:{port}"
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
        """Waits until `holds()` is true; fails with the output when the program ends or takes too long."""
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

    def end(self):
        """Ends the program if it still runs."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def left_over(self):
        """Command lines of processes that still live in the checkout."""
        found = []
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if folder.name.isdecimal() and Path(os.readlink(folder / "cwd")) == self.checkout:
                    found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        return found

"""`make run` in a copied checkout: it starts, stops without a trace, survives interruption, refuses clearly."""

import contextlib
import shutil
import socket
import sqlite3
import time

import pytest

from tests.running import Run, copied_checkout
from tests.services import free_port

pytestmark = [pytest.mark.services, pytest.mark.slow]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """The project copied elsewhere, with an empty home beside it."""
    folder = tmp_path_factory.mktemp("copied")
    yield copied_checkout(folder)
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
        run.end()


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

"""The example client of docs/api against a running portal."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dossiers.models import Line, Return
from tests.api.conftest import CLEAN

PROGRAM = Path(__file__).resolve().parents[2] / "docs" / "api" / "client.py"


@pytest.fixture
def run(live_server, lan):
    """Runs the program with Lan's token; (exit status, what it printed, what it complained of)."""

    def start(*arguments):
        environment = os.environ | {"CCHC_API_TOKEN": lan.secret, "CCHC_API_URL": live_server.url}
        done = subprocess.run(
            [sys.executable, PROGRAM, *arguments], env=environment, capture_output=True, text=True, timeout=60
        )
        return done.returncode, done.stdout, done.stderr

    return start


def test_a_quarter_is_read_filled_and_submitted(run, tmp_path):
    status, out, _err = run("show", "HN-KHCN", "2026-Q3")
    assert status == 0
    shown = json.loads(out)
    shown["lines"] = [line | CLEAN for line in shown["lines"]]
    file = tmp_path / "lines.json"
    file.write_text(json.dumps(shown), encoding="utf-8")
    assert run("send", "HN-KHCN", "2026-Q3", str(file))[0] == 0
    assert Line.objects.filter(received_online=60).count() == 5
    assert run("submit", "HN-KHCN", "2026-Q3")[0] == 0
    assert Return.objects.get().state == "submitted"


def test_a_refusal_names_its_place(run, tmp_path):
    file = tmp_path / "lines.json"
    file.write_text('{"lines": [{"procedure": "0.000001", "withdrawn": 1.0}]}', encoding="utf-8")
    status, out, err = run("send", "HN-KHCN", "2026-Q3", str(file))
    assert (status, out) == (1, "")
    assert "0.000001 withdrawn" in err and "[not_a_count]" in err

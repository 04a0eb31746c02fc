"""Every text that a person reads has its Vietnamese, and the catalogue holds nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TRANSLATE = [sys.executable, str(ROOT / "scripts" / "translate.py")]


def run(*arguments, **kwargs):
    return subprocess.run([*TRANSLATE, *arguments], capture_output=True, text=True, check=False, **kwargs)


def test_catalogue_is_complete():
    done = run("--check")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("given", "fault"),
    [('{"A text nobody uses": " "}', "empty"), ('{"%(n)s rows": "dòng"}', "placeholders differ")],
)
def test_faulty_translation_is_refused(given, fault):
    """The control of the check above: what it exists to find is found, and nothing is saved."""
    done = run(input=given)
    assert done.returncode == 1
    assert fault in done.stderr
    assert "nothing saved" in done.stderr


def test_a_text_that_stands_otherwise_is_not_replaced_by_chance():
    done = run(input='{"Agency": "Một từ khác"}')
    assert done.returncode == 1
    assert "stands as" in done.stderr

"""`import_return`: dry unless told to write, all or nothing, the rights of the named person."""

import io

import pytest
from django.core.management import CommandError, call_command

from dossiers.models import Line, Return
from records.models import Event
from tests.dossiers.workbook_making import line, packed, with_cell

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(tmp_path, cast, period_q, procedures_khcn):
    def call(data, *more, user="lan", agency="HN-KHCN", period="2026-Q3", name="a.xlsx"):
        path = tmp_path / name
        path.write_bytes(data)
        out, err = io.StringIO(), io.StringIO()
        failed = ""
        try:
            call_command(
                "import_return",
                str(path),
                f"--agency={agency}",
                f"--period={period}",
                f"--user={user}",
                *more,
                stdout=out,
                stderr=err,
            )
        except CommandError as error:
            failed = str(error)
        return out.getvalue(), err.getvalue(), failed

    return call


GOOD = packed([line("1", "0.000001"), line("2", "0.000002")])


def test_dry_run_saves_nothing_and_says_what_it_would(run):
    out, err, failed = run(GOOD)
    assert (err, failed) == ("", "")
    assert "2" in out
    assert not Return.objects.exists() and not Event.objects.exists()


def test_write_opens_the_draft_and_fills_it_once(run, cast):
    assert run(GOOD, "--write")[2] == ""
    item = Return.objects.get()
    assert item.lines.count() == 5
    saved = item.lines.get(procedure__code="0.000002")
    assert (saved.received_online, saved.withdrawn, saved.stated_received, saved.changed_by) == (60, 3, None, cast.lan)
    assert list(Event.objects.values_list("action", flat=True)) == ["open_return", "import_return"]
    assert run(GOOD, "--write")[2] == ""
    assert Event.objects.count() == 2


def test_one_bad_cell_saves_nothing(run):
    _out, err, failed = run(packed([line("1", "0.000001"), with_cell("J", "1,5", "0.000002")]), "--write")
    assert failed
    # Three rows of head and the numbering stand above.
    assert "6" in err and "J" in err and "1,5" in err
    assert not Return.objects.exists() and not Line.objects.exists() and not Event.objects.exists()


@pytest.mark.parametrize("user", ["minh", "tuan", "quan", "kiemtoan", "admin"])
def test_only_a_reporter_of_the_agency_may(run, user):
    assert run(GOOD, "--write", user=user)[2]
    assert not Return.objects.exists()


@pytest.mark.parametrize("wrong", [{"agency": "HN-XX"}, {"period": "2020-Q1"}, {"user": "nobody"}])
def test_unknown_names_are_told(run, wrong):
    assert next(iter(wrong.values())) in run(GOOD, **wrong)[2]


def test_a_submitted_return_is_not_touched(run):
    run(GOOD, "--write")
    Return.objects.update(state="submitted")
    failed = run(packed([with_cell("N", 9)]), "--write")[2]
    assert failed
    assert Line.objects.get(procedure__code="0.000001").withdrawn == 3

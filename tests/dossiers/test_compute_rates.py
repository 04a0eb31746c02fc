"""The worker's task and the command that does the same by hand."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from dossiers import tally
from dossiers.models import Line, Period, RateRun, Return, StaleFigure, Summary
from dossiers.rules import TYPED_NAMES
from dossiers.tasks import request_run, run_rates


@pytest.fixture
def accepted(cast, period_q):
    """HN-KHCN's accepted return of five dossiers, four of them in time; marked stale."""
    made = Return.objects.create(agency=cast.khcn, period=period_q, state="accepted", line_sort="agency")
    Line.objects.create(of=made, **dict.fromkeys(TYPED_NAMES, 0) | {"resolved_on_time": 4, "resolved_overdue": 1})
    tally.mark_stale(cast.khcn.pk, period_q.pk)
    return made


def rate(agency, period, *, tree=False):
    row = Summary.objects.get(agency=agency, period=period, tree=tree)
    return (row.d2_numerator, row.d2_denominator)


def test_a_run_sums_the_pair_and_what_is_above_it(cast, period_q, accepted, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        run = request_run()
    run.refresh_from_db()
    assert (run.state, run.rows, run.attempt) == ("ready", 4, 1)
    assert rate(cast.khcn, period_q) == rate(cast.khcn, period_q, tree=True) == (4, 5)
    assert rate(cast.hn, period_q, tree=True) == (4, 5)
    assert not StaleFigure.objects.exists()


def test_running_twice_has_the_effect_of_once(cast, period_q, accepted):
    run = RateRun.objects.create()
    run_rates(run.pk)
    finished = RateRun.objects.get(pk=run.pk).finished_at
    Line.objects.update(resolved_on_time=9)
    tally.mark_stale(cast.khcn.pk, period_q.pk)
    run_rates(run.pk)
    assert rate(cast.khcn, period_q) == (4, 5)
    assert RateRun.objects.get(pk=run.pk).finished_at == finished


def test_a_run_that_fails_says_why_and_leaves_the_mark(period_q, accepted):
    run = RateRun.objects.create()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE dossiers_summary RENAME TO dossiers_summary_away")
    run_rates(run.pk)
    run.refresh_from_db()
    assert run.state == "queued"
    assert "dossiers_summary" in run.error
    assert StaleFigure.objects.count() == 1


def test_a_voided_return_takes_its_rows_with_it(cast, period_q, accepted):
    call_command("compute_rates", stdout=StringIO())
    Return.objects.update(state="void")
    tally.mark_stale(cast.khcn.pk, period_q.pk)
    call_command("compute_rates", stdout=StringIO())
    assert not Summary.objects.exists()


def test_alone_it_computes_only_what_is_stale(cast, period_q, accepted):
    call_command("compute_rates", stdout=StringIO())
    Line.objects.update(resolved_on_time=9)
    call_command("compute_rates", stdout=StringIO())
    assert rate(cast.khcn, period_q) == (4, 5)


@pytest.mark.parametrize("arguments", [["--all"], ["--period", "2026-Q3"]])
def test_a_period_or_everything_is_computed_without_marks(cast, period_q, accepted, arguments):
    StaleFigure.objects.all().delete()
    out = StringIO()
    call_command("compute_rates", *arguments, stdout=out)
    assert rate(cast.hn, period_q, tree=True) == (4, 5)
    assert out.getvalue() == "4 rows changed\n"


def test_another_period_is_left_alone(period_q, accepted):
    Period.objects.create(label="2016-pub", kind="year", calendar="published")
    call_command("compute_rates", "--period", "2016-pub", stdout=StringIO())
    assert not Summary.objects.exists()
    assert StaleFigure.objects.count() == 1


def test_an_unknown_period_is_refused(db):
    with pytest.raises(CommandError, match="2031-Q9"):
        call_command("compute_rates", "--period", "2031-Q9")

"""The nightly audit finds what is wrong, names it, and is silent otherwise."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agencies.models import Agency
from dossiers import rules, tally
from dossiers.models import Explanation, Line, Return, StaleFigure, Summary
from dossiers.rules import CELL_NAMES, STATED, TYPED_NAMES, Figures
from dossiers.tally.breaches import suspects


def found():
    """What the audit prints, line by line; empty when it ends with 0."""
    out = StringIO()
    try:
        call_command("check_figures", stdout=out)
    except SystemExit as stop:
        assert stop.code == 1
        assert out.getvalue()
    else:
        assert out.getvalue() == ""
    return out.getvalue().splitlines()


@pytest.fixture
def line(cast, period_q, procedures_khcn):
    """The one line of HN-KHCN's accepted return, summed up."""
    of = Return.objects.create(agency=cast.khcn, period=period_q, state="accepted")
    line = Line.objects.create(of=of, procedure=procedures_khcn[0], **dict.fromkeys(TYPED_NAMES, 2))
    Line.objects.filter(pk=line.pk).update(received_online=8)
    tally.recompute_all()
    return line


def test_sound_figures_are_not_mentioned(line):
    assert found() == []


@pytest.mark.parametrize("state", ["submitted", "approved", "accepted"])
def test_a_broken_blocking_identity_is_named(line, state):
    Return.objects.update(state=state)
    Line.objects.update(resolved_overdue_with_apology=3)
    tally.recompute_all()
    assert found() == ["identity R8.resolved: HN-KHCN 2026-Q3 0.000001: total 2, parts 3, gap -1, excess 1"]


def test_drafts_void_returns_published_rows_and_explained_gaps_are_no_failure(line):
    Line.objects.update(resolved_overdue_with_apology=3)
    for change in ({"state": "draft"}, {"state": "void"}, {"state": "accepted", "form_version": "published"}):
        Return.objects.update(**change)
        tally.recompute_all()
        assert found() == []
    Return.objects.update(form_version="II.06a")
    Line.objects.update(resolved_overdue_with_apology=0, received_online=9)
    tally.recompute_all()
    assert found() == []


def test_a_count_that_is_none_is_named_even_in_a_published_row(line):
    Return.objects.update(form_version="published")
    Line.objects.update(received_direct=10_000_001)
    tally.recompute_all()
    assert [said[:20] for said in found()] == ["identity R7: HN-KHCN"]


def test_a_count_under_a_mark_of_not_applicable_is_named(line):
    Line.objects.update(withdrawn=0, not_applicable=1 << TYPED_NAMES.index("withdrawn"), received_online=6)
    tally.recompute_all()
    assert found() == []
    for hidden in (4, None):
        Line.objects.update(withdrawn=hidden)
        assert (
            f"not applicable: line {line.pk} of return {line.of_id} holds a count where it says that there is none"
            in (found())
        )


def test_wrong_sums_are_named(line):
    Summary.objects.filter(tree=False).update(resolved=1)
    # The tree is summed from the own rows, so it is no longer what they give either.
    assert found() == [
        "stale rates: HN 2026-Q3 tree sums differ from the lines",
        "stale rates: HN-KHCN 2026-Q3 own sums differ from the lines",
        "stale rates: HN-KHCN 2026-Q3 tree sums differ from the lines",
    ]


def test_marks_are_named_after_an_hour(line):
    tally.mark_stale(line.of.agency_id, line.of.period_id)
    assert found() == []
    StaleFigure.objects.update(since=timezone.now() - timedelta(hours=2))
    assert [said[:28] for said in found()] == ["stale rates: HN-KHCN 2026-Q3"]


def test_orphans_are_named(line, cast, period_q):
    empty = Return.objects.create(agency=cast.ngv, period=period_q, state="submitted", line_sort="agency")
    draft = Return.objects.create(agency=cast.nv, period=period_q)
    mixed = Line.objects.create(of=draft)
    stray = Explanation.objects.create(of=draft, line=line, identity="R4", text="x")
    assert found() == [
        f"orphan: return {empty.pk} of HN-NGV 2026-Q3 has no line",
        f"orphan: line {mixed.pk} is not by procedure as its return is",
        f"orphan: explanation {stray.pk} is about a line of another return",
    ]


def test_broken_references_are_named(line, cast):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE dossiers_line SET procedure_id = 999999 WHERE id = %s", [line.pk])
        Agency.objects.filter(pk=cast.ngv.pk).update(path="/1/2/3/")
        try:
            *sums, line_told, agency_told = found()
            assert line_told == f"broken reference: dossiers.line {line.pk} procedure"
            assert agency_told == "broken reference: agency HN-NGV path /1/2/3/"
            # The sums of the procedure that the line belongs to, and of the one that is not there.
            assert {one.split()[0] + one.split()[1] for one in sums} == {"stalerates:"}
            assert "stale rates: #999999 2026-Q3 sums by procedure differ from the lines" in sums
        finally:
            cursor.execute("UPDATE dossiers_line SET procedure_id = %s WHERE id = %s", [line.procedure_id, line.pk])


def test_a_return_of_no_agency_is_named_among_all_else(line, cast):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE dossiers_return SET agency_id = 999999 WHERE id = %s", [line.of_id])
        try:
            said = found()
        finally:
            cursor.execute("UPDATE dossiers_return SET agency_id = %s WHERE id = %s", [cast.khcn.pk, line.of_id])
    assert f"broken reference: dossiers.return {line.of_id} agency" in said
    assert "stale rates: #999999 2026-Q3 own sums differ from the lines" in said


cells = st.one_of(st.none(), st.integers(0, 6), st.just(10_000_001))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.fixed_dictionaries(dict.fromkeys(CELL_NAMES, cells)),
    few=st.booleans(),
    mask=st.integers(0, 2**11 - 1),
    published=st.booleans(),
)
def test_the_sieve_lets_no_breach_through(line, values, few, mask, published):
    if few:
        values |= dict.fromkeys(STATED)
    values |= {name: 0 for bit, name in enumerate(TYPED_NAMES) if mask >> bit & 1}
    Return.objects.update(form_version="published" if published else "II.06a")
    Line.objects.update(not_applicable=mask, **values)
    figures = Figures.from_stored(values | {"not_applicable": mask}, published=published)
    blocked = any(breach.blocks for breach in rules.check(figures))
    assert (suspects() == [line.pk]) == blocked
    assert bool(list(tally.broken_lines())) == blocked

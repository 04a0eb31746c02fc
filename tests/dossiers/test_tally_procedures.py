"""The sums by procedure against plain loops over the lines, kept right by each way of recomputing."""

import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from dossiers import rules, tally
from dossiers.models import Line, ProcedureSum, Return
from dossiers.tally.statements import RATE_COLUMNS, VALUES
from procedures.models import Field, Procedure
from tests.dossiers.test_tally import (
    EXAMPLES,
    Undo,
    absorbed,  # noqa: F401 - a fixture
    accepted,
    agency,
    naive_row,
    periods_2025,
    random_line,
)

TYPED = rules.TYPED_NAMES


def naive_sums():
    """{(period, procedure, field): row} by loops over everything; without what passes between agencies."""
    kept, returns = {}, {}
    for one in Return.objects.filter(state="accepted"):
        for line in Line.objects.filter(of=one).values():
            key = (one.period_id, line["procedure_id"], line["field_id"])
            kept.setdefault(key, []).append((line, one.form_version == "published"))
            returns.setdefault(key, set()).add(one.pk)
    return {key: naive_row(lines) | {"returns": len(returns[key])} for key, lines in kept.items()}


def stored():
    return {
        (row["period_id"], row["procedure_id"], row["field_id"]): {name: row[name] for name in VALUES}
        for row in ProcedureSum.objects.values()
    }


@pytest.fixture
def procedures(db):
    field = Field.objects.create(code="F", name="F")
    return [
        Procedure.objects.create(code=f"1.{number}", name=f"P{number}", field=field, level="province")
        for number in range(3)
    ]


def full_line(random, of, position):
    """A line with every core count known; withdrawn and apologies now and then blank."""
    cells = {name: random.randrange(9) for name in TYPED}
    for name in ("withdrawn", "resolved_overdue_with_apology", "pending_overdue_with_apology"):
        if random.random() < 0.3:
            cells[name] = None
    return Line(of=of, position=position, level=str(position), **cells)


def random_return(random, owner, period, procedures):
    state = random.choice(("accepted", "accepted", "accepted", "draft", "void"))
    form = random.choice(("II.06a", "II.06a", "II.06a", "published"))
    sort = random.choice(("procedure", "procedure", "field", "agency"))
    made = Return.objects.create(agency=owner, period=period, state=state, form_version=form, line_sort=sort)
    make = random.choice((full_line, full_line, random_line))
    lines = [make(random, made, position) for position in range(1 if sort == "agency" else random.randrange(4))]
    for line, procedure in zip(lines, procedures, strict=False):
        if sort == "procedure":
            line.procedure, line.level = procedure, ""
        elif sort == "field":
            line.field = procedure.field
    Line.objects.bulk_create(lines)
    return made


@EXAMPLES
@given(random=st.randoms(use_true_random=False))
def test_sums_say_what_plain_loops_over_the_lines_say(procedures, random):
    try:
        with transaction.atomic():
            owners, periods = [agency(f"A{number}") for number in range(random.randrange(1, 5))], periods_2025()
            returns = [random_return(random, a, p, procedures) for a in owners for p in periods]
            tally.recompute_all()
            assert stored() == naive_sums()
            assert tally.recompute_all() == 0

            for changed in random.sample(returns, min(3, len(returns))):
                if random.random() < 0.5:
                    Return.objects.filter(pk=changed.pk).update(state=random.choice(("accepted", "void")))
                else:
                    Line.objects.filter(of=changed).update(resolved_early=random.choice((None, 0, 5)))
                tally.mark_stale(changed.agency_id, changed.period_id)
            tally.recompute_stale()
            incremental = stored()
            assert incremental == naive_sums()
            assert tally.recompute_period(periods[0].pk) == 0
            assert tally.recompute_all() == 0
            assert stored() == incremental
            raise Undo
    except Undo:
        pass


def test_what_an_absorbed_agency_passed_on_is_taken_once(absorbed):  # noqa: F811
    _city, old, new, quarter, _following = absorbed
    for order in ((old, new), (new, old)):
        ProcedureSum.objects.all().delete()
        for one in order:
            tally.recompute([(one.pk, quarter.pk)])
        row = ProcedureSum.objects.get(period=quarter)
        assert (row.about, row.returns, row.lines, row.complete) == (0, 2, 2, True)
        assert (row.received, row.carried_over, row.pending, row.resolved) == (30, 0, 2, 28)
        assert (row.d3_numerator, row.d3_denominator) == (2, 2)
        assert tally.recompute_all() == 0


def test_they_add_up_to_the_sums_of_the_agencies(procedures):
    quarter, _following = periods_2025()
    for owner in (agency("A"), agency("B")):
        made = accepted(owner, quarter, received_online=3, resolved_on_time=2, resolved_overdue=1)
        Return.objects.filter(pk=made.pk).update(line_sort="procedure")
        Line.objects.filter(of=made).update(procedure=procedures[0])
        Line.objects.create(of=made, procedure=procedures[1], **dict.fromkeys(TYPED, 1))
    tally.recompute_all()
    by_procedure = list(ProcedureSum.objects.values("returns", "lines", "complete", *VALUES[3:]))
    by_agency = tally.added(tally.summary_rows(quarter))
    counts = tally.added(by_procedure)
    names = (*rules.TYPED_NAMES, *rules.DERIVED_NAMES, *(name for three in RATE_COLUMNS.values() for name in three))
    assert [counts[name] for name in names] == [by_agency[name] for name in names]


def test_the_nightly_check_names_what_is_wrong(procedures, capsys):
    quarter, following = periods_2025()
    owner = agency("A")
    made = accepted(owner, quarter, received_online=3)
    Return.objects.filter(pk=made.pk).update(line_sort="procedure")
    Line.objects.filter(of=made).update(procedure=procedures[0])
    tally.recompute_all()
    assert tally.procedure_differences() == []
    ProcedureSum.objects.update(received=9)
    extra = ProcedureSum.objects.create(
        period=following, about=procedures[1].pk, procedure=procedures[1], returns=1, lines=1, complete=True
    )
    assert tally.procedure_differences() == [("1.0", "2025-Q1"), ("1.1", "2025-Q2")]
    with pytest.raises(SystemExit):
        call_command("check_figures")
    assert "1.0 2025-Q1 sums by procedure differ from the lines" in capsys.readouterr().out
    tally.mark_stale(owner.pk, quarter.pk)
    assert tally.procedure_differences() == [("1.1", "2025-Q2")]
    tally.recompute_all()
    assert not ProcedureSum.objects.filter(pk=extra.pk).exists()
    assert tally.procedure_differences() == []

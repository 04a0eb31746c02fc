"""R5: which returns the opening balance is compared with, across kinds of period and mergers."""

from datetime import date, datetime

import pytest

from dossiers.models import Line, Period, Return
from dossiers.tally.checking import previous_pending
from tests.cast import HANOI

OPEN = datetime(2099, 1, 1, tzinfo=HANOI)


def period(label, kind, first, last):
    return Period.objects.create(label=label, kind=kind, first_day=first, last_day=last, due_at=OPEN, locks_at=OPEN)


def filed(agency, when, procedure, within, overdue=0, state="accepted"):
    item = Return.objects.create(agency=agency, period=when, state=state)
    Line.objects.create(of=item, procedure=procedure, pending_within=within, pending_overdue=overdue)
    return item


@pytest.fixture
def q1(db):
    return period("2025-Q1", "quarter", date(2024, 12, 15), date(2025, 3, 14))


@pytest.fixture
def q4(db):
    return period("2024-Q4", "quarter", date(2024, 9, 15), date(2024, 12, 14))


def balance(item, procedure):
    return previous_pending(item).get((procedure.pk, None, ""))


def test_the_return_that_ended_the_day_before(cast, q1, q4, procedures_khcn):
    procedure = procedures_khcn[0]
    filed(cast.ngv, q4, procedure, 5, 2)
    assert balance(filed(cast.ngv, q1, procedure, 0, state="draft"), procedure) == 7


def test_the_same_kind_stands_before_a_shorter_one(cast, q1, q4, procedures_khcn):
    procedure = procedures_khcn[0]
    month = period("2024-M12", "month", date(2024, 11, 15), date(2024, 12, 14))
    filed(cast.ngv, month, procedure, 3)
    new = filed(cast.ngv, q1, procedure, 0, state="draft")
    assert balance(new, procedure) == 3
    filed(cast.ngv, q4, procedure, 5)
    assert balance(new, procedure) == 5


@pytest.mark.parametrize("state", ["draft", "void"])
def test_not_checked_without_a_sent_return(cast, q1, q4, procedures_khcn, state):
    procedure = procedures_khcn[0]
    filed(cast.ngv, q4, procedure, 5, state=state)
    assert balance(filed(cast.ngv, q1, procedure, 0, state="draft"), procedure) is None


def test_blank_pending_is_not_zero(cast, q1, q4, procedures_khcn):
    procedure = procedures_khcn[0]
    filed(cast.ngv, q4, procedure, None, 2)
    assert balance(filed(cast.ngv, q1, procedure, 0, state="draft"), procedure) is None


def test_a_successor_carries_over_what_the_absorbed_unit_had(cast, q1, q4, procedures_khcn):
    """TT&TT passed whole to KH&CN on 01/03/2025, inside the first quarter."""
    procedure = procedures_khcn[0]
    filed(cast.khcn, q4, procedure, 5)
    new = filed(cast.khcn, q1, procedure, 0, state="draft")
    assert balance(new, procedure) is None, "the absorbed unit's return is missing"
    filed(cast.tttt, q4, procedure, 4)
    assert balance(new, procedure) == 9
    filed(cast.tttt, q1, procedure, 1)
    assert balance(new, procedure) == 6, "it filed up to its last day, so that balance passes over"

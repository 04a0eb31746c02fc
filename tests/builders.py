"""Builders that several tests share: returns with lines, in any state, without walking through the workflow."""

from django.utils import timezone

from dossiers.choices import FormVersion, LineSort, ReturnState
from dossiers.models import Line, Period, Return, UnusualFlag

# A line on which every identity holds: 100 received, 90 resolved of which 88 in time, 10 pending.
GOOD = {
    "received_online": 60,
    "received_direct": 30,
    "carried_over": 10,
    "resolved_early": 50,
    "resolved_on_time": 38,
    "resolved_overdue": 2,
    "pending_within": 9,
    "pending_overdue": 1,
    "withdrawn": 0,
    "resolved_overdue_with_apology": 1,
    "pending_overdue_with_apology": 0,
}


def make_return(
    agency, period: Period, lines=(GOOD,), *, procedures=(), state=ReturnState.ACCEPTED, **fields
) -> Return:
    """A return in `state`; line n takes procedure n, or is the whole agency's where there are no procedures."""
    now = timezone.now()
    item = Return.objects.create(
        agency=agency,
        period=period,
        state=state,
        line_sort=LineSort.PROCEDURE if procedures else LineSort.AGENCY,
        accepted_at=now if state == ReturnState.ACCEPTED else None,
        **fields,
    )
    for position, figures in enumerate(lines):
        procedure = procedures[position] if procedures else None
        Line.objects.create(of=item, position=position, procedure=procedure, **figures)
    return item


def make_published(agency, label: str, **figures) -> Return:
    """An accepted return quoted from a publication: one line of the whole agency, exactly as stated."""
    period, _made = Period.objects.get_or_create(label=label, defaults={"kind": "year", "calendar": "published"})
    return make_return(agency, period, [figures], form_version=FormVersion.PUBLISHED, history=True)


def make_flag(item: Return, measure: str = "received", **fields) -> UnusualFlag:
    """An unusual figure of the return that waits for an answer; its first line stands behind it."""
    line = item.lines.order_by("position").first()
    part = {"line": line.pk, "name": "Thủ tục", "value": 900, "base": None, "low": 60, "high": 130}
    values = {"direction": "high", "value": 900, "low": 60, "high": 130, "chance": 1e-6, "own_periods": 12}
    values |= {"same_quarter": 3, "peers": 40, "parts": [part], "listed": True}
    return UnusualFlag.objects.create(of=item, measure=measure, **values | fields)

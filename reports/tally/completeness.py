"""Who has reported: returns owed by kind of agency, how far they are, which were sent late, who has sent nothing."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.db.models import Count, F, OuterRef, Q, Subquery

from agencies.choices import AgencyKind
from agencies.models import Agency
from cchc_portal.lib.asked import Statement
from dossiers.choices import SENT_STATES, ReturnState
from dossiers.models import Period, Return

MISSING_SHOWN = 8
# The darkest shade of the heat map: more than three in four of those owed.
SHADES = 4


@dataclass(frozen=True)
class KindCompleteness:
    """How many returns of one kind of agency are owed, how far they are, and how many were sent after they were due.

    `late` is None where it is known of none of those sent, as of returns loaded without their instants.
    """

    kind: str
    label: str
    owed: int
    late: int | None
    accepted: int
    approved: int
    submitted: int
    draft: int

    @property
    def missing(self) -> int:
        """Owed and not even begun."""
        return self.owed - self.accepted - self.approved - self.submitted - self.draft

    @property
    def sent(self) -> int:
        return self.accepted + self.approved

    @property
    def heat(self) -> list[tuple[int | None, int]]:
        """How many are accepted, waiting, being written, not begun and were sent late, each with its shade.

        A shade is the share of those owed in steps, from 1 to `SHADES`; 0 for none and for what is not known.
        """
        counts = (self.accepted, self.approved, self.draft + self.submitted, self.missing, self.late)
        return [(count, -(-SHADES * (count or 0) // self.owed)) for count in counts]


@dataclass(frozen=True)
class Completeness:
    kinds: list[KindCompleteness]
    late: list[tuple[str, str]]
    late_total: int

    @property
    def owed(self) -> int:
        return sum(kind.owed for kind in self.kinds)

    @property
    def accepted(self) -> int:
        return sum(kind.accepted for kind in self.kinds)

    @property
    def everyone_counts(self) -> bool:
        """Whether every return owed has been accepted, so that the city's rate tells of the whole city."""
        return self.accepted == self.owed

    @property
    def sent(self) -> int:
        return sum(kind.sent for kind in self.kinds)


@lru_cache(maxsize=200)
def _owed(period_id: int, first_day: date, last_day: date, path: str) -> tuple[Statement, Statement]:
    """Who owes a return and how far it is, counted and named; worked out once, asked every time."""
    period = Period(pk=period_id, first_day=first_day, last_day=last_day)
    filed = Return.objects.current().filter(agency=OuterRef("pk"), period=period).order_by().values("state")[:1]
    owing = period.owing().filter(path__startswith=path).annotate(filed=Subquery(filed)).order_by()
    counted = owing.values("kind", "filed").annotate(number=Count("pk"))
    waiting = owing.filter(~Q(filed__in=SENT_STATES) | Q(filed=None)).order_by("sort_key", "pk")
    return Statement(counted, ["kind", "filed", "number"]), Statement(waiting, ["code", "short_name"])


@lru_cache(maxsize=200)
def _sent_late(period_id: int, path: str) -> Statement:
    """By kind of agency the returns sent after the due instant, of those of which it is known (`timeliness_of`)."""
    known = Return.objects.current().filter(period_id=period_id, history=False, state__in=SENT_STATES)
    known = known.filter(approved_at__isnull=False, period__due_at__isnull=False, agency__path__startswith=path)
    late = Count("pk", filter=Q(approved_at__gt=F("period__due_at")))
    return Statement(known.order_by().values("agency__kind").annotate(late=late), ["agency__kind", "late"])


def completeness(period: Period, root: Agency) -> Completeness:
    """Owed returns by kind of agency and state, and the agencies that have not sent theirs."""
    if period.last_day is None:
        return Completeness([], [], 0)
    counted, waiting = _owed(period.pk, period.first_day, period.last_day, root.path)
    sent_late = dict(_sent_late(period.pk, root.path).fetch())
    table: dict[str, Counter] = {}
    for kind, state, number in counted.fetch():
        table.setdefault(kind, Counter())[state] += number
    kinds = [
        KindCompleteness(
            kind=kind.value,
            label=kind.label,
            owed=table[kind].total(),
            late=sent_late.get(kind.value),
            accepted=table[kind][ReturnState.ACCEPTED],
            approved=table[kind][ReturnState.APPROVED],
            submitted=table[kind][ReturnState.SUBMITTED],
            draft=table[kind][ReturnState.DRAFT],
        )
        for kind in AgencyKind
        if kind in table
    ]
    late = sum(number for states in table.values() for state, number in states.items() if state not in SENT_STATES)
    return Completeness(kinds, [tuple(row) for row in waiting.fetch(MISSING_SHOWN)] if late else [], late)

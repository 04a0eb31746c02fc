"""What the search for unusual figures reads: a return's own past line by line, and the whole returns of its peers.

The past is that of today's structure: what was absorbed whole is added up (counts, never rates), a unit with a part of
a divided one in it starts anew. A few queries for each return, and as many again for each kind of agency.
"""

from collections import defaultdict
from collections.abc import Hashable

from agencies.models import Agency, Succession
from cchc_portal.lib import periods as labels
from dossiers.choices import COUNTED_STATES
from dossiers.models import Line, Period, Return, Summary
from dossiers.rules.series import Genealogy, Life, Step
from dossiers.rules.unusual import Counts, Judged, Peers, judge, peers_from
from dossiers.rules.unusual.judging import whole_of
from dossiers.tally.checking import KEY_COLUMNS

# Four years of quarters.
PERIODS_BACK = 16
COLUMNS = (
    "received_online",
    "received_direct",
    "resolved_early",
    "resolved_on_time",
    "resolved_overdue",
    "pending_within",
    "pending_overdue",
    "stated_resolved",
    "stated_pending",
)


def _plus(*values: int | None) -> int | None:
    return None if None in values else sum(values)


def counts_of(row) -> Counts:
    """The judged figures of values in the order of `COLUMNS`; a stated total stands in for parts that are not known."""
    online, direct, early, on_time, overdue, within, late, resolved, pending = row
    parts, lying = _plus(early, on_time, overdue), _plus(within, late)
    return Counts(
        received=_plus(online, direct),
        online=online,
        resolved=resolved if parts is None else parts,
        overdue=overdue,
        pending=pending if lying is None else lying,
    )


def added(rows: list[Counts]) -> Counts | None:
    """The sum of several units' figures; None for no unit at all."""
    return whole_of(rows) if rows else None


def _genealogy() -> Genealogy:
    steps, lives = [], {}
    columns = ("predecessor", "successor", "effective_date", "kind")
    days = [f"{side}__{name}" for side in ("predecessor", "successor") for name in ("valid_from", "valid_to")]
    for before, after, day, kind, *bounds in Succession.objects.order_by().values_list(*columns, *days):
        steps.append(Step(before, after, day, kind))
        lives[before] = Life(*bounds[:2])
        if after is not None:
            lives[after] = Life(*bounds[2:])
    return Genealogy(steps, lives)


class Lookout:
    """All that is read for the returns of one period; peers are read once for each kind of agency."""

    def __init__(self, period: Period):
        self.period = period
        earlier = Period.objects.none()
        if period.first_day is not None:
            earlier = Period.objects.filter(kind=period.kind, calendar=period.calendar, last_day__lt=period.first_day)
        self.periods = [period, *earlier.order_by("-last_day")[:PERIODS_BACK]]
        self.at = {one.pk: at for at, one in enumerate(self.periods)}
        self.quarters = tuple(labels.parse_label(one.label).number for one in self.periods)
        self.known = _genealogy()
        self._peers: dict[str, Peers] = {}

    def _holder(self, unit: int, period_id: int) -> Hashable:
        """The era in today's structure that holds what the unit reported for the period."""
        day = self.periods[self.at[period_id]].last_day
        return self.known.place(self.known.era_of(unit, day), self.period.last_day).era

    def judged(self, item: Return) -> Judged:
        """What is unusual in the return, whatever its state."""
        if item.published or len(self.periods) == 1:
            return Judged()
        whole, lines = self._past_of(item)
        return judge(whole, lines, self.peers(item.agency.kind))

    def _past_of(self, item: Return) -> tuple[list[Counts | None], dict[tuple, list[Counts | None]]]:
        units = self.known.sources([item.agency_id])
        era = self.known.era_of(item.agency_id, self.period.last_day)
        earlier = Return.objects.filter(agency_id__in=units, period_id__in=list(self.at), state__in=COUNTED_STATES)
        of = {
            pk: self.at[period]
            for pk, unit, period in earlier.order_by().values_list("pk", "agency_id", "period_id")
            if self.at[period] > 0 and self._holder(unit, period) == era
        }
        of[item.pk] = 0
        seen: dict[tuple, list[list[Counts]]] = defaultdict(lambda: [[] for _ in self.periods])
        whole: list[list[Counts]] = [[] for _ in self.periods]
        for pk, *row in Line.objects.filter(of_id__in=of).order_by().values_list("of_id", *KEY_COLUMNS, *COLUMNS):
            counts = counts_of(row[len(KEY_COLUMNS) :])
            whole[of[pk]].append(counts)
            seen[tuple(row[: len(KEY_COLUMNS)])][of[pk]].append(counts)
        lines = {key: [added(rows) for rows in found] for key, found in seen.items() if found[0]}
        return [added(rows) for rows in whole], lines

    def peers(self, kind: str) -> Peers:
        """What the accepted returns of all agencies of the kind say, from the kept sums."""
        if kind not in self._peers:
            of_kind = set(Agency.objects.filter(kind=kind).values_list("pk", flat=True))
            rows = Summary.objects.filter(tree=False, period_id__in=list(self.at)).order_by()
            names = ("received_online", "received_direct", "resolved", "resolved_overdue", "pending")
            found: dict[Hashable, list[list[Counts]]] = defaultdict(lambda: [[] for _ in self.periods])
            for unit, period, online, direct, resolved, overdue, pending in rows.values_list(
                "agency_id", "period_id", *names
            ):
                holder = self._holder(unit, period)
                if holder.unit in of_kind:
                    counts = Counts(_plus(online, direct), online, resolved, overdue, pending)
                    found[holder][self.at[period]].append(counts)
            units = [[added(rows) for rows in unit] for unit in found.values()]
            self._peers[kind] = peers_from(units, self.quarters)
        return self._peers[kind]

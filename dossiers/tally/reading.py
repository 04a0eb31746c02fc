"""Reading the sums: rows of a period, rates of a row, rankings with the change to the period before, trends."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby, pairwise
from typing import NamedTuple

from cchc_portal.lib.sql import fetch
from dossiers import rules
from dossiers.models import Period, Summary
from dossiers.rules import FORMULAS, Rate
from dossiers.tally.statements import AGENCY, FIGURE_NAMES, PERIOD, RATE_COLUMNS, SUMMARY, VALUES

ADDED = ("returns", "lines", *(name for three in RATE_COLUMNS.values() for name in three))


def rate_of(row, code: str) -> Rate:
    """The rate `code` of a summary row, a dict of its columns or a Summary, with the lines it uses and leaves out."""
    read = row.__getitem__ if isinstance(row, Mapping) else lambda name: getattr(row, name)
    numerator, denominator, used = map(read, RATE_COLUMNS[code])
    return _rate(code, numerator, denominator, used, read("lines"))


def _rate(code: str, numerator: int, denominator: int, used: int, lines: int) -> Rate:
    if not used:
        return Rate(None, None, code, lines, 0)
    return Rate(numerator, denominator, code, lines - used, used)


def summary_rows(period: Period, *, tree: bool = False, agencies=None) -> list[dict]:
    """The sums of one period, a dict a row, in Vietnamese order of the agencies' names.

    `tree` sums each agency with all below it. `agencies` narrows to a queryset or to ids, such as
    `Agency.objects.with_figures_for(user)`.
    """
    rows = Summary.objects.filter(period=period, tree=tree)
    if agencies is not None:
        rows = rows.filter(agency__in=agencies)
    return list(
        rows.order_by("agency__sort_key", "agency_id").values(
            "agency_id", "agency__code", "agency__short_name", "agency__kind", "agency__path", "computed_at", *VALUES
        )
    )


def added(rows: Iterable[Mapping], names: Iterable[str] = VALUES) -> dict:
    """The sum of summary rows of one period: counts add, a figure not known in one of them is not known.

    `names` are the columns that are wanted, where the rows hold only some.
    """
    rows, names = list(rows), set(names)
    total = {name: sum(row[name] for row in rows) for name in ADDED if name in names}
    if "complete" in names:
        total["complete"] = bool(rows) and all(row["complete"] for row in rows)
    for name in names.intersection(FIGURE_NAMES):
        known = [row[name] for row in rows if row[name] is not None]
        total[name] = sum(known) if rows and len(known) == len(rows) else None
    return total


def period_before(period: Period) -> Period | None:
    """The period of the same kind and calendar that ends the day before this one begins."""
    if period.first_day is None:
        return None
    return Period.objects.filter(
        kind=period.kind, calendar=period.calendar, last_day=period.first_day - timedelta(days=1)
    ).first()


class RankedAgency(NamedTuple):
    """An agency in a ranking. `place` is None where its rate is undefined or stands on too few dossiers to be ranked.

    `size` is how many are ranked in its group. The counts (numerator, denominator, lines used, lines) become rates
    only where they are looked at: a page shows twenty of six hundred.
    """

    agency_id: int
    code: str
    name: str
    kind: str
    place: int | None
    size: int
    formula: str
    counts: tuple
    counts_before: tuple

    @property
    def rate(self) -> Rate:
        return _rate(self.formula, *self.counts)

    @property
    def before(self) -> Rate | None:
        """The rate in the period before; None where nothing was reported then."""
        return None if self.counts_before[0] is None else _rate(self.formula, *self.counts_before)

    @property
    def change(self) -> str:
        """`rules.RISE`, `FALL`, `SAME` or `UNDEFINED` against the period before."""
        before = self.before
        return rules.UNDEFINED if before is None else rules.change(before, self.rate)

    @property
    def is_few(self) -> bool:
        """Whether the rate stands on few dossiers and is to be marked."""
        return rules.is_few(self.rate)


@dataclass(frozen=True, slots=True)
class RankedGroup:
    """The ranking of one kind of agency: those with a place, best first, and those apart from it."""

    kind: str
    ranked: list[RankedAgency] = field(default_factory=list)
    apart: list[RankedAgency] = field(default_factory=list)


def _ranking_sql(code: str, tree: bool, narrowed: str) -> str:
    numerator, denominator, used = RATE_COLUMNS[code]
    order = "DESC" if FORMULAS[code].higher_is_better else "ASC"
    rated = f"s.{denominator} > 0 AND s.{numerator} <= s.{denominator} AND s.{denominator} >= %s"
    return f"""SELECT a.id, a.code, a.short_name, a.kind,
    CASE WHEN {rated} THEN DENSE_RANK() OVER (PARTITION BY a.kind, {rated}
        ORDER BY CAST(s.{numerator} AS double precision) / NULLIF(s.{denominator}, 0) {order}) END,
    s.{numerator}, s.{denominator}, s.{used}, s.lines, b.{numerator}, b.{denominator}, b.{used}, b.lines
FROM {SUMMARY} s JOIN {AGENCY} a ON a.id = s.agency_id
LEFT JOIN {SUMMARY} b ON b.agency_id = s.agency_id AND b.tree = s.tree AND b.period_id = (
    SELECT id FROM {PERIOD} WHERE kind = %s AND calendar = %s AND last_day = %s ORDER BY label LIMIT 1)
WHERE s.period_id = %s AND s.tree = {str(tree).upper()} {narrowed}
ORDER BY a.kind, 5 NULLS LAST, a.sort_key, a.id"""


def ranking(
    period: Period, code: str, *, tree: bool = False, kinds=None, agencies=None, fewest: int = 0
) -> list[RankedGroup]:
    """Rank the agencies of each kind by formula `code`, dense with ties, with the rate of the period before.

    `kinds` and `agencies` (a queryset or ids) narrow who is compared. Undefined rates, and with `fewest` those on
    fewer dossiers, have no place.
    """
    narrowed, narrowing = "", []
    if kinds is not None:
        narrowed += f" AND a.kind IN ({', '.join(['%s'] * len(kinds))})" if kinds else " AND FALSE"
        narrowing += list(kinds)
    if agencies is not None:
        ids = {getattr(agency, "pk", agency) for agency in agencies}
        narrowed += f" AND a.id IN ({', '.join(str(int(pk)) for pk in ids)})" if ids else " AND FALSE"
    day_before = period.first_day and period.first_day - timedelta(days=1)
    parameters = [fewest, fewest, period.kind, period.calendar, day_before, period.pk, *narrowing]
    rows = fetch(_ranking_sql(code, tree, narrowed), parameters)
    return [_group(kind, list(members), code) for kind, members in groupby(rows, key=lambda row: row[3])]


def _group(kind: str, rows: list[tuple], code: str) -> RankedGroup:
    """One kind's rows as read, in their order; places are set right where two rates look equal as floating points."""
    placed = [row for row in rows if row[4] is not None]
    places = [row[4] for row in placed]
    if any(one[4] == two[4] and one[5] * two[6] != two[5] * one[6] for one, two in pairwise(placed)):
        higher = FORMULAS[code].higher_is_better
        exact = rules.rank(((row, _rate(code, *row[5:9])) for row in placed), higher_is_better=higher).ranked
        placed, places = [ranked.key for ranked in exact], [ranked.place for ranked in exact]
    size = len(placed)
    ranked = [
        RankedAgency(*row[:4], place, size, code, row[5:9], row[9:]) for row, place in zip(placed, places, strict=True)
    ]
    apart = [RankedAgency(*row[:4], None, size, code, row[5:9], row[9:]) for row in rows if row[4] is None]
    return RankedGroup(kind, ranked, apart)


def standings(group: RankedGroup, period: Period, code: str) -> dict[int, rules.Standing]:
    """Agency id → its places within the group under each of `rules.COMPARED_FORMULAS`, and whether its order turns."""
    columns = ", ".join(f"s.{name}" for one in rules.COMPARED_FORMULAS for name in RATE_COLUMNS[one][:2])
    counted = f"""SELECT s.agency_id, {columns} FROM {SUMMARY} s JOIN {AGENCY} a ON a.id = s.agency_id
    WHERE s.period_id = %s AND s.tree = FALSE AND a.kind = %s"""
    inside = {row.agency_id for row in (*group.ranked, *group.apart)}
    rows = {}
    for agency, *counts in fetch(counted, [period.pk, group.kind]):
        pairs = zip(rules.COMPARED_FORMULAS, zip(counts[::2], counts[1::2], strict=True), strict=True)
        if agency in inside:
            rows[agency] = {one: (upper, lower) for one, (upper, lower) in pairs if 0 < lower >= upper}
    return rules.standings(rows, code)


def trend(agencies, code: str, periods: Iterable[Period], *, tree: bool = False) -> list[tuple[Period, Rate | None]]:
    """The rate of an agency, or of several taken together, in each period as given; None where nothing is reported.

    Several agencies are summed by counts, never averaged; whether they may be put together is the caller's to know
    (today's structure: only predecessors absorbed whole). Figures of different calendars or kinds are refused with a
    ValueError.
    """
    periods = list(periods)
    if len({(period.calendar, period.kind) for period in periods}) > 1:
        raise ValueError("periods of different kinds or calendars are never put in one series")
    ids = [agencies.pk] if hasattr(agencies, "pk") else list(agencies)
    sums: dict[int, list[int]] = {}
    found = Summary.objects.filter(agency__in=ids, period__in=periods, tree=tree)
    for period_id, *counts in found.values_list("period_id", *RATE_COLUMNS[code], "lines"):
        sums[period_id] = [one + two for one, two in zip(sums.get(period_id, (0, 0, 0, 0)), counts, strict=True)]
    return [(period, _rate(code, *sums[period.pk]) if period.pk in sums else None) for period in periods]

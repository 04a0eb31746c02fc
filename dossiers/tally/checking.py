"""What the identities say of the lines of a stored return; read by the entry page, the submission and the review."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from django.db import connection
from django.utils.translation import gettext as _

from agencies.models import Succession
from cchc_portal.lib.numbers import Cell, format_count
from cchc_portal.lib.sql import fetch, marks
from dossiers import rules
from dossiers.choices import IDENTITY_MESSAGES, LOCKED_STATES, FormVersion, PeriodKind
from dossiers.models import Edition, Explanation, LateReasonCount, Line, Period, Return
from dossiers.tally.statements import ABSORBED, DIVIDED, listed

FIGURE_COLUMNS = (*rules.CELL_NAMES, "not_applicable")
KEY_COLUMNS = ("procedure_id", "field_id", "level")
# R5 looks for the same kind first, then for the shortest that ends the day before.
SHORTEST_FIRST = (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.HALF, PeriodKind.NINE_MONTHS, PeriodKind.YEAR)
LONGEST_NAME = 120


@dataclass(frozen=True)
class CheckedLine:
    """A line as the identities see it: its figures, what breaks, which breaches have a reason."""

    pk: int
    name: str
    figures: rules.Figures
    breaches: list[rules.Breach]
    explained: frozenset[str]

    @property
    def unexplained(self) -> list[rules.Breach]:
        return [one for one in self.breaches if one.severity == rules.EXPLAIN and one.code not in self.explained]

    @property
    def blocking(self) -> list[rules.Breach]:
        return [one for one in self.breaches if one.blocks]


def message(breach: rules.Breach) -> str:
    """The breach as a sentence, its numbers printed as counts."""
    return str(IDENTITY_MESSAGES[breach.key]) % {name: format_count(value) for name, value in breach.params.items()}


def as_figures(row, *, published: bool = False) -> rules.Figures:
    """Figures of a row of values in the order of `FIGURE_COLUMNS`."""
    return rules.Figures.from_row(row, published=published)


def line_name(code: str | None, name: str | None, field: str | None) -> str:
    """How a sentence calls a line: the procedure, else the field, else the whole agency."""
    if code:
        return f"{code} {name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME] + '…'}"
    return field or _("Whole agency")


# As `Succession.objects.absorbed_whole`: undivided, to one successor.
_STEPS = f"""SELECT s.predecessor_id, s.effective_date FROM {Succession._meta.db_table} s
WHERE s.kind IN ({ABSORBED}) AND s.effective_date > %s AND s.effective_date <= %s
AND s.successor_id IN ({{successors}}) AND NOT EXISTS (SELECT 1 FROM {Succession._meta.db_table} d
    WHERE d.predecessor_id = s.predecessor_id AND d.kind IN ({DIVIDED}))"""
_BEFORE = f"""SELECT r.agency_id, r.id, r.period_id, p.kind,
EXISTS (SELECT 1 FROM {Edition._meta.db_table} e WHERE e.of_id = r.id AND e.known_until > %s)
FROM {Return._meta.db_table} r JOIN {Period._meta.db_table} p ON p.id = r.period_id
WHERE r.agency_id IN ({{agencies}}) AND r.state IN ({listed(LOCKED_STATES)}) AND p.calendar = %s AND {{ending}}"""
_PENDING = f"""SELECT procedure_id, field_id, level, pending_within, pending_overdue, stated_pending
FROM {Line._meta.db_table} WHERE of_id IN ({{returns}})"""


@dataclass(frozen=True)
class Before:
    """The returns whose pending is another's carried_over; whether one was adjusted after that one was opened."""

    returns: tuple[int, ...] = ()
    adjusted: bool = False


def _absorbed_in(agency_id: int, after: date, until: date) -> dict[int, date]:
    """Agencies absorbed whole into this one in the span, directly or in a chain, with the day each passed over."""
    found: dict[int, date] = {}
    fresh = {agency_id}
    span = [connection.ops.adapt_datefield_value(day) for day in (after, until)]
    while fresh:
        rows = fetch(_STEPS.format(successors=marks(fresh)), [*span, *fresh])
        fresh = {pk for pk, _day in rows} - found.keys()
        found |= dict(rows)
    return found


def returns_before(item: Return) -> Before:
    """The returns whose pending is this one's carried_over; none where one of them is missing (R5)."""
    period = item.period
    if period.first_day is None or item.published:
        return Before()
    eve = period.first_day - timedelta(days=1)
    absorbed = _absorbed_in(item.agency_id, eve, period.last_day)
    agencies = [item.agency_id, *absorbed]
    ending, values = "p.last_day = %s", [connection.ops.adapt_datefield_value(eve)]
    if late := [pk for pk, day in absorbed.items() if day > period.first_day]:
        ending = f"({ending} OR (r.period_id = %s AND r.agency_id IN ({marks(late)})))"
        values += [period.pk, *late]
    given = [connection.ops.adapt_datetimefield_value(item.created_at), *agencies, period.calendar, *values]
    best: dict[int, tuple[tuple, int, bool]] = {}
    for agency_id, pk, period_id, kind, adjusted in fetch(
        _BEFORE.format(agencies=marks(agencies), ending=ending), given
    ):
        found = ((period_id != period.pk, kind != period.kind, SHORTEST_FIRST.index(kind)), pk, bool(adjusted))
        best[agency_id] = min(best.get(agency_id, found), found)
    wanted = {*absorbed, item.agency_id} if item.agency.is_valid_on(eve) else set(absorbed)
    if not wanted <= best.keys():
        return Before()
    return Before(tuple(pk for _rank, pk, _ in best.values()), any(adjusted for *_, adjusted in best.values()))


def pending_of(within: int | None, overdue: int | None, stated: int | None) -> int | None:
    """What a line ends with: the sum of its parts, else the total it states."""
    return within + overdue if within is not None and overdue is not None else stated


def previous_pending(item: Return, before: Before | None = None) -> dict[tuple, int | None]:
    """Pending in the returns before, by line key (procedure, field, level); None where a part is not known (R5).

    `before` is `returns_before(item)` where that is known already.

    Empty where there is no such return, or where a predecessor's is missing: then R5 is not checked. A predecessor
    that was absorbed inside the period and filed up to its last day hands over what that return ended with.
    """
    returns = (before or returns_before(item)).returns
    if not returns:
        return {}
    sums: dict[tuple, int | None] = {}
    for *key, within, overdue, stated in fetch(_PENDING.format(returns=marks(returns)), returns):
        pending = pending_of(within, overdue, stated)
        known = sums.get(tuple(key), 0)
        sums[tuple(key)] = None if pending is None or known is None else known + pending
    return sums


_LATE = f"""SELECT c.line_id, CAST(SUM(c.count) AS bigint) FROM {LateReasonCount._meta.db_table} c
JOIN {Line._meta.db_table} l ON l.id = c.line_id WHERE l.of_id = %s GROUP BY c.line_id"""


def late_sums(item: Return) -> dict[int, int]:
    """Dossiers with a late reason, by line."""
    return dict(fetch(_LATE, [item.pk]))


def explained_codes(item: Return) -> dict[int | None, set[str]]:
    """Identities that have a reason, by line; under None those explained for the whole return."""
    codes = defaultdict(set)
    for line_id, code in Explanation.objects.filter(of=item).values_list("line_id", "identity"):
        codes[line_id].add(code)
    return codes


def check_return(
    item: Return,
    changes: Mapping[int, Mapping[str, Cell]] = MappingProxyType({}),
    late_changes: Mapping[int, int] = MappingProxyType({}),
) -> list[CheckedLine]:
    """Every line of the return with what it breaks, in the order of the form. A constant number of queries.

    `changes` are cells by line key that are judged instead of the stored ones, `late_changes` sums of late reasons.
    """
    before, late, explained = previous_pending(item), late_sums(item) | dict(late_changes), explained_codes(item)
    published = item.form_version == FormVersion.PUBLISHED
    rows = (
        Line.objects.filter(of=item)
        .order_by("position", "pk")
        .values_list("pk", *KEY_COLUMNS, "procedure__code", "procedure__name", "field__name", *FIGURE_COLUMNS)
    )
    checked = []
    for pk, procedure, field, level, code, name, field_name, *cells in rows:
        figures = as_figures(cells, published=published)
        for cell, value in changes.get(pk, {}).items():
            figures = figures.with_cell(cell, value)
        breaches = rules.check(
            figures, previous_pending=before.get((procedure, field, level)), late_reasons=late.get(pk, 0)
        )
        codes = frozenset(explained[pk] | explained[None])
        checked.append(CheckedLine(pk, line_name(code, name, field_name), figures, breaches, codes))
    return checked

"""What was known on a day: figures of a return, sums of a period, and what was restated since an instant.

A day means its last moment in Hanoi. Accepted figures are known from the acceptance until an adjustment supersedes them
(then they are an `Edition`) or the return is voided. The forest is taken as it stands now.
"""

import re
from datetime import date, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from agencies.models import Agency
from cchc_portal.lib.periods import HANOI
from dossiers import rules
from dossiers.choices import ReturnState
from dossiers.models import Edition, Period, Return, Summary
from dossiers.tally.statements import LINE, RETURN, SUMMARY, VALUES, Scope, own_rows, tree_rows
from records.models import Event

CELLS = (*rules.CELL_NAMES, "not_applicable")
# The tables that the sums are read from, as they were: line, return, summary.
AS_KNOWN = {LINE: "known_line", RETURN: "known_return", SUMMARY: "known_summary"}
TABLES = re.compile(r"\b(" + "|".join(AS_KNOWN) + r")\b")
ROWS_AT_ONCE = 500
NUMBERS = frozenset(VALUES) - {"complete"}


def end_of(day: date) -> datetime:
    """The first instant after the day in Hanoi."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=HANOI)


def _voided_before(before: datetime) -> list[int]:
    """Keys of the returns that had been voided before the instant."""
    label = Return._meta.label_lower
    voided = Event.objects.filter(action="void", target_kind=label, at__lt=before)
    return [int(pk) for pk in voided.values_list("target_id", flat=True)]


def counted_on(period: Period, day: date):
    """The returns of the period that counted at the end of the day: accepted by then and not voided by then."""
    until = end_of(day)
    rows = Return.objects.filter(period=period, state__in=(ReturnState.ACCEPTED, ReturnState.VOID))
    rows = rows.annotate(known_from=Coalesce("accepted_at", "created_at")).filter(known_from__lt=until)
    gone = set(_voided_before(until)) & set(rows.filter(state=ReturnState.VOID).values_list("pk", flat=True))
    return rows.filter(Q(state=ReturnState.ACCEPTED) | Q(accepted_at__isnull=False)).exclude(pk__in=gone)


def edition_on(item: Return, day: date) -> Edition | None:
    """The superseded edition that counted at the end of the day; None where the figures in the lines did already."""
    return item.editions.filter(known_until__gte=end_of(day)).order_by("known_until").first()


def was_known(item: Return, day: date) -> bool:
    """Had the return been accepted by the end of the day?"""
    return item.accepted_at is not None and item.accepted_at < end_of(day)


def figures_of(edition: Edition, *, published: bool = False) -> dict[int, rules.Figures]:
    """Figures of an edition by line key."""
    return {row["line"]: rules.Figures.from_json(row["cells"], published=published) for row in edition.lines}


def _superseded(period: Period, until: datetime) -> list[Edition]:
    """The editions of the period that counted just before the instant and do not any more."""
    then = Edition.objects.filter(of=OuterRef("of"), known_until__gte=until).order_by("known_until")
    rows = Edition.objects.filter(of__period=period, known_until__gte=until)
    return list(rows.filter(pk=Subquery(then.values("pk")[:1])))


def _as_known(statement: str) -> str:
    """The same statement over the tables as they were known."""
    return TABLES.sub(lambda found: AS_KNOWN[found[0]], statement)


def _put_aside(cursor, period: Period, day: date) -> None:
    """Fill the temporary tables: the returns that counted then and their lines, superseded figures put back."""
    line, item, summary = AS_KNOWN[LINE], AS_KNOWN[RETURN], AS_KNOWN[SUMMARY]
    kept = ", ".join(str(pk) for pk in sorted(counted_on(period, day).values_list("pk", flat=True))) or "NULL"
    cursor.execute(
        f"CREATE TEMPORARY TABLE {item} AS SELECT id, agency_id, period_id, form_version, "
        f"'{ReturnState.ACCEPTED}' AS state FROM {RETURN} WHERE id IN ({kept})"
    )
    columns = ", ".join(("id", "of_id", *CELLS))
    cursor.execute(f"CREATE TEMPORARY TABLE {line} AS SELECT {columns} FROM {LINE} WHERE of_id IN ({kept})")
    sets = ", ".join(f"{name} = %s" for name in CELLS)
    rows = []
    for edition in _superseded(period, end_of(day)):
        for key, figures in figures_of(edition).items():
            stored = figures.to_stored()
            rows.append([*(stored[name] for name in CELLS), key])
    if rows:
        cursor.execute(f"CREATE INDEX known_line_key ON {line} (id)")
        for start in range(0, len(rows), ROWS_AT_ONCE):
            cursor.executemany(f"UPDATE {line} SET {sets} WHERE id = %s", rows[start : start + ROWS_AT_ONCE])
    empty = ", ".join(("id", "agency_id", "period_id", "tree", *VALUES))
    cursor.execute(f"CREATE TEMPORARY TABLE {summary} AS SELECT {empty} FROM {SUMMARY} WHERE 1 = 0")


def _sums(cursor, period: Period, *, tree: bool) -> list[dict]:
    scope = Scope(period_id=period.pk)
    values, summary = ", ".join(VALUES), AS_KNOWN[SUMMARY]
    own = _as_known(own_rows(scope))
    if not tree:
        cursor.execute(f"{own} SELECT agency_id, {values} FROM fresh")
    else:
        cursor.execute(
            f"{own} INSERT INTO {summary} (agency_id, period_id, tree, {values}) "
            f"SELECT agency_id, period_id, FALSE, {values} FROM fresh"
        )
        cursor.execute(f"{_as_known(tree_rows(scope))} SELECT agency_id, {values} FROM fresh")
    rows = []
    for agency_id, *found in cursor.fetchall():
        row = {"agency_id": agency_id} | dict(zip(VALUES, found, strict=True))
        row["complete"] = bool(row["complete"])
        # PostgreSQL sums integers to bigint and bigints to numeric.
        rows.append({name: int(v) if name in NUMBERS and v is not None else v for name, v in row.items()})
    return rows


def known_on(period: Period, day: date, *, tree: bool = False, agencies=None) -> list[dict]:
    """The sums of the period as they were known at the end of the day; rows as `summary_rows` gives them.

    Counted by the statements that refill the summary, over the lines as they then stood. `computed_at` is None: these
    rows are never stored.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _put_aside(cursor, period, day)
        found = _sums(cursor, period, tree=tree)
        for name in AS_KNOWN.values():
            cursor.execute(f"DROP TABLE {name}")
    named = Agency.objects.filter(pk__in=[row["agency_id"] for row in found])
    if agencies is not None:
        named = named.filter(pk__in=agencies)
    rows = {row["agency_id"]: row for row in found}
    return [
        rows[pk]
        | {
            "agency__code": code,
            "agency__short_name": name,
            "agency__kind": kind,
            "agency__path": path,
            "computed_at": None,
        }
        for pk, code, name, kind, path in named.order_by("sort_key", "pk").values_list(
            "pk", "code", "short_name", "kind", "path"
        )
    ]


def adjusted_pairs(agency_ids) -> dict[tuple[int, int], datetime]:
    """(agency, period) whose accepted return was adjusted, with the instant of the last time."""
    rows = Edition.objects.filter(of__agency_id__in=agency_ids, of__state=ReturnState.ACCEPTED)
    return {
        (agency, period): until
        for agency, period, until in rows.order_by("known_until").values_list(
            "of__agency_id", "of__period_id", "known_until"
        )
    }


def changed_since(item: Return, moment: datetime) -> datetime | None:
    """When the return's own lines were last adjusted, or it was voided after it counted, since the instant."""
    found = list(item.editions.filter(known_until__gt=moment).values_list("known_until", flat=True))
    if item.state == ReturnState.VOID:
        found += Event.objects.about(item).filter(action="void", at__gt=moment).values_list("at", flat=True)
    return max(found, default=None)


def restated_since(agency_id: int, periods, moment: datetime) -> datetime | None:
    """When figures of the agency in these periods that were known at the instant were last restated or voided since.

    A summary that the worker brought up to date only after the instant counts as restated then: what was read at the
    instant was still the old one. None where nothing changed.
    """
    periods = list(periods)
    editions = Edition.objects.filter(of__agency_id=agency_id, of__period__in=periods, known_from__lte=moment)
    found = list(editions.filter(known_until__gt=moment).values_list("known_until", flat=True))
    behind = Summary.objects.filter(
        agency_id=agency_id,
        tree=False,
        computed_at__gt=moment,
        period__in=editions.filter(known_until__lte=moment).values("of__period"),
    )
    found += behind.values_list("computed_at", flat=True)
    voided = Return.objects.filter(
        agency_id=agency_id, period__in=periods, state=ReturnState.VOID, accepted_at__lte=moment
    )
    keys = [str(pk) for pk in voided.values_list("pk", flat=True)]
    events = Event.objects.filter(
        action="void", target_kind=Return._meta.label_lower, target_id__in=keys, at__gt=moment
    )
    found += events.values_list("at", flat=True)
    return max(found, default=None)

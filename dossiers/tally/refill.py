"""Keeping the summary right: what is stale, summing it again, and finding rows that are wrong."""

from dataclasses import replace

from django.db import connection, transaction
from django.utils import timezone

from agencies.models import Agency
from dossiers.models import Period, RateRun, StaleFigure
from dossiers.tally.procedure_statements import (
    ALL_KNOWN,
    delete_procedures,
    kinds,
    procedures_aside,
    touched,
    upsert_procedures,
    wrong_procedures,
)
from dossiers.tally.statements import Scope, delete, delete_others, kept_aside, upsert, wrong
from procedures.models import Field, Procedure

# More stale pairs than this are summed again as a whole, which is then faster and gives the same rows.
MANY_PAIRS = 500
# More touched sums than this are not written into the statements one by one.
MANY_SUMS = 2_000
MARKS_AT_ONCE = 1_000


def mark_stale(agency_id: int, period_id: int) -> None:
    """Say that an accepted return of the pair came, changed or went; in the same transaction as that."""
    StaleFigure.objects.create(agency_id=agency_id, period_id=period_id)


def recompute_all() -> int:
    """Sum everything again; returns how many rows were written or deleted. Rows that are right stay untouched."""
    with transaction.atomic():
        stale = list(StaleFigure.objects.values_list("pk", flat=True))
        _lock(Period.objects.all())
        written = _refill(Scope())
        _delete_stale(stale)
    return written


def recompute_period(period_id: int) -> int:
    """Sum one period again; returns how many rows were written or deleted."""
    with transaction.atomic():
        stale = list(StaleFigure.objects.filter(period_id=period_id).values_list("pk", flat=True))
        _lock(Period.objects.filter(pk=period_id))
        written = _refill(Scope(period_id=period_id))
        _delete_stale(stale)
    return written


def recompute(pairs) -> int:
    """Sum these (agency id, period id) pairs and what lies above them again; returns how many rows were changed."""
    pairs = tuple(sorted(set(pairs)))
    if not pairs:
        return 0
    if len(pairs) > MANY_PAIRS:
        return recompute_all()
    with transaction.atomic():
        _lock(Period.objects.filter(pk__in={period for _, period in pairs}))
        return _refill(Scope(pairs=pairs))


def recompute_stale(period_id: int | None = None) -> int:
    """Sum again what is marked stale, of one period or of all; returns how many rows were written or deleted.

    Only the marks that were seen at the beginning are taken away: what an acceptance marks meanwhile stays marked.
    """
    with transaction.atomic():
        marks = StaleFigure.objects.all() if period_id is None else StaleFigure.objects.filter(period_id=period_id)
        seen = list(marks.values_list("pk", "agency_id", "period_id"))
        written = recompute((agency, period) for _, agency, period in seen)
        _delete_stale([pk for pk, _, _ in seen])
    return written


def run(rate_run: RateRun) -> int:
    """Do what a rate run asks for; returns how many rows were written or deleted."""
    if rate_run.everything:
        return recompute_all()
    if rate_run.period_id is not None:
        return recompute_period(rate_run.period_id)
    return recompute_stale()


def _lock(periods) -> None:
    """Runs over the same period take turns: a tree row is summed from rows that the other one writes."""
    list(periods.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))


def _refill(scope: Scope) -> int:
    parameters = {"now": connection.ops.adapt_datetimefield_value(timezone.now()), **scope.parameters()}
    written = 0
    with connection.cursor() as cursor:
        if scope.pairs is None:
            _plan_for_much(cursor)
        whole, removed = scope.pairs is None, 0
        for tree in (False, True):
            if whole:
                cursor.execute(kept_aside(scope, tree=tree))
            written += _write(cursor, upsert(scope, tree=tree, aside=whole), parameters)
            # A tree loses its ground with an own row alone.
            if whole or not tree or removed:
                statement = delete_others(scope, tree=tree) if whole else delete(scope, tree=tree)
                removed = _write(cursor, statement, parameters)
                written += removed
            if whole:
                cursor.execute("DROP TABLE fresh")
        # After the own rows: what the lines of a return know, and whether its successor reports too, is read from them.
        return written + _refill_procedures(cursor, scope, parameters)


def _refill_procedures(cursor, scope: Scope, parameters: dict) -> int:
    aside = scope.pairs is None
    if scope.pairs is not None:
        cursor.execute(touched(scope), parameters)
        sums = cursor.fetchall()
        if not sums:
            return 0
        aside = len(sums) > MANY_SUMS or not all(grounded for *_sum, grounded in sums)
        if len(sums) <= MANY_SUMS:
            scope = replace(scope, touched_sums=tuple((period, about) for period, about, _grounded in sums))
            parameters = parameters | scope.parameters()
    scope = _with_kinds(cursor, scope)
    if not aside:
        return _write(cursor, upsert_procedures(scope, aside=False), parameters)
    cursor.execute(procedures_aside(scope), parameters)
    written = _write(cursor, upsert_procedures(scope, aside=True), parameters)
    written += _write(cursor, delete_procedures(scope), parameters)
    cursor.execute("DROP TABLE fresh")
    return written


def _with_kinds(cursor, scope: Scope) -> Scope:
    cursor.execute(kinds(scope), scope.parameters())
    return replace(scope, kinds=tuple(kind for (kind,) in cursor.fetchall()) or (ALL_KNOWN,))


def _write(cursor, statement: str, parameters: dict) -> int:
    cursor.execute(statement, parameters)
    return max(cursor.rowcount, _changes(cursor))


def _plan_for_much(cursor) -> None:
    """Before statements over whole tables, within a transaction, with which this ends.

    Just after a bulk load PostgreSQL's planner takes large tables for empty ones, and a nested loop over them for
    cheap: minutes instead of a second.
    """
    if connection.vendor == "postgresql":
        cursor.execute("SET LOCAL enable_nestloop = off")


def _changes(cursor) -> int:
    """SQLite's cursor does not count the rows of a statement that begins with WITH; the connection does."""
    if connection.vendor != "sqlite":
        return 0
    return cursor.execute("SELECT changes()").fetchone()[0]


def _delete_stale(marks: list[int]) -> None:
    for start in range(0, len(marks), MARKS_AT_ONCE):
        StaleFigure.objects.filter(pk__in=marks[start : start + MARKS_AT_ONCE]).delete()


def _above(agencies: dict[int, tuple[str, str]], agency: int) -> list[str]:
    """The keys on the path of an agency, its own included; none where there is no such agency."""
    path = agencies.get(agency, ("", ""))[1].strip("/")
    return path.split("/") if path else []


def differences() -> list[tuple[str, str, bool]]:
    """Rows that do not say what a full recompute would, as (agency code, period label, tree).

    What is marked stale, and everything above it, is about to be summed again and is left out. An agency or a period
    that is not there (a broken reference) is named by its key.
    """
    stale = set(StaleFigure.objects.values_list("agency_id", "period_id"))
    agencies = {pk: (code, path) for pk, code, path in Agency.objects.values_list("pk", "code", "path")}
    labels = dict(Period.objects.values_list("pk", "label"))
    waiting = {(int(above), period) for agency, period in stale for above in _above(agencies, agency)}
    found = []
    with transaction.atomic(), connection.cursor() as cursor:
        _plan_for_much(cursor)
        for tree, expected in ((False, stale), (True, waiting)):
            cursor.execute(kept_aside(Scope(), tree=tree))
            cursor.execute(wrong(tree=tree))
            found += [
                (agencies.get(agency, (f"#{agency}", ""))[0], labels.get(period, f"#{period}"), tree)
                for agency, period in cursor.fetchall()
                if (agency, period) not in expected
            ]
            cursor.execute("DROP TABLE fresh")
    return sorted(found)


def procedure_differences() -> list[tuple[str, str]]:
    """Sums by procedure that do not say what a full recompute would, as (code of the procedure or field, period label).

    Sums of a period of which anything is marked stale are about to be summed again and are left out.
    """
    stale = set(StaleFigure.objects.values_list("period_id", flat=True))
    labels = dict(Period.objects.values_list("pk", "label"))
    with transaction.atomic(), connection.cursor() as cursor:
        _plan_for_much(cursor)
        cursor.execute(procedures_aside(_with_kinds(cursor, Scope())))
        cursor.execute(wrong_procedures())
        found = [(period, about) for period, about in cursor.fetchall() if period not in stale]
        cursor.execute("DROP TABLE fresh")
    procedures = Procedure.objects.in_bulk([about for _period, about in found if about > 0])
    fields = Field.objects.in_bulk([-about for _period, about in found if about < 0])
    return sorted((_code_of(about, procedures, fields), labels.get(period, f"#{period}")) for period, about in found)


def _code_of(about: int, procedures: dict, fields: dict) -> str:
    row = procedures.get(about) if about > 0 else fields.get(-about)
    return row.code if row else f"#{about}"

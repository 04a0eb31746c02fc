"""P16: the same pages and the full recompute with twice the lines; runs last, the database is thrown away."""

from django.db import connection

from bench import lists, pages, rates
from bench.measure import AT_MOST, Row, Timed, beside, fetched, signed_in
from bench.rates import execute, tidy
from dossiers.models import Line, Period, Return
from reports.demo import bulk

YEARS = 60
LIMITS = {"P1": 1.1, "P4": 1.1, "P5": 1.1, "P7": 1.1, "P2": 2.2}
# Pages that the growth is told of; P8 brings its own 100,000 rows whatever the lines are.
PAGES = (pages.overview, rates.rankings, pages.entry, lists.lists)
TIMES = 5


def double() -> None:
    """Every return with its lines once more, in periods sixty years earlier."""
    shift = bulk.next_key(Period)
    made = []
    for period in Period.objects.exclude(first_day=None):
        period.pk += shift
        period.label = f"{int(period.label[:4]) - YEARS}{period.label[4:]}"
        period.first_day = period.first_day.replace(year=period.first_day.year - YEARS)
        period.last_day = period.last_day.replace(year=period.last_day.year - YEARS)
        made.append(period)
    Period.objects.bulk_create(made)
    returns, lines = bulk.next_key(Return), bulk.next_key(Line)
    chosen = f"period_id IN (SELECT id - {shift} FROM {Period._meta.db_table} WHERE id >= {shift})"
    _copy(Return, {"id": f"id + {returns}", "period_id": f"period_id + {shift}"}, chosen)
    of_those = f"of_id IN (SELECT id - {returns} FROM {Return._meta.db_table} WHERE id >= {returns})"
    _copy(Line, {"id": f"id + {lines}", "of_id": f"of_id + {returns}"}, of_those)
    bulk.settle_keys(Period, Return, Line)
    tidy()


def _copy(model, changed: dict, where: str) -> None:
    columns = [field.column for field in model._meta.concrete_fields]
    unlinked = {name: "NULL" for name in ("corrects_id", "replaces_id") if name in columns}
    values = ", ".join((changed | unlinked).get(name, name) for name in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE {where}")


def growth(database: str) -> list[Row]:
    """The recompute and the pages right before and right after the doubling.

    Pages take milliseconds, and the two moments lie minutes apart on a machine that others use: measured twice with
    nothing doubled in between, pages took from 0.6 to 2.2 of their time. So a page is told in empty signed-in views of
    the same rounds, which know nothing of lines, and the middle one of some measurements counts.
    """
    once, pages_once = _recompute(database), _pages(database)
    double()
    rows = [_grown(row, once[name].median, "with the lines once") for name, row in _recompute(database).items()]
    for name, (views, row) in _pages(database).items():
        before = row.median * pages_once[name][0] / views
        rows.append(_grown(row, before, "with the lines once, at the speed of an empty view beside it"))
    return rows


def _recompute(database: str) -> dict[str, Row]:
    return {row.name: row for row in rates.full_recompute(database, rounds=3)}


def _pages(database: str) -> dict[str, tuple[float, Row]]:
    """By name, how many empty views a page takes, and the row that says so."""
    found: dict[str, list[tuple[float, Row]]] = {}
    with beside(view=Timed(fetched(signed_in("lanhdao"), pages.EMPTY), repeat=3)) as medians:
        for measured in PAGES * TIMES:
            for row in measured(database):
                found.setdefault(row.name, []).append((row.median / medians["view"], row))
    return {name: sorted(times, key=lambda one: one[0])[TIMES // 2] for name, times in found.items()}


def _grown(row: Row, before: float, limit: str) -> Row:
    value, goal = row.median / before, LIMITS[row.name[:2]]
    name = f"P16 twice the lines: {row.name}"
    return Row(name, row.database, row.unit, row.median, limit, before, AT_MOST, value, goal, value <= goal)

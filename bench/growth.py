"""P16: the same pages and the full recompute with twice the lines; runs last, the database is thrown away."""

from functools import partial

from django.db import connection

from bench import lists, pages, rates
from bench.measure import AT_MOST, Row
from bench.rates import execute
from dossiers.models import Line, Period, Return
from reports.demo import bulk

YEARS = 60
LIMITS = {"P1": 1.1, "P4": 1.1, "P5": 1.1, "P7": 1.1, "P2": 2.2}
# Rows that the growth is told of; P8 brings its own 100,000 rows whatever the lines are.
AGAIN = (partial(rates.full_recompute, rounds=3), pages.overview, rates.rankings, pages.entry, lists.lists)


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
    execute("ANALYZE")


def _copy(model, changed: dict, where: str) -> None:
    columns = [field.column for field in model._meta.concrete_fields]
    unlinked = {name: "NULL" for name in ("corrects_id", "replaces_id") if name in columns}
    values = ", ".join((changed | unlinked).get(name, name) for name in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE {where}")


def growth(database: str) -> list[Row]:
    """Measured right before and right after the doubling: an hour on, a shared machine is another one."""
    before = {row.name: row for measured in AGAIN for row in measured(database)}
    double()
    rows = []
    for row in [row for measured in AGAIN for row in measured(database)]:
        once, goal = before.get(row.name), LIMITS.get(row.name[:2])
        if once is None or goal is None:
            continue
        value = row.median / once.median
        told = (AT_MOST, value, goal, value <= goal)
        name = f"P16 twice the lines: {row.name}"
        rows.append(Row(name, database, row.unit, row.median, "with the lines once", once.median, *told))
    return rows

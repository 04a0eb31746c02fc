"""Rows of a statement written by hand, for the few reads whose queryset costs more to build than to answer."""

from collections.abc import Iterable
from functools import cache

from django.db import connection, models

# So many statements of one connection are kept planned; those that come after them are planned each time.
MOST_PLANNED = 200


def fetch(sql: str, parameters: Iterable = ()) -> list[tuple]:
    """All rows that a statement returns on the default database; values as the driver gives them."""
    with connection.cursor() as cursor:
        _execute(cursor, sql, list(parameters))
        return cursor.fetchall()


def write(sql: str, parameters: Iterable = ()) -> int:
    """How many rows a statement wrote on the default database."""
    with connection.cursor() as cursor:
        _execute(cursor, sql, list(parameters))
        return cursor.rowcount


def write_each(sql: str, rows: Iterable[tuple]) -> int:
    """How many rows a statement wrote, done for each of the rows of values; for SQLite, where that costs no journey."""
    with connection.cursor() as cursor:
        cursor.executemany(sql, list(rows))
        return cursor.rowcount


def _execute(cursor, sql: str, parameters: list) -> None:
    if connection.vendor == "postgresql":
        sql = _planned(cursor.cursor, sql, len(parameters))
    cursor.execute(sql, parameters)


def _planned(cursor, sql: str, count: int) -> str:
    """The statement by the name of its plan: PostgreSQL takes longer to plan what every page asks than to answer it.

    Planned when a connection asks it for the second time, and kept as long as the connection is.
    """
    direct, known = getattr(connection, "planned_statements", (None, {}))
    if direct is not connection.connection:
        known = {}
        connection.planned_statements = (connection.connection, known)
    if sql not in known:
        if len(known) < MOST_PLANNED:
            known[sql] = ""
        return sql
    if not known[sql]:
        name, given = f"planned_{sum(map(bool, known.values()))}", [f"${number}" for number in range(1, count + 1)]
        cursor.execute(f"PREPARE {name} AS {sql % tuple(given)}")
        known[sql] = f"EXECUTE {name} ({marks(given)})" if given else f"EXECUTE {name}"
    return known[sql]


def marks(values) -> str:
    """One placeholder for each value, to stand between the brackets of IN."""
    return ", ".join(["%s"] * len(values))


def instances(
    tail: str, parameters: Iterable = (), only: tuple[str, ...] = (), **of: type[models.Model]
) -> list[tuple[models.Model, ...]]:
    """Rows as instances of several models side by side, `of` by the names that `tail` (FROM and on) gives their tables.

    For the few reads that every page makes: a queryset that joins three models takes ten times as long to build as to
    answer. Values are converted as the model's own querysets convert them. `only` names the fields to read, as
    `.only()` does; without it, all of them.
    """
    parts = [(model, *_columns(model, only or _every(model), connection.vendor)) for model in of.values()]
    columns = ", ".join(f"{name}.{column}" for name, part in zip(of, parts, strict=True) for column in part[1])
    found = []
    for row in fetch(f"SELECT {columns} {tail}", parameters):
        made, at = [], 0
        for model, columns, converters in parts:
            values = _converted(row[at : at + len(columns)], converters)
            made.append(model.from_db("default", only or _every(model), values))
            at += len(columns)
        found.append(tuple(made))
    return found


def values(model: type[models.Model], names: Iterable[str], tail: str, parameters: Iterable = ()) -> list[dict]:
    """Rows of one model as dicts of the named fields, converted as `.values()` converts them; `tail` calls it `t`."""
    names = tuple(names)
    columns, converters = _columns(model, names, connection.vendor)
    rows = fetch(f"SELECT {', '.join(f't.{column}' for column in columns)} {tail}", parameters)
    if converters:
        rows = (_converted(row, converters) for row in rows)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _converted(row: tuple, converters: list[tuple]) -> list:
    row = list(row)
    for place, expression, convert in converters:
        row[place] = convert(row[place], expression, connection)
    return row


@cache
def _every(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


@cache
def _columns(model: type[models.Model], names: tuple[str, ...], vendor: str) -> tuple[list, list]:
    """The quoted columns of the named fields, and what makes Python values of those that need it on this database."""
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    fields = [by_name[name] for name in names]
    converters = [
        (place, field.cached_col, convert)
        for place, field in enumerate(fields)
        for convert in (
            *connection.ops.get_db_converters(field.cached_col),
            *field.cached_col.get_db_converters(connection),
        )
    ]
    return [connection.ops.quote_name(field.column) for field in fields], converters

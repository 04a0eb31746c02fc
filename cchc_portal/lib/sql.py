"""Rows of a statement written by hand, for the few reads whose queryset costs more to build than to answer."""

from collections.abc import Iterable
from functools import cache

from django.db import connection, models


def fetch(sql: str, parameters: Iterable = ()) -> list[tuple]:
    """All rows of a SELECT on the default database; values as the driver gives them."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return cursor.fetchall()


def marks(values) -> str:
    """One placeholder for each value, to stand between the brackets of IN."""
    return ", ".join(["%s"] * len(values))


def instances(tail: str, parameters: Iterable = (), **of: type[models.Model]) -> list[tuple[models.Model, ...]]:
    """Rows as instances of several models side by side, `of` by the names that `tail` (FROM and on) gives their tables.

    For the few reads that every page makes: a queryset that joins three models takes ten times as long to build as to
    answer. Values are converted as the model's own querysets convert them.
    """
    parts = [(model, *_columns(model, connection.vendor)) for model in of.values()]
    columns = ", ".join(f"{name}.{column}" for name, part in zip(of, parts, strict=True) for column in part[2])
    found = []
    for row in fetch(f"SELECT {columns} {tail}", parameters):
        made, at = [], 0
        for model, names, _quoted, converters in parts:
            values = list(row[at : at + len(names)])
            for place, expression, convert in converters:
                values[place] = convert(values[place], expression, connection)
            made.append(model.from_db("default", names, values))
            at += len(names)
        found.append(tuple(made))
    return found


@cache
def _columns(model: type[models.Model], vendor: str) -> tuple[list, list, list]:
    """Names of a model's fields, their quoted columns, and what makes Python values of those that need it."""
    fields = model._meta.concrete_fields
    converters = [
        (place, field.cached_col, convert)
        for place, field in enumerate(fields)
        for convert in (
            *connection.ops.get_db_converters(field.cached_col),
            *field.cached_col.get_db_converters(connection),
        )
    ]
    return (
        [field.attname for field in fields],
        [connection.ops.quote_name(field.column) for field in fields],
        converters,
    )

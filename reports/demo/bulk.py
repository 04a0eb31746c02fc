"""Many rows at once: COPY on PostgreSQL, executemany on SQLite. For rows that hold by construction."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.core.management.color import no_style
from django.db import connection, models
from django.db.models import Max

NULL = "\\N"


def next_key(model: type[models.Model]) -> int:
    """The first free primary key, for rows whose keys others of the same load must know."""
    return (model._default_manager.aggregate(last=Max("pk"))["last"] or 0) + 1


def insert(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[tuple], constants: dict | None = None
) -> None:
    """Insert `rows` with the values of the table's `columns`; `constants` stand on every row.

    Values are integers, text without tabs or backslashes, instants, booleans or None. Text goes in as it is: key
    fields and NFC are the caller's. Keys given here need `settle_keys` afterwards.
    """
    constants = {name: _plain(value) for name, value in (constants or {}).items()}
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(name) for name in (*columns, *constants))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            tail = "".join(f"\t{NULL if value is None else value}" for value in constants.values())
            template = "\t".join(["%s"] * len(columns)) + tail.replace("%", "%%") + "\n"
            text = "".join([template % row for row in rows]).replace("None", NULL)
            cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", io.StringIO(text))
        else:
            marks = ", ".join(["%s"] * len(columns) + [_literal(value) for value in constants.values()])
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)


def settle_keys(*models_: type[models.Model]) -> None:
    """Let the database count on from the keys that were given."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models_):
            cursor.execute(statement)


def _plain(value):
    return str(connection.ops.adapt_datetimefield_value(value)) if isinstance(value, datetime) else value


def _literal(value) -> str:
    """A constant of our own as SQL text for SQLite; never what anybody typed."""
    if value is None:
        return "NULL"
    return str(int(value)) if isinstance(value, int) else "'" + str(value).replace("'", "''").replace("%", "%%") + "'"

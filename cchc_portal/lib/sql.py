"""Rows of a statement written by hand, for the few reads whose queryset costs more to build than to answer."""

from collections.abc import Iterable

from django.db import connection


def fetch(sql: str, parameters: Iterable = ()) -> list[tuple]:
    """All rows of a SELECT on the default database; values as the driver gives them."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return cursor.fetchall()


def marks(values) -> str:
    """One placeholder for each value, to stand between the brackets of IN."""
    return ", ".join(["%s"] * len(values))

"""Statements written by hand: their rows, and the plans that PostgreSQL keeps of them."""

import pytest
from django.db import connection

from agencies.models import Agency
from cchc_portal.lib import sql

CODES = f"SELECT code FROM {Agency._meta.db_table} WHERE id IN (%s, %s) AND code LIKE %s ORDER BY code"


def _forget() -> dict:
    """As after connecting: nothing is planned."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL")
    connection.planned_statements = (connection.connection, {})
    return connection.planned_statements[1]


@pytest.fixture
def planned(db):
    """What this connection keeps planned."""
    yield _forget()
    _forget()


def test_rows_are_the_same_however_often_they_are_asked(cast, planned):
    for _time in range(8):  # PostgreSQL looks for a plan for any parameters after the fifth
        assert sql.fetch(CODES, [cast.khcn.pk, cast.hn.pk, "HN-%"]) == [(cast.khcn.code,)]
        assert sql.fetch(CODES, [cast.khcn.pk, cast.hn.pk, "%"]) == [(cast.hn.code,), (cast.khcn.code,)]
    assert sql.fetch("SELECT 1") == sql.fetch("SELECT 1") == [(1,)]


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite plans in no time")
def test_a_statement_is_planned_once_for_a_connection(cast, planned, monkeypatch):
    monkeypatch.setattr(sql, "MOST_PLANNED", 2)
    statements = [f"SELECT id, {number} FROM {Agency._meta.db_table} WHERE id = %s" for number in range(3)]
    for _time in range(3):
        assert [sql.fetch(one, [cast.hn.pk]) for one in statements] == [[(cast.hn.pk, n)] for n in range(3)]
    assert [planned.get(one) for one in statements] == ["EXECUTE planned_0 (%s)", "EXECUTE planned_1 (%s)", None]

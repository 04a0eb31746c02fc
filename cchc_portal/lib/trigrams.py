"""Words inside a hundred thousand search keys: by PostgreSQL's trigram index, or by SQLite's own full-text table.

Both are made by migrations and may be missing (an extension that is not installed, an old SQLite): the condition of
`fields.search_q` then reads every key, which gives the same rows later.
"""

from functools import cache, reduce
from operator import or_

from django.db import connections
from django.db.models import Q, QuerySet

from cchc_portal.lib.fields import search_q
from cchc_portal.lib.text import query_forms, search_terms

# SQLite's table finds by three characters at once.
SHORTEST = 3
SUFFIX = "_words"
# Up to so many rows are asked for by number; what more rows hold is met soon enough when the newest are read first.
RARE = 2_000


@cache
def has_words(alias: str, table: str) -> bool:
    """Whether this database keeps a full-text table beside `table`; asked once in a process."""
    connection = connections[alias]
    return connection.vendor == "sqlite" and f"{table}{SUFFIX}" in connection.introspection.table_names()


def _any_of(ways) -> str:
    quoted = ['"{}"'.format(way.replace('"', '""')) for way in ways]
    return f"({' OR '.join(quoted)})"


def holding(rows: QuerySet, query: str, field: str = "search_key", *, as_typed: bool = False) -> QuerySet:
    """Rows whose key holds every term of the query, found by the index there is; `as_typed`: the query in one piece."""
    if as_typed:
        terms = [sorted(query_forms(query))]
        found = rows.filter(reduce(or_, (Q(**{f"{field}__contains": way}) for way in terms[0])))
    else:
        terms = search_terms(query)
        found = rows.filter(search_q(query, field))
    asked = [_any_of(ways) for ways in terms if all(len(way) >= SHORTEST for way in ways)]
    table = rows.model._meta.db_table
    if not asked or not has_words(rows.db, table):
        return found
    words = f"{table}{SUFFIX}"
    with connections[rows.db].cursor() as cursor:
        cursor.execute(
            f"SELECT rowid FROM {words} WHERE {words} MATCH %s ORDER BY rowid DESC LIMIT %s",
            [" AND ".join(asked), RARE + 1],
        )
        held = [number for (number,) in cursor.fetchall()]
    return found.filter(pk__in=held) if len(held) <= RARE else found

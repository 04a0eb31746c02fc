"""Lists by their address: what a filtered list asks of the database is worked out once, and asked every time.

Building a filter form and the statement behind it takes longer than the statement takes. Both follow from the address,
the day, the language, the reader's rights and the rows that the filters offer, and from nothing else: so the finished
statement is kept under these, in the process. No row of a list is kept; whether the filters offer other rows is asked
every time.
"""

import hashlib
from collections import namedtuple
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cache, cached_property, lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Expression, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language
from django_filters import FilterSet, ModelChoiceFilter

from cchc_portal.lib.filters import RowFilter
from cchc_portal.lib.paging import PAGE_SIZE, Part, keys_of
from cchc_portal.lib.sql import fetch

# So many addresses are remembered; then all are forgotten and worked out anew.
MOST = 500
LARGEST = 2**63
# What joins texts in each database, and makes the separators of ASCII, which stand in no text of the portal.
JOINED = {"sqlite": ("group_concat", "char"), "postgresql": ("string_agg", "chr")}
_worked_out: dict[Hashable, Any] = {}


@lru_cache(maxsize=MOST)
def row_of(columns: tuple[str, ...]) -> type:
    """Rows of these columns; they print as plain tuples do, which is quicker and says as much."""
    row = namedtuple("Row", columns)
    row.__repr__ = tuple.__repr__
    return row


def _once(place: dict[Hashable, Any], key: Hashable, make: Callable[[], Any]) -> Any:
    """What the place keeps under the key; made now where it is not there."""
    found = place.get(key)
    if found is None:
        if len(place) >= MOST:
            place.clear()
        found = place[key] = make()
    return found


def _sqlite_state(direct) -> tuple:
    """`data_version` counts what other connections commit, `total_changes` what this one writes."""
    return direct, direct.execute("PRAGMA data_version").fetchone()[0], direct.total_changes


def _postgresql_state(direct) -> tuple:
    """Which transactions are seen: equal snapshots see equal rows, and none comes back after a commit."""
    return direct, fetch("SELECT pg_current_snapshot()")[0]


STATES = {"sqlite": _sqlite_state, "postgresql": _postgresql_state}


def since_written() -> dict:
    """A place for what was read since anything was last written to the database; a new one where that is not known.

    In a transaction neither database tells of what it has written itself and of a rollback.
    """
    if connection.in_atomic_block:
        return {}
    connection.ensure_connection()
    state = STATES[connection.vendor](connection.connection)
    known = getattr(connection, "read_since_written", None)
    if known is None or known[0] != state:
        known = connection.read_since_written = (state, {})
    return known[1]


class Slot(Expression):
    """A value that a statement is given when it is asked: the one at `place` among those given, of that field."""

    def __init__(self, place: int, field):
        super().__init__(output_field=field)
        self.place = place

    def as_sql(self, compiler, connection):
        return "%s", [self]


def page_slots(field) -> list[Slot]:
    """Slots for the keys of one page of a list, filled by `one_page`."""
    return [Slot(place, field) for place in range(PAGE_SIZE)]


def one_page(keys: Sequence) -> list:
    """The keys of a page for its slots; a short page leaves some at NULL, which is in no row."""
    return [*keys, *[None] * (PAGE_SIZE - len(keys))]


def _settled(sql: str, parameters: Sequence) -> tuple[str, Sequence]:
    """A statement of which only the slots are open: PostgreSQL plans it once (`fetch`), and for the values it has."""
    if connection.vendor != "postgresql":
        return sql, parameters
    with connection.cursor() as cursor:
        texts = [
            "%s" if isinstance(one, Slot) else cursor.mogrify("%s", [one]).decode().replace("%", "%%")
            for one in parameters
        ]
    return sql.replace("%%", "%%%%") % tuple(texts), [one for one in parameters if isinstance(one, Slot)]


class Statement:
    """The finished statement of a queryset's rows, cut down to some columns; rows come as named tuples of these."""

    def __init__(self, rows: QuerySet, columns: Sequence[str]):
        chosen = rows.values_list(*columns)
        self._row = row_of(tuple(columns))
        self._sql, self._parameters, self._expressions = "", (), []
        compiler = chosen.query.get_compiler(connection=connection)
        try:
            self._sql, self._parameters = _settled(*compiler.as_sql())
        except EmptyResultSet:
            return
        self._expressions = [expression for expression, _sql, _alias in compiler.select]

    def _given(self, values: Sequence) -> list:
        """The parameters, with the values given in their slots."""
        return [
            one.output_field.get_db_prep_value(values[one.place], connection) if isinstance(one, Slot) else one
            for one in self._parameters
        ]

    def _asked(self, sql: str, values: Sequence) -> list[tuple]:
        return fetch(sql, self._given(values))

    def fetch(self, limit: int | None = None, offset: int = 0, values: Sequence = ()) -> list[tuple]:
        """The rows as they are now, the columns with the types of their fields."""
        if not self._sql or limit == 0:
            return []
        found = self._asked(f"{self._sql} LIMIT {limit:d} OFFSET {offset:d}" if limit else self._sql, values)
        return [self._row(*row) for row in self._converted(found)]

    def _converted(self, found: list[tuple]) -> list[Sequence]:
        converters = []
        for place, expression in enumerate(self._expressions):
            own = [*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection)]
            converters += [(place, convert, expression) for convert in own]
        if not converters:
            return found
        rows = [list(row) for row in found]
        for place, convert, expression in converters:
            for row in rows:
                row[place] = convert(row[place], expression, connection)
        return rows

    def count(self, limit: int | None = None, values: Sequence = ()) -> int:
        """How many rows there are, counted up to `limit`: stepping over so many rows is quicker than counting them."""
        if not self._sql:
            return 0
        if limit and self._asked(f"{self._sql} LIMIT 1 OFFSET {limit - 1:d}", values):
            return limit
        return self._asked(f"SELECT COUNT(*) FROM ({self._sql}) counted", values)[0][0]

    def counted(self, known: dict, limit: int | None = None) -> int:
        """As `count`, of what no value is given to; what is known `since_written` is not counted again."""
        return _once(known, (self.text, limit), lambda: self.count(limit))

    @cached_property
    def text(self) -> str:
        """The statement with its parameters, for telling two apart."""
        return repr((self._sql, self._parameters))

    def as_texts(self) -> list[str]:
        """Every column as one text: another as soon as a row is another. In no order that means anything."""
        if not self._sql:
            return []
        joined, character = JOINED[connection.vendor]
        quote = connection.ops.quote_name
        cells = [f"COALESCE(CAST({quote(name)} AS text), {character}(29))" for name in self._row._fields]
        texts = ", ".join(f"{joined}({cell}, {character}(30))" for cell in cells)
        return [text or "" for text in self._asked(f"SELECT {texts} FROM ({self._sql}) listed", ())[0]]


class Counted:
    """The rows of a list for a paginator: counted by one statement, a page of them read by another."""

    def __init__(self, rows: QuerySet, columns: Sequence[str]):
        self._rows = Statement(rows, columns)
        self._keys = Statement(rows.order_by(), ["pk"])

    def now(self, known: dict) -> "_Now":
        """The list as it is at this request, for which this is known `since_written`."""
        return _Now(self._rows, self._keys, known)


class _Now:
    def __init__(self, rows: Statement, keys: Statement, known: dict):
        self._rows, self._keys, self._known = rows, keys, known

    def __len__(self) -> int:
        return self._keys.counted(self._known)

    def __getitem__(self, cut: slice) -> list[tuple]:
        return self._rows.fetch(cut.stop - cut.start, cut.start)


class _Stretch:
    """A stretch of a long list as `LongPage` cuts it: rows of a statement beyond the values it is given."""

    def __init__(self, rows: Statement, keys: Callable[[], Statement], values: Sequence):
        self._rows, self._keys, self._values = rows, keys, values

    def __getitem__(self, cut: slice) -> list[tuple]:
        first = cut.start or 0
        return self._rows.fetch(cut.stop - first, first, self._values)

    def order_by(self) -> "_Stretch":
        return self

    def count(self) -> int:
        return self._keys().count(values=self._values)


class KeptPart(Part):
    """A part of a long list whose statements are kept: from page to page only the values at the border differ."""

    def __init__(self, rows: QuerySet, columns: Sequence[str]):
        super().__init__(rows)
        self._columns = list(dict.fromkeys((*columns, *self._names)))
        self._statements: dict[tuple, list[tuple[Statement, Callable[[], Statement]]]] = {}

    def read(self, values: Sequence) -> list:
        read = super().read(values)
        if any(isinstance(value, int) and not -LARGEST <= value < LARGEST for value in read):
            raise ValueError("beyond any column")
        return read

    def ranges(self, backwards: bool, values: Sequence | None) -> Iterator[_Stretch]:
        """As `Part.ranges`: one after the other they give the rows beyond the values, or all rows without any."""
        shape = (backwards, values and tuple(value is None for value in values))
        found = self._statements.get(shape)
        if found is None:
            found = self._statements[shape] = [self._stated(rows) for rows in self._shaped(backwards, values)]
        for rows, keys in found:
            yield _Stretch(rows, keys, values or ())

    def _shaped(self, backwards: bool, values: Sequence | None) -> Iterator[QuerySet]:
        slots = values and [
            None if value is None else Slot(place, key.field)
            for place, (key, value) in enumerate(zip(self.keys, values, strict=True))
        ]
        return super().ranges(backwards, slots)

    def _stated(self, rows: QuerySet) -> tuple[Statement, Callable[[], Statement]]:
        return Statement(rows, self._columns), cache(lambda: Statement(rows.order_by(), ["pk"]))


class Offer:
    """The rows that a filter offers, and a stamp of them: another as soon as one of them is another, or their order."""

    def __init__(self, field: ModelChoiceField):
        shown = dict.fromkeys((field.to_field_name or "pk", field.widget.label))
        ordered = dict.fromkeys(key.path for key in keys_of(field.queryset))
        self._rows = Statement(field.queryset, [*shown])
        self._all = Statement(field.queryset.order_by(), [*dict.fromkeys(("pk", *shown, *ordered))])

    def rows(self) -> list[tuple[Any, str]]:
        """Value and label of each, in order."""
        return [(row[0], row[-1]) for row in self._rows.fetch()]

    def stamp(self, known: dict) -> str:
        """A fingerprint of the rows as they are now, or as they are known to be `since_written`."""
        return _once(known, self._all.text, self._stamp)

    def _stamp(self) -> str:
        return hashlib.sha256("\x1f".join(self._all.as_texts()).encode("utf-8", "backslashreplace")).hexdigest()


class Asked:
    """One request for a filtered list: its filter, built only when it is looked at, and what follows from it.

    `make` builds the filter set of the class `kind` for this request. `rights` tell readers apart who see other rows:
    equal rights, equal statements. With None nothing is kept, for rights that are themselves read from rows.
    """

    def __init__(
        self, request: HttpRequest, kind: type[FilterSet], make: Callable[[], FilterSet], rights: Hashable | None = ()
    ):
        self.request, self.kind, self._make, self.rights = request, kind, make, rights
        self.today = timezone.localdate()
        self.filter = SimpleLazyObject(self._filter)

    def _filter(self) -> FilterSet:
        """The filter set, its choices read by the statements that are kept."""
        built = self._make()
        for (name, offer), stamp in zip(self._offers.items(), self._stamps, strict=True):
            built.form.fields[name].widget.take(_once(_worked_out, (self.kind, name, stamp), offer.rows))
        return built

    @cached_property
    def _offers(self) -> dict[str, Offer]:
        """What each filter offers, by its name."""
        if self.rights is None:
            return self._offering()
        return _once(_worked_out, (self.kind, self.today, self.rights), self._offering)

    def _offering(self) -> dict[str, Offer]:
        offers, form = {}, self._make().form
        for name, narrowing in self.kind.base_filters.items():
            if isinstance(narrowing, RowFilter):
                offers[name] = Offer(form.fields[name])
            elif isinstance(narrowing, ModelChoiceFilter):
                raise TypeError(f"{name} offers rows; make it a RowFilter")
        return offers

    @cached_property
    def known(self) -> dict:
        """What was read `since_written`, looked up once a request."""
        return since_written()

    @cached_property
    def _stamps(self) -> tuple[str, ...]:
        return tuple(offer.stamp(self.known) for offer in self._offers.values())

    @cached_property
    def told(self) -> tuple:
        """All that the filter and the statements follow from, as text."""
        typed = self.request.GET
        values = tuple((name, tuple(typed.getlist(name))) for name in self.kind.base_filters if name in typed)
        said = (self.kind.__module__, self.kind.__qualname__, self.today.isoformat(), get_language())
        return (*said, values, self._stamps)  # the language: it decides how a typed day is read

    def worked_out(self, make: Callable[[FilterSet], Any]) -> Any:
        """What `make` gives for the filter; the statements in it are kept for all who ask the same."""
        if self.rights is None:
            return make(self.filter)
        return _once(_worked_out, (make, self.rights, self.told), lambda: make(self.filter))

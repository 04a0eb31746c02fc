"""Pages of lists: numbered ones for short lists, and for long ones pages found by what stands at their border.

The filters of the URL stay. A long list (`long_page_of`) never counts its way to a page: a link says after or before
which row it goes on, so the last page costs what the first does, and a new row moves nothing that is being read.
"""

import base64
import datetime as dt
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldError, ValidationError
from django.core.paginator import Paginator
from django.db import connections
from django.db.models import Case, Count, Exists, F, OrderBy, QuerySet
from django.db.models.functions import Coalesce

PAGE_SIZE = 50
# A total is counted up to here; beyond, the page says "more than".
COUNTED = 10_000
LONGEST_PLACE, MOST_PAGES = 4_000, 1_000_000
# What `?at=` says: the last page, or behind or before which row the page begins.
LAST, BEHIND, AHEAD = "last", "a", "b"
NEVER_NULL = (Case, Coalesce, Count, Exists)


def page_of(request, rows, size=PAGE_SIZE):
    """The page of `rows` that the URL asks for by number; the first or the last where it asks for nonsense.

    The page also carries `elided`, the page numbers with gaps; `includes/_pages.html` prints them and keeps
    the other parameters of the URL.
    """
    paginator = Paginator(rows, size)
    page = paginator.get_page(request.GET.get("page"))
    page.elided = list(paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1))
    return page


@dataclass(frozen=True)
class Key:
    """One column of an order: where it is found, which way it runs, where its NULLs stand (None: it has none)."""

    path: str
    down: bool
    nulls_first: bool | None
    field: Any

    def turned(self) -> "Key":
        return Key(self.path, not self.down, None if self.nulls_first is None else not self.nulls_first, self.field)

    def ordered(self) -> OrderBy:
        return OrderBy(F(self.path), descending=self.down)

    def full(self) -> list[dict]:
        """Conditions of the stretches that hold every value, in their order."""
        if self.nulls_first is None:
            return [{}]
        stretches = [{f"{self.path}__isnull": True}, {f"{self.path}__isnull": False}]
        return stretches if self.nulls_first else stretches[::-1]

    def beyond(self, value) -> list[dict]:
        """Conditions of the stretches behind a value, in their order."""
        if value is None:
            return [{f"{self.path}__isnull": False}] if self.nulls_first else []
        stretches = [{f"{self.path}__{'lt' if self.down else 'gt'}": value}]
        return stretches if self.nulls_first is not False else [*stretches, {f"{self.path}__isnull": True}]

    def equal(self, value) -> dict:
        return {f"{self.path}__isnull": True} if value is None else {self.path: value}

    def read(self, value):
        """A value of a link as the column's own; raises ValueError for what cannot be one."""
        if value is None:
            if self.nulls_first is None:
                raise ValueError("a column without NULLs")
            return None
        if isinstance(value, (list, dict)) or (isinstance(value, str) and "\x00" in value):
            raise ValueError("no value of a column")
        if isinstance(value, str):
            value.encode()
        return self.field.to_python(value)


def _named(item) -> tuple[str, OrderBy]:
    if isinstance(item, str):
        return item.removeprefix("-"), OrderBy(F(item.removeprefix("-")), descending=item.startswith("-"))
    order = item if isinstance(item, OrderBy) else OrderBy(item if hasattr(item, "resolve_expression") else F(item))
    if not isinstance(order.expression, F):
        raise FieldError("Name the expression in annotate() and order by its name.")
    return order.expression.name, order


def keys_of(rows: QuerySet) -> tuple[Key, ...]:
    """The order of a queryset as keys that tell any two rows apart; the primary key is added where it is missing."""
    largest = connections[rows.db].features.nulls_order_largest
    keys = []
    for item in rows.query.order_by or rows.model._meta.ordering:
        path, order = _named(item)
        annotated = rows.query.annotations.get(path)
        if annotated is not None:
            field, nullable = annotated.output_field, not isinstance(annotated, NEVER_NULL)
        elif path == "pk":
            field, nullable = rows.model._meta.pk, False
        else:
            steps, field, _targets, _rest = rows.query.names_to_path(path.split("__"), rows.model._meta)
            if field.is_relation:
                raise FieldError("Order by a column: a relation has an order of its own.")
            nullable = field.null or any(step.join_field.null for step in steps if hasattr(step.join_field, "null"))
        down = bool(order.descending)
        first = order.nulls_first or (not order.nulls_last and down == largest)
        keys.append(Key(path, down, first if nullable else None, field))
        if annotated is None and "__" not in path and field.unique and not nullable:
            return tuple(keys)
    return (*keys, Key("pk", bool(keys) and keys[-1].down, None, rows.model._meta.pk))


class Part:
    """A stretch of a list that a queryset holds in its order."""

    def __init__(self, rows: QuerySet):
        self.keys = keys_of(rows)
        # A row must carry the values of its keys; what lies behind a relation is read along.
        along = {f"key_{n}": F(key.path) for n, key in enumerate(self.keys) if "__" in key.path}
        self.rows = rows.annotate(**along) if along else rows
        self._names = [f"key_{n}" if "__" in key.path else key.path for n, key in enumerate(self.keys)]

    def values(self, row) -> list:
        """The keys of a row as a link holds them."""
        return [_written(getattr(row, name)) for name in self._names]

    def read(self, values: Sequence) -> list:
        return [key.read(value) for key, value in zip(self.keys, values, strict=True)]

    def ranges(self, backwards: bool, values: Sequence | None) -> Iterator[QuerySet]:
        """Querysets that one after the other give the rows beyond `values`, or all rows without any."""
        keys = [key.turned() for key in self.keys] if backwards else list(self.keys)
        if values is None:
            yield from (self._ordered(stretch, keys) for stretch in keys[0].full())
            return
        for place in range(len(keys) - 1, -1, -1):
            fixed: dict = {}
            for key, value in zip(keys[:place], values[:place], strict=True):
                fixed |= key.equal(value)
            for stretch in keys[place].beyond(values[place]):
                yield self._ordered(fixed | stretch, keys[place:])

    def _ordered(self, conditions: dict, keys: Sequence[Key]) -> QuerySet:
        first, *rest = keys
        orders = [] if conditions.get(f"{first.path}__isnull") else [first.ordered()]
        for key in rest:
            places = {} if key.nulls_first is None else {"nulls_first" if key.nulls_first else "nulls_last": True}
            orders.append(OrderBy(F(key.path), descending=key.down, **places))
        return self.rows.filter(**conditions).order_by(*orders)


def _written(value):
    if isinstance(value, (dt.date, dt.datetime, dt.time)):
        return value.isoformat()
    return str(value) if isinstance(value, (Decimal, UUID)) else value


class LongPage:
    """A page of a long list; `after` and `before` are what the links to its neighbours say in `?at=`."""

    is_long = True

    def __init__(self, count_up_to: Callable[[int], int], parts: Sequence[Part], size: int):
        self._count_up_to, self.parts, self.size = count_up_to, parts, size
        self.object_list: list = []
        self.after = self.before = ""
        self._mark = zlib.crc32(repr([[(k.path, k.down, k.nulls_first) for k in part.keys] for part in parts]).encode())

    def __iter__(self):
        return iter(self.object_list)

    def __len__(self) -> int:
        return len(self.object_list)

    @property
    def paginator(self) -> "LongPage":
        """Lists ask a page's paginator for `count`."""
        return self

    @cached_property
    def count(self) -> int:
        """How many rows there are, or COUNTED where there are `more`."""
        return min(self._counted, COUNTED)

    @property
    def more(self) -> bool:
        """Whether there are more rows than `count` says."""
        return self._counted > COUNTED

    @cached_property
    def _counted(self) -> int:
        if not self.after and not self.before:
            return len(self.object_list)
        return self._count_up_to(COUNTED + 1)

    def place_of(self, part: int, row) -> str:
        """Where a row stands, for a link."""
        text = json.dumps([self._mark, part, *self.parts[part].values(row)], ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")

    def read(self, place: str) -> tuple[int, list] | None:
        """The part and the values of a place; None for one of another order, or that was never given."""
        try:
            text = base64.urlsafe_b64decode(place[:LONGEST_PLACE] + "==").decode()
            mark, part, *values = json.loads(text)
            if mark != self._mark or not isinstance(part, int) or not 0 <= part < len(self.parts):
                return None
            return part, self.parts[part].read(values)
        except (ValueError, TypeError, OverflowError, RecursionError, ArithmeticError, ValidationError):
            return None

    def walk(self, backwards: bool, start: tuple[int, list] | None = None) -> list[tuple[int, Any]]:
        """Up to one row more than a page holds, each with its part, in the order of the walk."""
        found: list[tuple[int, Any]] = []
        numbers = range(len(self.parts) - 1, -1, -1) if backwards else range(len(self.parts))
        for number in numbers:
            if start and (number > start[0] if backwards else number < start[0]):
                continue
            values = start[1] if start and number == start[0] else None
            for rows in self.parts[number].ranges(backwards, values):
                found += [(number, row) for row in rows[: self.size + 1 - len(found)]]
                if len(found) > self.size:
                    return found
        return found

    def skip(self, rows: int) -> list[tuple[int, Any]]:
        """The rows behind so many: an old link by number. It counts its way there, as such links always did."""
        found: list[tuple[int, Any]] = []
        for number, part in enumerate(self.parts):
            for stretch in part.ranges(False, None):
                found += [(number, row) for row in stretch[rows : rows + self.size + 1 - len(found)]]
                if len(found) > self.size:
                    return found
                rows = 0 if found else max(rows - stretch.order_by().count(), 0)
        return found

    def hold(self, found: list[tuple[int, Any]], backwards: bool = False, inside: bool = False) -> "LongPage":
        """Takes the rows of a walk; `inside`: the walk began behind another page."""
        over = len(found) > self.size
        held = found[: self.size][::-1] if backwards else found[: self.size]
        self.object_list = [row for _part, row in held]
        if held and (inside if backwards else over):
            self.after = BEHIND + self.place_of(*held[-1])
        if held and (over if backwards else inside):
            self.before = AHEAD + self.place_of(*held[0])
        return self


def long_page_of(request, rows: QuerySet, parts: Sequence[QuerySet] = (), size: int = PAGE_SIZE) -> LongPage:
    """The page of `rows` behind or before the place that the URL names, with links to first, last and neighbours.

    `parts`: disjoint querysets that one after the other hold the rows, where no index serves the order of the whole.
    Old links by number (`?page=7`) are answered, and what cannot be read shows the first page.
    """

    def count_up_to(limit: int) -> int:
        return rows.order_by()[:limit].count()

    return page_in_parts(request, count_up_to, [Part(part) for part in parts or [rows]], size)


def page_in_parts(request, count_up_to: Callable[[int], int], parts: Sequence[Part], size: int = PAGE_SIZE) -> LongPage:
    """As `long_page_of`, for parts that are made already; `count_up_to` counts all rows, up to a limit."""
    page = LongPage(count_up_to, parts, size)
    at = request.GET.get("at", "")
    place = page.read(at[1:]) if at[:1] in (BEHIND, AHEAD) else None
    if place and at[0] == BEHIND and (found := page.walk(False, place)):
        return page.hold(found, inside=True)
    if place and at[0] == AHEAD and len(found := page.walk(True, place)) >= size:
        return page.hold(found, backwards=True, inside=True)
    number = request.GET.get("page", "")
    if not at and number.isdecimal() and number.isascii() and 1 < int(number[:9]) <= MOST_PAGES:
        found = page.skip((int(number) - 1) * size)
        return page.hold(found, inside=True) if found else page.hold(page.walk(backwards=True), backwards=True)
    if at == LAST or (place and at[0] == BEHIND):
        return page.hold(page.walk(backwards=True), backwards=True)
    return page.hold(page.walk(backwards=False))

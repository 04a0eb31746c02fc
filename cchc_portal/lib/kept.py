"""Markup kept under the very values it was made of: there is nothing to invalidate, other values are another key."""

import hashlib
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, QueryDict
from django.template import Context
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

import cchc_portal

KEPT_FOR = 3_600


@dataclass(frozen=True)
class Address:
    """What kept markup may know of a request: where links lead from. Nothing of the one who asks."""

    path: str
    GET: QueryDict

    @classmethod
    def of(cls, request: HttpRequest) -> "Address":
        return cls(request.path, request.GET)

    @classmethod
    def of_list(cls, request: HttpRequest) -> "Address":
        """The address of a list, whichever page is asked for; for markup whose links do not leave the page out."""
        if "page" not in request.GET and "at" not in request.GET:
            return cls.of(request)
        named = request.GET.copy()
        for name in ("page", "at"):
            named.pop(name, None)
        return cls(request.path, named)

    def __repr__(self) -> str:
        return repr((self.path, self.GET.urlencode()))


def _rendered(template: str, context: dict, address: Address | None) -> str:
    told = Context(context | {"request": address} if address else context)
    if address:
        told.request = address
    return str(get_template(template).template.render(told))


def kept(template: str, values: Any, context: dict | None = None, address: Address | None = None) -> SafeString:
    """The template rendered with `context` (by default {"rows": values}), made once for these values and language.

    `values` say by their repr all that the context holds: text, numbers, days, and lists and tuples of them. A template
    whose links keep the filters of the URL needs the `address`; it stands in for the request.
    """
    context = {"rows": values} if context is None else context
    if settings.DEBUG:  # a template that is being written is shown as it is now
        return mark_safe(_rendered(template, context, address))
    told = repr((template, get_language(), cchc_portal.__version__, values, address))
    key = "kept:" + hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()
    found = cache.get(key)
    if found is None:
        found = _rendered(template, context, address)
        cache.set(key, found, KEPT_FOR)
    return mark_safe(found)


def fixed(template: str, **context: Hashable) -> SafeString:
    """The template rendered with `context`, which with the language decides all that it shows.

    Kept in the process: for the few pieces that stand on every page, and are the same for many.
    """
    make = _fixed if not settings.DEBUG else _fixed.__wrapped__
    return make(template, get_language(), tuple(context.items()))


@lru_cache(maxsize=2_000)  # what differs most from person to person takes 2 kB
def _fixed(template: str, _language: str, told: tuple) -> SafeString:
    return mark_safe(_rendered(template, dict(told), None))


def kept_rows(template: str, rows: Iterable[Hashable], **shared: Hashable) -> SafeString:
    """Each of the rows rendered with the template, as `row` beside what they share, one after the other.

    Kept in the process, row by row: where one of hundreds has changed, one is drawn. What the template shows follows
    from the row and from what is shared alone.
    """
    make = _row if not settings.DEBUG else _row.__wrapped__
    told = tuple(shared.items())
    return mark_safe("".join([make(template, get_language(), row, told) for row in rows]))


@lru_cache(maxsize=8_192)  # the rows of every ranking of a city under some formulas, about 1 kB each
def _row(template: str, _language: str, row: Hashable, told: tuple) -> str:
    return _rendered(template, {"row": row, **dict(told)}, None)

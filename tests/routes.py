"""Every address of the portal, filled in, for tests that walk over all of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

UUID = "00000000-0000-4000-8000-000000000000"
# What stands in for a converter; by name where the name tells more.
BY_NAME = {
    "code": "HN-KHCN",
    "of": "job",
    "action": "submit",
    "part": "levels",
    "token": "0" * 32,
    "pk": "1",
    "which": "report",
}
BY_KIND = {"int": "1", "slug": "one", "uuid": UUID, "str": "one", "path": "one"}
CONVERTER = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")


@dataclass(frozen=True)
class Route:
    """One URL pattern: where it is written, its name with namespaces, and an address that it takes."""

    pattern: str
    name: str
    address: str


def _filled(found: re.Match) -> str:
    kind, name = found["kind"] or "str", found["name"]
    return BY_KIND[kind] if kind == "uuid" else BY_NAME.get(name, BY_KIND[kind])


def _walk(patterns, before: str, names: tuple[str, ...]) -> Iterator[Route]:
    for item in patterns:
        written = before + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from _walk(item.url_patterns, written, (*names, item.namespace) if item.namespace else names)
        elif isinstance(item, URLPattern):
            yield Route(written, ":".join((*names, item.name or "")), "/" + CONVERTER.sub(_filled, written))


def all_routes() -> list[Route]:
    """Every URL pattern of the portal in the order in which Django tries them."""
    return list(_walk(get_resolver().url_patterns, "", ()))

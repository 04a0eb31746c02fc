"""Every link that a page shows opens for whoever it is shown to: a page offers nobody what he may not read."""

import html
import re
from collections import Counter, deque

import pytest

from dossiers import tally
from dossiers.models import UnusualScan
from tests.builders import make_flag
from tests.test_rights import PEOPLE
from tests.world import World

LINK = re.compile(r'(?:href|hx-get)="([^"#]+)')
# Addresses alike but for keys and codes are followed so often.
ALIKE = 2
PAGES = 150
NOT_FOLLOWED = ("/static/", "/docs/", "//")


def shape(address: str) -> tuple:
    """An address without keys, codes and values: /returns/12/?a=1 is like /returns/7/?a=2."""
    path, _mark, query = address.partition("?")
    parts = ["#" if any(sign.isdigit() for sign in part) or part.isupper() else part for part in path.split("/")]
    return tuple(parts), tuple(sorted(pair.split("=")[0] for pair in query.split("&")))


def links_of(page: str, address: str) -> list[str]:
    """Addresses inside the portal that the page links, but for files."""
    found = [html.unescape(link) for link in LINK.findall(page)]
    found = [f"{address.partition('?')[0]}{link}" if link.startswith("?") else link for link in found]
    return [
        link
        for link in found
        if link.startswith("/")
        and not link.startswith(NOT_FOLLOWED)
        and "format=" not in link
        and "download" not in link
    ]


def refused(client, start: str = "/") -> list[tuple[int, str, str]]:
    """Status, address and page of every link that is followed from the start and does not open."""
    seen, asked, todo, faults = Counter(), set(), deque([(start, "")]), []
    while todo and len(asked) < PAGES:
        address, source = todo.popleft()
        if address in asked:
            continue
        asked.add(address)
        answer = client.get(address)
        if answer.status_code >= 400:
            faults.append((answer.status_code, address, source))
        if answer.status_code != 200 or answer.streaming or "html" not in answer["Content-Type"]:
            continue
        for link in links_of(answer.text, address):
            if seen[shape(link)] < ALIKE and link not in asked:
                seen[shape(link)] += 1
                todo.append((link, address))
    assert len(asked) > 10
    return faults


@pytest.fixture
def told(world) -> World:
    """The world with sums and with an unusual figure in the accepted return."""
    tally.recompute_all()
    item = world.returns["accepted"]
    UnusualScan.objects.create(of=item, judgements=8)
    make_flag(item)
    return world


@pytest.mark.parametrize("name", PEOPLE)
def test_every_link_that_is_shown_opens(name, told, client_of):
    assert refused(client_of(getattr(told.cast, name))) == []


def test_figures_are_offered_to_whoever_reads_them(told, client_of):
    cast, period = told.cast, told.returns["accepted"].period
    procedure = f"/procedures/{told.procedures[0].code}/"
    for name, shown in (("admin", False), ("lan", True), ("hoa", True), ("quan", True)):
        client = client_of(getattr(cast, name))
        assert (f"{procedure}figures/" in client.get(procedure).text) is shown, name
        assert (f"/periods/{period.label}/figures/" in client.get("/periods/").text) is shown, name
        assert client.get(f"{procedure}figures/").status_code == (200 if shown else 403), name


def test_a_visiting_team_reads_what_is_unusual_without_the_pages_of_the_return(told, client_of):
    item = told.returns["accepted"]
    for name, opens in (("hoa", False), ("lan", True)):
        page = client_of(getattr(told.cast, name)).get(f"/agencies/HN-KHCN/?period={item.period.label}").text
        assert "cao hơn mức thường gặp" in page, name
        assert (f'href="/returns/{item.pk}/"' in page) is opens, name
        assert ('href="/review/unusual/' in page) is opens, name

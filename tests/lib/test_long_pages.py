"""Pages of long lists: every row once, in order, whatever is NULL, and nothing moves when rows come in."""

from datetime import date
from itertools import pairwise

import pytest
from django.db.models import Case, F, Value, When
from django.db.models.functions import Length
from django.template import Context, Template

from agencies.models import Agency
from cchc_portal.lib import paging
from cchc_portal.lib.paging import long_page_of

DAYS = [None, date(2025, 1, 1), date(2025, 3, 1), None, date(2025, 1, 1), date(2024, 5, 1), None]


@pytest.fixture
def units(db):
    """Twenty-eight units whose days tie and are missing, some without a parent."""
    root = Agency.objects.create(code="R", name="Gốc", short_name="Gốc", kind="province")
    for number in range(28):
        Agency.objects.create(
            code=f"A{number:02}",
            name=f"Sở {number % 5}",
            short_name="x" * (number % 3 + 1),
            kind="department",
            parent=root if number % 4 else None,
            valid_from=DAYS[number % 7],
        )
    return Agency.objects.filter(code__startswith="A")


ORDERS = [
    ["code"],
    ["-sort_key", "-pk"],
    ["sort_key", "-pk"],
    ["valid_from", "pk"],
    ["-valid_from", "sort_key"],
    [F("valid_from").asc(nulls_last=True), "pk"],
    [F("valid_from").desc(nulls_last=True), F("parent__sort_key").asc(nulls_first=True), "-sort_key"],
    ["parent__valid_from", "kind", F("valid_from").asc(nulls_first=True), "-code"],
    ["-dated", "size", "valid_from"],
    [],
]


def ordered(units, order):
    dated = Case(When(valid_from__isnull=False, then=Value(True)), default=Value(False))
    return units.annotate(dated=dated, size=Length("short_name")).order_by(*order)


def page_at(rf, rows, at="", parts=(), **query):
    return long_page_of(rf.get("/", {"at": at, **query} if at else query), rows, parts, size=5)


def codes(rows):
    return [row.code for row in rows]


def walked(rf, rows, parts=()):
    """The codes page by page from the first on, and the last page."""
    pages = [page_at(rf, rows, parts=parts)]
    while pages[-1].after:
        pages.append(page_at(rf, rows, pages[-1].after, parts))
        assert len(pages) < 20
    return pages


@pytest.mark.parametrize("order", ORDERS)
def test_pages_hold_every_row_once_in_order(units, rf, order):
    rows = ordered(units, order)
    whole = codes(rows if order else units.order_by("sort_key", "pk"))
    if order and order[-1] not in ("pk", "-pk", "code", "-code"):
        tie = ["-pk"] if isinstance(order[-1], str) and order[-1].startswith("-") else ["pk"]
        whole = codes(ordered(units, [*order, *tie]))
    pages = walked(rf, rows)
    assert [code for page in pages for code in codes(page)] == whole
    assert not pages[0].before
    for page, next_page in pairwise(pages):
        assert codes(page_at(rf, rows, next_page.before)) == codes(page)
    last = page_at(rf, rows, paging.LAST)
    assert (codes(last), last.after) == (whole[-5:], "")
    for number in range(1, 7):
        assert codes(page_at(rf, rows, page=number)) == whole[(number - 1) * 5 :][:5]
    assert codes(page_at(rf, rows, page=99)) == whole[-5:]


def test_parts_follow_each_other(units, rf):
    parts = [units.filter(valid_from__isnull=False).order_by("-valid_from", "pk"), units.filter(valid_from=None)]
    whole = codes(parts[0]) + codes(parts[1].order_by("sort_key", "pk"))
    pages = walked(rf, units, parts)
    assert [code for page in pages for code in codes(page)] == whole
    for page, next_page in pairwise(pages):
        assert codes(page_at(rf, units, next_page.before, parts)) == codes(page)
    assert codes(page_at(rf, units, paging.LAST, parts)) == whole[-5:]
    for number in range(1, 7):
        assert codes(page_at(rf, units, parts=parts, page=number)) == whole[(number - 1) * 5 :][:5]


def test_rows_that_come_and_go_move_nothing(units, rf):
    rows = units.order_by("code")
    first = page_at(rf, rows)
    for code in ("A00a", "A01a", "A99"):
        Agency.objects.create(code=code, name="Mới", short_name="Mới", kind="department")
    Agency.objects.filter(code="A04").delete()
    assert codes(page_at(rf, rows, first.after)) == ["A05", "A06", "A07", "A08", "A09"]


@pytest.mark.parametrize("at", ["x", "a", "aW10", "a!!", "b" + "A" * 5000, "aWzEsMCwxXQ", "aWzEsIlx1ZDgwMCJd", "LAST"])
def test_a_place_that_cannot_be_read_shows_the_first_page(units, rf, at):
    assert codes(page_at(rf, units.order_by("code"), at)) == ["A00", "A01", "A02", "A03", "A04"]


def test_a_place_of_another_order_shows_the_first_page(units, rf):
    there = page_at(rf, units.order_by("-code")).after
    assert codes(page_at(rf, units.order_by("code"), there)) == ["A00", "A01", "A02", "A03", "A04"]


@pytest.mark.parametrize("page", ["", "0", "-1", "x", "1", "1.5", "９", "9" * 400])
def test_any_number_is_answered(units, rf, page):
    assert len(page_at(rf, units.order_by("code"), page=page)) == 5


def test_total_is_counted_to_a_limit(units, rf, settings):
    page = page_at(rf, units.order_by("code"))
    assert (page.paginator.count, page.more) == (28, False)
    few = long_page_of(rf.get("/"), units.order_by("code"))
    assert (few.count, few.after, few.before) == (28, "", "")
    assert (long_page_of(rf.get("/"), units.none()).count, len(page_at(rf, units.none(), paging.LAST))) == (0, 0)


def test_links_keep_the_filters(units, rf):
    request = rf.get("/", {"q": "sở", "page": "2"})
    page = long_page_of(request, units.order_by("code"), size=5)
    context = Context({"page": page})
    context.request = request
    html = Template("{% include 'includes/_pages.html' %}").render(context)
    assert html.count("q=s%E1%BB%9F") == 4
    assert "page=" not in html
    assert all(f'rel="{rel}"' in html for rel in ("first", "prev", "next", "last"))

"""The paginator and the question whether HTMX wants a fragment."""

import pytest
from django.http import HttpResponse
from django.template import Context, Template

from cchc_portal.lib.htmx import vary_on_htmx, wants_fragment
from cchc_portal.lib.paging import page_of


@pytest.mark.parametrize(("asked", "number"), [(None, 1), ("2", 2), ("99", 3), ("x", 1), ("-1", 3)])
def test_any_page_answers(rf, asked, number):
    request = rf.get("/", {"page": asked, "q": "sở"} if asked else {"q": "sở"})
    page = page_of(request, list(range(120)))
    assert page.number == number
    context = Context({"page": page})
    context.request = request
    html = Template("{% include 'includes/_pages.html' %}").render(context)
    assert 'aria-current="page"' in html
    assert "q=s%E1%BB%9F" in html
    assert len(page) == (20 if number == 3 else 50)


@pytest.mark.parametrize(
    ("headers", "fragment"),
    [
        ({}, False),
        ({"HX-Request": "true"}, True),
        ({"HX-Request": "true", "HX-Boosted": "true"}, False),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, False),
    ],
)
def test_fragment(rf, headers, fragment):
    assert wants_fragment(rf.get("/", headers=headers)) is fragment


def test_caches_keep_fragments_apart(rf):
    assert "HX-Request" in vary_on_htmx(lambda request: HttpResponse())(rf.get("/"))["Vary"]

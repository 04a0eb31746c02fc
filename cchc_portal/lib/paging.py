"""The one paginator: 50 rows a page, any page number answers, the filters of the URL stay."""

from django.core.paginator import Paginator

PAGE_SIZE = 50


def page_of(request, rows, size=PAGE_SIZE):
    """The page of `rows` that the URL asks for; the first or the last where it asks for nonsense.

    The page also carries `elided`, the page numbers with gaps; `includes/_pages.html` prints them and keeps
    the other parameters of the URL.
    """
    paginator = Paginator(rows, size)
    page = paginator.get_page(request.GET.get("page"))
    page.elided = list(paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1))
    return page

"""Việc của tôi, and search over everything."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cchc_portal.lib.paging import long_page_of
from cchc_portal.lib.text import search_terms
from reports.permissions import is_told_changes
from reports.tally.finding import register_of, search_all
from reports.tally.worklist import groups_for


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What I owe, by when, in which state, sent back with whose words; overdue first."""
    groups = groups_for(request.user)
    # What went up stands in two groups and is one thing that is late.
    overdue = len({task.url for group in groups for task in group.tasks if task.overdue})
    # Where the rows shown end among those that are overdue, more of them stand behind the link to all.
    more = any(group.tasks and group.tasks[-1].overdue and group.total > len(group.tasks) for group in groups)
    label = (_("At least %(count)s overdue") if more else _("%(count)s overdue")) % {"count": overdue}
    context = {"groups": groups, "overdue": overdue, "overdue_label": label}
    return render(request, "reports/home.html", context | {"told_changes": is_told_changes(request.user)})


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Everything the person may read that holds the words, whatever the tone marks; `in` shows one register whole."""
    query = request.GET.get("q", "").strip()[:200]
    register = register_of(request.GET.get("in", ""))
    context = {"query": query}
    if register and search_terms(query):
        page = long_page_of(request, register.found(request.user, query))
        page.object_list = [register.hit(row, query) for row in page.object_list]
        return render(request, "reports/search.html", context | {"register": register, "page": page})
    return render(request, "reports/search.html", context | {"found": search_all(request.user, query)})

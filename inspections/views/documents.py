"""Documents of a visit: which are offered to whom in which state, and asking for one."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cchc_portal.lib.errors import Conflict
from inspections import documents
from inspections.models import Visit
from records import workflow
from records.models import Document

SHOWN = 8


def documents_made(user, visit: Visit):
    """Documents of the visit that the person may see, newest first."""
    made = Document.objects.visible_to(user).filter(kind__in=documents.BY_CODE, subject_id=visit.pk)
    return made.order_by("-asked_at", "-pk")


def documents_part(user, visit: Visit) -> dict:
    """What the visit's page shows of documents: those made, and those that may be asked for now."""
    offers = [sort for sort in documents.SORTS if visit.state in sort.offered and sort.may_ask(user, visit)]
    return {
        "documents": list(documents_made(user, visit)[:SHOWN]),
        "offers": [{"slug": sort.slug, "label": sort.label, "draft": sort.is_draft(visit)} for sort in offers],
    }


@require_POST
def ask_document(request: HttpRequest, pk: int, which: str) -> HttpResponse:
    """Have the minutes, the result report or the conclusion notice made by the worker, as PDF and Word file."""
    visit = get_object_or_404(Visit.objects.visible_to(request.user).select_related("agency", "team"), pk=pk)
    sort = documents.BY_SLUG.get(which)
    if sort is None:
        raise Http404
    if not sort.may_ask(request.user, visit):
        raise PermissionDenied
    if visit.state not in sort.offered:
        raise Conflict(_("The visit has not come that far: there is nothing to write in this document yet."))
    workflow.ask_document(
        sort.code,
        visit.pk,
        title=documents.document_title(sort.code, visit),
        by=request.user,
        draft=sort.is_draft(visit),
        address=request.build_absolute_uri("/").rstrip("/"),
    )
    return redirect(reverse("inspections:visit_detail", args=[visit.pk]) + "#documents")

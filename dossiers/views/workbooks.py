"""A return as a workbook: download, upload with preview, confirmation; and its printed form."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cchc_portal.lib.errors import Refused
from dossiers import permissions
from dossiers.documents import RETURN_FORM, form_title, is_draft
from dossiers.models import Return
from dossiers.workbooks.export import workbook_response
from dossiers.workbooks.forms import WorkbookForm
from dossiers.workbooks.previews import seal, unseal
from dossiers.workbooks.saving import apply_import, plan_import
from dossiers.workflow import ensure_open_for_entry
from records.workflow import ask_document

LINES_SHOWN = 300


def _return_of(request: HttpRequest, pk: int) -> Return:
    rows = Return.objects.visible_to(request.user).select_related("agency__parent", "period")
    return get_object_or_404(rows, pk=pk)


@require_safe
def return_workbook(request: HttpRequest, pk: int) -> HttpResponse:
    """The return as a workbook, which is also the template to fill in."""
    return workbook_response(_return_of(request, pk))


@require_http_methods(["GET", "HEAD", "POST"])
def return_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose a workbook, look at what it would change, save it: all or nothing."""
    item = _return_of(request, pk)
    if not permissions.may_enter(request.user, item):
        raise PermissionDenied
    ensure_open_for_entry(item)
    form, plan, problems = WorkbookForm(), None, []
    if "plan" in request.POST:
        try:
            apply_import(item, unseal(item, request.POST["plan"], by=request.user), by=request.user)
            return redirect("dossiers:return_detail", pk=item.pk)
        except Refused as error:
            problems = error.problems
    elif request.method == "POST":
        form = WorkbookForm(request.POST, request.FILES)
        if form.is_valid():
            plan = plan_import(item, form.cleaned_data["file"])
    context = {
        "item": item,
        "form": form,
        "plan": plan,
        "problems": problems,
        "shown": plan.changes[:LINES_SHOWN] if plan else [],
        "left": max(len(plan.changes) - LINES_SHOWN, 0) if plan else 0,
        "sealed": seal(item, plan, by=request.user) if plan and plan.changes and not plan.problems else "",
        "breadcrumb": [
            (_("Returns"), reverse("dossiers:return_list")),
            (str(item), reverse("dossiers:return_detail", args=[item.pk])),
            (_("Import a workbook"), ""),
        ],
    }
    refused = bool(problems or form.errors or (plan and plan.problems))
    return render(request, "dossiers/workbook_import.html", context, status=422 if refused else 200)


@require_POST
def return_form(request: HttpRequest, pk: int) -> HttpResponse:
    """Have Biểu II.06a of the return made as a PDF by the worker."""
    item = _return_of(request, pk)
    ask_document(RETURN_FORM, item.pk, title=form_title(item), by=request.user, draft=is_draft(item))
    return redirect(f"{reverse('reports:document_list')}?kind={RETURN_FORM}")

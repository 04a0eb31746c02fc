"""Workbooks of many agencies in one page: upload, look at what they would change, save them; all or nothing."""

import shutil
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cchc_portal.lib.errors import Conflict, Refused
from cchc_portal.lib.htmx import vary_on_htmx, wants_fragment
from cchc_portal.lib.paging import page_of
from dossiers import permissions
from dossiers.choices import FIGURE_LABELS
from dossiers.models import Consolidation
from dossiers.workbooks.forms import ConsolidationForm
from dossiers.workbooks.tasks import run_consolidation
from dossiers.workbooks.uploads import keep_workbooks

EARLIER_SHOWN = 10


@require_http_methods(["GET", "HEAD", "POST"])
def consolidation_new(request: HttpRequest) -> HttpResponse:
    """Choose a period and its workbooks; the worker checks them and nothing is changed yet."""
    if not permissions.may_consolidate(request.user):
        raise PermissionDenied
    form = ConsolidationForm()
    if request.method == "POST":
        form = ConsolidationForm(request.POST, request.FILES)
        if form.is_valid():
            job = Consolidation(period=form.cleaned_data["period"], asked_by=request.user)
            try:
                job.total = keep_workbooks(form.cleaned_data["files"], job.folder)
            except Refused as refusal:
                form.add_error("files", refusal.problems)
            else:
                return redirect(_queued(job))
    earlier = Consolidation.objects.visible_to(request.user).select_related("period").defer("report")
    context = {
        "form": form,
        "earlier": earlier[:EARLIER_SHOWN],
        "breadcrumb": [(_("Review of returns"), reverse("dossiers:review")), (_("Consolidate workbooks"), None)],
    }
    return render(request, "dossiers/consolidation_new.html", context, status=422 if form.errors else 200)


def _queued(job: Consolidation) -> Consolidation:
    """The row and the message to the worker; files that no row knows do not stay."""
    try:
        with transaction.atomic():
            job.save(force_insert=True)
            run_consolidation.delay_on_commit(str(job.pk))
    except BaseException:
        shutil.rmtree(job.folder, ignore_errors=True)
        raise
    return job


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_htmx
def consolidation_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How far the worker is, then what is wrong or would change; a POST saves the files, or checks them again."""
    if not permissions.may_consolidate(request.user):
        raise PermissionDenied
    job = get_object_or_404(Consolidation.objects.visible_to(request.user).select_related("period"), pk=pk)
    if request.method == "POST":
        return _asked_again(job, write=request.POST.get("run") == "write")
    found = job.report
    context = {
        "job": job,
        "kept": job.folder.is_dir(),
        "page": page_of(request, found.get("problems") or found.get("files") or []),
        "sums": [(FIGURE_LABELS[name], total) for name, total in found.get("sums", {}).items()],
        "breadcrumb": [
            (_("Review of returns"), reverse("dossiers:review")),
            (_("Consolidate workbooks"), reverse("dossiers:consolidation_new")),
            (str(job.period), None),
        ],
    }
    template = "includes/_consolidation.html" if wants_fragment(request) else "dossiers/consolidation_detail.html"
    return render(request, template, context)


def _asked_again(job: Consolidation, *, write: bool) -> HttpResponse:
    """Queue the same files once more: to save them where the dry run allows it, else to check them anew."""
    shown = {"url": job.get_absolute_url()}
    if not job.folder.is_dir():
        raise Conflict(_("The uploaded files are not kept any more. Upload them again."), **shown)
    if write and not job.may_write:
        raise Conflict(_("These workbooks cannot be saved as they stand. Look at the page again."), **shown)
    with transaction.atomic():
        if not Consolidation.objects.ask_again(job, write=write):
            raise Conflict(_("These workbooks are being worked on already. Look at the page again."), **shown)
        run_consolidation.delay_on_commit(str(job.pk))
    return redirect(job)

"""Issued reports: asking for one, and what changed between two."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cchc_portal.lib.paging import page_of
from cchc_portal.lib.tables import Column, table_response, wants_table
from records.choices import JobState
from records.models import Document
from reports.choices import REPORT_KINDS
from reports.documents.asking import ReportForm, may_ask
from reports.models import Report
from reports.tally import standing


@require_http_methods(["GET", "HEAD", "POST"])
def report_new(request: HttpRequest) -> HttpResponse:
    """Ask for a city report or for the page on one agency; its progress stands on the document's page."""
    if not may_ask(request.user):
        raise PermissionDenied
    asked = {name: request.GET[name][:40] for name in ("scope", "agency", "period") if request.GET.get(name)}
    form = ReportForm(request.user, request.POST if request.method == "POST" else None, initial=asked)
    if form.is_bound and form.is_valid():
        document = form.ask(address=request.build_absolute_uri("/").rstrip("/"))
        return redirect("reports:document_detail", document.pk)
    breadcrumb = [(_("Documents"), reverse("reports:document_list")), (_("New report"), "")]
    status = 422 if form.is_bound else 200
    return render(request, "reports/report_new.html", {"form": form, "breadcrumb": breadcrumb}, status=status)


def _comparable(request: HttpRequest, report: Report) -> list[Report]:
    """Other finished reports on the same that the person may read, newest first."""
    same = Report.objects.visible_to(request.user).exclude(pk=report.pk).exclude(sha256="")
    return list(same.filter(scope=report.scope, agency=report.agency, period=report.period).order_by("-made_at", "-pk"))


@require_safe
def report_compare(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Which figures differ from another report on the same (`?with=` its key, else the one before), and why."""
    kinds = REPORT_KINDS.values()
    documents = Document.objects.visible_to(request.user).filter(kind__in=kinds, state=JobState.READY)
    document = get_object_or_404(documents, pk=pk)
    report = standing.report_of(document)
    others = _comparable(request, report)
    wanted = request.GET.get("with", "")
    chosen = next((one for one in others if str(one.pk) == wanted), None)
    if wanted and chosen is None:
        raise Http404
    other = chosen or (others[0] if others else None)
    context = {"document": document, "others": others, "other": other}
    if other:
        first, second = standing.in_order(report, other)
        differences = standing.differences(first, second)
        if wants_table(request):
            return _export(document, first, second, differences, request.GET["format"])
        page = page_of(request, differences)
        context |= {"first": first, "second": second, "page": page}
    context["breadcrumb"] = [
        (_("Documents"), reverse("reports:document_list")),
        (document.title, reverse("reports:document_detail", args=[document.pk])),
        (_("Differences"), ""),
    ]
    return render(request, "reports/report_compare.html", context)


def _export(document: Document, first: Report, second: Report, differences, fmt: str) -> HttpResponse:
    made = [f"{timezone.localtime(one.made_at):%H:%M %d/%m/%Y}" for one in (first, second)]
    columns = [Column(_("Agency"), 40), Column(_("Figure"), 40), _("Old: made at %(when)s") % {"when": made[0]}]
    columns += [_("New: made at %(when)s") % {"when": made[1]}, Column(_("Why"), 60)]
    rows = ((str(row.agency), str(row.figure), row.old, row.new, "; ".join(map(str, row.why))) for row in differences)
    return table_response(document.title, columns, rows, fmt)

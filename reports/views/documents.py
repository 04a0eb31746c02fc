"""Documents: what was made, its progress, the download, and the public check of a printed one."""

import hashlib
import io
import re
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from cchc_portal.lib.errors import Conflict
from cchc_portal.lib.htmx import vary_on_htmx, wants_fragment
from cchc_portal.lib.paging import long_page_of
from cchc_portal.lib.tables import CONTENT_TYPES, XLSX, Column, table_response, wants_table
from cchc_portal.lib.text import ascii_slug
from inspections.choices import CONCLUSION_NOTICE, INSPECTION_MINUTES, INSPECTION_REPORT
from inspections.models import Visit
from records import registry
from records.choices import JobState
from records.models import Document
from reports.choices import REPORT_KINDS
from reports.documents.asking import may_ask
from reports.documents.workbook import workbook_of
from reports.tally import standing

OF_A_VISIT = (INSPECTION_MINUTES, INSPECTION_REPORT, CONCLUSION_NOTICE)
CHECK_CODE = re.compile(r"[0-9a-f]{32}")


def _named(document: Document) -> Document:
    """The document with the name of its kind; None where no app makes that kind any more."""
    labels = {kind.code: kind.label for kind in registry.kinds()}
    document.kind_label = labels.get(document.kind)
    return document


@require_safe
def document_list(request: HttpRequest) -> HttpResponse:
    """Documents the person may see, newest first, narrowed by `?kind=`; `?format=` hands the list out."""
    documents = Document.objects.visible_to(request.user).select_related("asked_by").order_by("-asked_at", "-pk")
    kinds = registry.kinds()
    chosen = request.GET.get("kind", "")
    if chosen:
        documents = documents.filter(kind=chosen)
    if wants_table(request):
        return _export(documents, request.GET["format"])
    page = long_page_of(request, documents)
    page.object_list = [_named(document) for document in page.object_list]
    context = {"page": page, "kinds": kinds, "chosen": chosen, "breadcrumb": [(_("Documents"), "")]}
    context |= {"may_ask": may_ask(request.user), "with_workbook": REPORT_KINDS.values()}
    return render(request, "reports/document_list.html", context)


def _export(documents, fmt: str) -> HttpResponse:
    columns = [Column(_("Document"), 60), Column(_("Kind"), 30), pgettext("document", "draft"), _("State")]
    columns += [Column(_("Asked for"), 18), Column(_("Asked for by"), 30), pgettext("of a document", "Pages")]
    columns += [Column(_("SHA-256 of the content"), 64), Column(_("SHA-256 of the PDF"), 64)]
    labels = {kind.code: str(kind.label) for kind in registry.kinds()}
    rows = (
        (
            one.title,
            labels.get(one.kind, one.kind),
            one.draft,
            one.get_state_display(),
            one.asked_at,
            one.asked_by.full_name if one.asked_by else "",
            one.pages,
            one.content_hash,
            one.file_hash,
        )
        for one in documents.iterator()
    )
    return table_response(_("Documents"), columns, rows, fmt)


@require_safe
def document_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One document: how far it is, what it is, its hashes."""
    rows = Document.objects.visible_to(request.user).select_related("asked_by")
    document = _named(get_object_or_404(rows, pk=pk))
    code = registry.check_code(document.content_hash)
    context = {
        "document": document,
        "restated_at": registry.restated_at(document) if document.is_ready else None,
        "with_workbook": REPORT_KINDS.values(),
        "newer": _newer(document) if document.is_ready else None,
        "check_url": request.build_absolute_uri(reverse("reports:check", args=[code])) if code else "",
        "breadcrumb": [(_("Documents"), reverse("reports:document_list")), (document.title, "")],
    }
    return render(request, "reports/document_detail.html", context)


@require_safe
@vary_on_htmx
def document_status(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How far the document is: a fragment that asks again by itself until it is ready or has failed."""
    document = get_object_or_404(Document.objects.visible_to(request.user), pk=pk)
    template = "includes/_document_status.html" if wants_fragment(request) else "reports/document_status.html"
    context = {"document": document, "with_workbook": REPORT_KINDS.values()}
    return render(request, template, context)


PDF, DOCX = "pdf", "docx"
TYPES = {
    XLSX: CONTENT_TYPES[XLSX],
    PDF: "application/pdf",
    DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def _kept(document: Document, wanted: str):
    """The stored file, open; Http404 where there is none, Conflict where it is not the one that was made."""
    kept = {PDF: (document.file, document.file_hash), DOCX: (document.docx_file, document.docx_hash)}
    if wanted not in kept or not kept[wanted][0]:
        raise Http404
    file, digest = kept[wanted]
    try:
        handle = file.open("rb")
    except FileNotFoundError as lost:
        raise Http404 from lost
    if hashlib.file_digest(handle, "sha256").hexdigest() != digest:
        handle.close()
        raise Conflict(_("The stored file is not the one that was made: tell the administrator."))
    handle.seek(0)
    return handle


@require_safe
def document_download(request: HttpRequest, pk: UUID) -> FileResponse:
    """The file itself, with `?format=docx` the Word file of the same content, with `xlsx` the workbook of a report.

    Rights are asked anew; what is not ready answers 409, and a file that was changed in its place is not handed out.
    """
    document = get_object_or_404(Document.objects.visible_to(request.user), pk=pk)
    if document.state != JobState.READY:
        raise Conflict(_("The document is not ready yet. Wait a moment and try again."))
    wanted = request.GET.get("format", PDF)
    report = standing.report_of(document) if wanted == XLSX else None
    handle = io.BytesIO(workbook_of(report)) if report and report.sha256 else _kept(document, wanted)
    response = FileResponse(
        handle,
        as_attachment=True,
        filename=f"{ascii_slug(document.title)[:80].strip('-')}.{wanted}",
        content_type=TYPES[wanted],
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _newer(document: Document) -> Document | None:
    """The newest finished document that says something else of the same."""
    report = standing.report_of(document)
    if report is not None:
        return standing.replaced_by(report)
    same = Document.objects.filter(kind=document.kind, subject_id=document.subject_id, state=JobState.READY)
    newer = same.filter(asked_at__gt=document.asked_at).exclude(content_hash=document.content_hash)
    return newer.order_by("-asked_at").first()


@login_not_required
@require_safe
def check(request: HttpRequest, token: str) -> HttpResponse:
    """Is this printed document the one that the portal made? Open to everybody; tells nothing of what it says."""
    code = re.sub(r"[\s-]", "", token[:80]).lower()
    document = None
    if CHECK_CODE.fullmatch(code):
        known = Q(check_token=code) | Q(content_hash__startswith=code)
        document = Document.objects.filter(known, state=JobState.READY).order_by("-asked_at").first()
    context = {"document": document}
    if document is not None:
        of_a_visit = document.kind in OF_A_VISIT
        visit = Visit.objects.filter(pk=document.subject_id).select_related("agency").first() if of_a_visit else None
        context |= {
            "document": _named(document),
            "agency": visit.agency if visit else None,
            "newer": _newer(document),
            "restated_at": registry.restated_at(document),
            "is_report": document.kind in REPORT_KINDS.values(),
        }
    return render(request, "reports/document_check.html", context, status=200 if document else 404)

"""Open data: what was published, one set with its files, and the steps of the two officers."""

import base64
import io
import zipfile

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cchc_portal.lib.errors import Conflict, Refused
from cchc_portal.lib.htmx import vary_on_htmx
from cchc_portal.lib.paging import page_of
from cchc_portal.lib.tables import CONTENT_TYPES, Column, table_response
from cchc_portal.lib.text import ascii_slug
from records.moves import Move, tell_both
from reports import permissions
from reports.models import OpenDataFile, OpenDataSet
from reports.open_data_forms import OpenDataForm, OpenDataStepForm
from reports.workflow.open_data import OPEN_DATA, propose

PACKAGE = "package.zip"


@require_safe
@vary_on_htmx
def open_data_list(request: HttpRequest) -> HttpResponse:
    """What may be read of what was given away, newest period first."""
    found = OpenDataSet.objects.visible_to(request.user).for_list()
    if request.GET.get("format") in CONTENT_TYPES:
        return _export(found, request.GET["format"])
    context = {"page": page_of(request, found), "may_propose": permissions.keeps_open_data(request.user)}
    return render(request, "reports/open_data_list.html", context)


def _export(found, fmt: str) -> HttpResponse:
    columns = [
        Column(_("Period")),
        Column(_("Version")),
        Column(_("State"), 24),
        Column(_("Licence"), 20),
        Column(_("Rows")),
        Column(_("Proposed")),
        Column(_("Decided")),
        Column(_("Hash of the content"), 64),
    ]
    rows = (
        (
            one.period.label,
            one.number,
            one.get_state_display(),
            one.licence,
            one.rows,
            one.proposed_at,
            one.decided_at,
            one.content_hash,
        )
        for one in found
    )
    return table_response("open-data", columns, rows, fmt)


def _crumbs(*further: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    return [(_("Open data"), reverse("reports:open_data_list") if further else None), *further]


@require_http_methods(["GET", "HEAD", "POST"])
def open_data_new(request: HttpRequest) -> HttpResponse:
    """Propose a period; its files are made at once and stay."""
    if not permissions.keeps_open_data(request.user):
        raise PermissionDenied
    form = OpenDataForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data
        try:
            item = propose(typed["period"], licence=typed["licence"], note=typed["note"], by=request.user)
        except Refused as refusal:
            for problem in refusal.problems:
                form.add_error("period", str(problem))
        else:
            messages.success(request, _("The set is laid before a second officer."))
            return redirect(item)
    context = {"form": form, "breadcrumb": _crumbs((_("New set"), None))}
    return render(request, "reports/open_data_new.html", context, status=422 if form.is_bound else 200)


@require_safe
def open_data_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One set: what it holds, where its files are, who decided, what stands for the period."""
    item = get_object_or_404(OpenDataSet.objects.visible_to(request.user).for_list(), pk=pk)
    readable = OpenDataSet.objects.readable_by(request.user).filter(pk=item.pk).exists()
    others = OpenDataSet.objects.visible_to(request.user).filter(period=item.period).exclude(pk=item.pk)
    context = {
        "item": item,
        "files": item.files.defer("content") if readable else [],
        "package": PACKAGE,
        "moves": OPEN_DATA.offered(request.user, item),
        "others": others.order_by("-number"),
        "waits_for_another": item.proposed_by_id == request.user.pk and item.state == "proposed",
        "breadcrumb": _crumbs((str(item), None)),
    }
    return render(request, "reports/open_data_detail.html", context)


def _move(action: str) -> Move:
    try:
        return OPEN_DATA.move(action)
    except KeyError as error:
        raise Http404 from error


@require_http_methods(["GET", "HEAD", "POST"])
def open_data_action(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """One step; GET shows what will happen and asks for what it needs."""
    item = get_object_or_404(OpenDataSet.objects.visible_to(request.user).for_list(), pk=pk)
    move = _move(action)
    if not move.may(request.user, item):
        raise PermissionDenied
    data = request.POST if request.method == "POST" else None
    form = OpenDataStepForm(data, initial={"version": item.version}, needs_reason=move.needs_reason)
    if item.state not in move.sources:
        sentence = _("This is no longer possible: the set is %(state)s.") % {"state": item.get_state_display()}
        raise tell_both(Conflict(sentence), item, move.label, form)
    problems = []
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data
        try:
            OPEN_DATA.perform(item, action, by=request.user, version=typed["version"], reason=typed["reason"])
        except Refused as refusal:
            problems = refusal.problems
        except Conflict as conflict:
            tell_both(conflict, item, move.label, form)
            raise
        else:
            messages.success(request, _("Done: %(step)s. %(thing)s") % {"step": move.label, "thing": item})
            return redirect(item)
    form.renew_version(item.version)
    context = {"item": item, "move": move, "form": form, "problems": problems}
    context["breadcrumb"] = _crumbs((str(item), item.get_absolute_url()), (move.label, None))
    return render(request, "reports/open_data_action.html", context, status=422 if form.is_bound else 200)


@require_safe
def open_data_file(request: HttpRequest, label: str, name: str, number: int | None = None) -> HttpResponse:
    """A file at its lasting address: of one version, or of whichever stands for the period."""
    sets = OpenDataSet.objects.readable_by(request.user).filter(period__label=label)
    found = sets.filter(number=number) if number is not None else sets.published()
    item = found.order_by("-number").first()
    if item is None:
        raise Http404
    if name == PACKAGE:
        return _package(request, item)
    kept = get_object_or_404(OpenDataFile, of=item, name=name)
    return _answer(request, item, kept.name, kept.content_type, kept.sha256, kept.data)


def _answer(request, item: OpenDataSet, name: str, kind: str, sha256: str, data: bytes) -> HttpResponse:
    """A download with its hash as ETag; 304 for who has it already."""
    etag = quote_etag(sha256)
    response = HttpResponse(data, content_type=kind)
    file_name = f"{ascii_slug(item.period.label)}-v{item.number}-{name}"
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    response.headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"
    response.headers["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response)


def _package(request, item: OpenDataSet) -> HttpResponse:
    """All files and their hashes in one ZIP, the same bytes each time, to be handed out."""
    files = list(item.files.all())
    sums = "".join(f"{one.sha256}  {one.name}\n" for one in files)
    packed = io.BytesIO()
    when = timezone.localtime(item.proposed_at).timetuple()[:6]
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in [(one.name, one.data) for one in files] + [("SHA256SUMS", sums.encode())]:
            archive.writestr(zipfile.ZipInfo(name, date_time=when), data, compress_type=zipfile.ZIP_DEFLATED)
    return _answer(request, item, PACKAGE, "application/zip", item.content_hash, packed.getvalue())

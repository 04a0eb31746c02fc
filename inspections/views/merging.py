"""Findings of several members brought together, their repeats, and the files behind them."""

import hashlib
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cchc_portal.lib.errors import Conflict
from inspections import capture, permissions, photos
from inspections.choices import Outcome
from inspections.finding_forms import MergeForm, ProofForm
from inspections.models import CapturedPhoto, EvidenceFile, Finding, Photo, Shot, Visit
from inspections.views.handling import hand_out
from inspections.views.photos import refuse_withdrawn
from inspections.workflow.facts import keep_edit
from inspections.workflow.merging import merge
from records.models import Event


@require_http_methods(["GET", "HEAD", "POST"])
def finding_merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose drafts of the visit and make one finding of them; the drafts stay as they were written."""
    visit = get_object_or_404(Visit.objects.visible_to(request.user).select_related("agency", "team"), pk=pk)
    if not permissions.merges_findings(request.user, visit):
        raise PermissionDenied
    if not visit.is_writable:
        raise Conflict(
            _("The result has been reported: findings can no longer be added."), url=visit.get_absolute_url()
        )
    form = MergeForm(request.POST if request.method == "POST" else None, visit=visit)
    if request.method == "POST" and form.is_valid():
        merged = merge(visit, form.cleaned_data["findings"], by=request.user)
        messages.success(request, _("The findings are merged; the originals stay readable."))
        return redirect("inspections:finding_edit", pk=merged.pk)
    title = _("Merge findings")
    back = visit.get_absolute_url()
    context = {"form": form, "title": title, "back": back, "breadcrumb": [(str(visit), back), (title, "")]}
    return render(request, "inspections/form.html", context, status=422 if form.errors else 200)


def _finding_of(request: HttpRequest, pk: int) -> Finding:
    rows = Finding.objects.visible_to(request.user).select_related("visit__team", "area")
    return get_object_or_404(rows, pk=pk)


@require_POST
def finding_repeat(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody of the team looked: this is no repeat of the earlier finding."""
    finding = _finding_of(request, pk)
    if not permissions.edits_finding(request.user, finding):
        raise PermissionDenied
    if not finding.is_editable or finding.repeats_id is None:
        raise Conflict(_("The finding is no longer a draft and cannot be changed."), url=finding.get_absolute_url())
    finding.repeats = None
    keep_edit(finding, by=request.user, seen=finding.version, names=["repeats"])
    messages.success(request, _("The link to the earlier finding is removed."))
    return redirect(finding)


@require_POST
def finding_keep(request: HttpRequest, pk: int) -> HttpResponse:
    """The text of the desk holds over what was recorded on site, which stays readable in the log."""
    finding = _finding_of(request, pk)
    if not permissions.edits_finding(request.user, finding):
        raise PermissionDenied
    over = capture.standing_keys(finding)
    seen = request.POST.get("version") == str(finding.version) and set(request.POST.getlist("seen")) == set(over)
    if not finding.is_editable or not seen or not over:
        raise Conflict(_("Another value has come meanwhile. Look at them again."), url=finding.get_absolute_url())
    value = {"over": over, "value": capture.desk_value(finding)}
    decision = capture.desk_operation("resolve", f"finding:{finding.client_id}", value)
    receipts = capture.take(finding.visit, [decision], by=request.user, device=capture.DESK, deciding=True)
    for receipt in receipts:
        if receipt.outcome == Outcome.APPLIED:
            messages.success(request, _("Saved."))
        else:
            messages.error(request, receipt.message or _("Another value has come meanwhile. Look at them again."))
    return redirect(finding)


@require_POST
def finding_evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a file behind a finding; one of the same name becomes its next version."""
    finding = _finding_of(request, pk)
    if not permissions.records_findings(request.user, finding.visit):
        raise PermissionDenied
    if not finding.is_editable:
        raise Conflict(_("The finding is no longer open to evidence."), url=finding.get_absolute_url())
    form = ProofForm(request.POST, request.FILES)
    if not form.is_valid():
        for problem in [text for errors in form.errors.values() for text in errors]:
            messages.error(request, problem)
        return redirect(finding)
    name, data, content_type = form.cleaned_data["file"]
    upload = request.FILES["file"]
    upload.seek(0)
    received = hashlib.sha256(upload.read()).hexdigest()
    with transaction.atomic():
        Visit.objects.select_for_update().get(pk=finding.visit_id)
        stored = photos.store(name, data, content_type, request.user)
        title = form.cleaned_data["name"]
        kept = EvidenceFile.objects.create(
            finding=finding,
            name=title,
            number=finding.files.filter(name=title).count() + 1,
            file=stored,
            received_sha256=received,
            created_by=request.user,
        )
        after = {"name": title, "version": kept.number, "sha256": stored.sha256, "received_sha256": received}
        Event.objects.append(actor=request.user, action="add_evidence", target=finding, after=after)
    messages.success(request, _("The evidence is kept."))
    return redirect(finding)


@require_safe
def finding_file(request: HttpRequest, pk: UUID) -> FileResponse:
    """A file behind a finding, through the finding's rights, always as a download."""
    findings = Finding.objects.visible_to(request.user)
    # Not get(): the file of a merged finding stands with those it was merged from as well.
    kept = EvidenceFile.objects.standing().select_related("file").filter(file_id=pk, finding__in=findings).first()
    if kept is None:
        raise Http404
    return hand_out(kept.file, attachment=True)


@require_safe
def captured_picture(request: HttpRequest, pk: UUID) -> FileResponse:
    """A photo of a line or a copy with marks, by the key of its file; a finding's copy goes with the finding."""
    findings = Finding.objects.visible_to(request.user)
    refuse_withdrawn(pk)
    linked = Photo.objects.filter(marked_id=pk, finding__in=findings).select_related("marked").first()
    if linked is not None:
        return hand_out(linked.marked)
    read = permissions.visits_with_reports(request.user)
    shot = Shot.objects.filter(marked_id=pk, visit__in=read).select_related("marked").first()
    if shot is not None:
        return hand_out(shot.marked)
    photo = get_object_or_404(
        CapturedPhoto.objects.filter(visit__in=read).select_related("picture", "thumbnail"),
        Q(picture_id=pk) | Q(thumbnail_id=pk),
    )
    return hand_out(photo.picture if photo.picture_id == pk else photo.thumbnail)

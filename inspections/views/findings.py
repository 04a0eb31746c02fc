"""Findings: writing and changing them with their photos, and moving them on."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cchc_portal.lib.errors import Conflict
from inspections import capture, permissions, photos, repeats
from inspections.finding_forms import DeskFindingForm, ProofForm, from_line
from inspections.forms import AnswerForm, FindingForm
from inspections.models import Finding, Recommendation, Visit
from inspections.views import evidence
from inspections.views.handling import both_values, moves_for, try_move, typed, with_version
from inspections.workflow import FINDINGS, keep_edit, keep_new
from records.models import Event

FORMS = {"answer": AnswerForm}


def save_new_finding(form: FindingForm, visit: Visit, *, by) -> Finding:
    """Store a new finding and its photos: all of it or nothing, and one event."""
    with transaction.atomic():
        finding = form.instance
        finding.visit, finding.created_by, finding.order = visit, by, visit.findings.count()
        _raised_from(finding, form.cleaned_data.get("item", ""))
        finding.repeats = repeats.earlier(finding)
        form.save()
        kept = photos.attach(finding, form.cleaned_data["photos"], caption=form.cleaned_data["caption"], by=by)
        keep_new(finding, by=by, action="record_finding", after={"photos": kept})
    return finding


def _raised_from(finding: Finding, code: str) -> None:
    """Remember the line of the checklist; a code that is none of the visit's is left out."""
    item = finding.visit.items.filter(code=code).select_related("template").first() if code else None
    if item is not None:
        finding.item_code = item.code
        finding.template_code = item.template.code if item.template else ""


def _visit_of(request: HttpRequest, pk: int) -> Visit:
    return get_object_or_404(Visit.objects.visible_to(request.user).select_related("agency", "team"), pk=pk)


def _finding_of(request: HttpRequest, pk: int) -> Finding:
    rows = (
        Finding.objects.visible_to(request.user)
        .for_list()
        .select_related("visit__team", "created_by", "repeats__visit__agency")
    )
    return get_object_or_404(rows, pk=pk)


def _form_page(request: HttpRequest, form: FindingForm, visit: Visit, *, both=(), status=None) -> HttpResponse:
    title = _("Edit the finding") if form.instance.pk else _("New finding")
    back = reverse("inspections:visit_detail", args=[visit.pk])
    context = {"form": form, "title": title, "both": both, "back": back, "visit": visit}
    context["breadcrumb"] = [(str(visit), back), (title, "")]
    context["photos"] = form.instance.photos.standing().select_related("thumbnail") if form.instance.pk else ()
    return render(
        request,
        "inspections/finding_form.html",
        context,
        status=status or (422 if form.is_bound and form.errors else 200),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def finding_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a finding with its photos."""
    visit = _visit_of(request, pk)
    if not permissions.records_findings(request.user, visit):
        raise PermissionDenied
    code = request.GET.get("item", "")
    item = visit.items.filter(code=code).select_related("answer").first() if code else None
    initial = from_line(item) if item else None
    form = DeskFindingForm(request.POST or None, request.FILES or None, initial=initial)
    if not visit.is_writable:
        raise Conflict(_("The result has been reported: findings can no longer be added."), mine=typed(form))
    if request.method == "POST" and form.is_valid():
        save_new_finding(form, visit, by=request.user)
        messages.success(request, _("The finding is recorded."))
        return redirect("inspections:visit_detail", pk=visit.pk)
    return _form_page(request, form, visit)


@require_http_methods(["GET", "HEAD", "POST"])
def finding_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft. A stale save shows both values and keeps what was typed and the photos that came with it."""
    finding = _finding_of(request, pk)
    if not permissions.edits_finding(request.user, finding):
        raise PermissionDenied
    form = DeskFindingForm(request.POST or None, request.FILES or None, instance=finding)
    if not finding.is_editable:
        raise Conflict(_("The finding is no longer a draft and cannot be changed."), mine=typed(form))
    if request.method == "POST" and form.is_valid():
        try:
            _save_edit(form, finding, by=request.user)
        except Conflict:
            return _stale(request, form, pk)
        messages.success(request, _("Saved."))
        return redirect("inspections:finding_detail", pk=finding.pk)
    return _form_page(request, form, finding.visit)


def _save_edit(form: FindingForm, finding: Finding, *, by) -> None:
    with transaction.atomic():
        prepared, caption = form.cleaned_data["photos"], form.cleaned_data["caption"]
        names, seen = form.changed_columns, form.cleaned_data["seen"]
        kept = photos.attach(finding, prepared, caption=caption, by=by) if prepared else []
        if {"kind", "area", "text"} & set(names):
            finding.repeats = repeats.earlier(finding)
            names = [*names, "repeats"]
        keep_edit(finding, by=by, seen=seen, names=names, extra={"photos": kept} if kept else None)


def _stale(request: HttpRequest, form: FindingForm, pk: int) -> HttpResponse:
    """Somebody saved first: both values side by side. Photos contradict nobody, so they are kept at once."""
    current = _finding_of(request, pk)
    prepared, caption = form.cleaned_data["photos"], form.cleaned_data["caption"]
    if prepared:
        with transaction.atomic():
            kept = photos.attach(current, prepared, caption=caption, by=request.user)
            Event.objects.append(actor=request.user, action="add_photos", target=current, after={"photos": kept})
        messages.info(request, _("The photos have been added."))
    both = both_values(form, current)
    again = DeskFindingForm(with_version(request, current.version), instance=current)
    return _form_page(request, again, current.visit, both=both or True, status=409)


def _around(request: HttpRequest, finding: Finding) -> dict:
    """What stands around a finding: what it repeats, what it was merged from, its files, what else was recorded."""
    user, seen = request.user, Finding.objects.visible_to(request.user).select_related("visit__agency", "created_by")
    reads = permissions.reads_answers(user, finding.visit)
    return {
        "reads_notes": reads,
        "repeats": finding.repeats if reads or seen.filter(pk=finding.repeats_id).exists() else None,
        "may_open_repeat": seen.filter(pk=finding.repeats_id).exists() if finding.repeats_id else False,
        "repeated_by": seen.filter(repeats=finding),
        "merged_from": finding.merged_from.select_related("created_by").order_by("pk") if reads else (),
        "files": evidence.files_of(user, finding),
        "photos": evidence.photos_of(user, finding),
        "beside": capture.beside_finding(finding) if reads else (),
        "beside_seen": capture.standing_keys(finding) if reads else (),
        "proof_form": ProofForm(),
        "may_add_proof": finding.is_editable and permissions.records_findings(user, finding.visit),
        "may_unlink": finding.is_editable and permissions.edits_finding(user, finding),
    }


def _page(request: HttpRequest, finding: Finding, *, tried=None, action: str = "", status: int = 200) -> HttpResponse:
    back = reverse("inspections:visit_detail", args=[finding.visit_id])
    visit, user = finding.visit, request.user
    context = {
        "finding": finding,
        "visit": visit,
        **_around(request, finding),
        "recommendations": Recommendation.objects.visible_to(user).filter(finding=finding).for_list(),
        "moves": moves_for(request, FINDINGS, finding, FORMS, tried, action),
        "moves_url": reverse("inspections:finding_detail", args=[finding.pk]),
        "may_edit": finding.is_editable and permissions.edits_finding(user, finding),
        "may_recommend": visit.takes_recommendations and permissions.drafts_recommendations(user, visit),
        "breadcrumb": [(str(visit), back), (_("Finding"), "")],
    }
    return render(request, "inspections/finding_detail.html", context, status=status)


@require_safe
def finding_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One finding with its photos, what it rests on and what was answered."""
    return _page(request, _finding_of(request, pk))


@require_POST
def finding_action(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Move a finding on: one address for every action of its workflow."""
    finding = _finding_of(request, pk)
    problems = try_move(request, FINDINGS, finding, action, FORMS)
    if problems is not None:
        return _page(request, finding, tried=problems, action=action, status=422)
    messages.success(request, _("The finding is now: %(state)s.") % {"state": finding.get_state_display()})
    return redirect("inspections:finding_detail", pk=finding.pk)

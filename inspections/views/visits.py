"""Visits: the list, one visit with everything recorded on it, planning and editing."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cchc_portal.lib import tables
from cchc_portal.lib.errors import Conflict
from cchc_portal.lib.paging import long_page_of
from inspections import checklists, permissions
from inspections.choices import OPEN_RECOMMENDATIONS, FindingKind, FindingState
from inspections.filters import VisitFilter
from inspections.forms import ProposalForm, VisitForm
from inspections.models import Finding, Proposal, ProposalAddressee, Recommendation, Visit
from inspections.views.brief import preparing_part
from inspections.views.documents import documents_made, documents_part
from inspections.views.exports import (
    documents_table,
    findings_table,
    proposals_table,
    recommendations_table,
)
from inspections.views.handling import both_values, moves_for, try_move, typed, with_version
from inspections.workflow import VISITS, keep_edit, keep_new


def _counted(rows, **conditions):
    """How many of `rows` belong to each visit, as a column."""
    counted = rows.filter(visit=OuterRef("pk"), **conditions).order_by().values("visit").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n"), output_field=IntegerField()), 0)


def _rows(user):
    """Visits with the numbers of findings and recommendations the person may see."""
    recommendations = Recommendation.objects.visible_to(user)
    return (
        Visit.objects.visible_to(user)
        .for_list()
        .select_related("period")
        .annotate(
            found=_counted(Finding.objects.visible_to(user).exclude(state=FindingState.WITHDRAWN)),
            open=_counted(recommendations, state__in=OPEN_RECOMMENDATIONS),
            overdue=_counted(recommendations.overdue(timezone.localdate())),
        )
    )


@require_safe
def visit_list(request: HttpRequest) -> HttpResponse:
    """Every visit the person may see, newest first."""
    visits = VisitFilter(request.GET, queryset=_rows(request.user), request=request)
    if request.GET.get("format") in (tables.CSV, tables.XLSX):
        columns = [_("date"), _("agency"), _("kind"), _("team"), _("period covered"), _("state"), _("findings")]
        columns += [_("open recommendations"), _("overdue")]
        rows = (
            [
                visit.date,
                visit.agency.name,
                visit.get_kind_display(),
                visit.team.name,
                str(visit.period or ""),
                visit.get_state_display(),
                visit.found,
                visit.open,
                visit.overdue,
            ]
            for visit in visits.qs
        )
        return tables.table_response(_("Visits"), columns, rows, request.GET["format"])
    context = {
        "filter": visits,
        "page": long_page_of(request, visits.qs),
        "may_plan": permissions.plans_visits(request.user),
        "sees_checklists": permissions.reads_checklists(request.user),
        "sees_plans": permissions.reads_plans(request.user),
        "breadcrumb": [(_("Supervision and inspection"), "")],
    }
    return render(request, "inspections/visit_list.html", context)


def _grouped(findings) -> list[tuple[str, list[tuple[str, list[Finding]]]]]:
    """Findings by kind in the order of a report, and by area within a kind."""
    groups = []
    for kind in FindingKind:
        areas: dict = {}
        for finding in sorted((f for f in findings if f.kind == kind), key=lambda f: (f.area.order, f.order, f.pk)):
            areas.setdefault(finding.area, []).append(finding)
        if areas:
            groups.append((kind.label, list(areas.items())))
    return groups


def _visit_of(request: HttpRequest, pk: int) -> Visit:
    rows = Visit.objects.visible_to(request.user).select_related(
        "agency", "team__issuing_agency", "period", "source", "plan"
    )
    return get_object_or_404(rows, pk=pk)


def _recommendations(user, visit: Visit) -> list[Recommendation]:
    rows, today = list(Recommendation.objects.visible_to(user).filter(visit=visit).for_list()), timezone.localdate()
    for recommendation in rows:
        recommendation.overdue = recommendation.is_overdue(today)
    return rows


def _tables(user, visit: Visit) -> dict:
    """Each table of the visit's page for a spreadsheet, by its name in the address."""
    findings = Finding.objects.visible_to(user).filter(visit=visit).for_list()
    addressees = ProposalAddressee.objects.filter(proposal__visit=visit).select_related(
        "proposal__agency", "proposal__visit__agency"
    )
    return {
        "findings": lambda: findings_table(findings),
        "recommendations": lambda: recommendations_table(_recommendations(user, visit)),
        "proposals": lambda: proposals_table(addressees.order_by("proposal__order", "proposal", "pk")),
        "documents": lambda: documents_table(documents_made(user, visit).select_related("asked_by")),
    }


def _page(request: HttpRequest, visit: Visit, *, tried=None, action: str = "", status: int = 200) -> HttpResponse:
    """The page of one visit; `tried` is the form of a move that was refused."""
    user = request.user
    context = {
        "visit": visit,
        "members": visit.team.members.select_related("person"),
        "groups": _grouped(Finding.objects.visible_to(user).filter(visit=visit).for_list()),
        "recommendations": _recommendations(user, visit),
        "proposals": visit.proposals.prefetch_related("addressees"),
        **documents_part(user, visit),
        **preparing_part(user, visit),
        "moves": moves_for(request, VISITS, visit, {}, tried, action),
        "moves_url": reverse("inspections:visit_detail", args=[visit.pk]),
        "sees_assessment": (sees_notes := permissions.reads_reports(user, visit)),
        "checklist": checklists.progress(visit)[0] if sees_notes else {},
        "recounts": visit.recounts.select_related("period") if sees_notes else (),
        "may_merge": visit.is_writable and permissions.merges_findings(user, visit),
        "may_edit": visit.is_writable and permissions.edits_visit(user, visit),
        "may_record": visit.is_writable and permissions.records_findings(user, visit),
        "may_recommend": visit.takes_recommendations and permissions.drafts_recommendations(user, visit),
        "breadcrumb": [(_("Supervision and inspection"), reverse("inspections:visit_list")), (str(visit), "")],
    }
    return render(request, "inspections/visit_detail.html", context, status=status)


@require_safe
def visit_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about one visit that the person may see."""
    visit = _visit_of(request, pk)
    if tables.wants_table(request):
        return tables.hand_out_table(request, str(visit), _tables(request.user, visit))
    return _page(request, visit)


@require_POST
def visit_action(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Move a visit on: one address for every action of its workflow."""
    visit = _visit_of(request, pk)
    problems = try_move(request, VISITS, visit, action, {})
    if problems is not None:
        return _page(request, visit, tried=problems, action=action, status=422)
    messages.success(request, _("The visit is now: %(state)s.") % {"state": visit.get_state_display()})
    return redirect("inspections:visit_detail", pk=visit.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def visit_new(request: HttpRequest) -> HttpResponse:
    """Plan a visit."""
    if not permissions.plans_visits(request.user):
        raise PermissionDenied
    form = VisitForm(request.POST or None, teams=permissions.teams_to_plan_for(request.user))
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.instance.created_by = request.user
            visit = form.save()
            form.save_lines()
            lines = {"themes": form.cleaned_data["themes"], "units": form.cleaned_data["units"]}
            keep_new(visit, by=request.user, action="plan_visit", after=lines)
        messages.success(request, _("The visit is planned."))
        return redirect("inspections:visit_detail", pk=visit.pk)
    return _form_page(request, form, None)


def _form_page(request: HttpRequest, form: VisitForm, visit: Visit | None, *, both=(), status=None) -> HttpResponse:
    title = _("Edit the visit") if visit else _("Plan a visit")
    trail = [(_("Supervision and inspection"), reverse("inspections:visit_list"))]
    if visit:
        trail.append((str(visit), reverse("inspections:visit_detail", args=[visit.pk])))
    context = {"form": form, "title": title, "both": both, "breadcrumb": [*trail, (title, "")]}
    context["back"] = trail[-1][1]
    return render(
        request, "inspections/form.html", context, status=status or (422 if form.is_bound and form.errors else 200)
    )


@require_http_methods(["GET", "HEAD", "POST"])
def visit_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the facts of a visit, until its result is reported."""
    visit = _visit_of(request, pk)
    if not permissions.edits_visit(request.user, visit):
        raise PermissionDenied
    teams = (permissions.teams_to_plan_for(request.user) | type(visit.team).objects.filter(pk=visit.team_id)).distinct()
    form = VisitForm(request.POST or None, instance=visit, teams=teams)
    if not visit.is_writable:
        raise Conflict(_("The result has been reported: the facts can no longer be changed."), mine=typed(form))
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                lines = {"themes": form.cleaned_data["themes"], "units": form.cleaned_data["units"]}
                keep_edit(
                    visit, by=request.user, seen=form.cleaned_data["seen"], names=form.changed_columns, extra=lines
                )
                form.save_lines()
        except Conflict:
            current = _visit_of(request, pk)
            both = both_values(form, current)
            again = VisitForm(with_version(request, current.version), instance=current, teams=teams)
            return _form_page(request, again, current, both=both or True, status=409)
        messages.success(request, _("Saved."))
        return redirect("inspections:visit_detail", pk=visit.pk)
    return _form_page(request, form, visit)


@require_http_methods(["GET", "HEAD", "POST"])
def proposal_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down what the agency proposes to its superiors."""
    visit = _visit_of(request, pk)
    if not permissions.records_proposals(request.user, visit):
        raise PermissionDenied
    if not visit.takes_recommendations:
        raise Conflict(_("The visit is closed: nothing can be added."))
    form = ProposalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            proposal = Proposal.objects.create(
                visit=visit, agency=visit.agency, text=form.cleaned_data["text"], order=visit.proposals.count()
            )
            for name in form.cleaned_data["addressees"]:
                proposal.addressees.create(name=name)
            keep_new(
                proposal,
                by=request.user,
                action="record_proposal",
                after={"addressees": form.cleaned_data["addressees"]},
            )
        messages.success(request, _("The proposal is recorded."))
        return redirect("inspections:visit_detail", pk=visit.pk)
    title = _("Proposal of the agency")
    back = reverse("inspections:visit_detail", args=[visit.pk])
    context = {"form": form, "title": title, "back": back, "breadcrumb": [(str(visit), back), (title, "")]}
    return render(request, "inspections/form.html", context, status=422 if form.errors else 200)

"""Recommendations: the follow-up list, one recommendation with its remedies, drafting and moving on."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import BooleanField, Case, F, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cchc_portal.lib import tables
from cchc_portal.lib.errors import Conflict
from cchc_portal.lib.paging import page_of
from inspections import permissions
from inspections.choices import OPEN_RECOMMENDATIONS
from inspections.filters import RecommendationFilter
from inspections.forms import AmendForm, RecommendationForm, RemedyForm
from inspections.models import Finding, Recommendation, Visit
from inspections.views.handling import both_values, moves_for, try_move, typed, with_version
from inspections.workflow import RECOMMENDATIONS, keep_edit, keep_new

FORMS = {"answer": RemedyForm, "amend": AmendForm}


def _rows(user):
    """Overdue ones first, then open ones by deadline (those without one behind), then the rest."""
    today = timezone.localdate()
    is_open = Case(When(state__in=OPEN_RECOMMENDATIONS, then=Value(True)), default=False, output_field=BooleanField())
    overdue = Case(
        When(state__in=OPEN_RECOMMENDATIONS, due__lt=today, then=Value(True)),
        default=False,
        output_field=BooleanField(),
    )
    return (
        Recommendation.objects.visible_to(user)
        .for_list()
        .annotate(is_open=is_open, overdue=overdue)
        .order_by("-overdue", "-is_open", F("due").asc(nulls_last=True), "agency__sort_key", "pk")
    )


@require_safe
def recommendation_list(request: HttpRequest) -> HttpResponse:
    """What was recommended to whom, by when, and where it stands."""
    found = RecommendationFilter(request.GET, queryset=_rows(request.user), request=request)
    if request.GET.get("format") in (tables.CSV, tables.XLSX):
        columns = [_("agency in charge"), tables.Column(_("recommendation"), 60), _("due"), _("state"), _("overdue")]
        columns += [_("visit"), _("team")]
        rows = (
            [r.agency.name, r.text, r.due, r.get_state_display(), r.overdue, str(r.visit), r.visit.team.name]
            for r in found.qs
        )
        return tables.table_response(_("Recommendations"), columns, rows, request.GET["format"])
    context = {
        "filter": found,
        "page": page_of(request, found.qs),
        "breadcrumb": [(_("Recommendations"), "")],
    }
    return render(request, "inspections/recommendation_list.html", context)


def _recommendation_of(request: HttpRequest, pk: int) -> Recommendation:
    rows = Recommendation.objects.visible_to(request.user).for_list().select_related("finding", "closed_by")
    return get_object_or_404(rows, pk=pk)


def _page(
    request: HttpRequest, recommendation: Recommendation, *, tried=None, action: str = "", status: int = 200
) -> HttpResponse:
    finding = Finding.objects.visible_to(request.user).filter(pk=recommendation.finding_id).first()
    visible = Visit.objects.visible_to(request.user).filter(pk=recommendation.visit_id).exists()
    context = {
        "recommendation": recommendation,
        "finding": finding,
        "visit_url": reverse("inspections:visit_detail", args=[recommendation.visit_id]) if visible else "",
        "overdue": recommendation.is_overdue(),
        "remedies": recommendation.remedies.select_related("reported_by", "judged_by").prefetch_related("files__file"),
        "moves": moves_for(request, RECOMMENDATIONS, recommendation, FORMS, tried, action),
        "moves_url": reverse("inspections:recommendation_detail", args=[recommendation.pk]),
        "may_edit": recommendation.is_editable and permissions.edits_recommendation(request.user, recommendation),
        "breadcrumb": [
            (_("Recommendations"), reverse("inspections:recommendation_list")),
            (str(recommendation.agency), ""),
        ],
    }
    return render(request, "inspections/recommendation_detail.html", context, status=status)


@require_safe
def recommendation_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One recommendation with its remedies and answers."""
    return _page(request, _recommendation_of(request, pk))


@require_POST
def recommendation_action(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Move a recommendation on: one address for every action of its workflow."""
    recommendation = _recommendation_of(request, pk)
    problems = try_move(request, RECOMMENDATIONS, recommendation, action, FORMS)
    if problems is not None:
        return _page(request, recommendation, tried=problems, action=action, status=422)
    state = recommendation.get_state_display()
    messages.success(request, _("The recommendation is now: %(state)s.") % {"state": state})
    return redirect("inspections:recommendation_detail", pk=recommendation.pk)


def _form_page(request: HttpRequest, form: RecommendationForm, visit: Visit, *, both=(), status=None) -> HttpResponse:
    title = _("Edit the recommendation") if form.instance.pk else _("New recommendation")
    back = reverse("inspections:visit_detail", args=[visit.pk])
    context = {
        "form": form,
        "title": title,
        "both": both,
        "back": back,
        "breadcrumb": [(str(visit), back), (title, "")],
    }
    return render(
        request, "inspections/form.html", context, status=status or (422 if form.is_bound and form.errors else 200)
    )


def _prefilled(request: HttpRequest, visit: Visit) -> dict:
    """What a recommendation begins with: the visited agency and, from a finding, its words."""
    initial = {"agency": visit.agency_id}
    finding = Finding.objects.visible_to(request.user).filter(visit=visit)
    number = request.GET.get("finding", "")
    chosen = (
        finding.filter(pk=int(number)).first() if number.isascii() and number.isdigit() and len(number) < 18 else None
    )
    if chosen is not None:
        initial |= {"finding": chosen.pk, "text": _("Remedy what was found: %(finding)s") % {"finding": chosen.text}}
    return initial


@require_http_methods(["GET", "HEAD", "POST"])
def recommendation_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Draft a recommendation, from a finding in one step."""
    visit = get_object_or_404(Visit.objects.visible_to(request.user).select_related("agency", "team"), pk=pk)
    if not permissions.drafts_recommendations(request.user, visit):
        raise PermissionDenied
    form = RecommendationForm(request.POST or None, visit=visit, initial=_prefilled(request, visit))
    if not visit.takes_recommendations:
        raise Conflict(_("The visit is closed: nothing can be added."), mine=typed(form))
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            recommendation = form.instance
            recommendation.visit, recommendation.created_by = visit, request.user
            recommendation.order = visit.recommendations.count()
            form.save()
            keep_new(recommendation, by=request.user, action="draft_recommendation")
        messages.success(request, _("The recommendation is drafted."))
        return redirect("inspections:visit_detail", pk=visit.pk)
    return _form_page(request, form, visit)


@require_http_methods(["GET", "HEAD", "POST"])
def recommendation_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft; a stale save shows both values."""
    recommendation = _recommendation_of(request, pk)
    visit = recommendation.visit
    if not permissions.edits_recommendation(request.user, recommendation):
        raise PermissionDenied
    form = RecommendationForm(request.POST or None, instance=recommendation, visit=visit)
    if not recommendation.is_editable:
        raise Conflict(_("The recommendation has been issued and cannot be changed."), mine=typed(form))
    if request.method == "POST" and form.is_valid():
        try:
            seen = form.cleaned_data["seen"]
            keep_edit(recommendation, by=request.user, seen=seen, names=form.changed_columns)
        except Conflict:
            current = _recommendation_of(request, pk)
            both = both_values(form, current)
            again = RecommendationForm(with_version(request, current.version), instance=current, visit=visit)
            return _form_page(request, again, visit, both=both or True, status=409)
        messages.success(request, _("Saved."))
        return redirect("inspections:recommendation_detail", pk=recommendation.pk)
    return _form_page(request, form, visit)

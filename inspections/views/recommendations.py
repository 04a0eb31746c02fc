"""Recommendations: the follow-up list, one recommendation with its remedies, drafting and moving on."""

from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import BooleanField, Case, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.permissions import oversees
from cchc_portal.lib import tables
from cchc_portal.lib.asked import Asked, KeptPart, Statement
from cchc_portal.lib.errors import Conflict
from cchc_portal.lib.kept import Address, kept
from cchc_portal.lib.numbers import format_day
from cchc_portal.lib.paging import page_in_parts
from inspections import permissions
from inspections.choices import OPEN_RECOMMENDATIONS, RecommendationState
from inspections.filters import RecommendationFilter
from inspections.followup_forms import (
    AmendForm,
    ConditionForm,
    ExtendForm,
    HandOverForm,
    RecommendationForm,
    SetConditionForm,
)
from inspections.forms import RemedyForm
from inspections.models import ClosingCondition, Finding, Recommendation, Visit
from inspections.tally import Reading, readings, run_of
from inspections.views.evidence import remedies_of
from inspections.views.exports import KEPT, readings_table, recommendations_table
from inspections.views.handling import both_values, moves_for, try_move, typed, with_version
from inspections.workflow import RECOMMENDATIONS, condition_of, keep_edit, keep_new

TEXT_SHOWN = 220
# What a row of the list is printed from.
PRINTED = ("pk", "text", "agency__short_name", "due", "overdue", "state", "visit__agency__short_name")
PRINTED += ("visit__date", "visit__last_day", "visit__date_precision")
FORMS = {
    "answer": RemedyForm,
    "amend": AmendForm,
    "extend": ExtendForm,
    "set_condition": SetConditionForm,
    "hand_over": HandOverForm,
}


def _rows(user):
    """What the person may see; whether it is overdue stands beside it."""
    overdue = Case(
        When(state__in=OPEN_RECOMMENDATIONS, due__lt=timezone.localdate(), then=Value(True)),
        default=False,
        output_field=BooleanField(),
    )
    return Recommendation.objects.visible_to(user).for_list().annotate(overdue=overdue)


def _printed(rows) -> list[tuple]:
    """Rows of the list as they are printed; the template cuts the text."""
    states = {code: str(label) for code, label in RecommendationState.choices}
    return [
        (
            row.pk,
            row.text[: 2 * TEXT_SHOWN],
            row.agency__short_name,
            format_day(row.due),
            row.overdue,
            row.state,
            states.get(row.state, row.state),
            f"{row.visit__agency__short_name} · {_visited(row).date_text}",
        )
        for row in rows
    ]


def _visited(row) -> Visit:
    """The visit as far as its date goes."""
    return Visit(date=row.visit__date, last_day=row.visit__last_day, date_precision=row.visit__date_precision)


def _parts(found: RecommendationFilter) -> list:
    """Overdue ones first, then open ones by deadline (those without one behind), then the rest."""
    chosen = found.form.cleaned_data if found.form.is_valid() else {}
    if chosen.get("state"):
        return [found.qs.by_deadline()]
    is_open, rest = found.qs.in_follow_up_order()
    narrowed = {found.OVERDUE: [is_open], found.OPEN: [is_open], found.CLOSED: [rest]}
    return narrowed.get(chosen.get("only"), [is_open, rest])


def _listed(found: RecommendationFilter) -> tuple[list[KeptPart], Statement]:
    """What the list asks of the database: its parts, and all keys for counting them."""
    return [KeptPart(part, PRINTED) for part in _parts(found)], Statement(found.qs.order_by(), ["pk"])


def _narrowed(request: HttpRequest) -> RecommendationFilter:
    return RecommendationFilter(request.GET, queryset=_rows(request.user), request=request)


@require_safe
def recommendation_list(request: HttpRequest) -> HttpResponse:
    """What was recommended to whom, by when, and where it stands."""
    asked = Asked(request, RecommendationFilter, partial(_narrowed, request), () if oversees(request.user) else None)
    if tables.wants_table(request):
        columns, rows = recommendations_table(one for part in _parts(asked.filter) for one in part)
        return tables.table_response(_("Recommendations"), columns, rows, request.GET["format"])
    parts, keys = asked.worked_out(_listed)
    page = page_in_parts(request, partial(keys.counted, asked.known), parts)
    context = {
        "filter": asked.filter,
        "page": page,
        "rows": SimpleLazyObject(partial(_printed, page.object_list)),
        "breadcrumb": [(_("Recommendations"), "")],
    }
    told = (asked.told, page.count, page.more, page.before, page.after, page.object_list)
    table = kept("inspections/includes/_recommendation_table.html", told, context, Address.of(request))
    bar = kept("includes/_filter_bar.html", asked.told, context, Address.of_list(request))
    return render(request, "inspections/recommendation_list.html", context | {"bar": bar, "table": table})


def _recommendation_of(request: HttpRequest, pk: int) -> Recommendation:
    rows = (
        Recommendation.objects.visible_to(request.user)
        .for_list()
        .select_related("finding", "closed_by", "repeats__visit")
    )
    return get_object_or_404(rows, pk=pk)


def _readings(recommendation: Recommendation, condition: ClosingCondition | None) -> list[Reading]:
    """What its closing condition looks at; nothing without a condition and nothing before issuing."""
    return readings(condition) if condition and not recommendation.is_editable else []


def _page(
    request: HttpRequest, recommendation: Recommendation, *, tried=None, action: str = "", status: int = 200
) -> HttpResponse:
    finding = Finding.objects.visible_to(request.user).filter(pk=recommendation.finding_id).first()
    told = None if finding else _finding_told(request, recommendation)
    condition = condition_of(recommendation)
    found = _readings(recommendation, condition)
    moves = moves_for(request, RECOMMENDATIONS, recommendation, FORMS, tried, action)
    for one in moves:
        if isinstance(one["form"], SetConditionForm):
            one["form"].begin_with(condition)
    repeated = Recommendation.objects.visible_to(request.user).filter(pk=recommendation.repeats_id).exists()
    visible = Visit.objects.visible_to(request.user).filter(pk=recommendation.visit_id).exists()
    context = {
        "recommendation": recommendation,
        "finding": finding,
        "finding_told": told,
        "condition": condition,
        "readings": [(reading, KEPT[reading.holds]) for reading in found],
        "run": len(run_of(condition, found)) if condition else 0,
        "repeated": repeated,
        "due_changes": recommendation.due_changes.select_related("by"),
        "hand_overs": recommendation.hand_overs.select_related("from_team", "to_team", "by"),
        "letter_lines": recommendation.letter_lines.select_related("letter__written_by").order_by(
            "-letter__written_at"
        ),
        "visit_url": reverse("inspections:visit_detail", args=[recommendation.visit_id]) if visible else "",
        "overdue": recommendation.is_overdue(),
        "remedies": remedies_of(request.user, recommendation),
        "moves": moves,
        "moves_url": reverse("inspections:recommendation_detail", args=[recommendation.pk]),
        "may_edit": recommendation.is_editable and permissions.edits_recommendation(request.user, recommendation),
        "breadcrumb": [
            (_("Recommendations"), reverse("inspections:recommendation_list")),
            (str(recommendation.agency), ""),
        ],
    }
    return render(request, "inspections/recommendation_detail.html", context, status=status)


def _finding_told(request: HttpRequest, recommendation: Recommendation) -> Finding | None:
    """The finding behind it, for a team that follows up what another team found."""
    if recommendation.team_id in permissions.team_roles(request.user):
        return recommendation.finding
    return None


@require_safe
def recommendation_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One recommendation with its remedies and answers."""
    recommendation = _recommendation_of(request, pk)
    if tables.wants_table(request):
        found = _readings(recommendation, condition_of(recommendation))
        made = {"readings": lambda: readings_table(found)}
        return tables.hand_out_table(request, str(recommendation.agency), made)
    return _page(request, recommendation)


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


def _form_page(
    request: HttpRequest, form: RecommendationForm, visit: Visit, condition: ConditionForm, *, both=(), status=None
) -> HttpResponse:
    title = _("Edit the recommendation") if form.instance.pk else _("New recommendation")
    back = reverse("inspections:visit_detail", args=[visit.pk])
    context = {
        "form": form,
        "condition": condition,
        "title": title,
        "both": both,
        "back": back,
        "breadcrumb": [(str(visit), back), (title, "")],
    }
    status = status or (422 if form.is_bound and (form.errors or condition.errors) else 200)
    return render(request, "inspections/recommendation_form.html", context, status=status)


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
    condition = ConditionForm(request.POST or None)
    if not visit.takes_recommendations:
        raise Conflict(_("The visit is closed: nothing can be added."), mine=typed(form))
    if request.method == "POST" and form.is_valid() and condition.is_valid():
        with transaction.atomic():
            recommendation = form.instance
            recommendation.visit, recommendation.created_by = visit, request.user
            recommendation.order = visit.recommendations.count()
            form.save()
            keep_new(
                recommendation, by=request.user, action="draft_recommendation", after=condition.keep(recommendation)
            )
        messages.success(request, _("The recommendation is drafted."))
        return redirect("inspections:visit_detail", pk=visit.pk)
    return _form_page(request, form, visit, condition)


@require_http_methods(["GET", "HEAD", "POST"])
def recommendation_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft; a stale save shows both values."""
    recommendation = _recommendation_of(request, pk)
    visit = recommendation.visit
    if not permissions.edits_recommendation(request.user, recommendation):
        raise PermissionDenied
    form = RecommendationForm(request.POST or None, instance=recommendation, visit=visit)
    stored = ClosingCondition.objects.filter(recommendation=recommendation).first()
    condition = ConditionForm(request.POST or None, instance=stored)
    if not recommendation.is_editable:
        raise Conflict(_("The recommendation has been issued and cannot be changed."), mine=typed(form))
    if request.method == "POST" and form.is_valid() and condition.is_valid():
        try:
            with transaction.atomic():
                extra = condition.keep(recommendation) if condition.has_changed() else {}
                seen = form.cleaned_data["seen"]
                keep_edit(recommendation, by=request.user, seen=seen, names=form.changed_columns, extra=extra)
        except Conflict:
            current = _recommendation_of(request, pk)
            both = both_values(form, current)
            again = RecommendationForm(with_version(request, current.version), instance=current, visit=visit)
            return _form_page(request, again, visit, condition, both=both or True, status=409)
        messages.success(request, _("Saved."))
        return redirect("inspections:recommendation_detail", pk=recommendation.pk)
    return _form_page(request, form, visit, condition)

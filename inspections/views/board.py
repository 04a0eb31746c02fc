"""The follow-up board, handing over to the next team, and after how many days what is late goes up."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from cchc_portal.lib import tables
from cchc_portal.lib.errors import Conflict, Refused
from cchc_portal.lib.paging import page_of
from inspections import permissions
from inspections.choices import OPEN_RECOMMENDATIONS, InspectionKind
from inspections.filters import BoardFilter
from inspections.followup_forms import EscalationForm, HandOverManyForm
from inspections.models import EscalationRule, Recommendation, Team
from inspections.rules import DEFAULT_ESCALATION, working_days_between
from inspections.tally import board as tally
from inspections.views.exports import Table
from inspections.workflow import RECOMMENDATIONS, escalation_rules, holidays, keep_edit, keep_new

SORTS = {"due": "due", "agency": "agency__sort_key", "since": "issued_at"}


def _crumbs(title: str) -> list[tuple[str, str]]:
    return [(_("Recommendations"), reverse("inspections:recommendation_list")), (title, "")]


def _dress(rows: list[Recommendation], by: str, today) -> list[Recommendation]:
    """What a row says beside its columns: its group, its age and how many working days it is late."""
    days_off = holidays() if rows else frozenset()
    for row in rows:
        row.group_key, row.group_label = tally.group_of(row, by, today)
        began = timezone.localdate(row.issued_at) if row.issued_at else row.visit.date
        row.age = (today - began).days
        row.late = working_days_between(row.due, today, days_off) if row.overdue else None
    return rows


def _order(asked: str):
    """The order inside a group: by deadline unless the URL names another column; "-" turns it round."""
    column = F(SORTS.get(asked.removeprefix("-"), "due"))
    return column.desc(nulls_last=True) if asked.startswith("-") else column.asc(nulls_last=True)


def _groups_table(groups: list[tally.Group]) -> Table:
    columns = [_("group"), pgettext("recommendations", "All"), pgettext("recommendations", "Overdue")]
    columns += [pgettext("recommendations", "Sent up"), pgettext("recommendations", "Closing proposed")]
    return columns, ((str(one.label), one.total, one.overdue, one.escalated, one.proposed) for one in groups)


def _rows_table(rows: list[Recommendation]) -> Table:
    """`rows` are dressed."""
    columns = [_("group"), _("agency in charge"), _("area"), tables.Column(_("recommendation"), 60), _("due")]
    columns += [_("working days late"), _("state"), _("age in days"), _("repeats an earlier one"), _("sent up on")]
    columns += [_("closing condition"), _("closing proposed on"), _("visit"), _("team")]
    lines = []
    for row in rows:
        condition = getattr(row, "condition", None)
        area = row.finding.area.name if row.finding_id else ""
        line = [str(row.group_label), row.agency.name, area, row.text, row.due, row.late, row.get_state_display()]
        line += [row.age, row.is_repeat, row.escalated_at, str(condition) if condition else ""]
        line += [condition.met_at if condition else None, str(row.visit), row.team.name]
        lines.append(line)
    return columns, lines


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Where every promise stands: by deadline, agency, area, age or repetition."""
    today = timezone.localdate()
    by = request.GET.get("by") or tally.DEADLINE
    if by not in tally.WAYS:
        raise Http404
    everything = tally.followed(request.user, today)
    found = BoardFilter(request.GET, queryset=everything, request=request)
    chosen = tally.grouped(found.qs.order_by(), by, today)
    key = request.GET.get("group", "")[:40]
    rows = tally.in_group(chosen, by, key, today) if key else chosen
    rows = rows.order_by(*rows.query.order_by, _order(request.GET.get("sort", "")), "pk").for_list()
    rows = rows.select_related("condition", "finding__area")
    groups = tally.groups(chosen, by, today)
    if tables.wants_table(request):
        made = {"": lambda: _rows_table(_dress(list(rows), by, today)), "groups": lambda: _groups_table(groups)}
        return tables.hand_out_table(request, _("Follow-up board"), made)
    page = page_of(request, rows)
    page.object_list = _dress(list(page.object_list), by, today)
    context = {
        "filter": found,
        "by": by,
        "ways": tally.WAYS.items(),
        "narrowed": any(request.GET.get(name) for name in found.filters if name not in ("by", "sort")),
        "group": key,
        "groups": groups,
        "totals": tally.totals(everything, today),
        "page": page,
        "may_urge": permissions.writes_letters(request.user),
        "may_hand_over": permissions.hands_over_some(request.user),
        "may_set": permissions.sets_escalation(request.user),
        "breadcrumb": _crumbs(_("Follow-up board")),
    }
    return render(request, "inspections/board.html", context)


def _to_hand_over(user):
    """Open recommendations that the person may pass on to another team."""
    rows = Recommendation.objects.visible_to(user).filter(state__in=OPEN_RECOMMENDATIONS)
    if not permissions.sets_teams(user):
        headed = [pk for pk, roles in permissions.team_roles(user).items() if "head" in roles]
        rows = rows.followed_by(headed)
    return rows.for_list().order_by("visit__team__name", "agency__sort_key", "pk")


@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest) -> HttpResponse:
    """Pass open recommendations of a team on to the next, each with its own event."""
    if not permissions.hands_over_some(request.user):
        raise PermissionDenied
    rows = _to_hand_over(request.user)
    number = request.GET.get("team", "")
    teams = Team.objects.visible_to(request.user).filter(pk__in={row.team_id for row in rows})
    team = teams.filter(pk=int(number)).first() if number.isascii() and number.isdigit() and len(number) < 18 else None
    offered = rows.followed_by([team.pk]) if team else rows
    form = HandOverManyForm(request.POST or None, rows=offered)
    if request.method == "POST" and form.is_valid():
        chosen = list(form.cleaned_data["chosen"])
        try:
            with transaction.atomic():
                for row in chosen:
                    values = {"reason": form.cleaned_data["reason"], "team": form.cleaned_data["team"]}
                    RECOMMENDATIONS.perform(row, "hand_over", by=request.user, **values)
        except Refused as refusal:
            form.add_error(None, refusal.problems)
        else:
            told = {"count": len(chosen), "team": form.cleaned_data["team"]}
            messages.success(request, _("%(count)s recommendations handed over to %(team)s.") % told)
            return redirect("inspections:board")
    context = {
        "form": form,
        "rows": offered,
        "teams": teams,
        "team": team,
        "breadcrumb": _crumbs(_("Hand over to the next team")),
    }
    return render(request, "inspections/board_hand_over.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def escalation(request: HttpRequest) -> HttpResponse:
    """After how many days a late recommendation goes up, for each kind of inspection."""
    if not permissions.sets_escalation(request.user):
        raise PermissionDenied
    asked = request.POST.get("kind", "")
    if asked and asked not in InspectionKind.values:
        raise Http404
    stored = {rule.kind: rule for rule in EscalationRule.objects.all()}
    rules, forms, status = escalation_rules(), [], 200
    for kind in InspectionKind:
        days, unit = rules.get(kind, DEFAULT_ESCALATION)
        rule = stored.get(kind) or EscalationRule(kind=kind, days=days, unit=unit)
        form = EscalationForm(request.POST if asked == kind else None, instance=rule, auto_id=f"{kind}-%s")
        forms.append((kind, form))
        if asked == kind and form.is_valid():
            _save_rule(request, rule, form)
            messages.success(request, _("Saved."))
            return redirect("inspections:escalation")
        status = 422 if form.errors else status
    context = {"forms": forms, "breadcrumb": _crumbs(_("When late ones go up"))}
    return render(request, "inspections/board_escalation.html", context, status=status)


def _save_rule(request: HttpRequest, rule: EscalationRule, form: EscalationForm) -> None:
    """A first row is told as new; a later one is changed where it is still the one that was shown."""
    with transaction.atomic():
        if rule.pk is None:
            if EscalationRule.objects.filter(kind=rule.kind).exists():
                raise Conflict(_("Somebody else has changed it meanwhile."))
            rule.save()
            keep_new(rule, by=request.user, action="set_escalation")
            return
        keep_edit(rule, by=request.user, seen=form.cleaned_data["seen"], names=form.changed_columns)

"""Teams: who inspects, from when until when. Rights last from joining to leaving."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cchc_portal.lib import tables
from cchc_portal.lib.errors import Conflict
from cchc_portal.lib.paging import page_of
from inspections import permissions
from inspections.choices import TEAM_CLOSING, TEAM_FOUNDING, TeamState
from inspections.forms import LeaveForm, MemberForm, TeamForm
from inspections.models import Team, Visit
from inspections.papers import closing_title, founding_title
from inspections.plan_forms import CloseTeamForm, TeamEditForm
from inspections.views.exports import documents_table
from inspections.views.handling import both_values, moves_for, try_move, with_version
from inspections.workflow import TEAMS, facts, keep_edit
from records.models import Document, Event
from records.workflow import ask_document

FORMS = {"close": CloseTeamForm}
PAPERS = {"founding": (TEAM_FOUNDING, founding_title), "closing": (TEAM_CLOSING, closing_title)}


@require_safe
def team_list(request: HttpRequest) -> HttpResponse:
    """Teams the person may see, with who belongs to them today."""
    teams = Team.objects.visible_to(request.user).for_list()
    if request.GET.get("format") in tables.CONTENT_TYPES:
        return _export(teams, request.GET["format"])
    context = {
        "page": page_of(request, teams),
        "today": timezone.localdate(),
        "may_set": permissions.sets_teams(request.user),
        "breadcrumb": [(_("Supervision and inspection"), reverse("inspections:visit_list")), (_("Teams"), "")],
    }
    return render(request, "inspections/team_list.html", context)


def _member_words(member) -> str:
    left = f" (… {member.left_on:%d/%m/%Y})" if member.left_on else ""
    return f"{member.person.full_name}{left}"


def _export(teams, fmt: str) -> HttpResponse:
    """The list with its members, one who has left with his last day."""
    names = (_("Team"), _("Kind"), _("Issuing agency"), _("State"), _("Members"))
    columns = [tables.Column(name, width) for name, width in zip(names, (40, 24, 30, 14, 60), strict=True)]
    rows = (
        (
            team.name,
            team.get_kind_display(),
            str(team.issuing_agency or ""),
            team.get_state_display(),
            "; ".join(
                f"{member.person.full_name} (… {member.left_on:%d/%m/%Y})"
                if member.left_on
                else member.person.full_name
                for member in team.members.all()
            ),
        )
        for team in teams
    )
    return tables.table_response(_("Teams"), columns, rows, fmt)


@require_http_methods(["GET", "HEAD", "POST"])
def team_new(request: HttpRequest) -> HttpResponse:
    """Found a team; its members are named on its own page."""
    if not permissions.sets_teams(request.user):
        raise PermissionDenied
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            team = form.save()
            Event.objects.append(actor=request.user, action="found_team", target=team, after=facts(team))
        messages.success(request, _("The team is set up. Name its members now."))
        return redirect("inspections:team_detail", pk=team.pk)
    title, back = _("New team"), reverse("inspections:team_list")
    context = {"form": form, "title": title, "back": back, "breadcrumb": [(_("Teams"), back), (title, "")]}
    return render(request, "inspections/form.html", context, status=422 if form.errors else 200)


def _joined(request: HttpRequest, team: Team, form: MemberForm) -> bool:
    form.instance.team = team
    if not form.is_valid():
        return False
    if team.members.filter(person=form.cleaned_data["person"], joined_on=form.cleaned_data["joined_on"]).exists():
        form.add_error("person", _("This person already joins the team on that day."))
        return False
    with transaction.atomic():
        member = form.save()
        Event.objects.append(actor=request.user, action="join_team", target=team, after=facts(member))
    messages.success(request, _("The member is added."))
    return True


def _left(request: HttpRequest, team: Team, form: LeaveForm) -> bool:
    if not form.is_valid():
        return False
    member = get_object_or_404(team.members, pk=form.cleaned_data["member"])
    day = form.cleaned_data["left_on"]
    if day < member.joined_on:
        form.add_error("left_on", _("The last day lies before the first."))
        return False
    with transaction.atomic():
        before = facts(member)
        member.left_on = day
        member.save(update_fields=["left_on"])
        Event.objects.append(actor=request.user, action="leave_team", target=team, before=before, after=facts(member))
    messages.success(request, _("Saved."))
    return True


def _documents(user, team: Team):
    kinds = (TEAM_FOUNDING, TEAM_CLOSING)
    return Document.objects.visible_to(user).filter(kind__in=kinds, subject_id=team.pk)


def _members(team: Team):
    return team.members.select_related("person").order_by("left_on", "role", "pk")


def _tables(user, team: Team) -> dict:
    """Each table of the team's page for a spreadsheet, by its name in the address."""
    heads = [tables.Column(_("Person"), 30), _("Role"), _("From"), _("To (last day)")]
    rows = _members(team)
    return {
        "members": lambda: (heads, ((m.person.full_name, m.get_role_display(), m.joined_on, m.left_on) for m in rows)),
        "documents": lambda: documents_table(_documents(user, team).select_related("asked_by")),
    }


def _page(request, team: Team, *, member_form=None, leave_form=None, tried=None, action="", status=200) -> HttpResponse:
    user, may_set = request.user, permissions.sets_teams(request.user)
    context = {
        "team": team,
        "members": _members(team),
        "visits": Visit.objects.visible_to(user).filter(team=team).for_list()[:50],
        "documents": _documents(user, team)[:6],
        "may_set": may_set and team.state == TeamState.OPEN,
        "may_edit": may_set and team.state == TeamState.OPEN,
        "may_ask": permissions.asks_team_papers(user, team),
        "moves": moves_for(request, TEAMS, team, FORMS, tried, action),
        "moves_url": team.get_absolute_url(),
        "member_form": member_form or MemberForm(initial={"joined_on": timezone.localdate()}),
        "leave_form": leave_form or LeaveForm(),
        "today": timezone.localdate(),
        "breadcrumb": [(_("Teams"), reverse("inspections:team_list")), (team.name, "")],
    }
    return render(request, "inspections/team_detail.html", context, status=status)


def _team_of(request: HttpRequest, pk: int) -> Team:
    return get_object_or_404(Team.objects.visible_to(request.user).select_related("issuing_agency"), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def team_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One team, its members with their dates, its visits and its documents."""
    team = _team_of(request, pk)
    if request.method != "POST":
        if tables.wants_table(request):
            return tables.hand_out_table(request, team.name, _tables(request.user, team))
        return _page(request, team)
    if not permissions.sets_teams(request.user):
        raise PermissionDenied
    if team.state == TeamState.CLOSED:
        raise Conflict(_("The team is closed: its members stay as they are."), url=team.get_absolute_url())
    leaving = "member" in request.POST
    member_form = MemberForm(None if leaving else request.POST, initial={"joined_on": timezone.localdate()})
    leave_form = LeaveForm(request.POST if leaving else None)
    if _left(request, team, leave_form) if leaving else _joined(request, team, member_form):
        return redirect(team)
    return _page(request, team, member_form=member_form, leave_form=leave_form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def team_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a team's facts, such as the number that the registry gave its decision."""
    team = _team_of(request, pk)
    if not permissions.sets_teams(request.user):
        raise PermissionDenied
    if team.state == TeamState.CLOSED:
        raise Conflict(_("The team is closed: its facts stay as they are."), url=team.get_absolute_url())
    form, both, status = TeamEditForm(request.POST or None, instance=team), (), 200
    if request.method == "POST" and form.is_valid():
        try:
            keep_edit(team, by=request.user, seen=form.cleaned_data["seen"], names=form.changed_columns)
        except Conflict:
            current = _team_of(request, pk)
            both, status = both_values(form, current) or True, 409
            form = TeamEditForm(with_version(request, current.version), instance=current)
        else:
            messages.success(request, _("Saved."))
            return redirect(team)
    title = _("Edit the team")
    context = {"form": form, "title": title, "both": both, "back": team.get_absolute_url()}
    context["breadcrumb"] = [
        (_("Teams"), reverse("inspections:team_list")),
        (team.name, team.get_absolute_url()),
        (title, ""),
    ]
    failed = form.is_bound and form.errors
    return render(request, "inspections/form.html", context, status=422 if failed and status == 200 else status)


@require_POST
def team_action(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Close a team with a note, or reopen it."""
    team = _team_of(request, pk)
    problems = try_move(request, TEAMS, team, action, FORMS)
    if problems is not None:
        return _page(request, team, tried=problems, action=action, status=422)
    closed = team.state == TeamState.CLOSED
    messages.success(request, _("The team is closed.") if closed else _("The team is at work again."))
    return redirect(team)


@require_POST
def ask_team_paper(request: HttpRequest, pk: int, sort: str) -> HttpResponse:
    """Have the draft of the founding decision, or the closing report, made by the worker."""
    team = _team_of(request, pk)
    if sort not in PAPERS:
        raise Http404
    if not permissions.asks_team_papers(request.user, team):
        raise PermissionDenied
    kind, title = PAPERS[sort]
    draft = team.state == TeamState.OPEN and sort == "closing"
    address = request.build_absolute_uri("/").rstrip("/")
    ask_document(kind, team.pk, title=title(team), by=request.user, draft=draft, address=address)
    return redirect(team.get_absolute_url() + "#documents")

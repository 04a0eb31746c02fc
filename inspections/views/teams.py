"""Teams: who inspects, from when until when. Rights last from joining to leaving."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cchc_portal.lib.paging import page_of
from inspections import permissions
from inspections.forms import LeaveForm, MemberForm, TeamForm
from inspections.models import Team, Visit
from inspections.workflow import facts
from records.models import Event


@require_safe
def team_list(request: HttpRequest) -> HttpResponse:
    """Teams the person may see, with who belongs to them today."""
    teams = Team.objects.visible_to(request.user).for_list()
    context = {
        "page": page_of(request, teams),
        "today": timezone.localdate(),
        "may_set": permissions.sets_teams(request.user),
        "breadcrumb": [(_("Supervision and inspection"), reverse("inspections:visit_list")), (_("Teams"), "")],
    }
    return render(request, "inspections/team_list.html", context)


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


@require_http_methods(["GET", "HEAD", "POST"])
def team_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One team, its members with their dates and its visits."""
    team = get_object_or_404(Team.objects.visible_to(request.user).select_related("issuing_agency"), pk=pk)
    may_set = permissions.sets_teams(request.user)
    if request.method == "POST" and not may_set:
        raise PermissionDenied
    leaving = request.method == "POST" and "member" in request.POST
    joining = request.method == "POST" and not leaving
    member_form = MemberForm(request.POST if joining else None, initial={"joined_on": timezone.localdate()})
    leave_form = LeaveForm(request.POST if leaving else None)
    if (joining and _joined(request, team, member_form)) or (leaving and _left(request, team, leave_form)):
        return redirect("inspections:team_detail", pk=team.pk)
    context = {
        "team": team,
        "members": team.members.select_related("person").order_by("left_on", "role", "pk"),
        "visits": Visit.objects.visible_to(request.user).filter(team=team).for_list()[:50],
        "may_set": may_set,
        "member_form": member_form,
        "leave_form": leave_form,
        "today": timezone.localdate(),
        "breadcrumb": [(_("Teams"), reverse("inspections:team_list")), (team.name, "")],
    }
    return render(request, "inspections/team_detail.html", context, status=422 if leaving or joining else 200)

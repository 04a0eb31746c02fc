"""What agencies propose to their superiors: added up by addressee, one proposal with what came back."""

from django.contrib import messages
from django.db.models import Count, Max, Min, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cchc_portal.lib import tables
from cchc_portal.lib.paging import page_of
from inspections.filters import ProposalFilter
from inspections.followup_forms import ForwardForm, ProposalAnswerForm
from inspections.models import Proposal, ProposalAddressee, Visit
from inspections.permissions import handles_proposal
from inspections.views.exports import proposals_table
from inspections.views.handling import moves_for, try_move
from inspections.workflow import PROPOSALS

FORMS = {"forward": ForwardForm, "answer": ProposalAnswerForm}


def _crumbs(*last: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Recommendations"), reverse("inspections:recommendation_list")), *last]


@require_safe
def proposal_list(request: HttpRequest) -> HttpResponse:
    """Who was asked for what and has answered what, by addressee."""
    rows = ProposalAddressee.objects.filter(proposal__in=Proposal.objects.visible_to(request.user))
    found = ProposalFilter(request.GET, queryset=rows, request=request)
    by_addressee = (
        found.qs.order_by()
        .values("key")
        .annotate(
            name=Min("name"),
            total=Count("pk"),
            waiting=Count("pk", filter=Q(answered_at__isnull=True)),
            answered=Count("pk", filter=Q(answered_at__isnull=False)),
            last=Max("answered_at"),
        )
        .order_by("-waiting", "key")
    )
    lines = found.qs.select_related("proposal__agency", "proposal__visit__agency").order_by(
        "key", "-proposal__visit__date", "proposal__order", "pk"
    )
    if tables.wants_table(request):
        columns, exported = proposals_table(lines)
        return tables.table_response(_("Proposals of agencies"), columns, exported, request.GET["format"])
    unaddressed = Proposal.objects.visible_to(request.user).filter(addressees=None)
    context = {
        "filter": found,
        "by_addressee": by_addressee,
        "to": request.GET.get("to", ""),
        "page": page_of(request, lines),
        "unaddressed": unaddressed.select_related("agency"),
        "breadcrumb": _crumbs((_("Proposals of agencies"), "")),
    }
    return render(request, "inspections/proposal_list.html", context)


def _proposal_of(request: HttpRequest, pk: int) -> Proposal:
    return get_object_or_404(Proposal.objects.visible_to(request.user).for_list(), pk=pk)


def _page(request: HttpRequest, proposal: Proposal, *, tried=None, action: str = "", status: int = 200) -> HttpResponse:
    """One proposal; every addressee has an answer form of its own."""
    offered = moves_for(request, PROPOSALS, proposal, FORMS, tried, action)
    addressees = list(proposal.addressees.all())
    answering = any(entry["move"].action == "answer" for entry in offered)
    for addressee in addressees if answering else ():
        mine = tried is not None and action == "answer" and str(addressee.pk) == str(tried["addressee"].value())
        initial = {"version": proposal.version, "addressee": addressee.pk}
        initial |= {"text": addressee.answer, "day": addressee.answered_at}
        addressee.form = tried if mine else ProposalAnswerForm(initial=initial, auto_id=f"answer-{addressee.pk}-%s")
    visible = Visit.objects.visible_to(request.user).filter(pk=proposal.visit_id).exists()
    context = {
        "proposal": proposal,
        "addressees": addressees,
        "handles": handles_proposal(request.user, proposal),
        "moves": [entry for entry in offered if entry["move"].action != "answer"],
        "moves_url": reverse("inspections:proposal_detail", args=[proposal.pk]),
        "visit_url": reverse("inspections:visit_detail", args=[proposal.visit_id]) if visible else "",
        "breadcrumb": _crumbs(
            (_("Proposals of agencies"), reverse("inspections:proposal_list")), (str(proposal.agency), "")
        ),
    }
    return render(request, "inspections/proposal_detail.html", context, status=status)


@require_safe
def proposal_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal, to whom it went and what came back."""
    return _page(request, _proposal_of(request, pk))


@require_POST
def proposal_action(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Forward a proposal, or write down an answer to it."""
    proposal = _proposal_of(request, pk)
    problems = try_move(request, PROPOSALS, proposal, action, FORMS)
    if problems is not None:
        return _page(request, _proposal_of(request, pk), tried=problems, action=action, status=422)
    messages.success(request, _("The proposal is now: %(state)s.") % {"state": proposal.get_state_display()})
    return redirect("inspections:proposal_detail", pk=proposal.pk)

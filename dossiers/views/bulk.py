"""Accepting several clean returns in one step; each on its own, so that one that moved holds up no other."""

import re

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cchc_portal.lib.errors import Conflict, Refused
from cchc_portal.lib.numbers import format_count
from dossiers import permissions
from dossiers.choices import ReturnState
from dossiers.models import Return, UnusualFlag, UnusualRun
from dossiers.tally import checking
from dossiers.workflow import RETURNS
from records.choices import UNFINISHED

AT_MOST = 100
CHOSEN = re.compile(r"([0-9]{1,12}):([0-9]{1,9})", re.ASCII)


def with_words(returns):
    """Returns with what keeps them from being accepted unopened: how many gaps were explained (`reasons`), how many
    remarks were ever made (`words`), how many unusual figures wait (`unanswered`), of how many of these the agency has
    said something (`spoken`), whether a look waits (`looking`)."""
    waiting = UnusualFlag.objects.waiting().filter(of=OuterRef("pk")).order_by().values("of")
    number = waiting.annotate(number=Count("pk")).values("number")
    return returns.annotate(
        reasons=Count("explanations", distinct=True),
        words=Count("remarks", distinct=True),
        unanswered=Subquery(number),
        spoken=Subquery(number.exclude(agency_says="")),
        looking=Exists(UnusualRun.objects.filter(of=OuterRef("pk"), state__in=UNFINISHED)),
    )


def held_up(item: Return) -> list[str]:
    """Why a return (as `with_words` reads it) is to be opened and not accepted together with others; none: clean."""
    told = []
    if item.reasons:
        told.append(_("%(count)s gaps explained") % {"count": format_count(item.reasons)})
    if item.words:
        told.append(_("was sent back before"))
    if item.void_proposed_by_id is not None:
        told.append(_("proposed to void"))
    if item.unanswered:
        told.append(_("%(count)s unusual figures not answered") % {"count": format_count(item.unanswered)})
    if item.spoken:
        told.append(_("what the agency says to %(count)s of them") % {"count": format_count(item.spoken)})
    if item.looking:
        told.append(_("still being looked through for unusual figures"))
    return told


def _accept(item: Return, version: int, by) -> str:
    """Accept one return; "" or why it was not, as a sentence that names it."""
    try:
        reasons = held_up(item)
        if any(line.breaches for line in checking.check_return(item)):
            reasons.append(_("figures that do not add up"))
        if reasons:
            told = {"return": item, "reasons": ", ".join(reasons)}
            return _("%(return)s: not accepted with the others (%(reasons)s); look at it on its own.") % told
        RETURNS.perform(item, "accept", by=by, version=version)
    except Conflict as conflict:
        return _("%(return)s: %(problem)s") % {"return": item, "problem": conflict.message}
    except Refused as refusal:
        return _("%(return)s: %(problem)s") % {"return": item, "problem": refusal}
    except PermissionDenied:
        return _("%(return)s: you may not accept what you entered yourself.") % {"return": item}
    return ""


@require_POST
def accept_clean(request: HttpRequest) -> HttpResponse:
    """Accept the ticked returns that are clean, one event each; what could not be accepted is told by name."""
    if not permissions.is_officer(request.user):
        raise PermissionDenied
    chosen = {}
    for value in request.POST.getlist("return")[:AT_MOST]:
        if found := CHOSEN.fullmatch(value):
            chosen[int(found[1])] = int(found[2])
    seen = with_words(Return.objects.known_to(request.user).filter(pk__in=chosen).for_list())
    accepted, problems = 0, []
    for item in seen.order_by("agency__sort_key", "pk"):
        if item.state != ReturnState.APPROVED:
            told = {"return": item, "state": item.get_state_display()}
            problems.append(_("%(return)s: is %(state)s already.") % told)
        elif problem := _accept(item, chosen[item.pk], request.user):
            problems.append(problem)
        else:
            accepted += 1
    if accepted:
        messages.success(request, _("%(count)s returns accepted.") % {"count": accepted})
    elif not problems:
        messages.info(request, _("Tick the returns that you accept."))
    for problem in problems:
        messages.error(request, problem)
    return redirect("dossiers:review")

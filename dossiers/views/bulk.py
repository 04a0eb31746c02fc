"""Accepting several clean returns in one step; each on its own, so that one that moved holds up no other."""

import re

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cchc_portal.lib.errors import Conflict, Refused
from dossiers import permissions
from dossiers.choices import ReturnState
from dossiers.models import Return
from dossiers.tally import checking
from dossiers.workflow import RETURNS

AT_MOST = 100
CHOSEN = re.compile(r"([0-9]{1,12}):([0-9]{1,9})", re.ASCII)


def with_words(returns):
    """Returns with how many gaps were explained (`reasons`) and how many remarks were ever made (`words`)."""
    return returns.annotate(reasons=Count("explanations", distinct=True), words=Count("remarks", distinct=True))


def is_clean(item: Return) -> bool:
    """Nothing was explained or remarked and nobody wants it void, so it may be accepted together with others."""
    return not item.reasons and not item.words and item.void_proposed_by_id is None


def _accept(item: Return, version: int, by) -> str:
    """Accept one return; "" or why it was not, as a sentence that names it."""
    try:
        if not is_clean(item) or any(line.breaches for line in checking.check_return(item)):
            return _("%(return)s: has gaps or remarks; look at it on its own.") % {"return": item}
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

"""The steps of a return: opening it, and one view for every move of the workflow."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agencies.models import Agency
from cchc_portal.lib.errors import Conflict, Refused
from dossiers import permissions
from dossiers.choices import ReturnState
from dossiers.forms import MoveForm, SendBackForm
from dossiers.models import Line, Period, Return
from dossiers.tally import checking
from dossiers.workflow import RETURNS, lock_sentence, open_return
from records.moves import Move, tell_both

# Officers know of drafts without reading them, and a draft can be voided too.
OF_KNOWN = ("propose_void", "void", "drop_void")


@require_POST
def return_open(request: HttpRequest) -> HttpResponse:
    """Open the return of an agency for a period, or go on with the one a colleague opened."""
    agency = get_object_or_404(Agency.objects.visible_to(request.user), code=request.POST.get("agency", ""))
    if not permissions.may_open(request.user, agency.pk):
        raise Http404  # what another agency reports is nobody else's business
    period = get_object_or_404(Period.objects.visible_to(request.user), label=request.POST.get("period", ""))
    try:
        item, opened = open_return(agency, period, by=request.user)
    except Refused as refusal:
        for problem in refusal.problems:
            messages.error(request, problem)
        return redirect("dossiers:return_list")
    if opened:
        messages.success(request, _("The return is opened. Type the figures; they are saved as you go."))
    return redirect("dossiers:grid" if item.state == ReturnState.DRAFT else "dossiers:return_detail", item.pk)


def _move(action: str) -> Move:
    try:
        return RETURNS.move(action)
    except KeyError as error:
        raise Http404 from error


def _form(item: Return, move: Move, data=None) -> MoveForm:
    initial = {"version": item.version}
    if move.action != "send_back":
        return MoveForm(data, initial=initial, needs_reason=move.needs_reason)
    rows = Line.objects.filter(of=item).order_by("position", "pk")
    lines = [
        (pk, checking.line_name(code, name, field))
        for pk, code, name, field in rows.values_list("pk", "procedure__code", "procedure__name", "field__name")
    ]
    return SendBackForm(data, initial=initial, lines=lines, locked=bool(lock_sentence(item)))


def _page(request, item: Return, move: Move, form: MoveForm, problems=(), status: int = 200) -> HttpResponse:
    """The step on a page of its own, with what stops it and what was typed."""
    context = {
        "item": item,
        "move": move,
        "form": form,
        "problems": problems,
        "asks": move.needs_reason or move.action == "send_back",
        "may_enter": item.state == ReturnState.DRAFT and permissions.may_enter(request.user, item),
        "breadcrumb": [
            (_("Returns"), reverse("dossiers:return_list")),
            (str(item), reverse("dossiers:return_detail", args=[item.pk])),
            (move.label, None),
        ],
    }
    return render(request, "dossiers/return_action.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def return_action(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """One step of the life of a return; GET shows what will happen and asks for what the step needs."""
    rows = Return.objects.known_to(request.user) if action in OF_KNOWN else Return.objects.visible_to(request.user)
    item = get_object_or_404(rows.for_list(), pk=pk)
    move = _move(action)
    if not move.may(request.user, item):
        raise PermissionDenied
    form = _form(item, move, request.POST if request.method == "POST" else None)
    if item.state not in move.sources:
        sentence = _("This is no longer possible: the return is %(state)s.") % {"state": item.get_state_display()}
        raise tell_both(Conflict(sentence), item, move.label, form)
    if request.method != "POST" or not form.is_valid():
        form.renew_version(item.version)
        return _page(request, item, move, form, status=422 if form.is_bound else 200)
    typed = form.cleaned_data
    try:
        RETURNS.perform(
            item, action, by=request.user, version=typed["version"], reason=typed["reason"], **form.move_data()
        )
    except Refused as refusal:
        return _page(request, item, move, form, refusal.problems, status=422)
    except Conflict as conflict:
        tell_both(conflict, item, move.label, form)
        raise
    messages.success(request, _("Done: %(step)s. %(return)s") % {"step": move.label, "return": item})
    if Return.objects.visible_to(request.user).filter(pk=item.pk).exists():
        return redirect("dossiers:return_detail", item.pk)
    return redirect("dossiers:review")

"""Unusual figures: the list of the programme office, one of them with the answers, and looking through a return."""

from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cchc_portal.lib.errors import Conflict, Refused
from cchc_portal.lib.paging import page_of
from cchc_portal.lib.tables import CONTENT_TYPES, Column, hand_out_table, table_response, wants_table
from dossiers import permissions
from dossiers.choices import ReturnState
from dossiers.filters import UnusualFilter
from dossiers.forms import AnswerForm
from dossiers.models import Return, UnusualFlag, UnusualScan
from dossiers.tally import unusual
from dossiers.tally.flags import flags_of, range_text, sentence, shown, value_text
from dossiers.views.words import FLAG_LABELS
from dossiers.workflow import FLAGS
from records.models import Event
from records.moves import tell_both

EXPORTED = (
    "agency",
    "period",
    "measure",
    "line",
    "value",
    "numerator_or_count",
    "denominator",
    "expected",
    "chance",
    "state",
    "answer",
    "answered_by",
    "answered_at",
    "ignored_until",
    "agency_says",
    "agency_words",
    "agency_said_by",
    "agency_said_at",
    "sentence",
)


@require_safe
def unusual_list(request: HttpRequest) -> HttpResponse:
    """Unusual figures of sent returns, the most unlikely first; what is not answered unless another state is asked."""
    if not permissions.may_list_unusual(request.user):
        raise PermissionDenied
    flags = UnusualFlag.objects.visible_to(request.user).told()
    asked = request.GET.copy()
    asked.setdefault("state", UnusualFilter.WAITING)
    narrowed = UnusualFilter(asked, flags.for_list())
    if request.GET.get("format") in CONTENT_TYPES:
        return table_response(
            _("Unusual figures"),
            [Column(name, 24) for name in EXPORTED],
            map(_exported, narrowed.qs),
            request.GET["format"],
        )
    page = page_of(request, narrowed.qs)
    context = {
        "filter": narrowed,
        "page": page,
        "flags": shown(page.object_list),
        "breadcrumb": [(_("Review of returns"), reverse("dossiers:review")), (_("Unusual figures"), None)],
    }
    return render(request, "dossiers/unusual_list.html", context)


def _exported(flag: UnusualFlag) -> tuple:
    return (
        flag.of.agency.code,
        flag.of.period.label,
        flag.measure,
        flag.line_name,
        value_text(flag),
        flag.value,
        flag.base,
        range_text(flag),
        f"{flag.chance:.2e}",
        flag.state,
        flag.note,
        str(flag.answered_by or ""),
        flag.answered_at,
        flag.ignored_until,
        flag.agency_says,
        flag.agency_words,
        str(flag.agency_said_by or ""),
        flag.agency_said_at,
        sentence(flag),
    )


def _page(request, flag: UnusualFlag, form=None, asked: str = "", problems=(), status: int = 200) -> HttpResponse:
    events = Event.objects.about(flag).select_related("actor")
    context = {
        "flag": flag,
        "shown": shown([flag])[0],
        "value": value_text(flag),
        "expected": range_text(flag),
        "moves": FLAGS.offered(request.user, flag),
        "form": form or AnswerForm(initial={"version": flag.version}),
        "asked": asked,
        "problems": problems,
        "history": [(event, FLAG_LABELS.get(event.action, event.action)) for event in events],
        "breadcrumb": [
            (_("Returns"), reverse("dossiers:return_list")),
            (str(flag.of), flag.of.get_absolute_url()),
            (_("Unusual figure"), None),
        ],
    }
    return render(request, "dossiers/unusual_detail.html", context, status=status)


def _visible(request: HttpRequest, pk: int) -> UnusualFlag:
    return get_object_or_404(UnusualFlag.objects.visible_to(request.user).for_list(), pk=pk)


@require_safe
def unusual_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One unusual figure: what is expected and why, which lines stand behind it, who answered what."""
    flag = _visible(request, pk)
    if wants_table(request):
        return hand_out_table(request, f"{_('Unusual figure')} {flag.of}", {"parts": partial(_parts_table, flag)})
    return _page(request, flag)


def _parts_table(flag: UnusualFlag) -> tuple:
    columns = [Column(_("Line"), 60), _("Figure"), _("Out of"), _("Expected from"), _("Expected up to")]
    return columns, ((part["name"], part["value"], part["base"], part["low"], part["high"]) for part in flag.parts)


@require_POST
def unusual_action(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """An answer: explained, wrong and corrected, put aside until a day, taken back; or what the agency says to it."""
    flag = _visible(request, pk)
    try:
        move = FLAGS.move(action)
    except KeyError as error:
        raise Http404 from error
    if not move.may(request.user, flag):
        raise PermissionDenied
    form = AnswerForm(request.POST)
    if not form.is_valid():
        form.renew_version(flag.version)
        return _page(request, flag, form, action, status=422)
    typed = form.cleaned_data
    try:
        FLAGS.perform(
            flag, action, by=request.user, version=typed["version"], reason=typed["reason"], until=typed["until"]
        )
    except Refused as refusal:
        return _page(request, flag, form, action, refusal.problems, status=422)
    except Conflict as conflict:
        tell_both(conflict, flag, move.label, form)
        raise
    messages.success(request, _("Recorded: %(step)s.") % {"step": move.label})
    return redirect(flag)


def unusual_context(user, item: Return) -> dict:
    """What the card on the page of a return shows (`dossiers/_unusual_card.html`). Three queries."""
    scanned = UnusualScan.objects.filter(of=item).values_list("scanned_at", flat=True).first()
    return {
        "flags": flags_of(user, item=item),
        "scanned": scanned,
        "looked_before": scanned and item.lines.filter(changed_at__gt=scanned).exists(),
        "may_look": item.state != ReturnState.VOID
        and not item.published
        and permissions.may_look_for_unusual(user, item),
    }


@require_POST
def unusual_look(request: HttpRequest, pk: int) -> HttpResponse:
    """Look through a return now, a draft too, and show what was found on its page."""
    item = get_object_or_404(Return.objects.visible_to(request.user).for_list(), pk=pk)
    if not permissions.may_look_for_unusual(request.user, item):
        raise PermissionDenied
    if item.state == ReturnState.VOID:
        raise Conflict(_("The return has been voided; it is not looked through any more."))
    unusual.scan_returns(item.period, [item])
    found = UnusualFlag.objects.filter(of=item).waiting().count()
    if found:
        messages.warning(request, _("%(count)s unusual figures wait for an answer.") % {"count": found})
    else:
        messages.success(request, _("Looked through: nothing unusual waits for an answer."))
    return redirect(f"{item.get_absolute_url()}#unusual")

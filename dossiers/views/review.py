"""The programme office's page: agency × period in one matrix, and what waits to be accepted."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from agencies.models import Agency
from cchc_portal.lib.paging import page_of
from cchc_portal.lib.tables import Column, table_response, wants_table
from dossiers import permissions
from dossiers.choices import SENT_STATES, Calendar, PeriodKind, ReturnState
from dossiers.filters import ReviewFilter
from dossiers.models import Period, Return, UnusualFlag
from dossiers.views.bulk import held_up, with_words
from procedures.models import AgencyProcedure

QUARTERS_SHOWN = 6
QUEUE_SHOWN = 30
ICONS = {
    ReturnState.DRAFT: ("neutral", "pencil"),
    ReturnState.SUBMITTED: ("info", "arrow"),
    ReturnState.APPROVED: ("progress", "check"),
    ReturnState.ACCEPTED: ("good", "check"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One agency in one period: the words and the tone of its state, and where it leads."""

    label: str
    tone: str
    period: str
    icon: str = ""
    pk: int | None = None
    readable: bool = False


def _states(agencies: list[Agency], periods: list[Period]) -> dict[tuple[int, int], tuple[int, str]]:
    rows = Return.objects.current().filter(agency__in=agencies, period__in=periods)
    return {
        (agency, period): (pk, state)
        for pk, agency, period, state in rows.order_by().values_list("pk", "agency_id", "period_id", "state")
    }


def _handling(agencies: list[Agency]) -> dict[int, list[tuple[date | None, date | None]]]:
    """Spans in which each agency handles procedures at all."""
    spans = defaultdict(list)
    rows = AgencyProcedure.objects.filter(agency__in=agencies).order_by().distinct()
    for agency, first, last in rows.values_list("agency_id", "valid_from", "valid_to"):
        spans[agency].append((first, last))
    return spans


def _owes(agency: Agency, period: Period, spans: list) -> bool:
    """As `Period.owing` says it, for rows that are already read."""
    return (
        agency.reporting
        and agency.is_valid_on(period.last_day)
        and any(
            (first is None or first <= period.last_day) and (last is None or last >= period.first_day)
            for first, last in spans
        )
    )


def _cells(agency: Agency, periods: list[Period], states: dict, spans: list, now, reads_all: bool) -> list[Cell]:
    cells = []
    for period in periods:
        found = states.get((agency.pk, period.pk))
        if found:
            pk, state = found
            tone, icon = ICONS[ReturnState(state)]
            label = str(ReturnState(state).label)
            cells.append(Cell(label, tone, str(period), icon, pk, reads_all or state in SENT_STATES))
        elif not _owes(agency, period, spans):
            cells.append(Cell(pgettext("review", "owes none"), "none", str(period)))
        elif period.due_at and period.due_at < now:
            cells.append(Cell(pgettext("review", "missing, overdue"), "bad", str(period), "alert"))
        else:
            cells.append(Cell(pgettext("review", "not begun"), "none", str(period)))
    return cells


def _export(agencies, periods: list[Period], now, fmt: str) -> HttpResponse:
    """The matrix of all agencies that the filter leaves, in words."""
    agencies = list(agencies)
    states, spans = _states(agencies, periods), _handling(agencies)
    columns = [_("Agency code"), Column(_("Agency"), 40), *(Column(str(period), 20) for period in periods)]
    rows = (
        (one.code, one.name, *(cell.label for cell in _cells(one, periods, states, spans[one.pk], now, False)))
        for one in agencies
    )
    return table_response(_("States of returns by agency and period"), columns, rows, fmt)


@require_safe
def review(request: HttpRequest) -> HttpResponse:
    """States of the latest closed quarters by agency, and the queue of what was sent and waits."""
    if not permissions.may_review(request.user):
        raise PermissionDenied
    now = timezone.now()
    quarters = Period.objects.filter(calendar=Calendar.DEFAULT, kind=PeriodKind.QUARTER)
    periods = list(quarters.ended(timezone.localdate()).latest_first()[:QUARTERS_SHOWN])[::-1]
    agencies = Agency.objects.filter(reporting=True).order_by("sort_key", "pk")
    if periods:
        existing = Q(valid_to__isnull=True) | Q(valid_to__gte=periods[0].first_day)
        agencies = agencies.filter(existing, pk__in=AgencyProcedure.objects.values("agency_id"))
    narrowed = ReviewFilter(request.GET, agencies)
    if wants_table(request):
        return _export(narrowed.qs, periods, now, request.GET["format"])
    page = page_of(request, narrowed.qs)
    shown = list(page.object_list)
    states, spans = _states(shown, periods), _handling(shown)
    reads_all = not permissions.is_officer(request.user)
    proposals = Return.objects.known_to(request.user).current().filter(void_proposed_by__isnull=False).for_list()
    waiting = Return.objects.visible_to(request.user).filter(state=ReturnState.APPROVED).for_list()
    queue = list(with_words(waiting).order_by("approved_at", "pk")[:QUEUE_SHOWN])
    for item in queue:
        item.held_up = held_up(item)
    context = {
        "filter": narrowed,
        "page": page,
        "periods": periods,
        "rows": [(one, _cells(one, periods, states, spans[one.pk], now, reads_all)) for one in shown],
        "queue": queue,
        "may_accept": [item.pk for item in queue if permissions.is_officer(request.user) and not item.held_up],
        "waiting": waiting.count(),
        "proposals": proposals.select_related("void_proposed_by")[:QUEUE_SHOWN],
        "unusual": UnusualFlag.objects.visible_to(request.user).waiting().count(),
        "may_extend": permissions.may_extend(request.user),
        "may_consolidate": permissions.may_consolidate(request.user),
        "as_of": now,
        "breadcrumb": [(_("Review of returns"), None)],
    }
    return render(request, "dossiers/review.html", context)

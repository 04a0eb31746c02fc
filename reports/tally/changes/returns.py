"""Returns that fell due and are missing, that were sent back, that were accepted."""

from collections import defaultdict
from itertools import islice

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.choices import AGENCY_ROLES
from cchc_portal.lib.numbers import format_count
from dossiers.choices import SENT_STATES, ReturnState
from dossiers.models import Period, Return
from reports.tally.changes.looking import Change, Looking, Section
from reports.tally.changes.promised import shortened

PERIODS_SHOWN = 4
NAMES_SHOWN = 6


def _named(names: list[str], total: int) -> str:
    shown = ", ".join(names[:NAMES_SHOWN])
    if total <= NAMES_SHOWN:
        return shown
    return _("%(names)s and %(more)s more") % {"names": shown, "more": format_count(total - NAMES_SHOWN)}


def _page_of(look: Looking, period: Period) -> str:
    if look.reads_city:
        return reverse("reports:period_page", args=[period.label])
    return f"{reverse('dossiers:return_list')}?period={period.label}"


def fell_due(look: Looking) -> Section:
    """Periods that fell due since, with the agencies that have still not sent their return."""
    periods = Period.objects.filter(last_day__isnull=False, due_at__gt=look.since, due_at__lte=look.now)
    lines = []
    for period in periods.order_by("-due_at", "label")[:PERIODS_SHOWN]:
        filed = look.filed(period)
        missing = [name for _pk, name, state in filed if state not in SENT_STATES]
        if not missing:
            continue
        when = f"{timezone.localtime(period.due_at):%H:%M %d/%m/%Y}"
        lines.append(
            Change(
                text=_("%(period)s is overdue from %(agencies)s")
                % {"period": period, "agencies": _named(missing, len(missing))},
                number=f"{format_count(len(missing))}/{format_count(len(filed))}",
                basis=_("not sent / returns owed, due %(when)s") % {"when": when},
                path=_page_of(look, period),
            )
        )
    return Section("returns_due", _("Returns that fell overdue"), tuple(lines), len(lines))


def sent_back(look: Looking) -> Section:
    """Returns that were sent back and are being written anew.

    What an approver gave back inside the agency is told to the agency alone; drafts of others are known to the
    programme office and to auditors.
    """
    told = {}
    for event in look.steps:
        if event.action == "send_back":
            told.setdefault(int(event.target_id), event)
    if not told:
        return Section("sent_back", "", (), 0)
    found = Return.objects.known_to(look.user).filter(pk__in=told, state=ReturnState.DRAFT)
    found = found.filter(agency__path__startswith=look.root.path).for_list()
    own = look.user.agency_ids_as(*AGENCY_ROLES)
    lines = []
    for item in sorted(found, key=lambda one: -told[one.pk].number):
        event = told[item.pk]
        if item.agency_id not in own and ReturnState.APPROVED not in event.before:
            continue
        inside = item.agency_id in own
        lines.append(
            Change(
                text=_("%(agency)s: return %(period)s sent back") % {"agency": item.agency, "period": item.period},
                number=f"{timezone.localtime(event.at):%d/%m/%Y}",
                basis=shortened(event.reason) or _("with words to single lines"),
                path=item.get_absolute_url() if inside else _page_of(look, item.period),
            )
        )
    return Section("sent_back", _("Returns sent back"), tuple(lines[: look.shown]), len(lines))


def arrived(look: Looking) -> Section:
    """Returns accepted since, by period: how many, and how many of those owed are accepted by now."""
    numbers = dict(islice(look.arrived.items(), PERIODS_SHOWN))
    if not numbers:
        return Section("arrived", "", (), 0)
    few = [period for period, number in numbers.items() if number <= NAMES_SHOWN]
    names = defaultdict(list)
    named = look.fresh.filter(period__in=few).order_by("agency__sort_key", "agency_id")
    for period, name in named.values_list("period_id", "agency__short_name"):
        names[period].append(name)
    periods = Period.objects.in_bulk(numbers)
    lines = []
    for pk, number in numbers.items():
        period, filed = periods[pk], look.filed(periods[pk])
        accepted = sum(state == ReturnState.ACCEPTED for _pk, _name, state in filed)
        values = {"period": period, "count": format_count(number), "agencies": ", ".join(names[pk])}
        text = _("%(period)s: %(count)s returns accepted: %(agencies)s") if names[pk] else None
        lines.append(
            Change(
                text=(text or _("%(period)s: %(count)s returns accepted")) % values,
                number=f"{format_count(accepted)}/{format_count(len(filed))}",
                basis=_("accepted by now / returns owed"),
                path=_page_of(look, period),
            )
        )
    return Section("arrived", _("Returns accepted"), tuple(lines), len(look.arrived))

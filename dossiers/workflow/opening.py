"""Opening a return: what it offers, when entry is open, who may work on after the lock."""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from agencies.models import Agency
from cchc_portal.lib.errors import Conflict, Refused
from dossiers import permissions
from dossiers.choices import LineSort, ReturnState
from dossiers.models import Extension, Line, Period, Return
from procedures.models import AgencyProcedure, Procedure
from records.models import Event


def when(moment: datetime) -> str:
    """An instant as sentences print it, in Hanoi's time."""
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")


def lock_sentence(item: Return, now: datetime | None = None) -> str:
    """Why figures can no longer be entered, since when and who can open them; "" while entry is open."""
    now = now or timezone.now()
    locks_at = item.period.locks_at
    if locks_at is not None and locks_at > now:
        return ""
    closes = item.entry_closes_at()
    if closes is None:
        return _("This period has no deadlines: its figures were taken over as published and are not entered here.")
    if closes > now:
        return ""
    return _(
        "Entry for %(period)s has been locked since %(when)s. A programme officer of the Department of Home Affairs "
        "can extend it for this agency, with a reason."
    ) % {"period": item.period, "when": when(closes)}


def hold_period(item: Return) -> None:
    """Read the item's period again and keep it as it is until the transaction ends.

    What the page knew of the lock may be older than one set meanwhile; a lock set from here on waits for this
    transaction. SQLite has no row locks: there the transaction holds off every writer from its beginning.
    """
    item.period = Period.objects.select_for_update(no_key=True).get(pk=item.period_id)


def ensure_open_for_entry(item: Return) -> None:
    """Raises Conflict unless the return is a draft whose period still takes figures."""
    if item.state != ReturnState.DRAFT:
        raise Conflict(
            _("Figures are entered in drafts only; this return is %(state)s.") % {"state": item.get_state_display()}
        )
    if sentence := lock_sentence(item):
        raise Conflict(sentence)


def offered_procedures(agency: Agency, period: Period):
    """Procedures that a return of the agency offers: those it handled in the period while it existed."""
    first = max(filter(None, (period.first_day, agency.valid_from)))
    last = min(filter(None, (period.last_day, agency.valid_to)))
    if first > last or not agency.reporting:
        return Procedure.objects.none()
    return Procedure.objects.handled_by(agency, first, last)


def open_return(agency: Agency, period: Period, *, by, tell: bool = True) -> tuple[Return, bool]:
    """The agency's return for the period and whether it was opened now, with a blank line for every procedure offered.

    `tell` False leaves the event to a caller who fills the return in the same transaction. Raises PermissionDenied,
    Conflict (locked) and Refused (nothing to report, or the period has not begun).
    """
    if not permissions.may_open(by, agency.pk):
        raise PermissionDenied
    found = Return.objects.current().filter(agency=agency, period=period).first()
    if found is not None:
        return found, False
    item = Return(agency=agency, period=period, line_sort=LineSort.PROCEDURE, created_by=by)
    if sentence := lock_sentence(item):
        raise Conflict(sentence)
    if period.first_day is None or period.first_day > timezone.localdate():
        raise Refused([_("This period has not begun.")])
    procedures = list(offered_procedures(agency, period).values_list("pk", flat=True))
    if not procedures:
        raise Refused([_("No procedure of this agency is recorded for this period. Ask the programme office.")])
    try:
        with transaction.atomic():
            item.save(force_insert=True)
            Line.objects.bulk_create(
                Line(of=item, position=position, procedure_id=pk) for position, pk in enumerate(procedures, start=1)
            )
            if tell:
                told = {"agency": agency.code, "period": period.label, "state": item.state, "lines": len(procedures)}
                Event.objects.append(actor=by, action="open_return", target=item, after=told)
    except IntegrityError:  # a colleague opened it in the same moment
        return Return.objects.current().get(agency=agency, period=period), False
    return item, True


def _overlaps(period: Period, first: date | None, last: date | None) -> bool:
    return (first is None or first <= period.last_day) and (last is None or last >= period.first_day)


def owed(agency_ids: list[int], now: datetime) -> list[tuple[Agency, Period]]:
    """Returns that these agencies owe, entry is open for and nobody has opened, latest period first."""
    open_periods = Period.objects.filter(last_day__lt=timezone.localdate(now), locks_at__gt=now)
    extended = Extension.objects.filter(agency_id__in=agency_ids, until__gt=now).values_list("agency_id", "period_id")
    extended = set(extended)
    periods = list((open_periods | Period.objects.filter(pk__in=[period for _a, period in extended])).latest_first())
    if not periods or not agency_ids:
        return []
    there = set(
        Return.objects.current()
        .filter(agency_id__in=agency_ids, period__in=periods)
        .values_list("agency_id", "period_id")
    )
    agencies = Agency.objects.filter(pk__in=agency_ids, reporting=True).order_by("sort_key", "pk")
    links = list(
        AgencyProcedure.objects.filter(agency_id__in=agency_ids)
        .values_list("agency_id", "valid_from", "valid_to")
        .order_by()
        .distinct()
    )
    return [
        (agency, period)
        for period in periods
        for agency in agencies
        if (agency.pk, period.pk) not in there
        and agency.is_valid_on(period.last_day)
        and (period.locks_at > now or (agency.pk, period.pk) in extended)
        and any(
            pk == agency.pk
            and (first is None or first <= period.last_day)
            and (last is None or last >= period.first_day)
            for pk, first, last in links
        )
    ]


def grant_extension(extension: Extension, *, by) -> Extension:
    """Store the extension, granted by `by`, with its event. Raises PermissionDenied."""
    if not permissions.may_extend(by):
        raise PermissionDenied
    extension.granted_by = by
    with transaction.atomic():
        extension.save(force_insert=True)
        Event.objects.append(
            actor=by,
            action="grant_extension",
            target=extension,
            after={
                "agency": extension.agency.code,
                "period": extension.period.label,
                "until": extension.until.isoformat(),
            },
            reason=extension.reason,
        )
    return extension

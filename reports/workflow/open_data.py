"""The way of open data: one officer proposes, another publishes or refuses; one alone may take it down."""

import hashlib
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from agencies.models import Person
from cchc_portal.lib.errors import Refused
from dossiers.models import Period, RateRun, StaleFigure
from records.choices import UNFINISHED
from records.models import Event
from records.moves import Machine, Move
from reports import permissions
from reports.choices import OpenDataState
from reports.models import OpenDataFile, OpenDataSet
from reports.tally import open_data

PROPOSED, PUBLISHED = OpenDataState.PROPOSED, OpenDataState.PUBLISHED


def snapshot(item: OpenDataSet) -> dict:
    """What the trail keeps of a set."""
    return {
        "period": item.period.label,
        "number": item.number,
        "state": item.state,
        "licence": item.licence,
        "content_hash": item.content_hash,
    }


def _settled(period: Period) -> None:
    """Raises Refused while sums of the period wait to be made again."""
    asked = RateRun.objects.filter(Q(everything=True) | Q(period=period), state__in=UNFINISHED)
    if StaleFigure.objects.filter(period=period).exists() or asked.exists():
        raise Refused([_("The sums of this period are just being made again. Try once more in a moment.")])


def propose(period: Period, *, licence: str, note: str, by: Person) -> OpenDataSet:
    """Make the files of the period as it stands and lay them before a second officer.

    Raises Refused where nothing was accepted, or a set of the period waits already.
    """
    if not permissions.keeps_open_data(by):
        raise PermissionDenied
    with transaction.atomic():
        Period.objects.select_for_update(no_key=True).get(pk=period.pk)
        _settled(period)
        if OpenDataSet.objects.filter(period=period, state=PROPOSED).exists():
            raise Refused([_("A set of this period is already waiting for a second officer.")])
        rows = open_data.table_of(period)
        if not rows:
            raise Refused([_("No return of this period has been accepted yet.")])
        number = (OpenDataSet.objects.filter(period=period).aggregate(last=Max("number"))["last"] or 0) + 1
        files = open_data.files_of(period, number, licence, rows)
        try:
            with transaction.atomic():
                item = OpenDataSet.objects.create(
                    period=period,
                    number=number,
                    licence=licence,
                    note=note,
                    rows=len(rows),
                    data_hash=open_data.hash_of(rows),
                    content_hash=open_data.content_hash(files),
                    proposed_by=by,
                )
        except IntegrityError as error:
            raise Refused([_("A set of this period is already waiting for a second officer.")]) from error
        OpenDataFile.objects.bulk_create(
            OpenDataFile(
                of=item, name=name, content_type=kind, content=text, sha256=hashlib.sha256(text.encode()).hexdigest()
            )
            for name, (kind, text) in files.items()
        )
        Event.objects.append(actor=by, action="propose_open_data", target=item, after=snapshot(item), reason=note)
    return item


def _still_so(item: OpenDataSet, data: dict) -> list[str]:
    """What was proposed must still be what the accepted returns say."""
    _settled(item.period)
    if open_data.hash_of(open_data.table_of(item.period)) != item.data_hash:
        return [_("Figures of this period have changed since it was proposed. Refuse this set and propose a new one.")]
    return []


def _decided(item: OpenDataSet, by: Person, now: datetime, data: dict) -> dict:
    return {"decided_by": by, "decided_at": now, "reason": data["reason"]}


def _withdrawn(item: OpenDataSet, by: Person, now: datetime, data: dict) -> dict:
    return {"withdrawn_by": by, "withdrawn_at": now, "reason": data["reason"]}


OPEN_DATA = Machine(
    OpenDataSet,
    (
        Move(
            "publish",
            pgettext_lazy("open data", "Publish"),
            (PROPOSED,),
            PUBLISHED,
            permissions.may_publish,
            guard=_still_so,
            changes=_decided,
            primary=True,
            confirm=gettext_lazy("From then on everyone who signs in can read the files, and they may be given away."),
        ),
        Move(
            "refuse",
            gettext_lazy("Do not publish"),
            (PROPOSED,),
            OpenDataState.REFUSED,
            permissions.may_refuse,
            changes=_decided,
            needs_reason=True,
        ),
        Move(
            "withdraw",
            gettext_lazy("Take down"),
            (PUBLISHED,),
            OpenDataState.WITHDRAWN,
            permissions.may_take_down,
            changes=_withdrawn,
            needs_reason=True,
            confirm=gettext_lazy("The files are no longer handed out; what was handed out already stays out there."),
        ),
    ),
    snapshot,
)


def current_of(period: Period) -> OpenDataSet | None:
    """The set that stands for the period: the newest published one."""
    return OpenDataSet.objects.published().filter(period=period).order_by("-number").first()

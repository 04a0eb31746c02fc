"""What became of an issued report: figures restated since, a newer report, and where two reports differ and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from dossiers import tally
from dossiers.choices import ReturnState
from dossiers.models import Edition, Period, Return, Summary
from records.choices import JobState
from records.models import Document, Event
from reports.choices import REPORT_KINDS, Scope
from reports.models import Report


def restated_since(report: Report) -> datetime | None:
    """When figures that the report prints last changed since it was made, or since the day it tells of.

    A change is an adjustment, a return that was voided, a return accepted later. None where the figures stand.
    """
    if report.made_at is None:
        return None
    moment = told_until(report)
    periods = _printed_periods(report)
    about = _about(report)
    returns = Return.objects.filter(about, period__in=periods)
    editions = Edition.objects.filter(of__in=returns.values("pk"), known_until__gt=moment)
    found: list[datetime | None] = [editions.aggregate(last=Max("known_until"))["last"]]
    accepted = returns.filter(accepted_at__gt=moment)
    found.append(accepted.aggregate(last=Max("accepted_at"))["last"])
    voided = returns.filter(state=ReturnState.VOID, accepted_at__lte=moment)
    keys = [str(pk) for pk in voided.values_list("pk", flat=True)]
    if keys:
        events = Event.objects.filter(
            action="void", target_kind=Return._meta.label_lower, target_id__in=keys, at__gt=moment
        )
        found.append(events.aggregate(last=Max("at"))["last"])
    behind = Summary.objects.filter(
        about,
        period__in=periods,
        tree=False,
        computed_at__gt=moment,
        agency__in=Return.objects.filter(
            period__in=periods, accepted_at__lte=moment, editions__known_until__lte=moment
        ).values("agency"),
    )
    if report.known_on is None:
        found.append(behind.aggregate(last=Max("computed_at"))["last"])
    return max((one for one in found if one), default=None)


def _about(report: Report) -> Q:
    if report.scope == Scope.CITY:
        return Q(agency__path__startswith=report.agency.path)
    return Q(agency=report.agency)


def _printed_periods(report: Report) -> list[int]:
    """Keys of the periods whose figures the report prints."""
    labels = [point[0] for point in report.content["trend"]] + [report.period.label]
    return list(Period.objects.filter(label__in=labels).values_list("pk", flat=True))


def report_of(document: Document) -> Report | None:
    """The report that the document prints; None for a document of another kind."""
    if document.kind not in REPORT_KINDS.values():
        return None
    return Report.objects.filter(pk=document.subject_id).select_related("agency", "period").first()


def document_of(report: Report) -> Document | None:
    """The newest document of the report."""
    kind = REPORT_KINDS[Scope(report.scope)]
    return Document.objects.filter(kind=kind, subject_id=report.pk).order_by("-asked_at").first()


def replaced_by(report: Report) -> Document | None:
    """The newest finished document of a later report on the same and as known on the same day, if there is one."""
    same = Report.objects.filter(scope=report.scope, agency=report.agency, period=report.period)
    same = same.filter(known_on=report.known_on) if report.known_on else same.filter(known_on__isnull=True)
    later = same.filter(made_at__gt=report.made_at).exclude(sha256=report.sha256) if report.made_at else same.none()
    kind = REPORT_KINDS[Scope(report.scope)]
    ready = Document.objects.filter(kind=kind, subject_id__in=later.values("pk"), state=JobState.READY)
    return ready.order_by("-asked_at").first()


@dataclass(frozen=True)
class Difference:
    """One figure of one agency that two reports tell differently; None is not known. `why` are sentences."""

    agency: str
    figure: str
    old: int | None
    new: int | None
    why: tuple[str, ...]


def told_until(report: Report) -> datetime:
    """The instant up to which the report knows."""
    return min(report.made_at, tally.end_of(report.known_on)) if report.known_on else report.made_at


def in_order(one: Report, two: Report) -> tuple[Report, Report]:
    """The one that knows less first."""
    first, second = sorted((one, two), key=lambda report: (told_until(report), report.made_at, report.pk))
    return first, second


def differences(first: Report, second: Report) -> list[Difference]:
    """Agency by agency the counts that differ between two reports on the same period, with what happened between."""
    old, new = ({row["code"]: row for row in report.content["agencies"]} for report in (first, second))
    labels = second.content["labels"]
    whys = _reasons(first, second)
    found = []
    for code in dict.fromkeys((*new, *old)):
        row = new.get(code) or old[code]
        for name, label in labels.items():
            before, after = (rows[code]["figures"].get(name) if code in rows else None for rows in (old, new))
            if before != after:
                found.append(Difference(row["name"], label, before, after, tuple(whys.get(code, ()))))
    return found


def _reasons(first: Report, second: Report) -> dict[str, list[str]]:
    """Agency code → what happened to its return of the period between the two instants."""
    since, until = told_until(first), told_until(second)
    whys: dict[str, list[str]] = {}
    for code, text in _happened(second.period, since, until):
        whys.setdefault(code, []).append(text)
    return whys


def printed(instant: datetime) -> str:
    """The day of an instant in Hanoi."""
    return f"{timezone.localdate(instant):%d/%m/%Y}"


def _happened(period: Period, since: datetime, until: datetime) -> Iterator[tuple[str, str]]:
    editions = Edition.objects.filter(of__period=period, known_until__gt=since, known_until__lte=until)
    for edition in editions.select_related("of__agency", "adjustment").order_by("known_until"):
        named = {"day": printed(edition.known_until), "reason": edition.adjustment.reason}
        yield edition.of.agency.code, _("Adjusted on %(day)s: %(reason)s") % named
    late = Return.objects.filter(period=period, accepted_at__gt=since, accepted_at__lte=until)
    for code, at in late.order_by("accepted_at").values_list("agency__code", "accepted_at"):
        yield code, _("Accepted only on %(day)s") % {"day": printed(at)}
    voided = dict(Return.objects.filter(period=period, state=ReturnState.VOID).values_list("pk", "agency__code"))
    events = Event.objects.filter(
        action="void",
        target_kind=Return._meta.label_lower,
        target_id__in=[str(pk) for pk in voided],
        at__gt=since,
        at__lte=until,
    )
    for event in events.order_by("at"):
        named = {"day": printed(event.at), "reason": event.reason}
        yield voided[int(event.target_id)], _("Voided on %(day)s: %(reason)s") % named

"""What the result report of a visit says: its data frozen into plain values, then the template.

The layout is that of Decree 30/2020; a Party body's report goes without that letterhead. Number, date and signature
stay blank: the registry of the issuing body gives them.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from agencies.models import Agency
from cchc_portal.lib import charts, periods
from cchc_portal.lib.numbers import NONE_PRINTED, Rate, format_count
from cchc_portal.lib.text import ascii_slug
from dossiers import tally
from dossiers.choices import FIGURE_LABELS, FORMULA_LABELS
from dossiers.models import Period, Summary
from inspections.choices import (
    INSPECTION_REPORT,
    FindingKind,
    FindingState,
    InspectionKind,
    ProposalState,
    RecommendationState,
)
from inspections.models import Finding, Visit
from inspections.permissions import visits_with_reports
from inspections.photos import for_print
from records.models import Document
from records.registry import Content, Kind, content_hash, register

COUNTS = ("received", "resolved", "in_time", "resolved_overdue", "pending", "pending_overdue")
RATES = ("D2", "D1", "online_share")
TREND_PERIODS = 8
SUBJECTS = {
    InspectionKind.ADMINISTRATIVE: gettext_lazy("results of the inspection of administrative reform at %(agency)s"),
    InspectionKind.COUNCIL: gettext_lazy("results of the supervision of administrative reform at %(agency)s"),
    InspectionKind.PARTY: gettext_lazy("results of the Party committee's supervision at %(agency)s"),
    InspectionKind.SELF: gettext_lazy("results of the self-inspection of administrative reform at %(agency)s"),
    InspectionKind.WORKING_SESSION: gettext_lazy(
        "results of the working session on administrative reform at %(agency)s"
    ),
}


@dataclass(frozen=True)
class Letterhead:
    """Who issues the report, and under whom; blank where the portal does not know."""

    issuing: str
    superior: str
    place: str


@dataclass(frozen=True)
class RateShown:
    """A rate as printed, with its formula in words, its numerator and denominator, and why it is "–" if it is."""

    code: str
    meaning: str
    printed: str
    numerator: str
    denominator: str
    reason: str


@dataclass(frozen=True)
class Figures:
    """What the agency's accepted return of the period says; `counts` are (label, count as printed)."""

    period: str
    days: str
    counts: tuple[tuple[str, str], ...]
    rates: tuple[RateShown, ...]
    trend: tuple[tuple[str, int | None, int | None], ...]


@dataclass(frozen=True)
class PhotoShown:
    name: str
    sha256: str
    caption: str
    number: int
    upright: bool


@dataclass(frozen=True)
class FindingShown:
    text: str
    severity: str
    evidence: str
    legal_basis: str
    photos: tuple[PhotoShown, ...]


@dataclass(frozen=True)
class Area:
    name: str
    findings: tuple[FindingShown, ...]


@dataclass(frozen=True)
class Group:
    title: str
    areas: tuple[Area, ...]


@dataclass(frozen=True)
class Task:
    agency: str
    text: str
    due: str


@dataclass(frozen=True)
class Proposed:
    text: str
    addressees: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Everything that is printed, and nothing else: the same report gives the same bytes."""

    draft: bool
    party: bool
    title: str
    subject: str
    letterhead: Letterhead
    agency: str
    team: str
    decision: str
    members: tuple[tuple[str, str], ...]
    head_title: str
    dates: str
    place: str
    one_stop_desk: str
    themes: tuple[str, ...]
    units: tuple[str, ...]
    situation: str
    assessment: str
    figures: Figures | None
    figures_missing: str
    groups: tuple[Group, ...]
    tasks: tuple[Task, ...]
    proposals: tuple[Proposed, ...]
    recipients: tuple[str, ...]
    created: datetime


def report_subject(visit: Visit) -> str:
    """What the report is about (trích yếu), in the portal's own language whoever asks: documents are Vietnamese."""
    with override(settings.LANGUAGE_CODE):
        return str(SUBJECTS[visit.kind]) % {"agency": visit.agency.name}


def report_title(visit: Visit) -> str:
    """Name of the document in lists and on the check page."""
    with override(settings.LANGUAGE_CODE):
        return _("Report on the %(subject)s") % {"subject": report_subject(visit)}


def _printed(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else NONE_PRINTED


def _letterhead(visit: Visit) -> Letterhead:
    issuing: Agency | None = visit.team.issuing_agency
    superior = issuing.parent if issuing else None
    root = Agency.objects.filter(pk=(issuing.ancestor_ids or [issuing.pk])[0]).first() if issuing else None
    return Letterhead(
        issuing=issuing.name if issuing else "",
        superior=superior.name if superior else "",
        place=_place_of(root),
    )


def _place_of(city: Agency | None) -> str:
    """The place before the date: the city's name without what it is ("UBND Thành phố Hà Nội" → "Hà Nội")."""
    if city is None:
        return ""
    for before in ("Thành phố ", "thành phố ", "Tỉnh ", "tỉnh "):
        if before in city.name:
            return city.name.split(before, 1)[1]
    return ""


def _figures(visit: Visit) -> tuple[Figures | None, str]:
    """The agency's figures of the covered period, and why there are none where there are none."""
    period = visit.period
    if period is None:
        return None, _("The visit names no reporting period; there are no figures.")
    summary = Summary.objects.filter(agency=visit.agency, period=period, tree=False).first()
    if summary is None:
        missing = _("No figures yet: the agency has no accepted return for %(period)s.")
        return None, missing % {"period": period}
    rates = []
    for code in RATES:
        rate = tally.rate_of(summary, code)
        counts = format_count(rate.numerator), format_count(rate.denominator)
        rates.append(RateShown(code, str(FORMULA_LABELS[code]), rate.printed, *counts, str(rate.reason)))
    figures = Figures(
        period=str(period),
        days=f"{_printed(period.first_day)} – {_printed(period.last_day)}" if period.first_day else "",
        counts=tuple((str(FIGURE_LABELS[name]), format_count(getattr(summary, name))) for name in COUNTS),
        rates=tuple(rates),
        trend=_trend(visit.agency, period),
    )
    return figures, ""


def _trend_periods(period: Period) -> list[Period]:
    """The last periods of the same kind and calendar, this one among them; none where its days are not known."""
    if period.last_day is None:
        return []
    rows = Period.objects.filter(kind=period.kind, calendar=period.calendar, last_day__lte=period.last_day)
    return list(rows.order_by("-last_day")[:TREND_PERIODS])[::-1]


def _trend(agency: Agency, period: Period) -> tuple[tuple[str, int | None, int | None], ...]:
    """D2 of the last periods of the same kind and calendar: (label, numerator, denominator)."""
    points = tally.trend(agency, "D2", _trend_periods(period))
    return tuple((p.label, rate.numerator, rate.denominator) if rate else (p.label, None, None) for p, rate in points)


def _trend_chart(figures: Figures) -> charts.Chart | None:
    """The line of the on-time rate; None where no period has one."""
    rates = [(label, Rate(numerator, denominator, "D2")) for label, numerator, denominator in figures.trend]
    known = [(label, rate) for label, rate in rates if rate.is_defined]
    if not known:
        return None
    (first, before), (last, now) = known[0], known[-1]
    title = _("On-time rate (D2): %(before)s in %(first)s, %(now)s in %(last)s")
    return charts.line_chart(
        [charts.Series("D2", [charts.Datum.of_rate(label, rate) for label, rate in rates])],
        title=title
        % {
            "before": before.printed,
            "first": periods.title(first),
            "now": now.printed,
            "last": periods.title(last),
        },
        desc=_("A gap stands for a period without an accepted return."),
    )


def _groups(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """Findings by kind, then by area, with their photos numbered through."""
    groups, number = [], 0
    ordered = sorted(findings, key=lambda finding: (finding.area.order, finding.order, finding.pk))
    for kind in FindingKind:
        areas: dict[str, list[FindingShown]] = {}
        for finding in (finding for finding in ordered if finding.kind == kind):
            photos = []
            for photo in finding.photos.all():
                number += 1
                name = f"{photo.picture_id}.jpg"
                upright = photo.height > photo.width
                photos.append(PhotoShown(name, photo.picture.sha256, photo.caption, number, upright))
            severity = str(finding.get_severity_display()) if finding.severity else ""
            shown = FindingShown(finding.text, severity, finding.evidence, finding.legal_basis, tuple(photos))
            areas.setdefault(finding.area.name, []).append(shown)
        made = tuple(Area(name, tuple(found)) for name, found in areas.items())
        groups.append(Group(str(GROUP_TITLES[kind]), made))
    return tuple(groups)


GROUP_TITLES = {
    FindingKind.STRENGTH: gettext_lazy("Strengths"),
    FindingKind.LIMITATION: gettext_lazy("Limitations"),
    FindingKind.VIOLATION: gettext_lazy("Violations"),
}


def _recipients(visit: Visit, letterhead: Letterhead, proposals: tuple[Proposed, ...]) -> tuple[str, ...]:
    """Who gets the report: the superior body, the agency, those whom its proposals address; the file copy is added."""
    names = [letterhead.superior, letterhead.issuing, visit.agency.name]
    names += [name for proposal in proposals for name in proposal.addressees]
    return tuple(dict.fromkeys(name for name in names if name))


def freeze(visit: Visit, *, draft: bool) -> Report:
    """Read everything the report prints, once."""
    findings = list(
        visit.findings.exclude(state=FindingState.WITHDRAWN)
        .select_related("area")
        .prefetch_related("photos__picture")
        .order_by("order", "pk")
    )
    recommendations = visit.recommendations.exclude(state=RecommendationState.WITHDRAWN).select_related("agency")
    proposals = tuple(
        Proposed(proposal.text, tuple(addressee.name for addressee in proposal.addressees.all()))
        for proposal in visit.proposals.prefetch_related("addressees")
        if proposal.state in ProposalState.values
    )
    members = visit.team.members.on(visit.date).select_related("person").order_by("pk")
    order = ["head", "secretary", "member"]
    desk = {True: _("inspected"), False: _("not inspected"), None: _("not known whether inspected")}
    letterhead = _letterhead(visit)
    figures, missing = _figures(visit)
    instants = [visit.created_at, *(finding.created_at for finding in findings)]
    instants += [photo.created_at for finding in findings for photo in finding.photos.all()]
    return Report(
        draft=draft,
        party=visit.kind == InspectionKind.PARTY,
        title=report_title(visit),
        subject=report_subject(visit),
        letterhead=letterhead,
        agency=visit.agency.name,
        team=visit.team.name,
        decision=visit.team.decision_number,
        members=tuple(
            (member.person.full_name, str(member.get_role_display()))
            for member in sorted(members, key=lambda member: (order.index(member.role), member.pk))
        ),
        head_title=visit.team.head_title,
        dates=visit.date_text,
        place=visit.place,
        one_stop_desk=desk[visit.one_stop_desk_inspected],
        themes=tuple(theme.text for theme in visit.themes.all()),
        units=tuple(unit.name for unit in visit.units.all()),
        situation=visit.situation,
        assessment=visit.assessment,
        figures=figures,
        figures_missing=missing,
        groups=_groups(findings),
        tasks=tuple(Task(task.agency.name, task.text, _printed(task.due)) for task in recommendations),
        proposals=proposals,
        recipients=_recipients(visit, letterhead, proposals),
        created=max(instants),
    )


def _pictures(visit: Visit) -> dict[str, bytes]:
    pictures = {}
    for finding in visit.findings.exclude(state=FindingState.WITHDRAWN).prefetch_related("photos__picture"):
        for photo in finding.photos.all():
            with photo.picture.file.open("rb") as handle:
                pictures[f"{photo.picture_id}.jpg"] = for_print(handle.read())
    return pictures


def build_report(document: Document) -> Content:
    """The result report of a visit. Raises Visit.DoesNotExist where the visit is gone."""
    rows = Visit.objects.select_related("agency", "team__issuing_agency__parent", "period")
    visit = rows.get(pk=document.subject_id)
    report = freeze(visit, draft=document.draft)
    fingerprint = asdict(report)
    context = {
        "report": report,
        "draft": report.draft,
        "chart": _trend_chart(report.figures) if report.figures else None,
        "check_code": content_hash(fingerprint)[:32],
    }
    return Content(
        html=render_to_string("inspections/pdf/inspection_report.html", context),
        fingerprint=fingerprint,
        media=_pictures(visit),
        created=report.created,
        file_name=f"{ascii_slug(report.title)[:80]}.pdf",
    )


def _visible_subjects(user):
    return visits_with_reports(user).values("pk")


def _restated(document: Document) -> datetime | None:
    """When figures of the report, of its period or of the trend before it, were last restated since it was made."""
    visit = Visit.objects.filter(pk=document.subject_id).select_related("period").first()
    if visit is None or visit.period is None:
        return None
    periods = [visit.period, *_trend_periods(visit.period)]
    return tally.restated_since(visit.agency_id, periods, document.started_at)


register(Kind(INSPECTION_REPORT, gettext_lazy("Inspection report"), build_report, _visible_subjects, _restated))

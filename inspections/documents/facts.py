"""What the documents of a visit are made of: read once from the database, then plain values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from cchc_portal.lib.numbers import NONE_PRINTED, Rate, format_count, format_rate
from cchc_portal.lib.paper import Letterhead, Photo
from dossiers.choices import FIGURE_LABELS
from inspections.choices import DatePrecision, FindingKind, FindingState, ItemKind, MemberRole, RecommendationState
from inspections.documents.figures import Figures, figures_of, printed_day
from inspections.documents.heads import letterhead_of
from inspections.models import Answer, EvidenceFile, Finding, Recount, Visit, VisitItem
from inspections.models import Photo as EvidencePhoto
from inspections.photos import for_print
from records.models import StoredFile


@dataclass(frozen=True)
class FileShown:
    """A file behind a finding: what it is, which version, its SHA-256."""

    name: str
    number: int
    sha256: str


@dataclass(frozen=True)
class FindingShown:
    kind: str
    area: str
    text: str
    severity: str
    evidence: str
    cause: str
    legal_basis: str
    repeats: str
    photos: tuple[Photo, ...]
    files: tuple[FileShown, ...]


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
class Line:
    """A line of the checklist with what was answered, printed already."""

    section: str
    text: str
    answer: str
    note: str


@dataclass(frozen=True)
class Facts:
    """A visit as its documents tell it."""

    kind: str
    agency: str
    team: str
    issuing: str
    letterhead: Letterhead
    decision: str
    head: str
    secretary: str
    members: tuple[tuple[str, str], ...]
    head_title: str
    dates: str
    day_known: bool
    place: str
    one_stop_desk: bool | None
    themes: tuple[str, ...]
    units: tuple[str, ...]
    situation: str
    assessment: str
    figures: Figures | None
    figures_missing: str
    findings: tuple[FindingShown, ...]
    tasks: tuple[Task, ...]
    proposals: tuple[Proposed, ...]
    lines: tuple[Line, ...]
    recounts: tuple[tuple[str, str, str, str], ...]
    created: datetime
    source: str

    def of_kind(self, kind: str) -> list[FindingShown]:
        return [finding for finding in self.findings if finding.kind == kind]

    @property
    def photos(self) -> tuple[Photo, ...]:
        return tuple(photo for finding in self.findings for photo in finding.photos)


def findings_of(visit: Visit) -> list[Finding]:
    """What stands: neither withdrawn nor merged into another, by kind, area and order."""
    kinds = list(FindingKind)
    rows = (
        visit.findings.exclude(state=FindingState.WITHDRAWN)
        .filter(merged_into=None)
        .select_related("area", "repeats__visit__agency")
        .prefetch_related(
            Prefetch("photos", EvidencePhoto.objects.standing().select_related("picture", "marked")),
            Prefetch("files", EvidenceFile.objects.standing().select_related("file").order_by("name", "-number")),
        )
    )
    return sorted(rows, key=lambda row: (kinds.index(row.kind), row.area.order, row.order, row.pk))


def _printed_picture(photo):
    """The copy with the marks drawn on it, where there is one."""
    return photo.marked or photo.picture


def _shown(findings: Iterable[Finding]) -> tuple[FindingShown, ...]:
    """Findings with their photos numbered through; of each file the newest version."""
    shown, number = [], 0
    for finding in findings:
        pictures = []
        for photo in finding.photos.all():
            number += 1
            picture = _printed_picture(photo)
            about = photo.caption or finding.text
            caption = f"Ảnh {number}. {photo.caption}" if photo.caption else f"Ảnh {number}"
            pictures.append(Photo(f"{picture.pk}.jpg", picture.sha256, caption, about[:120]))
        newest = {}
        for file in finding.files.all():
            newest.setdefault(file.name, FileShown(file.name, file.number, file.file.sha256))
        earlier = finding.repeats
        shown.append(
            FindingShown(
                kind=finding.kind,
                area=finding.area.name,
                text=finding.text,
                severity=str(finding.get_severity_display()) if finding.severity else "",
                evidence=finding.evidence,
                cause=finding.cause,
                legal_basis=finding.legal_basis,
                repeats=f"{earlier.visit.date_text}" if earlier else "",
                photos=tuple(pictures),
                files=tuple(newest.values()),
            )
        )
    return tuple(shown)


def _tasks(visit: Visit, *, drafts: bool) -> tuple[Task, ...]:
    """What is asked of whom until when; drafts only where the document is one itself."""
    out = [RecommendationState.WITHDRAWN] + ([] if drafts else [RecommendationState.DRAFT])
    rows = visit.recommendations.exclude(state__in=out).select_related("agency").order_by("order", "pk")
    return tuple(
        Task(
            row.agency.name,
            row.text,
            f"{row.due_days} ngày làm việc" if row.due is None and row.due_days else printed_day(row.due),
        )
        for row in rows
    )


def _answer(item: VisitItem, answer: Answer | None) -> str:
    if answer is None:
        return "Chưa kiểm tra"
    if answer.result_disputed:
        return "Chưa thống nhất"
    if item.kind == ItemKind.NUMBER:
        return format_count(answer.number) if answer.number is not None else "Chưa kiểm tra"
    return str(answer.get_result_display()) if answer.result else "Chưa kiểm tra"


def _lines(visit: Visit) -> tuple[Line, ...]:
    lines = []
    for item in visit.items.select_related("answer").order_by("order", "pk"):
        answer = getattr(item, "answer", None)
        note = "" if answer is None or answer.note_disputed else answer.note
        lines.append(Line(item.section, item.text, _answer(item, answer), note))
    return tuple(lines)


def read(visit: Visit, *, drafts: bool = True) -> Facts:
    """Read everything the documents print, once; `drafts` takes in recommendations that are not issued yet."""
    findings = findings_of(visit)
    order = [MemberRole.HEAD, MemberRole.SECRETARY, MemberRole.MEMBER]
    rows = visit.team.members.on(visit.date).select_related("person").order_by("pk")
    members = sorted(rows, key=lambda member: (order.index(member.role), member.pk))
    named = {role: [m.person.full_name for m in members if m.role == role] for role in order}
    figures, missing = figures_of(visit)
    instants = [visit.created_at, *(finding.created_at for finding in findings)]
    instants += [photo.created_at for finding in findings for photo in finding.photos.all()]
    return Facts(
        kind=visit.kind,
        agency=visit.agency.name,
        team=visit.team.name,
        issuing=visit.team.issuing_agency.name if visit.team.issuing_agency else "",
        letterhead=letterhead_of(visit.team.issuing_agency, visit.team.name),
        decision=visit.team.decision_number,
        head=", ".join(named[MemberRole.HEAD][:1]),
        secretary=", ".join(named[MemberRole.SECRETARY][:1]),
        members=tuple((member.person.full_name, str(member.get_role_display())) for member in members),
        head_title=visit.team.head_title,
        dates=visit.date_text,
        day_known=visit.date_precision == DatePrecision.DAY,
        place=visit.place,
        one_stop_desk=visit.one_stop_desk_inspected,
        themes=tuple(theme.text for theme in visit.themes.all()),
        units=tuple(unit.name for unit in visit.units.all()),
        situation=visit.situation,
        assessment=visit.assessment,
        figures=figures,
        figures_missing=missing,
        findings=_shown(findings),
        tasks=_tasks(visit, drafts=drafts),
        proposals=tuple(
            Proposed(proposal.text, tuple(addressee.name for addressee in proposal.addressees.all()))
            for proposal in visit.proposals.prefetch_related("addressees")
        ),
        lines=_lines(visit),
        recounts=_recounts(visit),
        created=max(instants),
        source=str(visit.source) if visit.history and visit.source else "",
    )


def _recounts(visit: Visit) -> tuple[tuple[str, str, str, str], ...]:
    """Figure, dossiers of the sample reported under it, found to be so, the interval of the share."""
    return tuple(_recount_printed(row) for row in visit.recounts.filter(is_disputed=False).order_by("figure", "pk"))


def _recount_printed(row: Recount) -> tuple[str, str, str, str]:
    what = str(FIGURE_LABELS.get(row.figure, row.figure))
    basis = f"{format_count(row.counted)}/{format_count(row.reported)}"
    share = Rate(row.counted, row.reported, "").printed
    bounds = [format_rate(bound, 1_000_000) for bound in (row.low, row.high) if bound is not None]
    return (what, basis, share, " – ".join(bounds) if len(bounds) == 2 else NONE_PRINTED)


def pictures(facts: Facts) -> dict[str, bytes]:
    """The photos by the name they have in the documents, small enough for half a page."""
    kept = {}
    for picture in StoredFile.objects.filter(pk__in=[photo.name.removesuffix(".jpg") for photo in facts.photos]):
        with picture.file.open("rb") as handle:
            kept[f"{picture.pk}.jpg"] = for_print(handle.read())
    return kept

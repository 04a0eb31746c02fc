"""The documents of a visit: minutes, result report, conclusion notice; each one paper, printed as PDF and Word file.

The layout is that of Decree 30/2020; a Party body's documents go without that letterhead. Number, date and signature
stay blank: the registry of the issuing body gives them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from cchc_portal.lib.paper import Paper
from cchc_portal.lib.text import ascii_slug
from inspections import permissions
from inspections.choices import CONCLUSION_NOTICE, INSPECTION_MINUTES, INSPECTION_REPORT, VisitState
from inspections.documents import minutes, notice, report, words
from inspections.documents.facts import Facts, pictures, read
from inspections.documents.figures import restated_since
from inspections.models import Visit
from records.models import Document
from records.registry import Content, Kind, register

BEGUN = (
    VisitState.UNDER_WAY,
    VisitState.RECORDED,
    VisitState.REPORTED,
    VisitState.CONCLUDED,
    VisitState.CLOSED,
)


@dataclass(frozen=True)
class Sort:
    """A document that a visit can have: in which states it is offered, and in which it is a draft no more."""

    code: str
    slug: str
    label: Any
    name: str
    build: Callable[..., Paper]
    offered: tuple[str, ...]
    issued: tuple[str, ...]
    may_ask: Callable[[Any, Visit], bool]

    def is_draft(self, visit: Visit) -> bool:
        return visit.state not in self.issued


SORTS = (
    Sort(
        INSPECTION_MINUTES,
        "minutes",
        gettext_lazy("Minutes"),
        words.MINUTES,
        minutes.build,
        BEGUN,
        BEGUN[1:],
        permissions.asks_report,
    ),
    Sort(
        INSPECTION_REPORT,
        "report",
        gettext_lazy("Result report"),
        words.REPORT,
        report.build,
        BEGUN,
        BEGUN[2:],
        permissions.asks_report,
    ),
    Sort(
        CONCLUSION_NOTICE,
        "notice",
        gettext_lazy("Conclusion notice"),
        words.NOTICE,
        notice.build,
        BEGUN[2:],
        BEGUN[3:],
        permissions.asks_notice,
    ),
)
BY_CODE = {sort.code: sort for sort in SORTS}
BY_SLUG = {sort.slug: sort for sort in SORTS}
LABELS = {
    INSPECTION_MINUTES: gettext_lazy("Inspection minutes"),
    INSPECTION_REPORT: gettext_lazy("Inspection report"),
    CONCLUSION_NOTICE: gettext_lazy("Conclusion notice"),
}


def document_title(code: str, visit: Visit) -> str:
    """Name of the document in lists and on the check page, in Vietnamese whoever asks: documents are Vietnamese."""
    name = BY_CODE[code].name
    return f"{name} {words.subject(name, visit.kind, visit.agency.name)}"[:300]


def visit_of(document: Document) -> Visit:
    """The visit a document is about. Raises Visit.DoesNotExist where it is gone."""
    rows = Visit.objects.select_related("agency", "team__issuing_agency__parent", "period", "source")
    return rows.get(pk=document.subject_id)


def facts_of(document: Document, visit: Visit) -> Facts:
    """What the document tells; a notice that is issued leaves out what is not."""
    return read(visit, drafts=document.draft or document.kind != CONCLUSION_NOTICE)


def build(document: Document) -> Content:
    """Any document of a visit: its facts read once, made a paper, with the photos that the paper shows."""
    visit = visit_of(document)
    facts = facts_of(document, visit)
    paper = BY_CODE[document.kind].build(facts, draft=document.draft, address=document.address)
    return Content.of_paper(
        paper,
        media=pictures(facts) if paper.annexes else {},
        created=facts.created,
        file_name=f"{ascii_slug(paper.title)[:80]}.pdf",
    )


def _visible_subjects(user):
    return permissions.visits_with_reports(user).values("pk")


def _issued_to_agency(user):
    return permissions.visits_told(user).values("pk")


def _restated(document: Document) -> datetime | None:
    """When figures of the report, of its period or of the trend before it, were last restated since it was made."""
    visit = Visit.objects.filter(pk=document.subject_id).select_related("period").first()
    return restated_since(visit, document.started_at) if visit else None


for _sort in SORTS:
    _report = _sort.code == INSPECTION_REPORT
    register(
        Kind(
            _sort.code,
            LABELS[_sort.code],
            build,
            _visible_subjects,
            _restated if _report else None,
            None if _report else _issued_to_agency,
        )
    )

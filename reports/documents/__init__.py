"""The reports that the portal issues: the city report of a period and the page on one agency.

Their values are frozen once (`reports.tally.issuing`); PDF, Word file and workbook say those values and name their
hash.
"""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from cchc_portal.lib.text import ascii_slug
from records.models import Document
from records.registry import Content, Kind, register
from reports.choices import AGENCY_REPORT, CITY_REPORT, WEEKLY_BRIEF, Scope
from reports.documents.brief import build_brief, visible_briefs
from reports.documents.papers import paper_of, title_of
from reports.models import Report
from reports.tally.issuing import freeze
from reports.tally.standing import report_of, restated_since

__all__ = ["build", "title_of"]


def build(document: Document) -> Content:
    """The report of the document, its values read now if they never were. Raises Report.DoesNotExist."""
    report = freeze(Report.objects.select_related("agency__parent", "period").get(pk=document.subject_id))
    paper = paper_of(report, address=document.address)
    name = f"{ascii_slug(paper.title)[:80]}.pdf"
    return Content.of_paper(paper, media={}, created=report.made_at, file_name=name, values=report.content)


def _restated(document: Document) -> datetime | None:
    report = report_of(document)
    return restated_since(report) if report else None


def _visible(scope: str):
    def subjects(user):
        return Report.objects.visible_to(user).filter(scope=scope).values("pk")

    return subjects


register(Kind(CITY_REPORT, _("City report"), build, _visible(Scope.CITY), _restated))
register(Kind(AGENCY_REPORT, _("Agency page"), build, _visible(Scope.AGENCY), _restated))
register(Kind(WEEKLY_BRIEF, _("Weekly brief"), build_brief, visible_briefs))

"""Search everything the person may read: agencies, procedures, visits, findings, recommendations, documents."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Agency
from cchc_portal.lib.fields import search_q
from cchc_portal.lib.text import search_terms
from inspections.models import Finding, Recommendation, Visit
from procedures.models import Procedure
from records.models import Document

HITS_SHOWN = 10


@dataclass(frozen=True)
class Hit:
    title: str
    detail: str
    url: str


@dataclass(frozen=True)
class Hits:
    """What one register gave; `more` says that it holds more than the rows shown."""

    title: str
    rows: list[Hit]
    more: bool


def _matching(rows: QuerySet, query: str, *columns: str) -> list:
    """The first rows of which one of the columns holds every term of the query, in one of its written forms."""
    found = Q(pk__in=[])
    for column in columns:
        found |= search_q(query, field=column)
    return list(rows.filter(found)[: HITS_SHOWN + 1])


def _hits(title: str, found: list, make) -> Hits:
    return Hits(title, [make(row) for row in found[:HITS_SHOWN]], len(found) > HITS_SHOWN)


def search_all(user, query: str) -> list[Hits]:
    """Hits by register, empty registers left out; nothing for a query without a letter or digit."""
    if not search_terms(query):
        return []
    agencies = _matching(Agency.objects.visible_to(user).for_list(), query, "search_key")
    procedures = _matching(Procedure.objects.visible_to(user).for_list(), query, "search_key")
    visits = _matching(Visit.objects.visible_to(user).for_list(), query, "agency__search_key", "search_key")
    findings = _matching(
        Finding.objects.visible_to(user).select_related("visit__agency").order_by("-pk"), query, "search_key"
    )
    recommendations = _matching(Recommendation.objects.visible_to(user).for_list().order_by("-pk"), query, "search_key")
    documents = _matching(Document.objects.visible_to(user), query, "search_key")
    found = [
        _hits(
            _("Agencies"),
            agencies,
            lambda row: Hit(row.name, row.code, reverse("reports:agency_profile", args=[row.code])),
        ),
        _hits(
            _("Procedures"),
            procedures,
            lambda row: Hit(row.name, row.code, reverse("procedures:procedure_detail", args=[row.code])),
        ),
        _hits(
            _("Visits"),
            visits,
            lambda row: Hit(str(row), str(row.team), reverse("inspections:visit_detail", args=[row.pk])),
        ),
        _hits(
            _("Findings"),
            findings,
            lambda row: Hit(row.text, str(row.visit.agency), reverse("inspections:visit_detail", args=[row.visit_id])),
        ),
        _hits(
            _("Recommendations"),
            recommendations,
            lambda row: Hit(row.text, str(row.agency), reverse("inspections:recommendation_detail", args=[row.pk])),
        ),
        _hits(
            _("Documents"),
            documents,
            lambda row: Hit(row.title, "", reverse("reports:document_detail", args=[row.pk])),
        ),
    ]
    return [hits for hits in found if hits.rows]

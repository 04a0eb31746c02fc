"""Findings that were made before: at the same agency or at what it absorbed, in the same area, saying the same."""

from collections.abc import Iterable

from agencies.models import Succession
from cchc_portal.lib.text import search_key
from inspections.choices import FindingKind, FindingState
from inspections.models import Finding
from inspections.rules import similar, similarity

SETTLED = (FindingState.FINAL, FindingState.RELEASED, FindingState.ANSWERED)
COMPARED_AT_MOST = 500


def same_house(agency_id: int) -> set[int]:
    """The agency and all that it absorbed whole, however long ago."""
    ids = fresh = {agency_id}
    while fresh:
        rows = Succession.objects.absorbed_whole().filter(successor_id__in=fresh)
        fresh = set(rows.values_list("predecessor_id", flat=True)) - ids
        ids = ids | fresh
    return ids


def candidates(finding: Finding) -> Iterable[Finding]:
    """Earlier findings that this one may repeat, newest first."""
    rows = Finding.objects.filter(
        visit__agency__in=same_house(finding.visit.agency_id),
        visit__date__lt=finding.visit.date,
        area__code=finding.area.code,
        state__in=SETTLED,
        merged_into__isnull=True,
    ).exclude(kind=FindingKind.STRENGTH)
    return rows.select_related("visit").order_by("-visit__date", "-pk")[:COMPARED_AT_MOST]


def earlier(finding: Finding) -> Finding | None:
    """The finding that this one repeats: of the same line of the same checklist, or else the one most alike."""
    if finding.kind == FindingKind.STRENGTH:
        return None
    key, best, most = search_key(finding.text), None, None
    for candidate in candidates(finding):
        told = search_key(candidate.text)
        line = (candidate.template_code, candidate.item_code)
        if finding.template_code and line == (finding.template_code, finding.item_code):
            return candidate
        if similar(key, told) and (most is None or similarity(key, told) > most):
            best, most = candidate, similarity(key, told)
    return best

"""What was promised and fell due, and the reports that came out."""

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cchc_portal.lib.numbers import format_count
from inspections.choices import CONCLUSION_NOTICE, INSPECTION_REPORT, RecommendationState
from inspections.models import Recommendation
from records import registry
from records.choices import JobState
from records.models import Document
from reports.choices import AGENCY_REPORT, CITY_REPORT
from reports.tally.changes.looking import Change, Looking, Section

REPORTS = (CITY_REPORT, INSPECTION_REPORT, CONCLUSION_NOTICE, AGENCY_REPORT)
TEXT_SHOWN = 140


def shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= TEXT_SHOWN else f"{words[:TEXT_SHOWN].rstrip()}…"


def fell_due(look: Looking) -> Section:
    """Recommendations that are overdue and were not when the person last looked, the longest overdue first."""
    found = Recommendation.objects.visible_to(look.user).overdue(look.today)
    found = found.filter(Q(due__gte=look.since_day) | Q(issued_at__gt=look.since))
    found = found.filter(agency__path__startswith=look.root.path).order_by("due", "pk")
    rows = found.values_list("pk", "text", "agency__short_name", "due", "state")[: look.shown]
    lines = [
        Change(
            text=_("%(agency)s: %(text)s") % {"agency": agency, "text": shortened(text)},
            number=_("%(days)s days overdue") % {"days": format_count((look.today - due).days)},
            basis=_("due %(due)s, state: %(state)s")
            % {"due": f"{due:%d/%m/%Y}", "state": RecommendationState(state).label},
            path=reverse("inspections:recommendation_detail", args=[pk]),
        )
        for pk, text, agency, due, state in rows
    ]
    total = found.count() if len(lines) == look.shown else len(lines)
    return Section("promised", _("Recommendations that fell overdue"), tuple(lines), total)


def issued(look: Looking) -> Section:
    """Reports and conclusions that somebody else had issued since, newest first."""
    seen = Q(pk__in=[])
    labels = {}
    for kind in registry.kinds():
        if kind.code in REPORTS:
            labels[kind.code] = kind.label
            seen |= Q(kind=kind.code, subject_id__in=kind.visible_subjects(look.user))
            if kind.issued_subjects:
                seen |= Q(kind=kind.code, subject_id__in=kind.issued_subjects(look.user))
    found = Document.objects.filter(state=JobState.READY, draft=False, finished_at__gt=look.since)
    found = found.filter(seen, finished_at__lte=look.now).order_by("-finished_at", "-pk")
    # One's own are no news; those of the clock and of history have nobody behind them.
    found = found.filter(Q(asked_by__isnull=True) | ~Q(asked_by=look.user))
    rows = found.values_list("pk", "title", "kind", "finished_at", "pages")[: look.shown]
    lines = [
        Change(
            text=title,
            number=f"{timezone.localtime(at):%d/%m/%Y}",
            basis=_("%(kind)s, %(pages)s pages") % {"kind": labels[kind], "pages": format_count(pages)},
            path=reverse("reports:document_detail", args=[pk]),
        )
        for pk, title, kind, at, pages in rows
    ]
    total = found.count() if len(lines) == look.shown else len(lines)
    return Section("issued", _("New reports and conclusions"), tuple(lines), total)

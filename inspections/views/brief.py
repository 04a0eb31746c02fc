"""The brief on an agency: made in one click from the visit, then read as it was frozen."""

from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cchc_portal.lib import periods
from dossiers.choices import FORMULA_LABELS
from dossiers.rules import Rate
from inspections import permissions
from inspections.choices import AGENCY_BRIEF, SelfCheckState, VisitState
from inspections.models import Brief, SelfCheck, Visit
from inspections.tally.briefing import FORMULAS, SHARES, change_words
from inspections.workflow.briefs import freeze_brief
from records.models import Document

BADGES = {"agrees": "done", "agrees_truncated": "warning", "contradicts": "refused"}


@require_POST
def make_brief(request: HttpRequest, pk: int) -> HttpResponse:
    """Freeze what is known of the visited agency, as of now."""
    visit = get_object_or_404(Visit.objects.visible_to(request.user).select_related("agency", "team"), pk=pk)
    if not permissions.prepares_visit(request.user, visit) or visit.state == VisitState.CANCELLED:
        raise PermissionDenied
    made = freeze_brief(visit, by=request.user, address=request.build_absolute_uri("/").rstrip("/"))
    messages.success(request, _("The brief is frozen; its PDF is being made."))
    return redirect(made)


def preparing_part(user, visit: Visit) -> dict:
    """What the page of a visit shows of its preparation: briefs, the self-check report, who may ask for more."""
    prepares = permissions.prepares_visit(user, visit)
    before = visit.state in (VisitState.PLANNED, VisitState.PREPARED)
    asked = list(SelfCheck.objects.visible_to(user).filter(visit=visit).exclude(state=SelfCheckState.WITHDRAWN))
    for item in asked:
        item.overdue = item.is_overdue(timezone.localdate())
    return {
        "briefs": Brief.objects.visible_to(user).filter(visit=visit).select_related("made_by").defer("content")[:5],
        "self_checks": asked,
        "may_brief": prepares and visit.state != VisitState.CANCELLED,
        "may_ask_self_check": prepares and before and not asked,
    }


def _rows(content: dict) -> list[dict]:
    return [
        {
            "title": periods.title(row["period"]),
            "absorbed": row["absorbed"],
            "rates": [Rate(*row["rates"][code], code) for code in FORMULAS],
            "received": row["counts"]["received"],
            "resolved": row["counts"]["resolved"],
            "overdue": row["counts"]["resolved_overdue"],
            "pending": row["counts"]["pending"],
        }
        for row in content["rates"]
    ]


def _formulas(content: dict) -> list[dict]:
    own = next((row for row in content["rates"] if not row["absorbed"]), None)
    if own is None:
        return []
    return [
        {
            "code": code if code in FORMULAS else "",
            "meaning": FORMULA_LABELS[code],
            "rate": Rate(*own["rates"][code], code),
            "change": change_words(content["changes"].get(code, "")),
        }
        for code in (*FORMULAS, *SHARES)
    ]


def _unusual(content: dict) -> dict:
    """The unusual figures as told; of a brief frozen earlier the counts outside the range of their line (`old`)."""
    told = content["unusual"]
    if isinstance(told, list):
        return {"old": [row | {"period": periods.title(row["period"])} for row in told]}
    return told | {"period": periods.title(told["period"]) if told["period"] else "", "looked": _day(told["looked"])}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@require_safe
def brief(request: HttpRequest, pk: int) -> HttpResponse:
    """A brief as it was frozen, with its instant and its hash; what has changed since is not in it."""
    found = get_object_or_404(
        Brief.objects.visible_to(request.user).select_related("visit__agency", "visit__team", "made_by"), pk=pk
    )
    content = found.content
    own = next((row for row in content["rates"] if not row["absorbed"]), None)
    context = {
        "brief": found,
        "content": content,
        "period": periods.title(own["period"]) if own else "",
        "formulas": _formulas(content),
        "codes": FORMULAS,
        "rows": _rows(content),
        "recommendations": [row | {"due": _day(row["due"])} for row in content["recommendations"]],
        "absorbed": [row | {"until": _day(row["until"])} for row in content["absorbed"]],
        "claims": [row | {"badge": BADGES.get(row["code"], "open")} for row in content.get("claims", [])],
        "unusual": _unusual(content),
        "documents": Document.objects.visible_to(request.user).filter(kind=AGENCY_BRIEF, subject_id=found.pk)[:1],
        "breadcrumb": [
            (_("Supervision and inspection"), reverse("inspections:visit_list")),
            (str(found.visit), reverse("inspections:visit_detail", args=[found.visit_id])),
            (_("Brief"), ""),
        ],
    }
    return render(request, "inspections/brief.html", context)

"""The list of returns and the page of one: its lines with totals, what was said about it, what may happen next."""

import json
from dataclasses import dataclass, field

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agencies.choices import RoleCode
from cchc_portal.lib.numbers import format_count
from cchc_portal.lib.paging import long_page_of
from cchc_portal.lib.tables import CONTENT_TYPES, Column, table_response
from dossiers import permissions, rules
from dossiers.choices import FIGURE_LABELS, OPEN_ADJUSTMENTS, AdjustmentState, LineSort, ReturnState
from dossiers.filters import ReturnFilter
from dossiers.models import Adjustment, Explanation, LateReasonCount, Line, Remark, Return
from dossiers.tally import checking
from dossiers.views.unusual import unusual_context
from dossiers.views.versions import correction, known_on
from dossiers.views.words import SHOWN, action_words
from dossiers.workflow import RETURNS, lock_sentence, owed
from procedures.choices import ProcedureLevel
from records.models import Event

EVENTS_SHOWN = 40


@dataclass
class Row:
    """One line of the table: values printed already."""

    pk: int
    code: str
    name: str
    values: list[str]
    note: str = ""
    breaches: list[tuple[str, str, str]] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


@dataclass
class Group:
    """Lines of one field with their sums."""

    title: str
    rows: list[Row]
    totals: list[str]


@require_safe
def return_list(request: HttpRequest) -> HttpResponse:
    """Returns that the person may see; for a reporter also those that are owed and not opened yet."""
    rows = Return.objects.visible_to(request.user).for_list()
    narrowed = ReturnFilter(request.GET, rows)
    if request.GET.get("format") in CONTENT_TYPES:
        columns = [Column(name, 24) for name in ("agency", "period", "state", "due_at", "submitted_at", "accepted_at")]
        told = narrowed.qs.values_list(
            "agency__code", "period__label", "state", "period__due_at", "submitted_at", "accepted_at"
        )
        return table_response(_("Returns"), columns, told, request.GET["format"])
    own = [agency.pk for agency in request.user.agencies_as(RoleCode.REPORTER)]
    missing = owed(own, timezone.now())
    if label := request.GET.get("period"):
        missing = [(agency, period) for agency, period in missing if period.label == label]
    context = {
        "filter": narrowed,
        "page": long_page_of(request, narrowed.qs),
        "missing": missing,
        "may_review": permissions.may_review(request.user),
        "breadcrumb": [(_("Returns"), None)],
    }
    return render(request, "dossiers/return_list.html", context)


def _printed(figures: rules.Figures) -> list[str]:
    return [format_count(figures.get(name)) for name, _column in SHOWN]


def _line_rows(item: Return, breaches: dict, known: dict | None) -> dict[str, list[tuple[Row, rules.Figures]]]:
    """Lines by the title of their group, in the order of the form; `known` are figures of an earlier edition."""
    groups: dict[str, list] = {}
    lines = (
        Line.objects.filter(of=item)
        .order_by("position", "pk")
        .values_list(
            "pk",
            "procedure__code",
            "procedure__name",
            "procedure__field__name",
            "field__name",
            "level",
            "note",
            *checking.FIGURE_COLUMNS,
        )
    )
    for pk, code, name, group, field_name, level, note, *cells in lines:
        figures = known[pk] if known else checking.as_figures(cells, published=item.published)
        title = group or (str(ProcedureLevel(level).label) if level else "")
        row = Row(pk, code or "", name or field_name or _("Whole agency"), _printed(figures), "" if known else note)
        row.breaches = breaches.get(pk, [])
        groups.setdefault(title, []).append((row, figures))
    return groups


def _breach_rows(item: Return) -> dict[int, list[tuple[str, str, str]]]:
    """What the identities say, by line: code, sentence, and the reason that was given."""
    reasons = {
        (line_id, code): text
        for line_id, code, text in Explanation.objects.filter(of=item).values_list("line_id", "identity", "text")
    }
    return {
        line.pk: [
            (
                breach.code,
                checking.message(breach),
                reasons.get((line.pk, breach.code)) or reasons.get((None, breach.code), ""),
            )
            for breach in line.breaches
        ]
        for line in checking.check_return(item)
        if line.breaches
    }


def _put_beside(item: Return, rows: dict[int, Row]) -> None:
    """Remarks and late reasons of the lines."""
    for remark in item.remarks.select_related("by").filter(line__isnull=False):
        rows[remark.line_id].remarks.append(remark)
    counts = LateReasonCount.objects.filter(line__of=item).values_list("line_id", "reason__name", "count", "text")
    for line_id, name, count, text in counts.order_by("reason__order"):
        told = _("%(reason)s: %(count)s") % {"reason": name, "count": format_count(count)}
        rows[line_id].reasons.append(f"{told} ({text})" if text else told)


def figure_groups(item: Return, known: dict | None = None) -> tuple[list[Group], list[str]]:
    """The table of the return, grouped by field, and its totals. A constant number of queries.

    `known` are the figures of an earlier edition by line key; what was said about the present ones is left out then.
    """
    by_title = _line_rows(item, {} if known else _breach_rows(item), known)
    if not known:
        _put_beside(item, {row.pk: row for pairs in by_title.values() for row, _figures in pairs})
    groups = [
        Group(title, [row for row, _f in pairs], _printed(rules.sum_lines(figures for _r, figures in pairs)))
        for title, pairs in by_title.items()
    ]
    total = rules.sum_lines(figures for pairs in by_title.values() for _r, figures in pairs)
    return groups, _printed(total)


def history(item: Return, adjustments) -> list[dict]:
    """Who did what to the return and its adjustments, latest first: the words of the trail, without its figures."""
    adjustments = Q(target_kind=Adjustment._meta.label_lower, target_id__in=[str(one.pk) for one in adjustments])
    of_return = Q(target_kind=Return._meta.label_lower, target_id=str(item.pk))
    events = Event.objects.filter(of_return | adjustments).select_related("actor").order_by("-number")[:EVENTS_SHOWN]
    told = []
    for event in events:
        lines = json.loads(event.after).get("lines", {}) if event.after.startswith("{") else {}
        cells = sum(len(changes) for changes in lines.values()) if isinstance(lines, dict) else 0
        label = action_words(event.action, event.target_kind)
        told.append({"event": event, "label": label, "cells": cells, "lines": len(lines) if cells else 0})
    return told


@require_safe
def return_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One return: figures, remarks, explanations, history, and the steps the person may take."""
    item = get_object_or_404(Return.objects.visible_to(request.user).for_list(), pk=pk)
    known = known_on(request, item)
    groups, totals = figure_groups(item, known.figures if known else None)
    adjustments = list(Adjustment.objects.visible_to(request.user).filter(of=item).for_list())
    heads = [(FIGURE_LABELS[name], column) for name, column in SHOWN]
    context = {
        "item": item,
        "groups": groups,
        "totals": totals,
        "heads": heads,
        "by_procedure": item.line_sort == LineSort.PROCEDURE,
        "remarks": item.remarks.filter(line__isnull=True).select_related("by"),
        "moves": RETURNS.offered(request.user, item),
        "may_enter": permissions.may_enter(request.user, item),
        "locked": lock_sentence(item) if item.state == ReturnState.DRAFT else "",
        "closes_at": item.entry_closes_at(),
        "known": known,
        "adjustments": adjustments,
        "editions": any(one.state == AdjustmentState.ACCEPTED for one in adjustments),
        "may_adjust": item.state == ReturnState.ACCEPTED
        and permissions.may_propose_adjustment(request.user, item)
        and not any(one.state in OPEN_ADJUSTMENTS for one in adjustments),
        "correction": None if known else correction(request.user, item),
        **({} if known else unusual_context(request.user, item)),
        "history": history(item, adjustments) if permissions.may_read_trail_of(request.user, item) else [],
        "breadcrumb": [(_("Returns"), reverse("dossiers:return_list")), (str(item), None)],
    }
    return render(request, "dossiers/return_detail.html", context)

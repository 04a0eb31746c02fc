"""The entry page: the whole return as JSON for the browser to draw, and the saving of what was typed.

The page needs JavaScript and says so. Rows are drawn from data in the browser, so that the server's part stays one
query for the lines however many there are.
"""

import json

from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import json_script
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from agencies.choices import RoleCode
from cchc_portal.lib.errors import Conflict
from dossiers import permissions, rules
from dossiers.choices import FIGURE_LABELS, IDENTITY_MESSAGES
from dossiers.imports.cells import CellErrors, LineEdit, Malformed, Reader
from dossiers.imports.saving import NotOpen, Outcome, Stored
from dossiers.imports.saving import save_lines as save
from dossiers.models import Explanation, LateReason, LateReasonCount, Line, Remark, Return
from dossiers.tally import checking
from dossiers.views.grid_words import grid_words
from dossiers.views.words import SHOWN
from dossiers.workflow import RETURNS, ensure_open_for_entry, when
from procedures.choices import ProcedureLevel

LONGEST_REQUEST = 2_000_000
BAD_REQUEST, CONFLICT, UNPROCESSABLE = 400, 409, 422
DERIVED = frozenset(rules.DERIVED_NAMES)


class ReadableEncoder(DjangoJSONEncoder):
    """Letters as they are: the page stays readable and half as long."""

    def __init__(self, **options):
        super().__init__(**options | {"ensure_ascii": False})


def _lines(item: Return) -> list[dict]:
    """Every line as the browser draws it. One query, and one for the pending of the return before (R5)."""
    before = checking.previous_pending(item)
    rows = (
        Line.objects.filter(of=item)
        .order_by("position", "pk")
        .values_list(
            "pk",
            "version",
            "note",
            "procedure__code",
            "procedure__name",
            "procedure__field__name",
            "field__name",
            *checking.KEY_COLUMNS,
            *checking.FIGURE_COLUMNS,
        )
    )
    lines = []
    for pk, version, note, code, name, group, field_name, procedure, field, level, *cells in rows:
        lines.append(
            {
                "id": pk,
                "version": version,
                "note": note,
                "code": code or "",
                "name": name or field_name or _("Whole agency"),
                "group": group or (str(ProcedureLevel(level).label) if level else ""),
                "previous": before.get((procedure, field, level)),
                "cells": checking.as_figures(cells).to_json(),
            }
        )
    return lines


def _beside(item: Return) -> dict:
    """Late reasons, explanations and remarks, by line."""
    late, explained, remarks = {}, {}, {}
    counts = LateReasonCount.objects.filter(line__of=item).values_list("line_id", "reason_id", "count", "text")
    for line, reason, count, text in counts:
        late.setdefault(line, {})[reason] = {"count": count, "text": text}
    for line, code, text in Explanation.objects.filter(of=item).values_list("line_id", "identity", "text"):
        explained.setdefault(line or 0, {})[code] = text
    words = Remark.objects.filter(of=item, open=True).values_list("line_id", "text", "by__full_name", "at")
    for line, text, by, at in words:
        remarks.setdefault(line or 0, []).append({"text": text, "by": by, "at": when(at)})
    return {"late": late, "explanations": explained, "remarks": remarks}


def _to_enter(request: HttpRequest, pk: int) -> Return:
    """The return if the person may enter it; 404 where it is invisible, 403 where it is only read.

    What one enters one sees, so the clerk's own returns are found without asking who else might see them.
    """
    own = [agency.pk for agency in request.user.agencies_as(RoleCode.REPORTER)]
    item = Return.objects.for_list().filter(pk=pk, agency_id__in=own).first() if own else None
    if item is None:
        item = get_object_or_404(Return.objects.visible_to(request.user).for_list(), pk=pk)
    if not permissions.may_enter(request.user, item):
        raise PermissionDenied
    return item


def grid_data(item: Return) -> dict:
    """All that the entry page draws: lines, identities, words. A constant number of queries."""
    reasons = LateReason.objects.filter(active=True).values_list("pk", "name", "needs_text")
    return {
        "id": item.pk,
        "version": item.version,
        "save": reverse("dossiers:save_lines", args=[item.pk]),
        "login": reverse("login"),
        "table": rules.as_json(),
        "heads": [
            {"name": name, "label": FIGURE_LABELS[name], "column": column, "derived": name in DERIVED}
            for name, column in SHOWN
        ],
        "messages": IDENTITY_MESSAGES,
        "texts": grid_words(),
        "reasons": [{"id": pk, "name": name, "needs_text": needs} for pk, name, needs in reasons],
        "lines": _lines(item),
        **_beside(item),
    }


@require_safe
def grid(request: HttpRequest, pk: int) -> HttpResponse:
    """The page a clerk types in. Drafts whose period takes figures only; otherwise 409 says why and who can open it."""
    item = _to_enter(request, pk)
    try:
        ensure_open_for_entry(item)
    except Conflict as conflict:
        conflict.url = item.get_absolute_url()
        raise
    context = {
        "item": item,
        "data": json_script(grid_data(item), "grid-data", encoder=ReadableEncoder),
        "submit": RETURNS.move("submit"),
        "breadcrumb": [
            (_("Returns"), reverse("dossiers:return_list")),
            (str(item), item.get_absolute_url()),
            (_("Enter figures"), None),
        ],
    }
    return render(request, "dossiers/grid.html", context)


def _told(breaches: list[rules.Breach]) -> list[dict]:
    return [
        {
            "code": breach.code,
            "key": breach.key,
            "severity": breach.severity,
            "gap": breach.gap,
            "cells": breach.cells,
            "message": checking.message(breach),
        }
        for breach in breaches
    ]


def _judged(line: Stored, before: dict, late: dict) -> dict:
    """A saved line's answer: its new version, and what the identities say of it now."""
    context = {"previous_pending": before.get(line.key), "late_reasons": late.get(line.pk, 0)}
    return {"id": line.pk, "version": line.version, "breaches": _told(rules.check(line.figures, **context))}


def _both(edit: LineEdit, line: Stored) -> dict:
    """A refused line: what stands there and who wrote it when, beside what was sent."""
    mine = {name: "NA" if value is rules.NA else value for name, value in edit.cells.items()}
    reasons = None if edit.reasons is None else {key: {"count": n, "text": t} for key, (n, t) in edit.reasons.items()}
    return {
        "id": line.pk,
        "version": line.version,
        "who": line.changed_by or "",
        "at": when(line.changed_at),
        "theirs": line.figures.to_json()
        | {
            "note": line.note,
            "late_reasons": {key: {"count": n, "text": t} for key, (n, t) in line.reasons.items()},
            "explanations": line.explanations,
        },
        "mine": mine | {"note": edit.note, "late_reasons": reasons, "explanations": edit.explanations},
    }


def _answer(item: Return, outcome: Outcome) -> JsonResponse:
    before = checking.previous_pending(item) if outcome.saved else {}
    late = checking.late_sums(item) if outcome.saved else {}
    body = {
        "version": outcome.version,
        "saved_at": f"{timezone.localtime(outcome.at):%H:%M}",
        "lines": [_judged(line, before, late) for line in outcome.saved],
        "conflicts": [_both(edit, line) for edit, line in outcome.conflicts],
    }
    return JsonResponse(body, status=CONFLICT if outcome.conflicts else 200)


def _refused(status: int, message: str, **more) -> JsonResponse:
    return JsonResponse({"message": message, **more}, status=status)


@require_POST
def save_lines(request: HttpRequest, pk: int) -> HttpResponse:
    """Save changed cells. 200: all saved; 409: some lines were refused with both values, or the return is no draft;
    422: what was typed is no count, nothing was saved; 400: not what the page sends."""
    item = _to_enter(request, pk)
    try:
        if len(request.body) > LONGEST_REQUEST:
            raise Malformed
        edits = Reader().read(json.loads(request.body))
        ensure_open_for_entry(item)
        outcome = save(item, edits, by=request.user)
    except Conflict as conflict:
        return _refused(CONFLICT, conflict.message, closed=True)
    except NotOpen:
        return _refused(CONFLICT, _("The return is no draft any more; your entry was not saved."), closed=True)
    except CellErrors as wrong:
        return _refused(UNPROCESSABLE, _("Some cells hold no count; nothing was saved."), errors=wrong.errors)
    except (Malformed, ValueError, RecursionError):
        return _refused(BAD_REQUEST, _("The portal did not understand what the page sent. Reload the page."))
    return _answer(item, outcome)

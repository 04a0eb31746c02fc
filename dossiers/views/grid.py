"""The entry page: the whole return as JSON for the browser to draw.

The page needs JavaScript and says so. Rows are drawn from data in the browser, so that the server's part stays one
query for the lines however many there are.
"""

import json
from functools import lru_cache

from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import BigIntegerField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agencies.choices import RoleCode
from agencies.models import HELD, Agency, Role
from cchc_portal.lib.errors import Conflict
from cchc_portal.lib.numbers import format_count
from cchc_portal.lib.sql import fetch, instances
from dossiers import permissions, rules
from dossiers.choices import FIGURE_LABELS, IDENTITY_MESSAGES
from dossiers.models import Explanation, LateReason, LateReasonCount, Line, Period, Remark, Return
from dossiers.tally import checking
from dossiers.tally.restated import Restated, restated_pending
from dossiers.views.grid_words import grid_words
from dossiers.views.words import SHOWN
from dossiers.workflow import RETURNS, ensure_open_for_entry, when
from procedures.choices import ProcedureLevel
from procedures.models import Field, Procedure

CONFLICT = 409
DERIVED = frozenset(rules.DERIVED_NAMES)


LINES = f"""SELECT l.id, l.version, l.note, p.code, p.name, g.name, f.name,
{", ".join(f"l.{name}" for name in (*checking.KEY_COLUMNS, *checking.FIGURE_COLUMNS))}
FROM {Line._meta.db_table} l LEFT JOIN {Procedure._meta.db_table} p ON p.id = l.procedure_id
LEFT JOIN {Field._meta.db_table} g ON g.id = p.field_id LEFT JOIN {Field._meta.db_table} f ON f.id = l.field_id
WHERE l.of_id = %s ORDER BY l.position, l.id"""
LATE = f"""SELECT c.line_id, c.reason_id, c.count, c.text FROM {LateReasonCount._meta.db_table} c
JOIN {Line._meta.db_table} l ON l.id = c.line_id WHERE l.of_id = %s"""
# Most drafts have no late reason counted, no explanation and no remark yet; whether there are any stands beside each
# reason that one may choose, and beside nothing where there is none.
REASONS = f"""SELECT r.id, r.name, r.needs_text,
EXISTS (SELECT 1 FROM {LateReasonCount._meta.db_table} c JOIN {Line._meta.db_table} l ON l.id = c.line_id
    WHERE l.of_id = %s),
EXISTS (SELECT 1 FROM {Explanation._meta.db_table} WHERE of_id = %s),
EXISTS (SELECT 1 FROM {Remark._meta.db_table} WHERE of_id = %s AND open)
FROM (SELECT 1) AS always LEFT JOIN {LateReason._meta.db_table} r ON r.active ORDER BY r."order", r.code"""
EXPLAINED = f"SELECT line_id, identity, text FROM {Explanation._meta.db_table} WHERE of_id = %s"


def in_script(data: dict) -> str:
    """An object as JSON that may stand in a script element; letters stay as they are, so it is half as long."""
    text = json.dumps(data, ensure_ascii=False, cls=DjangoJSONEncoder)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04X}")
    return text


def _moved(restated: Restated | None) -> dict | None:
    """That the opening balance moved after the draft was opened, in words of the page."""
    if restated is None:
        return None
    before, after = format_count(restated.before), format_count(restated.after)
    return {"before": before, "after": after, "at": when(restated.at)}


def _lines(item: Return) -> list[dict]:
    """Every line as the browser draws it, its cells in the order of the table's `cells`.

    One query, and a few for the pending of the returns before (R5).
    """
    returns = checking.returns_before(item)
    before = checking.previous_pending(item, returns)
    moved = restated_pending(item, before, returns)
    whole = _("Whole agency")
    lines = []
    for pk, version, note, code, name, group, field_name, procedure, field, level, *cells in fetch(LINES, [item.pk]):
        lines.append(
            {
                "id": pk,
                "version": version,
                "note": note,
                "code": code or "",
                "name": name or field_name or whole,
                "group": group or (str(ProcedureLevel(level).label) if level else ""),
                "previous": before.get((procedure, field, level)),
                "restated": _moved(moved.get((procedure, field, level))),
                "cells": rules.row_values(cells, rules.NA_WRITTEN),
            }
        )
    return lines


def _beside(item: Return) -> dict:
    """Late reasons to choose from; by line, those counted, explanations and remarks."""
    late, explained, remarks = {}, {}, {}
    reasons = fetch(REASONS, [item.pk] * 3)
    has_late, has_explained, has_remarks = reasons[0][3:]
    for line, reason, count, text in fetch(LATE, [item.pk]) if has_late else ():
        late.setdefault(line, {})[reason] = {"count": count, "text": text}
    for line, code, text in fetch(EXPLAINED, [item.pk]) if has_explained else ():
        explained.setdefault(line or 0, {})[code] = text
    if has_remarks:
        words = Remark.objects.filter(of=item, open=True).values_list("line_id", "text", "by__full_name", "at")
        for line, text, by, at in words:
            remarks.setdefault(line or 0, []).append({"text": text, "by": by, "at": when(at)})
    offered = [{"id": pk, "name": name, "needs_text": bool(needs)} for pk, name, needs, *_any in reasons if pk]
    return {"reasons": offered, "late": late, "explanations": explained, "remarks": remarks}


def to_enter(request: HttpRequest, pk: int) -> Return:
    """The return if the person may enter it; 404 where it is invisible, 403 where it is only read.

    What one enters one sees, so the clerk's own returns are found without asking who else might see them.
    """
    if item := _own(request.user, pk):
        return item
    item = get_object_or_404(Return.objects.visible_to(request.user).for_list(), pk=pk)
    if not permissions.may_enter(request.user, item):
        raise PermissionDenied
    return item


def _own(user, pk: int) -> Return | None:
    """The return with its agency and period if the person holds the role of its reporter today."""
    if not user.is_authenticated or pk > BigIntegerField.MAX_BIGINT:
        return None
    tail = (
        f"FROM {Return._meta.db_table} t JOIN {Agency._meta.db_table} a ON a.id = t.agency_id "
        f"JOIN {Period._meta.db_table} p ON p.id = t.period_id WHERE t.id = %s AND EXISTS (SELECT 1 "
        f"FROM {Role._meta.db_table} r WHERE r.agency_id = t.agency_id AND r.code = '{RoleCode.REPORTER}' AND {HELD} "
        # Asked of this return; PostgreSQL would else begin with all agencies the person reports for.
        "LIMIT 1 OFFSET 0)"
    )
    today = timezone.localdate()
    for item, item.agency, item.period in instances(tail, [pk, user.pk, today, today], t=Return, a=Agency, p=Period):
        return item
    return None


@lru_cache(maxsize=8)
def _unchanging(language: str) -> str:
    """What every entry page in the language holds alike: identities, heads and words, as JSON."""
    return in_script(
        {
            "table": rules.as_json(),
            "heads": [
                {"name": name, "label": FIGURE_LABELS[name], "column": column, "derived": name in DERIVED}
                for name, column in SHOWN
            ],
            "messages": IDENTITY_MESSAGES,
            "texts": grid_words(),
        }
    )


def grid_json(item: Return, user) -> str:
    """All that the entry page draws, as one JSON object to stand in a script element."""
    # Two objects put together at their braces.
    return mark_safe(f"{in_script(_grid_data(item, user))[:-1]}, {_unchanging(get_language())[1:]}")


@lru_cache(maxsize=1_000)
def _addresses(pk: int) -> dict[str, str]:
    """Where the page of this return leads and sends to."""
    return {
        "page": reverse("dossiers:grid", args=[pk]),
        "context": reverse("dossiers:line_context", args=[pk]),
        "detail": reverse("dossiers:return_detail", args=[pk]),
        "save": reverse("dossiers:save_lines", args=[pk]),
        "login": reverse("login"),
    }


def _grid_data(item: Return, user) -> dict:
    """The return and its lines. A constant number of queries.

    `person` is whose entries the browser keeps under this return until they are sent.
    """
    return {
        "id": item.pk,
        "person": user.pk,
        "version": item.version,
        "title": str(item),
        "file": f"{item.agency.code}-{item.period.label}",
        **_addresses(item.pk),
        "lines": _lines(item),
        **_beside(item),
    }


@require_safe
def grid(request: HttpRequest, pk: int) -> HttpResponse:
    """The page a clerk types in. Drafts whose period takes figures only; otherwise 409 says why and who can open it,
    and shows what this person typed in this browser that did not arrive before."""
    item = to_enter(request, pk)
    closed = None
    try:
        ensure_open_for_entry(item)
    except Conflict as conflict:
        closed = conflict
    context = {
        "closed": closed,
        "item": item,
        "data": grid_json(item, request.user),
        "submit": RETURNS.move("submit"),
        "breadcrumb": [
            (_("Returns"), reverse("dossiers:return_list")),
            (str(item), item.get_absolute_url()),
            (_("Enter figures"), None),
        ],
    }
    if closed:
        return render(request, "dossiers/grid_closed.html", context, status=CONFLICT)
    return render(request, "dossiers/grid.html", context)

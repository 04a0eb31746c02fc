"""Adjusting an accepted return: the page that asks for other figures, the page of one adjustment, its steps."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cchc_portal.lib.errors import Conflict, Refused
from cchc_portal.lib.numbers import NONE_PRINTED, Cell, NumberError, format_count, parse_cell
from dossiers import permissions, rules, tally
from dossiers.choices import FIGURE_LABELS, OPEN_ADJUSTMENTS, AdjustmentState, ReturnState
from dossiers.forms import MoveForm
from dossiers.models import AdjustedCell, Adjustment, Line, Return
from dossiers.tally import checking
from dossiers.views.words import SHOWN
from dossiers.workflow import ADJUSTMENTS, changes_of, ensure_accepted, propose_adjustment
from procedures.choices import ProcedureLevel
from records.moves import tell_both

TOTALS = ("received", "in_time", "resolved", "resolved_overdue", "pending", "pending_overdue", "withdrawn")
TYPED = [(name, column) for name, column in SHOWN if name in rules.TYPED_NAMES]


@dataclass
class InputCell:
    """One input of the page: what stands, what is typed, what is wrong with it."""

    name: str
    label: str
    typed: str
    error: str = ""

    @property
    def width(self) -> int:
        return max(len(self.typed), 4)


@dataclass
class InputLine:
    pk: int
    title: str
    group: str
    stands: rules.Figures
    cells: list[InputCell]


def _typed_form(value: Cell) -> str:
    return "" if value is None else format_count(value)


def _columns(lines) -> list[tuple[str, int | None]]:
    """The typed figures, and the stated totals that some line has."""
    stated = [(name, None) for name in rules.STATED if any(figures.cells[name] is not None for figures in lines)]
    return TYPED + stated


def _input_lines(item: Return) -> tuple[list[InputLine], list]:
    rows = (
        Line.objects.filter(of=item)
        .order_by("position", "pk")
        .values_list(
            "pk",
            "procedure__code",
            "procedure__name",
            "procedure__field__name",
            "field__name",
            "level",
            *checking.FIGURE_COLUMNS,
        )
    )
    found = [(pk, *words, checking.as_figures(cells)) for pk, *words, cells in ((*r[:6], r[6:]) for r in rows)]
    columns = _columns([row[-1] for row in found])
    lines = []
    for pk, code, name, group, field, level, stands in found:
        title = group or (str(ProcedureLevel(level).label) if level else "")
        cells = [InputCell(n, str(FIGURE_LABELS[n]), _typed_form(stands.cells[n])) for n, _column in columns]
        lines.append(InputLine(pk, checking.line_name(code, name, field), title, stands, cells))
    return lines, [(FIGURE_LABELS[name], column) for name, column in columns]


def _read(data, lines: list[InputLine]) -> tuple[dict, list[str]]:
    """Changed cells by line, and what is no count; what was typed stays in its cell."""
    changes: dict[int, dict[str, Cell]] = {}
    problems = []
    for line in lines:
        for cell in line.cells:
            typed = data.get(f"cell-{line.pk}-{cell.name}")
            if typed is None:
                continue
            cell.typed = typed[:40]
            try:
                value = parse_cell(typed)
            except NumberError as error:
                cell.error = str(error)
                told = {"line": line.title, "figure": cell.label, "problem": error}
                problems.append(_("%(line)s, %(figure)s: %(problem)s") % told)
                continue
            if value != line.stands.cells[cell.name]:
                changes.setdefault(line.pk, {})[cell.name] = value
    return changes, problems


def _crumbs(item: Return, last) -> list:
    return [(_("Returns"), reverse("dossiers:return_list")), (str(item), item.get_absolute_url()), (last, None)]


@require_http_methods(["GET", "HEAD", "POST"])
def adjustment_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Other figures for an accepted return, with a reason. Only cells that differ from what stands are proposed."""
    item = get_object_or_404(Return.objects.visible_to(request.user).for_list(), pk=pk)
    if not permissions.may_propose_adjustment(request.user, item):
        raise PermissionDenied
    ensure_accepted(item)
    lines, heads = _input_lines(item)
    sent = request.POST if request.method == "POST" else None
    form = MoveForm(sent, initial={"version": item.version}, needs_reason=True)
    problems: list = []
    if sent is not None:
        changes, problems = _read(sent, lines)
        if form.is_valid() and not problems:
            typed = form.cleaned_data
            try:
                adjustment = propose_adjustment(
                    item, changes, reason=typed["reason"], by=request.user, version=typed["version"]
                )
            except Refused as refusal:
                problems = refusal.problems
            except Conflict as conflict:
                conflict.url = item.get_absolute_url()
                raise
            else:
                messages.success(request, _("The adjustment is proposed. The leader of your agency signs it next."))
                return redirect(adjustment)
    context = {
        "item": item,
        "lines": lines,
        "heads": heads,
        "form": form,
        "problems": problems,
        "breadcrumb": _crumbs(item, _("Propose an adjustment")),
    }
    return render(request, "dossiers/adjustment_new.html", context, status=422 if form.is_bound else 200)


def _difference(cell: AdjustedCell) -> str:
    """How much more or less, where both are counts."""
    if not rules.is_count(cell.before) or not rules.is_count(cell.after):
        return NONE_PRINTED
    gap = cell.after - cell.before
    return f"{'+' if gap > 0 else '−'}{format_count(abs(gap))}"


def _cell_rows(adjustment: Adjustment) -> list[dict]:
    cells = adjustment.cells.select_related("line__procedure", "line__field")
    rows = []
    for cell in cells:
        procedure, field = cell.line.procedure, cell.line.field
        name = checking.line_name(procedure and procedure.code, procedure and procedure.name, field and field.name)
        rows.append(
            {
                "line": name,
                "label": FIGURE_LABELS[cell.figure],
                "old": format_count(cell.before),
                "new": format_count(cell.after),
                "difference": _difference(cell),
            }
        )
    return rows


def _both_sides(adjustment: Adjustment) -> tuple[list[rules.Figures], list[rules.Figures]] | None:
    """Figures of all lines before and with the adjustment; None where it was never put in force and is decided."""
    if adjustment.state == AdjustmentState.ACCEPTED:
        before = tally.figures_of(adjustment.superseded)
    elif adjustment.state in OPEN_ADJUSTMENTS:
        rows = Line.objects.filter(of=adjustment.of_id).values_list("pk", *checking.FIGURE_COLUMNS)
        before = {pk: checking.as_figures(cells) for pk, *cells in rows}
    else:
        return None
    changes = changes_of(adjustment)
    after = dict(before)
    for pk, cells in changes.items():
        for name, value in cells.items():
            after[pk] = after[pk].with_cell(name, value)
    return list(before.values()), list(after.values())


def _effect(adjustment: Adjustment) -> list[tuple]:
    """Totals of the return before and with the adjustment, and the rate they give."""
    sides = _both_sides(adjustment)
    if sides is None:
        return []
    before, after = (rules.sum_lines(side) for side in sides)
    rows = [
        (FIGURE_LABELS[name], format_count(before.number(name)), format_count(after.number(name))) for name in TOTALS
    ]
    old, new = (rules.rate(side, rules.DEFAULT_FORMULA) for side in sides)
    told = _("On-time rate (%(formula)s)") % {"formula": rules.DEFAULT_FORMULA}
    rows.append((told, f"{old.printed} ({old.basis})", f"{new.printed} ({new.basis})"))
    return rows


def _to_watch(adjustment: Adjustment) -> list[str]:
    """What the identities say of the lines as they would be; only while it is not decided."""
    if adjustment.state not in OPEN_ADJUSTMENTS:
        return []
    changes = changes_of(adjustment)
    return [
        f"{line.name}: {breach.code}: {checking.message(breach)}"
        for line in checking.check_return(adjustment.of, changes)
        if line.pk in changes
        for breach in line.breaches
    ]


def _offered(user, adjustment: Adjustment) -> list:
    """Steps the person may take; none once the return itself is void."""
    if adjustment.of.state != ReturnState.ACCEPTED:
        return []
    return ADJUSTMENTS.offered(user, adjustment)


def _page(request, adjustment: Adjustment, *, form=None, asked="", problems=(), status: int = 200) -> HttpResponse:
    context = {
        "adjustment": adjustment,
        "item": adjustment.of,
        "cells": _cell_rows(adjustment),
        "effect": _effect(adjustment),
        "to_watch": _to_watch(adjustment),
        "moves": _offered(request.user, adjustment),
        "form": form or MoveForm(initial={"version": adjustment.version}),
        "asked": asked,
        "problems": problems,
        "breadcrumb": _crumbs(adjustment.of, _("Adjustment %(number)s") % {"number": adjustment.number}),
    }
    return render(request, "dossiers/adjustment_detail.html", context, status=status)


@require_safe
def adjustment_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One adjustment: old and new side by side, the effect on the totals, who did what, and the next steps."""
    adjustment = get_object_or_404(Adjustment.objects.visible_to(request.user).for_list(), pk=pk)
    return _page(request, adjustment)


@require_http_methods(["POST"])
def adjustment_action(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """One step: sign, accept, refuse or withdraw. What is refused stays on the page with what was typed."""
    adjustment = get_object_or_404(Adjustment.objects.visible_to(request.user).for_list(), pk=pk)
    try:
        move = ADJUSTMENTS.move(action)
    except KeyError as error:
        raise Http404 from error
    if not move.may(request.user, adjustment):
        raise PermissionDenied
    form = MoveForm(request.POST)
    if not form.is_valid():
        if adjustment.state not in move.sources:
            raise tell_both(Conflict(_("Somebody has already moved it on.")), adjustment, move.label, form)
        form.renew_version(adjustment.version)
        return _page(request, adjustment, form=form, asked=action, status=422)
    typed = form.cleaned_data
    try:
        ADJUSTMENTS.perform(adjustment, action, by=request.user, version=typed["version"], reason=typed["reason"])
    except Refused as refusal:
        return _page(request, adjustment, form=form, asked=action, problems=refusal.problems, status=422)
    except Conflict as conflict:
        tell_both(conflict, adjustment, move.label, form)
        raise
    messages.success(request, _("Done: %(step)s. %(return)s") % {"step": move.label, "return": adjustment.of})
    if Adjustment.objects.visible_to(request.user).filter(pk=adjustment.pk).exists():
        return redirect(adjustment)
    return redirect(adjustment.of)

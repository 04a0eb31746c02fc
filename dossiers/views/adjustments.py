"""The page of one adjustment and its steps."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from cchc_portal.lib.errors import Conflict, Refused
from cchc_portal.lib.numbers import NONE_PRINTED, format_count
from cchc_portal.lib.tables import Column, hand_out_table, wants_table
from dossiers import rules, tally
from dossiers.choices import EXPLAINED_LABELS, FIGURE_LABELS, OPEN_ADJUSTMENTS, AdjustmentState, ReturnState
from dossiers.forms import MoveForm
from dossiers.models import AdjustedCell, Adjustment, Line, Return
from dossiers.tally import checking
from dossiers.workflow import ADJUSTMENTS, changes_of, late_changes, words_of
from records.moves import tell_both

TOTALS = ("received", "in_time", "resolved", "resolved_overdue", "pending", "pending_overdue", "withdrawn")


def crumbs(item: Return, last) -> list:
    return [(_("Returns"), reverse("dossiers:return_list")), (str(item), item.get_absolute_url()), (last, None)]


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
                "before": cell.before,
                "after": cell.after,
            }
        )
    return rows


def _word_rows(adjustment: Adjustment) -> list[dict]:
    """Late reasons and explanations, old and new."""
    rows = []
    for word in adjustment.words.select_related("line__procedure", "line__field", "late_reason"):
        procedure, field = word.line.procedure, word.line.field
        name = checking.line_name(procedure and procedure.code, procedure and procedure.name, field and field.name)
        label = str(word.late_reason) if word.late_reason else EXPLAINED_LABELS[word.identity]
        rows.append({"line": name, "label": label, "old": _said(*word.before), "new": _said(*word.after)})
    return rows


def _said(count: int | None, text: str) -> str:
    parts = [format_count(count)] if count is not None else []
    return ": ".join([*parts, text] if text else parts) or NONE_PRINTED


def _both_sides(adjustment: Adjustment) -> tuple[list[rules.Figures], list[rules.Figures]] | None:
    """Figures of all lines before and with the adjustment; None where it was never put in force and is decided."""
    if not adjustment.cells.exists():
        return None
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


def _tables(adjustment: Adjustment) -> dict:
    """The tables of the page, each by its name in the address; what is printed with its basis goes out as text."""
    line, old, new = Column(_("Line"), 60), pgettext("figures", "Old"), pgettext("figures", "New")
    return {
        "cells": lambda: (
            [line, Column(_("Figure"), 40), old, new],
            ((row["line"], str(row["label"]), row["before"], row["after"]) for row in _cell_rows(adjustment)),
        ),
        "words": lambda: (
            [line, Column(_("What is said"), 40), Column(old, 40), Column(new, 40)],
            ((row["line"], str(row["label"]), row["old"], row["new"]) for row in _word_rows(adjustment)),
        ),
        "effect": lambda: (
            [Column(_("Figure"), 40), Column(old, 20), Column(new, 20)],
            ((str(label), before, after) for label, before, after in _effect(adjustment)),
        ),
    }


def _to_watch(adjustment: Adjustment) -> list[str]:
    """What the identities say of the lines as they would be; only while it is not decided."""
    if adjustment.state not in OPEN_ADJUSTMENTS:
        return []
    changes, words = changes_of(adjustment), words_of(adjustment)
    return [
        f"{line.name}: {breach.code}: {checking.message(breach)}"
        for line in checking.check_return(adjustment.of, changes, late_changes(adjustment.of, words))
        if line.pk in changes or line.pk in words
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
        "words": _word_rows(adjustment),
        "effect": _effect(adjustment),
        "to_watch": _to_watch(adjustment),
        "moves": _offered(request.user, adjustment),
        "form": form or MoveForm(initial={"version": adjustment.version}),
        "asked": asked,
        "problems": problems,
        "breadcrumb": crumbs(adjustment.of, _("Adjustment %(number)s") % {"number": adjustment.number}),
    }
    return render(request, "dossiers/adjustment_detail.html", context, status=status)


@require_safe
def adjustment_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One adjustment: old and new side by side, the effect on the totals, who did what, and the next steps."""
    adjustment = get_object_or_404(Adjustment.objects.visible_to(request.user).for_list(), pk=pk)
    if wants_table(request):
        title = _("Adjustment %(number)s") % {"number": adjustment.number}
        return hand_out_table(request, f"{title} {adjustment.of}", _tables(adjustment))
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

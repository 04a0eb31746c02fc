"""Adjusting an accepted return (domain.md §5): proposed with a reason, signed, accepted or refused.

Until it is accepted the figures that stand count. Accepting keeps them as an edition, writes the new ones into the
lines and has the sums computed again, all in one transaction.
"""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cchc_portal.lib.errors import Conflict, Refused
from cchc_portal.lib.numbers import Cell, format_count
from dossiers import permissions, rules
from dossiers.choices import FIGURE_LABELS, AdjustmentState, ReturnState
from dossiers.models import AdjustedCell, Adjustment, Edition, Explanation, Line, Return
from dossiers.tally import checking
from dossiers.workflow.moves import Problem, refigure
from records.models import Event
from records.moves import Machine, Move

PROPOSED, SIGNED = AdjustmentState.PROPOSED, AdjustmentState.SIGNED

Changes = dict[int, dict[str, Cell]]


def _stored(value: Cell) -> tuple[int | None, bool]:
    """A cell as its column and its mark."""
    return (0, True) if value is rules.NA else (value, False)


def _written(value: Cell):
    return "NA" if value is rules.NA else value


def _told(cells: list[AdjustedCell], side: str) -> dict[str, dict]:
    """Cells by line, as the trail keeps them; `side` is "before" or "after"."""
    lines: dict[str, dict] = {}
    for cell in cells:
        lines.setdefault(str(cell.line_id), {})[cell.figure] = _written(getattr(cell, side))
    return lines


def changes_of(adjustment: Adjustment) -> Changes:
    """What the adjustment wants: new cells by line key."""
    changes: Changes = {}
    for cell in adjustment.cells.all():
        changes.setdefault(cell.line_id, {})[cell.figure] = cell.after
    return changes


def blocking(item: Return, changes: Changes) -> list[Problem]:
    """Blocking breaches on the lines that change, each with its place."""
    return [
        Problem(f"{breach.code}: {checking.message(breach)}", line.pk, line.name, breach.cells, breach.code)
        for line in checking.check_return(item, changes)
        if line.pk in changes
        for breach in line.blocking
    ]


def ensure_accepted(item: Return) -> None:
    """Raises Conflict unless the return is accepted: figures of others are corrected where they are entered."""
    if item.state != ReturnState.ACCEPTED:
        raise Conflict(
            _("Only an accepted return is adjusted; this one is %(state)s.") % {"state": item.get_state_display()}
        )


def propose_adjustment(item: Return, changes: Changes, *, reason: str, by, version: int | None = None) -> Adjustment:
    """Ask for other figures in the accepted return. Only cells that differ from what stands count.

    Raises PermissionDenied, Conflict (not accepted, changed meanwhile, another adjustment is open) and Refused (nothing
    changes, no reason, a blocking identity).
    """
    if not permissions.may_propose_adjustment(by, item):
        raise PermissionDenied
    reason = reason.strip()
    try:
        with transaction.atomic():
            item = Return.objects.select_for_update(of=("self",)).for_list().get(pk=item.pk)
            ensure_accepted(item)
            if version is not None and version != item.version:
                raise Conflict(_("It was changed meanwhile. Look at it again before you decide."))
            if item.adjustments.open().exists():
                raise Conflict(_("An adjustment of this return is already under way."))
            cells = _differing(item, changes)
            wanted = {cell.line_id: changes[cell.line_id] for cell in cells}
            problems = [] if reason else [_("Write the reason.")]
            problems += blocking(item, wanted) if cells else [_("Nothing is changed yet.")]
            if problems:
                raise Refused(problems)
            number = (item.adjustments.aggregate(last=Max("number"))["last"] or 0) + 1
            adjustment = Adjustment.objects.create(of=item, number=number, reason=reason, proposed_by=by)
            for cell in cells:
                cell.adjustment = adjustment
            AdjustedCell.objects.bulk_create(cells)
            Event.objects.append(
                actor=by,
                action="propose_adjustment",
                target=adjustment,
                before={"lines": _told(cells, "before")},
                after={"return": item.pk, "state": adjustment.state, "lines": _told(cells, "after")},
                reason=reason,
            )
    except IntegrityError as error:  # a colleague proposed one in the same moment
        raise Conflict(_("An adjustment of this return is already under way.")) from error
    return adjustment


def _differing(item: Return, changes: Changes) -> list[AdjustedCell]:
    cells = []
    for line in Line.objects.filter(of=item, pk__in=changes).order_by("position", "pk"):
        stands = rules.Figures.from_stored(line, published=item.published).cells
        for name in rules.CELL_NAMES:
            if name in changes[line.pk] and changes[line.pk][name] != stands[name]:
                (old, old_na), (new, new_na) = _stored(stands[name]), _stored(changes[line.pk][name])
                cells.append(
                    AdjustedCell(
                        line=line, figure=name, old=old, old_not_applicable=old_na, new=new, new_not_applicable=new_na
                    )
                )
    return cells


def _still_accepted(adjustment: Adjustment, data: dict) -> list:
    ensure_accepted(Return.objects.get(pk=adjustment.of_id))
    return []


def _sound(adjustment: Adjustment, data: dict) -> list:
    """The return still holds what the adjustment was proposed over, and the new figures break no blocking identity."""
    _still_accepted(adjustment, data)
    stands = {line.pk: rules.Figures.from_stored(line) for line in Line.objects.filter(of=adjustment.of_id)}
    cells = list(adjustment.cells.all())
    moved = [cell for cell in cells if stands[cell.line_id].cells[cell.figure] != cell.before]
    if moved:
        raise Conflict(
            _("The figures of the return are no longer those that this adjustment was proposed for."),
            theirs=[(FIGURE_LABELS[c.figure], format_count(stands[c.line_id].cells[c.figure])) for c in moved],
            mine=[(FIGURE_LABELS[c.figure], format_count(c.before)) for c in moved],
        )
    return blocking(adjustment.of, changes_of(adjustment))


def _signed(adjustment: Adjustment, by, now: datetime, data: dict) -> dict:
    return {"signed_by": by, "signed_at": now}


def _decided(adjustment: Adjustment, by, now: datetime, data: dict) -> dict:
    return {"decided_by": by, "decided_at": now, "decision_reason": data["reason"]}


def known_since(item: Return) -> datetime:
    """Since when the figures in the lines are those that count: the last adjustment, else the acceptance."""
    until = item.editions.aggregate(last=Max("known_until"))["last"]
    return until or item.accepted_at or item.created_at


def _keep_edition(adjustment: Adjustment, lines: list[Line]) -> None:
    item = adjustment.of
    since = known_since(item)
    Edition.objects.create(
        of=item,
        number=item.editions.count() + 1,
        lines=[{"line": line.pk, "cells": rules.Figures.from_stored(line).to_json()} for line in lines],
        known_from=since,
        known_until=max(since, adjustment.decided_at),
        adjustment=adjustment,
    )


def _explain_gaps(adjustment: Adjustment, changes: Changes) -> None:
    """Gaps that the new figures open are explained by the adjustment's reason: none is submitted without one."""
    text = _("Adjustment %(number)s: %(reason)s") % {"number": adjustment.number, "reason": adjustment.reason}
    lines = [line for line in checking.check_return(adjustment.of) if line.pk in changes]
    gaps = {(line.pk, breach.code) for line in lines for breach in line.unexplained}
    Explanation.objects.bulk_create(
        Explanation(of=adjustment.of, line_id=pk, identity=code, text=text, by=adjustment.proposed_by)
        for pk, code in sorted(gaps)
    )


def _put_in_force(adjustment: Adjustment, by, data: dict) -> None:
    """The lines take the new figures, what they held is kept, the sums are asked for."""
    item = Return.objects.select_related("agency", "period").get(pk=adjustment.of_id)
    adjustment.of = item
    moved = Return.objects.filter(pk=item.pk, state=ReturnState.ACCEPTED, version=item.version).update(
        version=F("version") + 1
    )
    if moved != 1:
        raise Conflict(_("Somebody else was faster. Look at it again before you decide."))
    lines = list(Line.objects.filter(of=item).order_by("position", "pk"))
    _keep_edition(adjustment, lines)
    changes = changes_of(adjustment)
    for line in lines:
        if line.pk not in changes:
            continue
        figures = rules.Figures.from_stored(line)
        for name, value in changes[line.pk].items():
            figures = figures.with_cell(name, value)
        values = figures.to_stored() | {
            "version": line.version + 1,
            "changed_at": adjustment.decided_at,
            "changed_by": adjustment.proposed_by,
        }
        if Line.objects.filter(pk=line.pk, version=line.version).update(**values) != 1:
            raise Conflict(_("Somebody else was faster. Look at it again before you decide."))
    _explain_gaps(adjustment, changes)
    refigure(item.agency_id, item.period_id)


def _told_accepted(adjustment: Adjustment, data: dict) -> dict:
    """Old and new cells, so that the one event of the acceptance says all that changed."""
    cells = list(adjustment.cells.all())
    return {"return": adjustment.of_id, "old": _told(cells, "before"), "lines": _told(cells, "after")}


ADJUSTMENTS = Machine(
    model=Adjustment,
    moves=(
        Move(
            "sign",
            pgettext_lazy("adjustment action", "Sign and send"),
            (PROPOSED,),
            SIGNED,
            permissions.may_sign_adjustment,
            guard=_sound,
            changes=_signed,
            primary=True,
            confirm=gettext_lazy("The adjustment is sent to the programme office."),
        ),
        Move(
            "accept",
            pgettext_lazy("adjustment action", "Accept the adjustment"),
            (SIGNED,),
            AdjustmentState.ACCEPTED,
            permissions.may_decide_adjustment,
            guard=_sound,
            changes=_decided,
            tells=_told_accepted,
            follow=_put_in_force,
            primary=True,
            confirm=gettext_lazy("The new figures count from now on; the old ones stay readable."),
        ),
        Move(
            "refuse",
            pgettext_lazy("adjustment action", "Refuse"),
            (SIGNED,),
            AdjustmentState.REFUSED,
            permissions.may_decide_adjustment,
            changes=_decided,
            needs_reason=True,
            confirm=gettext_lazy("The figures stay as they are."),
        ),
        Move(
            "withdraw",
            pgettext_lazy("adjustment action", "Withdraw the adjustment"),
            (PROPOSED,),
            AdjustmentState.WITHDRAWN,
            permissions.may_withdraw_adjustment,
            changes=_decided,
            confirm=gettext_lazy("Nothing changes in the return."),
        ),
    ),
)

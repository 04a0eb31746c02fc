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
from dossiers import permissions, rules, tasks
from dossiers.choices import FIGURE_LABELS, AdjustmentState, ReturnState
from dossiers.models import AdjustedCell, AdjustedWord, Adjustment, Edition, Explanation, Line, Return
from dossiers.tally import checking
from dossiers.workflow import adjusted_words
from dossiers.workflow.adjusted_words import Words, words_of
from dossiers.workflow.moves import Problem, refigure
from dossiers.workflow.telling import tell_adjustment_back
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


def _all_told(cells: list[AdjustedCell], said: list[AdjustedWord], side: str) -> dict:
    """Figures, and what is said where that changes too."""
    words = adjusted_words.told(said, side)
    return {"lines": _told(cells, side)} | ({"words": words} if words else {})


def changes_of(adjustment: Adjustment) -> Changes:
    """What the adjustment wants: new cells by line key."""
    changes: Changes = {}
    for cell in adjustment.cells.all():
        changes.setdefault(cell.line_id, {})[cell.figure] = cell.after
    return changes


def blocking(item: Return, changes: Changes, words: Words) -> list[Problem]:
    """What stops the lines that change: blocking breaches and missing texts, each with its place."""
    touched = changes.keys() | words.keys()
    late = adjusted_words.late_changes(item, words)
    return [
        Problem(f"{breach.code}: {checking.message(breach)}", line.pk, line.name, breach.cells, breach.code)
        for line in checking.check_return(item, changes, late)
        if line.pk in touched
        for breach in line.blocking
    ] + adjusted_words.wordless(item, words)


def ensure_accepted(item: Return) -> None:
    """Raises Conflict unless the return is accepted: figures of others are corrected where they are entered."""
    if item.state != ReturnState.ACCEPTED:
        raise Conflict(
            _("Only an accepted return is adjusted; this one is %(state)s.") % {"state": item.get_state_display()}
        )


def propose_adjustment(
    item: Return, changes: Changes, *, reason: str, by, version: int | None = None, words: Words | None = None
) -> Adjustment:
    """Ask for other figures, late reasons or explanations in the accepted return. Only what differs counts.

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
            said = adjusted_words.differing(item, words or {})
            saying = {word.line_id: words[word.line_id] for word in said}
            problems += blocking(item, wanted, saying) if cells or said else [_("Nothing is changed yet.")]
            if problems:
                raise Refused(problems)
            number = (item.adjustments.aggregate(last=Max("number"))["last"] or 0) + 1
            adjustment = Adjustment.objects.create(of=item, number=number, reason=reason, proposed_by=by)
            for each in (*cells, *said):
                each.adjustment = adjustment
            AdjustedCell.objects.bulk_create(cells)
            AdjustedWord.objects.bulk_create(said)
            Event.objects.append(
                actor=by,
                action="propose_adjustment",
                target=adjustment,
                before=_all_told(cells, said, "before"),
                after={"return": item.pk, "state": adjustment.state} | _all_told(cells, said, "after"),
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
    if said := adjusted_words.moved(adjustment):
        raise Conflict(
            _("What is said of the lines is no longer what this adjustment was proposed for."),
            mine=[
                (str(word.late_reason or word.identity), word.new_text or format_count(word.new_count)) for word in said
            ],
        )
    return blocking(adjustment.of, changes_of(adjustment), words_of(adjustment))


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


def _explain_gaps(adjustment: Adjustment, touched: set[int]) -> None:
    """Gaps that the new figures open are explained by the adjustment's reason: none is submitted without one."""
    text = _("Adjustment %(number)s: %(reason)s") % {"number": adjustment.number, "reason": adjustment.reason}
    lines = [line for line in checking.check_return(adjustment.of) if line.pk in touched]
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
    changes = changes_of(adjustment)
    if changes:  # words alone restate no figure
        _keep_edition(adjustment, lines)
    touched = adjusted_words.put_in_force(adjustment) | changes.keys()
    for line in lines:
        if line.pk not in touched:
            continue
        figures = rules.Figures.from_stored(line)
        for name, value in changes.get(line.pk, {}).items():
            figures = figures.with_cell(name, value)
        values = figures.to_stored() | {
            "version": line.version + 1,
            "changed_at": adjustment.decided_at,
            "changed_by": adjustment.proposed_by,
        }
        if Line.objects.filter(pk=line.pk, version=line.version).update(**values) != 1:
            raise Conflict(_("Somebody else was faster. Look at it again before you decide."))
    _explain_gaps(adjustment, touched)
    if changes:
        refigure(item.agency_id, item.period_id)
        tasks.request_unusual(item)


def _told_accepted(adjustment: Adjustment, data: dict) -> dict:
    """Old and new cells, so that the one event of the acceptance says all that changed."""
    cells, said = list(adjustment.cells.all()), list(adjustment.words.all())
    old, new = _all_told(cells, said, "before"), _all_told(cells, said, "after")
    return {"return": adjustment.of_id, "old": old.pop("lines"), **new} | ({"old_words": old["words"]} if old else {})


def _given_back(adjustment: Adjustment, by, data: dict) -> None:
    """Whoever proposed it hears at once that it came back: refused, or withdrawn by somebody else."""
    if by.pk != adjustment.proposed_by_id:
        tell_adjustment_back(adjustment, by)


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
            follow=_given_back,
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
            follow=_given_back,
            confirm=gettext_lazy("Nothing changes in the return."),
        ),
    ),
)

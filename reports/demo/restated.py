"""A return of the quarter before last, corrected by its agency two days before the load, for the leaders to hear of."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from agencies.choices import AgencyKind
from agencies.models import Agency
from dossiers import rules
from dossiers.choices import AdjustmentState
from dossiers.models import AdjustedCell, AdjustedWord, Adjustment, Edition, LateReasonCount, Line, Period, Return
from records.models import Event
from reports.demo.people import People

REASON = "Đối chiếu lại với phần mềm một cửa: một số hồ sơ trả sau ngày hẹn đã ghi nhầm là đúng hạn."
# Of the busiest line's dossiers resolved on time, one in so many was late.
ONE_IN = 8


def load(period: Period, people: People, now: datetime) -> None:
    """The last department that has persons of its own restates its busiest line: fewer on time, more overdue."""
    staffed = Agency.objects.filter(pk__in=people.approvers, kind=AgencyKind.DEPARTMENT).exclude(code="HN-KHCN")
    item = Return.objects.filter(period=period, agency__in=staffed, history=True).order_by("-agency__code").first()
    if item is None:
        return
    lines = list(item.lines.order_by("position", "pk"))
    line = max(
        (line for line in lines if line.late_reasons.exists()),
        key=lambda line: (line.resolved_on_time or 0, -line.position),
        default=None,
    )
    if line is not None and line.resolved_on_time >= ONE_IN:
        with transaction.atomic():
            _restate(item, lines, line, people, now - timedelta(days=2))


def _restate(item: Return, lines: list[Line], line: Line, people: People, at: datetime) -> None:
    """The rows that a proposed, signed and accepted adjustment leaves, and its three events."""
    by, signer = people.reporters[item.agency_id], people.approvers[item.agency_id]
    officer, late = people.accounts["quan"], line.resolved_on_time // ONE_IN
    adjustment = Adjustment.objects.create(
        of=item,
        number=1,
        state=AdjustmentState.ACCEPTED,
        reason=REASON,
        proposed_by=by,
        proposed_at=at - timedelta(days=2),
        signed_by=signer,
        signed_at=at - timedelta(days=1),
        decided_by=officer,
        decided_at=at,
        version=3,
    )
    moved = {"resolved_on_time": -late, "resolved_overdue": late}
    cells = [
        AdjustedCell(
            adjustment=adjustment, line=line, figure=name, old=getattr(line, name), new=getattr(line, name) + step
        )
        for name, step in moved.items()
    ]
    AdjustedCell.objects.bulk_create(cells)
    reason = line.late_reasons.order_by("reason__order", "pk").first()
    AdjustedWord.objects.create(
        adjustment=adjustment,
        line=line,
        late_reason_id=reason.reason_id,
        old_count=reason.count,
        new_count=reason.count + late,
    )
    Edition.objects.create(
        of=item,
        number=1,
        lines=[{"line": one.pk, "cells": rules.Figures.from_stored(one).to_json()} for one in lines],
        known_from=item.accepted_at,
        known_until=at,
        adjustment=adjustment,
    )
    steps = {name: F(name) + step for name, step in moved.items()}
    # Who corrected it stands in the adjustment: lines of history have no person behind them.
    Line.objects.filter(pk=line.pk).update(version=F("version") + 1, changed_at=at, **steps)
    LateReasonCount.objects.filter(pk=reason.pk).update(count=F("count") + late)
    Return.objects.filter(pk=item.pk).update(version=F("version") + 1)
    told = {side: {cell.figure: getattr(cell, side) for cell in cells} for side in ("old", "new")}
    states = (None, AdjustmentState.PROPOSED, AdjustmentState.SIGNED, AdjustmentState.ACCEPTED)
    for person, action, place in ((by, "propose_adjustment", 1), (signer, "sign", 2), (officer, "accept", 3)):
        Event.objects.append(
            actor=person,
            action=action,
            target=adjustment,
            before={"state": states[place - 1]} if place > 1 else told["old"],
            after={"return": item.pk, "state": states[place]} | (told if place == 3 else {}),
            reason=REASON if place == 1 else "",
        )

"""The identities R1–R10 as one table, their evaluation, and the smallest repairs of what breaks them.

The browser gets the same table from `as_json()`; `static/js/identities.js` evaluates it in the same way, and the shared
vectors in `tests/vectors/identities.json` hold both to it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from dossiers.rules.figures import CELL_NAMES, DERIVED, FIGURES, MAX_COUNT, TYPED_NAMES, Figures, is_count

# Severities; the words people read are in choices.Severity.
BLOCK, EXPLAIN, SHOW = "block", "explain", "show"

# Relations. `equals`: total = sum of parts. `at_most`: sum of parts ≤ total. `range`: every cell is a count.
# `computed`: holds because sums are never typed.
EQUALS, AT_MOST, RANGE, COMPUTED = "equals", "at_most", "range", "computed"

# Names an identity may use beside the figures: what the caller knows from elsewhere.
PREVIOUS_PENDING, LATE_REASONS = "previous_pending", "late_reasons"


@dataclass(frozen=True, slots=True)
class Identity:
    """One relation between figures; a code of the domain may consist of several, told apart by `key`.

    `may_be_blank` names a part without which the rest must still fit (≤). `unless_known` switches the relation off
    where that figure is known, because two others then say the same.
    """

    code: str
    key: str
    relation: str
    severity: str
    total: str | None = None
    parts: tuple[str, ...] = ()
    may_be_blank: str | None = None
    unless_known: str | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """An identity that does not hold.

    `gap` is the total less its parts, so negative where the parts exceed it; None for R7. `cells` are the stored
    cells concerned, in form order. `params` fill the message of `choices.IDENTITY_MESSAGES[key]`.
    """

    code: str
    key: str
    severity: str
    gap: int | None
    cells: tuple[str, ...]
    params: Mapping[str, int] = field(default_factory=dict)

    @property
    def blocks(self):
        return self.severity == BLOCK


_PARTS = {derived.name: derived.parts for derived in DERIVED}
IDENTITIES = (
    Identity("R1", "R1", EQUALS, BLOCK, "stated_received", _PARTS["received"]),
    Identity("R2", "R2", EQUALS, BLOCK, "stated_resolved", _PARTS["resolved"]),
    # in_time is a subtotal of resolved: where a source states it beside its parts, R2 compares it as well.
    Identity("R2", "R2.in_time", EQUALS, BLOCK, "stated_in_time", _PARTS["in_time"]),
    Identity("R3", "R3", EQUALS, BLOCK, "stated_pending", _PARTS["pending"]),
    Identity("R4", "R4", EQUALS, EXPLAIN, "received", ("resolved", "pending", "withdrawn"), may_be_blank="withdrawn"),
    Identity("R5", "R5", EQUALS, EXPLAIN, "carried_over", (PREVIOUS_PENDING,)),
    Identity("R6", "R6", COMPUTED, BLOCK),
    Identity("R7", "R7", RANGE, BLOCK),
    Identity("R8", "R8.resolved", AT_MOST, BLOCK, "resolved_overdue", ("resolved_overdue_with_apology",)),
    Identity("R8", "R8.pending", AT_MOST, BLOCK, "pending_overdue", ("pending_overdue_with_apology",)),
    Identity("R9", "R9.in_time", AT_MOST, BLOCK, "resolved", ("in_time",)),
    Identity("R9", "R9.resolved", AT_MOST, BLOCK, "received", ("resolved",)),
    Identity("R9", "R9.in_time_received", AT_MOST, BLOCK, "received", ("in_time",), unless_known="resolved"),
    Identity("R9", "R9.online", AT_MOST, BLOCK, "received", ("received_online",)),
    Identity("R10", "R10", EQUALS, EXPLAIN, LATE_REASONS, ("resolved_overdue", "pending_overdue")),
)
_ORDER = {name: position for position, name in enumerate(CELL_NAMES)}


def _range_breaches(identity, figures, known):
    return [
        Breach(identity.code, identity.key, identity.severity, None, (name,), {"maximum": MAX_COUNT})
        for name in CELL_NAMES
        if known[name] is None and figures.cells.get(name) is not None
    ]


def _unequal(identity, known):
    """Total, sum and the parts summed of an identity that does not hold; None where it holds or cannot be checked."""
    total = known[identity.total]
    if total is None or (identity.unless_known and known[identity.unless_known] is not None):
        return None
    parts, at_most = identity.parts, identity.relation == AT_MOST
    if identity.may_be_blank and known[identity.may_be_blank] is None:
        parts, at_most = tuple(part for part in parts if part != identity.may_be_blank), True
    summed = 0
    for part in parts:
        value = known[part]
        if value is None:
            return None
        summed += value
    return None if total == summed or (at_most and total > summed) else (total, summed, parts)


def _breach(identity, figures, context, total, summed, parts):
    named = (name for name in (identity.total, *parts) if name not in context)
    cells = {cell for name in named for cell in figures.sources(name)}
    gap = total - summed
    return Breach(
        identity.code,
        identity.key,
        SHOW if figures.published else identity.severity,
        gap,
        tuple(sorted(cells, key=_ORDER.__getitem__)),
        {"total": total, "parts": summed, "gap": gap, "excess": abs(gap)},
    )


def check(figures: Figures, *, published=None, previous_pending=None, late_reasons=None) -> list[Breach]:
    """Every identity that `figures` break, in the order of the table.

    An identity is checked when all it names is known; a cell that breaks R7 counts as not known in the others.
    `previous_pending` is pending in the return that ends the day before, `late_reasons` the sum of the counts per late
    reason; None: not checked. In a published row both values stay and a gap is only shown; `published` overrides what
    the figures say of themselves. R7 blocks everywhere, because what is no count cannot be stored.
    """
    figures = figures.as_published(published)
    context = {PREVIOUS_PENDING: previous_pending, LATE_REASONS: late_reasons}
    breaches, known = [], figures.numbers() | context
    for identity in IDENTITIES:
        if identity.relation == RANGE:
            breaches.extend(_range_breaches(identity, figures, known))
        elif identity.relation != COMPUTED and (found := _unequal(identity, known)):
            breaches.append(_breach(identity, figures, context, *found))
    return breaches


def broken(figures: Figures, *, previous_pending=None, late_reasons=None) -> list[str]:
    """The keys of what `check` finds, each once, without saying by how much and where."""
    known = figures.numbers() | {PREVIOUS_PENDING: previous_pending, LATE_REASONS: late_reasons}
    return [
        identity.key
        for identity in IDENTITIES
        if (identity.total and _unequal(identity, known))
        or (identity.relation == RANGE and _range_breaches(identity, figures, known))
    ]


def repairs(
    figures: Figures, breach: Breach, *, published=None, previous_pending=None, late_reasons=None
) -> list[tuple[str, int]]:
    """The changes of one cell each that mend `breach`, as (cell, new value), best first.

    All identities are rechecked: first come the changes that leave the fewest breaches, then the smallest, then form
    order. A blank or not applicable cell is never filled, and a count that breaks R7 is not guessed at.
    """
    if breach.gap is None:
        return []
    figures = figures.as_published(published)
    ranked = []
    for cell in breach.cells:
        old = figures.cells.get(cell)
        for new in (old + breach.gap, old - breach.gap) if is_count(old) else ():
            if not is_count(new):
                continue
            left = check(figures.with_cell(cell, new), previous_pending=previous_pending, late_reasons=late_reasons)
            if all(other.key != breach.key for other in left):
                ranked.append((len(left), abs(breach.gap), _ORDER[cell], cell, new))
    return [(cell, new) for *_, cell, new in sorted(ranked)]


def unclassified(figures: Figures, *, published=None) -> int | None:
    """What R4 leaves over: received less resolved, pending and withdrawn ("chưa phân loại"); None where not known.

    With withdrawn blank it still contains what was withdrawn. Negative: more was settled than came in.
    """
    figures = figures.as_published(published)
    received, resolved, pending = map(figures.number, ("received", "resolved", "pending"))
    if received is None or resolved is None or pending is None:
        return None
    return received - resolved - pending - (figures.number("withdrawn") or 0)


def as_json() -> dict:
    """The table as plain data for the browser: figures, derived figures, identities, the largest count."""
    return {
        "maximum": MAX_COUNT,
        "figures": [figure._asdict() for figure in FIGURES],
        "typed": list(TYPED_NAMES),
        "cells": list(CELL_NAMES),
        "derived": [derived._asdict() | {"parts": list(derived.parts)} for derived in DERIVED],
        "context": [PREVIOUS_PENDING, LATE_REASONS],
        "identities": [asdict(identity) | {"parts": list(identity.parts)} for identity in IDENTITIES],
    }

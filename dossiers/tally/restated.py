"""Opening balances that moved: a return before was adjusted after this one was opened (domain.md §5, R5)."""

from dataclasses import dataclass
from datetime import datetime

from cchc_portal.lib.numbers import Cell
from dossiers import rules
from dossiers.models import Edition, Line, Return
from dossiers.tally.checking import KEY_COLUMNS, Before, pending_of

PENDING = ("pending_within", "pending_overdue", "stated_pending")


@dataclass(frozen=True)
class Restated:
    """What the returns before ended with on a line when this one was opened, and since the adjustment at `at`."""

    before: int | None
    after: int | None
    at: datetime


def _then(editions: list[Edition]) -> dict[int, int | None]:
    """Line of a return before → what it ended with in the earliest of the editions given."""
    found: dict[int, int | None] = {}
    for edition in editions:
        for row in edition.lines:
            cells = rules.Figures.from_json(row["cells"]).cells
            found.setdefault(row["line"], pending_of(*(_number(cells[name]) for name in PENDING)))
    return found


def _number(cell: Cell) -> int | None:
    return 0 if cell is rules.NA else cell


def restated_pending(item: Return, now: dict[tuple, int | None], before: Before) -> dict[tuple, Restated]:
    """Lines (procedure, field, level) whose opening balance an adjustment moved since this return was opened.

    `now` is `previous_pending(item)`, `before` is `returns_before(item)`. Two queries where one was adjusted.
    """
    if not before.adjusted:
        return {}
    editions = Edition.objects.filter(of_id__in=before.returns, known_until__gt=item.created_at).order_by("known_until")
    editions = list(editions)
    then, last = _then(editions), {edition.of_id: edition.known_until for edition in editions}
    moved: dict[tuple, Restated] = {}
    rows = Line.objects.filter(of_id__in=last).values_list("pk", "of_id", *KEY_COLUMNS, *PENDING)
    for pk, of, *row in rows:
        key, ended = tuple(row[: len(KEY_COLUMNS)]), pending_of(*row[len(KEY_COLUMNS) :])
        if pk not in then or then[pk] == ended:
            continue
        told = moved.get(key) or Restated(now.get(key), now.get(key), last[of])
        known = None not in (told.before, then[pk], ended)
        before = told.before - ended + then[pk] if known else None
        moved[key] = Restated(before, told.after, max(told.at, last[of]))
    return moved

"""Saving changed cells of a return: one transaction, one UPDATE, one event; a stale line is refused with both values.

Lines that nobody else touched are saved although another line of the same request is refused: what was typed in them
is safe, and the clerk is asked about the one that is not (docs/decisions/0004-stale-lines.md).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cchc_portal.lib.sql import fetch, marks, write_each
from dossiers import rules
from dossiers.choices import ReturnState
from dossiers.imports.cells import CellErrors, LineEdit, Malformed
from dossiers.models import Explanation, LateReason, LateReasonCount, Line, Return
from dossiers.tally.checking import FIGURE_COLUMNS, KEY_COLUMNS, as_figures
from records.models import Event

_LATE = f"(SELECT SUM(c.count) FROM {LateReasonCount._meta.db_table} c WHERE c.line_id = l.id)"
_READ = f"""SELECT id, version, note, {_LATE}, {", ".join((*KEY_COLUMNS, *FIGURE_COLUMNS))}
FROM {Line._meta.db_table} l WHERE of_id = %s AND id {{among}}"""


class NotOpen(Exception):
    """The return left the state in which figures are entered."""


class _Overtaken(Exception):
    """Somebody else saved one of the lines after it was read here."""


@dataclass(slots=True)
class Stored:
    """A line as it stands in the database when the save looks at it; who changed it when, only where it is refused.

    `late` is the sum of its late reasons, which are read themselves only where they are edited.
    """

    pk: int
    version: int
    note: str
    key: tuple
    figures: rules.Figures
    late: int
    changed_at: datetime | None = None
    changed_by: str | None = None
    reasons: dict[int, tuple[int, str]] = field(default_factory=dict)
    explanations: dict[str, str] = field(default_factory=dict)


@dataclass
class Outcome:
    """What became of a save: the return's new version, the lines saved, and those refused with what stands there."""

    at: datetime
    version: int = 0
    saved: list[Stored] = field(default_factory=list)
    conflicts: list[tuple[LineEdit, Stored]] = field(default_factory=list)


# The version moves only while the return is a draft; the new one comes back.
_MOVE = f"""UPDATE {Return._meta.db_table} SET version = version + 1
WHERE id = %s AND state = '{ReturnState.DRAFT}' RETURNING version"""


def is_stale(stored_version: int, seen_version: int) -> bool:
    """Was the line changed since the page read it? The tests switch this off to show what would be lost without it."""
    return stored_version != seen_version


def _changes(edit: LineEdit, stored: Stored) -> tuple[dict, dict]:
    """What the edit changes: before and after, only of what differs, in the words the trail keeps."""
    before, after = {}, {}

    def note(name, old, new):
        if old != new:
            before[name], after[name] = old, new

    for name, value in edit.cells.items():
        old = stored.figures.cells.get(name)
        if old != value:  # of all cells of a page few have changed
            note(name, "NA" if old is rules.NA else old, "NA" if value is rules.NA else value)
    if edit.note is not None:
        note("note", stored.note, edit.note)
    if edit.reasons is not None:
        note("late_reasons", _listed(stored.reasons), _listed(edit.reasons))
    for code, text in edit.explanations.items():
        note(f"explanation {code}", stored.explanations.get(code, ""), text)
    return before, after


def _listed(reasons: dict[int, tuple[int, str]]) -> dict[str, list]:
    return {str(key): list(value) for key, value in sorted(reasons.items())}


def _array(column: Sequence) -> str | list:
    """Whole numbers as PostgreSQL writes an array of them; texts are left to its driver."""
    if isinstance(column[0], str):
        return list(column)
    return f"{{{','.join('NULL' if value is None else str(value) for value in column)}}}"


def read_stored(item: Return, pks: Iterable[int]) -> dict[int, Stored]:
    """Lines of the return by key, without a model instance each."""
    stored, pks = {}, list(pks)
    if not pks:
        return stored
    if connection.vendor == "postgresql":  # an array is one parameter however many lines, so the plan is kept
        rows = fetch(_READ.format(among="= ANY(CAST(%s AS bigint[]))"), [item.pk, _array(pks)])
    else:
        rows = fetch(_READ.format(among=f"IN ({marks(pks)})"), [item.pk, *pks])
    for pk, version, note, late, procedure, field_id, level, *cells in rows:
        figures = as_figures(cells, published=item.published)
        stored[pk] = Stored(pk, version, note, (procedure, field_id, level), figures, late or 0)
    return stored


def _who_changed(conflicts: list[tuple[LineEdit, Stored]]) -> None:
    """Who wrote what stands in the refused lines, and when."""
    if conflicts:
        rows = Line.objects.filter(pk__in=[line.pk for _edit, line in conflicts])
        told = {pk: said for pk, *said in rows.values_list("pk", "changed_at", "changed_by__full_name")}
        for _edit, line in conflicts:
            line.changed_at, line.changed_by = told[line.pk]


def _read_beside(edits: list[LineEdit], stored: dict[int, Stored]) -> None:
    """Late reasons and explanations of the lines, read only where the edits touch them."""
    if pks := [edit.pk for edit in edits if edit.reasons is not None and edit.pk in stored]:
        rows = LateReasonCount.objects.filter(line_id__in=pks).values_list("line_id", "reason_id", "count", "text")
        for line_id, reason_id, count, text in rows:
            stored[line_id].reasons[reason_id] = (count, text)
    if pks := [edit.pk for edit in edits if edit.explanations and edit.pk in stored]:
        rows = Explanation.objects.filter(line_id__in=pks).values_list("line_id", "identity", "text")
        for line_id, code, text in rows:
            stored[line_id].explanations[code] = text


def _check_reasons(edits: list[LineEdit]) -> None:
    """Late reasons must be of the list."""
    named = {key for edit in edits for key in edit.reasons or ()}
    if not named:
        return
    known = set(LateReason.objects.filter(pk__in=named).values_list("pk", flat=True))
    errors = [
        {"line": edit.pk, "cell": f"late:{key}", "message": _("This reason is not in the list.")}
        for edit in edits
        for key in edit.reasons or ()
        if key not in known
    ]
    if errors:
        raise CellErrors(errors)


# What is written of a line, beside its key and the version it was read with.
WRITTEN = (*FIGURE_COLUMNS, "note")
_LINE = Line._meta.db_table
# SQLite: line by line, in a statement that it keeps prepared.
_WRITE = f"""UPDATE {_LINE} SET {", ".join(f"{name} = %s" for name in WRITTEN)},
version = version + 1, changed_at = %s, changed_by_id = %s WHERE id = %s AND version = %s"""
# PostgreSQL: return and lines in one journey. An array for each column is read several times as fast as a list of rows.
_ROW = ("id", "version", *WRITTEN)
_TYPES = ("bigint", *["integer"] * (len(_ROW) - 2), "text")
_MOVE_AND_WRITE = f"""WITH moved AS ({_MOVE}), written AS (
    UPDATE {_LINE} SET {", ".join(f"{name} = v.{name}" for name in WRITTEN)},
    version = v.version + 1, changed_at = %s, changed_by_id = %s
    FROM moved, unnest({", ".join(f"CAST(%s AS {kind}[])" for kind in _TYPES)}) AS v ({", ".join(_ROW)})
    WHERE {_LINE}.id = v.id AND {_LINE}.version = v.version RETURNING {_LINE}.id
) SELECT moved.version, (SELECT COUNT(*) FROM written) FROM moved"""


def _write(item: Return, rows: list[tuple], at: datetime, by) -> int:
    """Move the return's version and write every changed line, each only where its version still stands.

    `rows` are (key, version, *WRITTEN). Gives the new version. Raises NotOpen, and _Overtaken unless all were written;
    the caller's transaction then takes back what was.
    """
    changed = (connection.ops.adapt_datetimefield_value(at), by.pk)
    if rows and connection.vendor == "postgresql":
        arrays = [_array(column) for column in zip(*rows, strict=True)]
        moved, written = fetch(_MOVE_AND_WRITE, [item.pk, *changed, *arrays]), 0
        if moved:
            written = moved[0][1]
    else:
        moved, written = fetch(_MOVE, [item.pk]), 0
        if moved and rows:
            written = write_each(_WRITE, [(*values, *changed, pk, version) for pk, version, *values in rows])
    if not moved:
        raise NotOpen
    if written != len(rows):
        raise _Overtaken
    return moved[0][0]


def _write_beside(edits: list[LineEdit], item: Return, at: datetime, by) -> None:
    """Late reasons and explanations of the saved lines."""
    if counted := [edit for edit in edits if edit.reasons is not None]:
        LateReasonCount.objects.filter(line_id__in=[edit.pk for edit in counted]).delete()
        LateReasonCount.objects.bulk_create(
            LateReasonCount(line_id=edit.pk, reason_id=key, count=count, text=text)
            for edit in counted
            for key, (count, text) in edit.reasons.items()
        )
    for edit in edits:
        if edit.explanations:
            Explanation.objects.filter(line_id=edit.pk, identity__in=edit.explanations).delete()
            Explanation.objects.bulk_create(
                Explanation(of=item, line_id=edit.pk, identity=code, text=text, by=by, at=at)
                for code, text in edit.explanations.items()
                if text
            )


def _apply(edit: LineEdit, stored: Stored) -> tuple:
    """The row of values to write; `stored` then says what stands in the line after the save."""
    row = (edit.pk, stored.version)
    stored.figures = rules.Figures(stored.figures.cells | edit.cells, published=stored.figures.published)
    stored.note = stored.note if edit.note is None else edit.note
    if edit.reasons is not None:
        stored.late = sum(count for count, _text in edit.reasons.values())
    stored.version += 1
    return (*row, *stored.figures.to_row(), stored.note)


def save_lines(item: Return, edits: list[LineEdit], *, by) -> Outcome:
    """Save the edits of a draft and tell what became of each line.

    The version of the return moves with every save, so a submission decided on an older sight of it fails, and the
    conditional UPDATE keeps two saves of one return one after the other. A line changed by somebody else meanwhile is
    refused unless it already holds what was sent, as after an answer that got lost. Raises NotOpen when the return is
    no draft any more, Malformed for a line of another return, CellErrors for an unknown late reason.
    """
    for _round in range(len(edits) + 1):  # who was overtaken on a line finds it stale in the next round
        try:
            return _save_lines(item, edits, by)
        except _Overtaken:
            continue
    raise NotOpen


def _save_lines(item: Return, edits: list[LineEdit], by) -> Outcome:
    """Lines are read and compared before the transaction, which makes others wait; it writes them as they were read."""
    stored = read_stored(item, [edit.pk for edit in edits])
    if len(stored) != len(edits):
        raise Malformed("a line of another return")
    _read_beside(edits, stored)
    _check_reasons(edits)
    outcome = Outcome(at=timezone.now())
    before, after, rows, changed = {}, {}, [], []
    for edit in edits:
        line = stored[edit.pk]
        old, new = _changes(edit, line)
        if new and is_stale(line.version, edit.version):
            outcome.conflicts.append((edit, line))
            continue
        if new:
            before[str(edit.pk)], after[str(edit.pk)] = old, new
            rows.append(_apply(edit, line))
            changed.append(edit)
        outcome.saved.append(line)
    _who_changed(outcome.conflicts)
    with transaction.atomic():
        outcome.version = _write(item, rows, outcome.at, by)
        if rows:
            _write_beside(changed, item, outcome.at, by)
            told = {"before": {"lines": before}, "after": {"lines": after}}
            Event.objects.append(actor=by, action="save_lines", target=item, **told)
    return outcome

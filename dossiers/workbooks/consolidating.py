"""Hundreds of workbooks of one period in one go: read, checked, saved in one transaction, their sums verified.

The workbook says whose it is (hidden sheet, else file name, else heading). One file with an error saves none of them;
the report names it. Reading is spread over processes, the database is asked a fixed number of times.
"""

import gc
import hashlib
import multiprocessing
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.models import Person
from cchc_portal.lib.errors import Conflict, Refused
from cchc_portal.lib.xlsx import SheetError
from dossiers import rules
from dossiers.choices import ReturnState
from dossiers.models import Line, Period, Return
from dossiers.permissions import may_consolidate
from dossiers.workbooks.cells import Problem
from dossiers.workbooks.matching import judge
from dossiers.workbooks.places import BLANK, Place, Places
from dossiers.workbooks.saving import STORED, check_version, insert_rows, write_rows
from dossiers.workbooks.tables import read_table
from records.models import Event

ACTION = "consolidate_returns"
_in_order = itemgetter(*rules.CELL_NAMES)
# Reading starts processes of its own from here on.
FILES_FOR_PROCESSES = 20


@dataclass
class FileReport:
    """What became of one workbook."""

    name: str
    agency: str = ""
    lines: int = 0
    changed: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class Consolidation:
    """The whole: a report per file, the sums of the typed figures over every line read, whether it was saved.

    `fingerprint` tells one set of changes, with the versions they would be made to, from any other.
    """

    files: list[FileReport]
    sums: dict[str, int]
    saved: bool = False
    fingerprint: str = ""

    @property
    def problems(self) -> int:
        return sum(len(one.problems) for one in self.files)

    @property
    def lines(self) -> int:
        return sum(one.lines for one in self.files)

    @property
    def changed(self) -> int:
        return sum(one.changed for one in self.files)


def _stored(cells: dict) -> tuple:
    """Cells as the values of a stored row, in the order of `STORED`; a name that is not there is a KeyError."""
    values = _in_order(cells)
    if rules.NA in values:
        stored = rules.Figures(cells).to_stored()
        return tuple(stored[name] for name in STORED)
    return (*values, 0)


@dataclass
class _Read:
    """What a process hands back for one file: its report, and the lines that differ.

    `rows` are (place of the line in `Place.rows`, values in the order of `STORED`); `seen` are the places of all its
    lines, None where they are all lines of the return.
    """

    report: FileReport
    agency: str
    rows: list[tuple[int, tuple]]
    sums: list[int]
    seen: frozenset[int] | None = None


def _refused(name: str, reason: str, remedy: str = "") -> _Read:
    return _Read(FileReport(name, problems=[Problem("", 0, "", "", reason, remedy)]), "", [], [])


def _written(place: Place, one: _Read) -> list[tuple]:
    """The changed lines of a file as (key, version, procedure, values before, values after)."""
    rows = place.rows
    return [(rows[at][4], rows[at][5], rows[at][0], rows[at][6], after) for at, after in one.rows]


def _read_one(places: Places, path: Path) -> _Read:
    """One file, read and judged; asks the database nothing."""
    try:
        table = read_table(path)
    except (SheetError, OSError) as error:
        return _refused(path.name, str(error))
    code = places.code_of(table, path)
    place = places.by_code.get(code) if code else None
    if place is None:
        return _refused(
            path.name,
            _("It cannot be told which agency the workbook is of, or that agency owes nothing for this period."),
            _("Name the file by the agency's code, such as HN-KHCN.xlsx."),
        )
    for key, ours in (("period", places.period.label), ("form_version", place.form_version)):
        theirs = table.meta.get(key) or ours
        if theirs != ours:
            return _refused(
                path.name,
                _("The workbook says %(theirs)s, the return is %(ours)s.") % {"theirs": theirs, "ours": ours},
            )
    if place.refusal:
        return _refused(path.name, place.refusal)
    judged = judge(table, place.targets())
    report = FileReport(path.name, code, len(judged.lines), 0, judged.problems, judged.notes)
    rows, values = [], []
    for line in judged.lines:
        position, stored = line.target.position, place.rows[line.target.position][6]
        after = _stored(line.target.figures.cells | line.cells)
        if after != stored:
            rows.append((position, after))
        values.append(after)
    report.changed = len(rows)
    if rows and not report.problems and place.return_id is not None:
        report.problems = check_version(table, place.version)
    whole = len(judged.lines) == len(place.rows)
    seen = None if whole else frozenset(line.target.position for line in judged.lines)
    return _Read(report, code, rows, _column_sums(values), seen)


def _column_sums(values: list[tuple]) -> list[int]:
    """The sum of every typed figure over rows of stored values; blank and not applicable add nothing."""
    columns = list(zip(*values, strict=True))[: len(rules.TYPED_NAMES)]
    return [sum(filter(None, column)) for column in columns]


_shared: Places | None = None


def _read_shared(path: Path) -> _Read:
    return _read_one(_shared, path)


def _read_all(places: Places, paths: list[Path], processes: int, progress: Callable[[int], None] | None):
    """Every file in the order given; in forked processes where there are many, which inherit what was read."""
    global _shared
    if processes < 2 or len(paths) < FILES_FOR_PROCESSES:
        found = (_read_one(places, path) for path in paths)
        return _counted(found, progress)
    _shared = places
    # What is inherited stays shared only while no process walks over it to look for garbage.
    gc.collect()
    gc.freeze()
    try:
        with multiprocessing.get_context("fork").Pool(processes, initializer=gc.disable) as pool:
            return _counted(pool.imap(_read_shared, paths, chunksize=8), progress)
    finally:
        gc.unfreeze()
        _shared = None


def _counted(found: Iterable[_Read], progress) -> list[_Read]:
    read = []
    for one in found:
        read.append(one)
        if progress:
            progress(len(read))
    return read


def consolidate(
    paths: Iterable[Path],
    period: Period,
    *,
    by: Person,
    write: bool = False,
    processes: int = 1,
    progress: Callable[[int], None] | None = None,
    expected: str = "",
    keep: Callable[[Consolidation], None] | None = None,
) -> Consolidation:
    """Take the workbooks over into the drafts of their agencies, opening those that are missing.

    Nothing is saved where one file has an error or `write` is false. `expected` is the fingerprint that somebody looked
    at; `keep` is called within the transaction that saves, so that what it writes stands or falls with the figures.
    Raises PermissionDenied, and Conflict when a line was changed between reading and saving or since `expected`.
    """
    if not may_consolidate(by):
        raise PermissionDenied
    places = Places(period)
    read = _read_all(places, sorted(paths), processes, progress)
    _refuse_twice(read)
    sums = {name: sum(one.sums[i] for one in read if one.sums) for i, name in enumerate(rules.TYPED_NAMES)}
    done = Consolidation([one.report for one in read], sums, fingerprint=_fingerprint(places, read))
    if write and not done.problems and done.changed:
        if expected and done.fingerprint != expected:
            raise Conflict(_("The returns were changed since the workbooks were checked; nothing was saved."))
        with transaction.atomic():
            _save(places, read, by)
            _verify(places, read, sums)
            done.saved = True
            if keep:
                keep(done)
    return done


def _fingerprint(places: Places, read: list[_Read]) -> str:
    rows = [(one.agency, _written(places.by_code[one.agency], one)) for one in read if one.rows]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def _refuse_twice(read: list[_Read]) -> None:
    """Two workbooks of one agency: neither is taken for the right one."""
    first: dict[str, str] = {}
    for one in read:
        if one.agency and first.setdefault(one.agency, one.report.name) != one.report.name:
            reason = _("%(file)s is a workbook of %(agency)s too.") % {"file": first[one.agency], "agency": one.agency}
            one.report.problems.append(Problem("", 0, "", "", reason, _("Keep one of the two files.")))


def _save(places: Places, read: list[_Read], by: Person) -> None:
    now = timezone.now()
    changed = [one for one in read if one.rows]
    opened = _open(places, [one for one in changed if places.by_code[one.agency].return_id is None], by)
    ids = [places.by_code[one.agency].return_id for one in changed if one.agency not in opened]
    moved = Return.objects.filter(pk__in=ids, state=ReturnState.DRAFT).update(version=F("version") + 1)
    written = {one.agency: _written(places.by_code[one.agency], one) for one in changed}
    rows = [(row[0], row[1], row[4]) for lines in written.values() for row in lines if row[0]]
    if moved != len(ids) or write_rows(rows, now, by) != len(rows):
        raise Conflict(_("The returns were changed meanwhile; nothing of the workbooks was saved. Try again."))
    # One event for the batch: values by agency and procedure, in the order of the columns it names. A line that held
    # nothing before, as most do, is not among those before.
    told = [(f"{agency}/{row[2]}", row) for agency, lines in written.items() for row in lines]
    Event.objects.append(
        actor=by,
        action=ACTION,
        target=places.period,
        before={"columns": STORED, "lines": {key: row[3] for key, row in told if row[3] != BLANK}},
        after={"columns": STORED, "lines": {key: row[4] for key, row in told}, "opened": sorted(opened)},
    )


def _open(places: Places, read: list[_Read], by: Person) -> set[str]:
    """Drafts for the agencies that have none, their lines already filled."""
    if not read:
        return set()
    made = Return.objects.bulk_create(
        Return(agency_id=places.by_code[one.agency].agency_id, period=places.period, created_by=by) for one in read
    )
    lines, now = [], timezone.now()
    for one, item in zip(read, made, strict=True):
        place = places.by_code[one.agency]
        place.return_id = item.pk
        filled = dict(one.rows)
        for at, row in enumerate(place.rows):
            values = filled.get(at)
            lines.append((item.pk, at + 1, row[0], now, by.pk if values else None, *(values or BLANK)))
    insert_rows(lines)
    return {one.agency for one in read}


def _verify(places: Places, read: list[_Read], sums: dict[str, int]) -> None:
    """What stands in the database adds up to what was read, figure by figure; otherwise nothing is kept."""
    ids = [places.by_code[one.agency].return_id for one in read]
    ids = [pk for pk in ids if pk is not None]
    stored = Line.objects.filter(of__in=ids).aggregate(**{f"sum_{name}": Sum(name) for name in rules.TYPED_NAMES})
    unread = _unread_sums(places, read)
    for name in rules.TYPED_NAMES:
        if (stored[f"sum_{name}"] or 0) != sums[name] + unread[name]:
            raise Refused([_("The sums in the database differ from those of the workbooks; nothing was saved.")])


def _unread_sums(places: Places, read: list[_Read]) -> dict[str, int]:
    """Stored figures of lines that the workbooks do not hold."""
    sums = dict.fromkeys(rules.TYPED_NAMES, 0)
    for one in read:
        place = places.by_code[one.agency]
        if one.seen is None:
            continue
        for at, row in enumerate(place.rows):
            if at not in one.seen:
                for name, value in zip(STORED, row[6], strict=True):
                    if name in sums:
                        sums[name] += value or 0
    return sums

"""Hundreds of workbooks of one period in one go: read, checked, saved in one transaction, their sums verified.

The workbook says whose it is (hidden sheet, else file name, else heading). One file with an error saves none of them;
the report names it. Reading is spread over processes, the database is asked a fixed number of times.
"""

import gc
import multiprocessing
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.models import Agency, Person
from cchc_portal.lib.errors import Conflict, Refused
from cchc_portal.lib.xlsx import SheetError
from dossiers import rules
from dossiers.choices import FormVersion, LineSort, ReturnState
from dossiers.models import Extension, Line, Period, Return
from dossiers.permissions import may_consolidate
from dossiers.workbooks.cells import Problem, words
from dossiers.workbooks.matching import Target, Targets, judge
from dossiers.workbooks.saving import STORED, check_version, insert_rows, write_rows
from dossiers.workbooks.tables import Table, read_table
from procedures.models import AgencyProcedure
from records.models import Event

ACTION = "consolidate_returns"
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
    """The whole: a report per file, the sums of the typed figures over every line read, whether it was saved."""

    files: list[FileReport]
    sums: dict[str, int]
    saved: bool = False

    @property
    def problems(self) -> int:
        return sum(len(one.problems) for one in self.files)

    @property
    def lines(self) -> int:
        return sum(one.lines for one in self.files)

    @property
    def changed(self) -> int:
        return sum(one.changed for one in self.files)


@dataclass
class _Place:
    """Where the figures of one agency go: its return (None: to be opened), its lines."""

    agency_id: int
    name: str
    return_id: int | None
    version: int
    form_version: str
    refusal: str
    rows: list[tuple]

    def targets(self) -> Targets:
        made = [
            Target(pk, version, code, name, _figures(cells), procedure)
            for procedure, code, name, _group, pk, version, cells in self.rows
        ]
        return Targets(made, {words(row[3]) for row in self.rows})


def _figures(cells: tuple) -> rules.Figures:
    """Figures of a stored row in the order of `STORED`."""
    return rules.Figures.from_stored(dict(zip(STORED, cells, strict=True)))


def _stored(cells: dict) -> tuple:
    """Cells as the values of a stored row, in the order of `STORED`."""
    values = [cells.get(name) for name in rules.CELL_NAMES]
    if rules.NA in values:
        stored = rules.Figures(cells).to_stored()
        return tuple(stored[name] for name in STORED)
    return (*values, 0)


@dataclass
class _Read:
    """What a process hands back for one file: its report, and the lines that differ.

    `rows` are (pk, version, procedure, values before, values after), both in the order of `STORED`; `seen` are codes
    of all its lines.
    """

    report: FileReport
    agency: str
    rows: list[tuple]
    sums: list[int]
    seen: frozenset = frozenset()


_BLANK = (*[None] * len(rules.CELL_NAMES), 0)


class _Places:
    """Everything the database knows about the period, read before the files are; inherited by the processes."""

    def __init__(self, period: Period):
        self.period = period
        self.by_code: dict[str, _Place] = {}
        agencies = list(Agency.objects.values_list("pk", "code", "name", "short_name"))
        self.codes = {code.casefold(): code for _pk, code, _name, _short in agencies}
        self.by_name: dict[str, set[str]] = {}
        for _pk, code, name, short in agencies:
            for said in {words(name), words(short)}:
                self.by_name.setdefault(said, set()).add(code)
        returns = {item.agency_id: item for item in Return.objects.current().filter(period=period)}
        lines = self._lines(returns)
        offered = self._offered(returns)
        open_for = self._extended()
        for pk, code, name, _short in agencies:
            item = returns.get(pk)
            if item is None and pk not in offered:
                continue
            self.by_code[code] = _Place(
                agency_id=pk,
                name=name,
                return_id=item.pk if item else None,
                version=item.version if item else 1,
                form_version=item.form_version if item else FormVersion.II_06A,
                refusal=self._refusal(item, pk in open_for),
                rows=lines.get(item.pk, []) if item else offered[pk],
            )

    def _lines(self, returns: dict) -> dict[int, list[tuple]]:
        rows = (
            Line.objects.filter(of__in=[item.pk for item in returns.values()], procedure__isnull=False)
            .order_by("of", "position", "pk")
            .values_list(
                "of",
                "procedure",
                "procedure__code",
                "procedure__name",
                "procedure__field__name",
                "pk",
                "version",
                *STORED,
            )
        )
        return {of: [(*row[1:7], row[7:]) for row in group] for of, group in groupby(rows, key=lambda row: row[0])}

    def _offered(self, returns: dict) -> dict[int, list[tuple]]:
        """Procedures of the agencies that have no return yet, in the order of a return."""
        period = self.period
        if period.first_day is None:
            return {}
        rows = (
            AgencyProcedure.objects.valid_within(period.first_day, period.last_day)
            .exclude(agency__in=list(returns))
            .filter(agency__reporting=True, agency__in=Agency.objects.valid_on(period.last_day))
            .order_by("agency", "procedure__field__sort_key", "procedure__sort_key", "procedure")
            .values_list("agency", "procedure", "procedure__code", "procedure__name", "procedure__field__name")
        )
        return {
            pk: [(*row[1:], None, 1, _BLANK) for row in dict.fromkeys(group)]
            for pk, group in groupby(rows, key=lambda row: row[0])
        }

    def _extended(self) -> set[int]:
        now = timezone.now()
        return set(Extension.objects.filter(period=self.period, until__gt=now).values_list("agency_id", flat=True))

    def _refusal(self, item: Return | None, extended: bool) -> str:
        """Why no figure may go there; "" where it may."""
        if item is not None and item.state != ReturnState.DRAFT:
            return _("Figures are entered in drafts only; this return is %(state)s.") % {
                "state": item.get_state_display()
            }
        if item is not None and item.line_sort != LineSort.PROCEDURE:
            return _("The return has no lines by procedure.")
        if self.period.is_locked() and not extended:
            return _("Entry for %(period)s is locked.") % {"period": self.period}
        return ""

    def code_of(self, table: Table, path: Path) -> str | None:
        """Whose workbook it is: what it says of itself, else its file name, else its heading where that is unique."""
        if said := table.meta.get("agency"):
            return said
        if code := self.codes.get(path.stem.casefold()):
            return code
        fits = self.by_name.get(words(table.reporter), set()) if table.reporter else set()
        return next(iter(fits)) if len(fits) == 1 else None


def _refused(name: str, reason: str, remedy: str = "") -> _Read:
    return _Read(FileReport(name, problems=[Problem("", 0, "", "", reason, remedy)]), "", [], [])


def _read_one(places: _Places, path: Path) -> _Read:
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
    rows, sums = [], [0] * len(rules.TYPED_NAMES)
    before = {row[1]: row[6] for row in place.rows}
    for line in judged.lines:
        target, stored = line.target, line.target.figures.cells
        cells = stored | line.cells
        if cells != stored:
            rows.append((target.pk, target.version, target.procedure_id, before[target.code], _stored(cells)))
        for index, name in enumerate(rules.TYPED_NAMES):
            value = cells[name]
            if value is not None and value is not rules.NA:
                sums[index] += value
    report.changed = len(rows)
    if rows and not report.problems and place.return_id is not None:
        report.problems = check_version(table, place.version)
    return _Read(report, code, rows, sums, frozenset(line.target.code for line in judged.lines))


_shared: _Places | None = None


def _read_shared(path: Path) -> _Read:
    return _read_one(_shared, path)


def _read_all(places: _Places, paths: list[Path], processes: int, progress: Callable[[int], None] | None):
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
) -> Consolidation:
    """Take the workbooks over into the drafts of their agencies, opening those that are missing.

    Nothing is saved where one file has an error or `write` is false. Raises PermissionDenied, and Conflict when a line
    was changed between reading and saving.
    """
    if not may_consolidate(by):
        raise PermissionDenied
    places = _Places(period)
    read = _read_all(places, sorted(paths), processes, progress)
    _refuse_twice(read)
    sums = {name: sum(one.sums[i] for one in read if one.sums) for i, name in enumerate(rules.TYPED_NAMES)}
    done = Consolidation([one.report for one in read], sums)
    if write and not done.problems and done.changed:
        with transaction.atomic():
            _save(places, read, by)
            _verify(places, read, sums)
        done.saved = True
    return done


def _refuse_twice(read: list[_Read]) -> None:
    """Two workbooks of one agency: neither is taken for the right one."""
    first: dict[str, str] = {}
    for one in read:
        if one.agency and first.setdefault(one.agency, one.report.name) != one.report.name:
            reason = _("%(file)s is a workbook of %(agency)s too.") % {"file": first[one.agency], "agency": one.agency}
            one.report.problems.append(Problem("", 0, "", "", reason, _("Keep one of the two files.")))


def _save(places: _Places, read: list[_Read], by: Person) -> None:
    now = timezone.now()
    changed = [one for one in read if one.rows]
    opened = _open(places, [one for one in changed if places.by_code[one.agency].return_id is None], by)
    ids = [places.by_code[one.agency].return_id for one in changed if one.agency not in opened]
    moved = Return.objects.filter(pk__in=ids, state=ReturnState.DRAFT).update(version=F("version") + 1)
    rows = [(row[0], row[1], row[4]) for one in changed for row in one.rows if row[0]]
    if moved != len(ids) or write_rows(rows, now, by) != len(rows):
        raise Conflict(_("The returns were changed meanwhile; nothing of the workbooks was saved. Try again."))
    # One event for the batch: values by agency and procedure, in the order of the columns it names.
    told = [(f"{one.agency}/{row[2]}", row) for one in changed for row in one.rows]
    Event.objects.append(
        actor=by,
        action=ACTION,
        target=places.period,
        before={"columns": STORED, "lines": {key: row[3] for key, row in told if row[0]}},
        after={"columns": STORED, "lines": {key: row[4] for key, row in told}, "opened": sorted(opened)},
    )


def _open(places: _Places, read: list[_Read], by: Person) -> set[str]:
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
        filled = {row[2]: row[4] for row in one.rows}
        for position, row in enumerate(place.rows, start=1):
            values = filled.get(row[0])
            lines.append((item.pk, position, row[0], now, by.pk if values else None, *(values or _BLANK)))
    insert_rows(lines)
    return {one.agency for one in read}


def _verify(places: _Places, read: list[_Read], sums: dict[str, int]) -> None:
    """What stands in the database adds up to what was read, figure by figure; otherwise nothing is kept."""
    ids = [places.by_code[one.agency].return_id for one in read]
    ids = [pk for pk in ids if pk is not None]
    stored = Line.objects.filter(of__in=ids).aggregate(**{f"sum_{name}": Sum(name) for name in rules.TYPED_NAMES})
    unread = _unread_sums(places, read)
    for name in rules.TYPED_NAMES:
        if (stored[f"sum_{name}"] or 0) != sums[name] + unread[name]:
            raise Refused([_("The sums in the database differ from those of the workbooks; nothing was saved.")])


def _unread_sums(places: _Places, read: list[_Read]) -> dict[str, int]:
    """Stored figures of lines that the workbooks do not hold."""
    sums = dict.fromkeys(rules.TYPED_NAMES, 0)
    for one in read:
        place = places.by_code[one.agency]
        if len(place.rows) == one.report.lines:
            continue
        for row in place.rows:
            if row[1] not in one.seen:
                for name, value in zip(STORED, row[6], strict=True):
                    if name in sums:
                        sums[name] += value or 0
    return sums

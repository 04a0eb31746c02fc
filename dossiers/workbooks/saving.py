"""What a workbook would change in a return, and saving it: all or nothing, one event, the same file twice nothing."""

from dataclasses import dataclass, field

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.models import Agency
from cchc_portal.lib import periods
from cchc_portal.lib.errors import Conflict, Refused
from cchc_portal.lib.numbers import format_count
from cchc_portal.lib.xlsx import SheetError
from dossiers import rules
from dossiers.choices import FIGURE_LABELS, LineSort, ReturnState
from dossiers.models import Line, Return
from dossiers.permissions import may_enter
from dossiers.workbooks.cells import Problem, words
from dossiers.workbooks.export import line_code, line_label
from dossiers.workbooks.layout import META_KEYS
from dossiers.workbooks.matching import Judged, judge
from dossiers.workbooks.tables import Table, read_table
from dossiers.workbooks.targets import Target, Targets
from dossiers.workflow import ensure_open_for_entry
from records.models import Event

ACTION = "import_return"
STORED = (*rules.CELL_NAMES, "not_applicable")
# Rows of one INSERT: 22 values each, and SQLite takes 32,766 in one statement.
ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class CellChange:
    """One cell that the workbook changes."""

    name: str
    old: object
    new: object

    @property
    def label(self):
        return FIGURE_LABELS[self.name]


@dataclass(slots=True)
class LineChange:
    """A line that the workbook changes: where it stands in the sheet and which of its cells differ."""

    pk: int
    version: int
    row: int
    code: str
    name: str
    figures: rules.Figures
    cells: list[CellChange]


@dataclass
class ImportPlan:
    """Everything that a workbook would do to a return."""

    changes: list[LineChange] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lines: int = 0

    @property
    def cells(self) -> int:
        return sum(len(change.cells) for change in self.changes)

    def refuse_problems(self) -> None:
        """Raises Refused with a sentence per error: nothing of a workbook with an error is saved."""
        if self.problems:
            raise Refused([str(problem) for problem in self.problems], details=self.problems)


def targets_of(item: Return) -> Targets:
    """The lines of a return as a workbook may name them. One query."""
    targets, groups = [], set()
    for line in item.lines.select_related("procedure__field", "field").order_by("position", "pk"):
        figures = rules.Figures.from_stored(line, published=item.published)
        targets.append(
            Target(
                line.pk, line.version, line_code(line), line_label(line, item.agency.name), figures, line.procedure_id
            )
        )
        if line.procedure_id:
            groups.add(words(line.procedure.field.name))
    if item.line_sort == LineSort.FIELD:
        groups = set()
    return Targets(targets, groups)


def check_origin(table: Table, agency: Agency, period_label: str, form_version: str) -> list[Problem]:
    """Whether the workbook belongs to this agency, period and form; what it says of itself is compared."""
    told = {
        "form_version": (form_version, _("The workbook is of form %(theirs)s, the return of form %(ours)s.")),
        "agency": (agency.code, _("The workbook is of agency %(theirs)s, the return of %(ours)s.")),
        "period": (period_label, _("The workbook is of period %(theirs)s, the return of %(ours)s.")),
    }
    problems = []
    for key, (ours, sentence) in told.items():
        theirs = table.meta.get(key, "")
        if theirs and theirs != ours:
            problems.append(_of_file(sentence % {"theirs": theirs, "ours": ours}))
    if problems or "agency" in table.meta:
        return problems
    if table.reporter and words(table.reporter) not in (words(agency.name), words(agency.short_name)):
        other = Agency.objects.exclude(pk=agency.pk).filter(name__iexact=table.reporter).first()
        if other is not None:
            named = {"theirs": other.name, "ours": agency.name}
            problems.append(_of_file(_("The workbook is of agency %(theirs)s, the return of %(ours)s.") % named))
    return problems


def _of_file(reason: str) -> Problem:
    remedy = _("Choose the right file, or download the template of this return.")
    return Problem("", 0, "", "", reason, remedy)


def check_version(table: Table, version: int) -> list[Problem]:
    """Whether the return was changed after the workbook was made from it."""
    theirs = table.meta.get(META_KEYS[3], "")
    if not theirs or theirs == str(version):
        return []
    reason = _("The workbook was made from version %(theirs)s of the return, which is now at version %(ours)s.")
    remedy = _("Download the template again and carry your figures over, so that nobody's entry is overwritten.")
    return [Problem("", 0, "", "", reason % {"theirs": theirs, "ours": version}, remedy)]


def changes_of(judged: Judged) -> list[LineChange]:
    """Lines whose stored cells differ from what the workbook has."""
    changes = []
    for read in judged.lines:
        target = read.target
        stored = target.figures.cells
        cells = [CellChange(name, stored.get(name), new) for name, new in read.cells.items() if stored.get(name) != new]
        if cells:
            figures = rules.Figures(stored | read.cells, published=target.figures.published)
            changes.append(LineChange(target.pk, target.version, read.row, target.code, target.name, figures, cells))
    return changes


def plan_import(item: Return, file) -> ImportPlan:
    """What the workbook would change in the return, and everything that is wrong with it. Writes nothing."""
    try:
        table = read_table(file)
    except SheetError as error:
        return ImportPlan(problems=[Problem("", 0, "", "", str(error), "")])
    if problems := check_origin(table, item.agency, item.period.label, item.form_version):
        return ImportPlan(problems=problems)
    targets = targets_of(item)
    judged = judge(table, targets)
    plan = ImportPlan(changes_of(judged), judged.problems, judged.notes, len(judged.lines))
    if not plan.problems and plan.changes:
        plan.problems = check_version(table, item.version)
    if not plan.problems:
        plan.notes += _unseen(judged, targets) + _breaches(plan)
        if (
            table.period
            and "period" not in table.meta
            and words(table.period) != words(periods.title(item.period.label))
        ):
            plan.notes.append(_("The heading says the period is “%(period)s”.") % {"period": table.period})
    return plan


def _unseen(judged: Judged, targets: Targets) -> list[str]:
    seen = {line.target.code for line in judged.lines}
    if left := [target.code for target in targets.all if target.code not in seen]:
        codes = ", ".join(left[:10]) + (" …" if len(left) > 10 else "")
        return [
            _("%(count)s lines are not in the workbook and stay as they are: %(codes)s.")
            % {"count": format_count(len(left)), "codes": codes}
        ]
    return []


def _breaches(plan: ImportPlan) -> list[str]:
    """Lines that a draft may hold but that cannot be submitted as they are."""
    broken = [change for change in plan.changes if any(breach.blocks for breach in rules.check(change.figures))]
    return [
        _("Row %(row)s breaks %(codes)s: it is saved in the draft and has to be corrected before you submit.")
        % {
            "row": change.row,
            "codes": ", ".join(dict.fromkeys(one.code for one in rules.check(change.figures) if one.blocks)),
        }
        for change in broken
    ]


def write_rows(rows: list[tuple], at, by) -> int:
    """UPDATE of lines, each only where its version still stands; how many were touched.

    `rows` are (key, version, values in the order of `STORED`). PostgreSQL takes them as one array per column, SQLite
    as one prepared statement for every row; a table of VALUES with a mark per value takes both several times as long.
    """
    if not rows:
        return 0
    table, told = Line._meta.db_table, [connection.ops.adapt_datetimefield_value(at), by.pk]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sets = ", ".join(f"{name} = v.{name}" for name in STORED)
            columns = zip(*((pk, version, *values) for pk, version, values in rows), strict=True)
            arrays = ["{" + ",".join("NULL" if v is None else str(int(v)) for v in column) + "}" for column in columns]
            cursor.execute(
                f"UPDATE {table} SET {sets}, version = {table}.version + 1, changed_at = %s, changed_by_id = %s "
                f"FROM unnest(%s::bigint[]{', %s::integer[]' * (len(STORED) + 1)}) AS v(pk, seen, {', '.join(STORED)}) "
                f"WHERE {table}.id = v.pk AND {table}.version = v.seen",
                told + arrays,
            )
        else:
            sets = ", ".join(f"{name} = %s" for name in STORED)
            cursor.executemany(
                f"UPDATE {table} SET {sets}, version = version + 1, changed_at = %s, changed_by_id = %s "
                "WHERE id = %s AND version = %s",
                ((*values, *told, pk, version) for pk, version, values in rows),
            )
        return cursor.rowcount


def write_lines(rows: list[tuple], at, by) -> int:
    """As `write_rows`, of rows (key, version, Figures)."""
    stored = ((pk, version, figures.to_stored()) for pk, version, figures in rows)
    return write_rows([(pk, version, [values[name] for name in STORED]) for pk, version, values in stored], at, by)


def insert_rows(rows: list[tuple]) -> None:
    """INSERT of lines of returns opened now; without a model instance each, which takes five times as long.

    `rows` are (return, position, procedure, changed at, changed by, values in the order of `STORED`).
    """
    columns = ("of_id", "position", "procedure_id", "changed_at", "changed_by_id", *STORED, "level", "note", "version")
    place = f"({', '.join(['%s'] * (len(STORED) + 5))}, '', '', 1)"
    at = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        for start in range(0, len(rows), ROWS_AT_ONCE):
            batch = rows[start : start + ROWS_AT_ONCE]
            parameters = [value for row in batch for value in (*row[:3], at(row[3]), *row[4:])]
            cursor.execute(
                f"INSERT INTO {Line._meta.db_table} ({', '.join(columns)}) VALUES {', '.join([place] * len(batch))}",
                parameters,
            )


def written(value) -> object:
    """A cell as the trail keeps it."""
    return "NA" if value is rules.NA else value


def apply_import(item: Return, plan: ImportPlan, *, by) -> bool:
    """Save the plan; False where it changes nothing, and then nothing is written.

    Raises PermissionDenied, Refused (the workbook has errors) and Conflict (locked, no draft any more, or somebody
    changed one of the lines since the plan was made; both values are shown).
    """
    if not may_enter(by, item):
        raise PermissionDenied
    plan.refuse_problems()
    if not plan.changes:
        return False
    with transaction.atomic():
        ensure_open_for_entry(item)
        moved = Return.objects.filter(pk=item.pk, state=ReturnState.DRAFT).update(version=F("version") + 1)
        rows = [(change.pk, change.version, change.figures) for change in plan.changes]
        if moved != 1 or write_lines(rows, timezone.now(), by) != len(rows):
            raise _conflict(item, plan)
        before = {str(one.pk): {cell.name: written(cell.old) for cell in one.cells} for one in plan.changes}
        after = {str(one.pk): {cell.name: written(cell.new) for cell in one.cells} for one in plan.changes}
        # The same shape as a save from the grid, so that every reader of the trail knows it.
        Event.objects.append(actor=by, action=ACTION, target=item, before={"lines": before}, after={"lines": after})
    item.refresh_from_db(fields=["version"])
    return True


def _conflict(item: Return, plan: ImportPlan) -> Conflict:
    """Somebody changed lines of the plan: what stands there now beside what the workbook has."""
    stored = {line.pk: line for line in Line.objects.filter(of=item, pk__in=[change.pk for change in plan.changes])}
    theirs, mine = [], []
    for change in plan.changes:
        line = stored.get(change.pk)
        if line is None or line.version == change.version:
            continue
        now = rules.Figures.from_stored(line)
        for cell in change.cells:
            label = f"{change.code} · {cell.label}"
            theirs.append((label, format_count(now.cells.get(cell.name))))
            mine.append((label, format_count(cell.new)))
    return Conflict(
        _("The return was changed meanwhile; nothing of the workbook was saved. Preview it again."),
        theirs=theirs[:50],
        mine=mine[:50],
    )

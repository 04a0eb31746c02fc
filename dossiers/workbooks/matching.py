"""Which row of a table is which line of a return, and everything that is wrong with the rows.

A row is found by its code, else by its name (see `targets`). What is not found or fits twice is refused; nothing is
guessed.
"""

import re
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from cchc_portal.lib.numbers import format_count
from cchc_portal.lib.text import clean_line
from cchc_portal.lib.xlsx import column_letters
from dossiers import rules
from dossiers.choices import FIGURE_LABELS
from dossiers.workbooks.cells import Problem, words
from dossiers.workbooks.heads import is_numbering
from dossiers.workbooks.layout import CODE, FIGURE_KEYS, NAME, STT, TYPED_KEYS
from dossiers.workbooks.lines import LineReader
from dossiers.workbooks.tables import RawRow, Table
from dossiers.workbooks.targets import LEADING_CODE, Target, Targets

PROBLEMS_AT_MOST = 500
_TOTAL = re.compile(r"(tong cong|tong so|cong chung)\b.*|tong|cong")
_WITHIN = re.compile(r"trong do\b.*")
_NO_FIGURE = re.compile(r"\b(ty|ti) (le|trong)\b|\bghi chu\b|\bdien thoai\b")
_ROMAN = re.compile(r"[IVXLC]+\.?")


@dataclass(slots=True)
class ReadLine:
    """A line as the workbook has it; `cells` holds what its columns give."""

    target: Target
    row: int
    cells: dict


@dataclass
class Judged:
    """What a table says: its lines, what is refused, and what a person should know."""

    lines: list[ReadLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _is_number(value) -> bool:
    """A count as a spreadsheet holds it: a number, or digits typed as text."""
    return isinstance(value, float) or (isinstance(value, str) and value.strip().replace(".", "").isdecimal())


class _Judge:
    """Goes through the rows of one table."""

    def __init__(self, table: Table, targets: Targets):
        self.table, self.targets = table, targets
        self.reader = LineReader(table)
        self.judged = Judged(problems=self.reader.problems)
        columns = table.head.columns
        self.stt, self.name, self.code = columns.get(STT), columns.get(NAME), columns.get(CODE)
        self.figures = self.reader.figures
        self.seen: dict[str, int] = {}
        self.totals: list[RawRow] = []
        self.groups: list[tuple[RawRow, int]] = []

    def refuse(self, row: RawRow, column: int | None, reason: str, remedy: str = "") -> None:
        letters = "" if column is None else column_letters(column)
        self.judged.problems.append(self.table.problem(row.number, letters, row.at(column), reason, remedy))

    def code_text(self, row: RawRow) -> str:
        """The code of a row as text; a code that a spreadsheet took for a number gets its six decimals back."""
        value = row.at(self.code)
        if isinstance(value, float):
            return f"{value:.6f}" if abs(value - round(value, 6)) < 1e-12 and value < 10 else repr(value)
        return clean_line(str(value)).strip() if value not in ("", None) else ""

    def typed(self, row: RawRow) -> list[int]:
        """Columns of figures in which something stands that is no formula."""
        values, number, formulas, errors = row.values, row.number, self.table.scan.formulas, self.table.scan.errors
        width = len(values)
        return [
            column
            for _key, column in self.figures
            if ((column < width and values[column] not in ("", None)) or (number, column) in errors)
            and (number, column) not in formulas
        ]

    def is_group(self, row: RawRow, following: RawRow | None, name: str) -> bool:
        """A heading with subtotals: a field's name, a Roman number, or a number that the next row's begins with."""
        stt = str(row.at(self.stt)).strip().rstrip(".")
        stt = stt[:-2] if stt.endswith(".0") else stt
        after = str(following.at(self.stt)).strip() if following else ""
        return (
            words(name) in self.targets.groups
            or bool(_ROMAN.fullmatch(stt))
            or bool(stt and after.startswith(f"{stt}.") and not after.endswith(".0"))
        )

    def is_foot(self, row: RawRow, typed: list[int]) -> bool:
        """Place, date and signatures: words instead of figures, without a number before them."""
        values = [row.at(column) for column in typed]
        return (
            bool(values)
            and bool(self.judged.lines)
            and row.at(self.stt) in ("", None)
            and all(
                isinstance(v, str) and not any(c.isdigit() for c in v) and v.strip().upper() != "KAD" for v in values
            )
        )

    def row(self, row: RawRow, following: RawRow | None) -> None:
        plain = row.at(self.code)
        found = self.targets.by_code.get(plain) if type(plain) is str and plain else None
        if (
            found is not None
            and not self.table.has_formula(row, self.code)
            and not self.table.has_formula(row, self.name)
        ):
            self._take(row, found, self.code)
            return
        code, raw = self.code_text(row), row.at(self.name)
        name = "" if raw in ("", None) else clean_line(str(raw)).strip()
        if not code:
            label = words(name or str(row.at(self.stt)))
            if _TOTAL.fullmatch(label) and label != "cong":
                self.totals.append(row)
            if _TOTAL.fullmatch(label) or _WITHIN.fullmatch(label):
                return
        if self.table.scan.formulas and self._named_by_formula(row):
            return
        if not code and not name:
            if (typed := self.typed(row)) and not self.is_foot(row, typed):
                self.refuse(
                    row,
                    typed[0],
                    _("Figures without a procedure."),
                    _("Write the procedure's code or name in this row."),
                )
            return
        target = self.target(row, following, code, name)
        if target is not None:
            self._take(row, target, self.code if code else self.name)

    def _take(self, row: RawRow, target: Target, column: int | None) -> None:
        """Reads the row as that line, unless another row was."""
        if (first := self.seen.setdefault(target.code, row.number)) != row.number:
            self.refuse(
                row,
                column,
                _("%(code)s stands in row %(row)s already.") % {"code": target.code, "row": first},
                _("Keep one of the two rows."),
            )
            return
        self.judged.lines.append(ReadLine(target, row.number, self.reader.read(row)))

    def _named_by_formula(self, row: RawRow) -> bool:
        for column in (self.code, self.name):
            if column is not None and self.table.has_formula(row, column):
                self.refuse(
                    row,
                    column,
                    _("The cell holds a formula, which is not read."),
                    _("Replace it by its value (copy, paste as values)."),
                )
                return True
        return False

    def target(self, row: RawRow, following: RawRow | None, code: str, name: str) -> Target | None:
        """The line the row belongs to; None for headings and for what is refused."""
        if not code and (match := LEADING_CODE.match(name)):
            code = match[1]
        if code:
            found = self.targets.code(code)
            if found is None:
                self.refuse(
                    row,
                    self.code if row.at(self.code) not in ("", None) else self.name,
                    _("The procedure %(code)s is not among the lines of this return.") % {"code": code},
                    _("Check the code, or delete the row if the agency did not handle it in this period."),
                )
            return found
        typed = self.typed(row)
        if not typed and words(name) in self.targets.groups:
            return self._unknown(row, following, name, typed)
        fits = self.targets.name(name)
        if not fits:
            return self._unknown(row, following, name, typed)
        if len(fits) > 1:
            self.refuse(
                row,
                self.name,
                _("The name fits %(count)s procedures: %(codes)s.")
                % {"count": len(fits), "codes": ", ".join(one.code for one in fits[:5])},
                _("Write the code into the column “Mã thủ tục”."),
            )
            return None
        return fits[0]

    def _unknown(self, row: RawRow, following: RawRow | None, name: str, typed: list[int]) -> None:
        if not typed or self.is_group(row, following, name):
            self.groups.append((row, len(self.judged.lines)))
        elif not self.is_foot(row, typed):
            self._refuse_name(row)

    def _refuse_name(self, row: RawRow) -> None:
        self.refuse(
            row,
            self.name,
            _("No procedure of this return has this name."),
            _("Write the procedure's code into the column “Mã thủ tục”, or correct the name."),
        )

    def compare_totals(self) -> None:
        """Subtotals and totals are not read; where they differ from their lines, that is said."""
        lines = self.judged.lines
        for row in self.totals:
            self._compare(row, lines)
        for index, (row, start) in enumerate(self.groups):
            end = self.groups[index + 1][1] if index + 1 < len(self.groups) else len(lines)
            if not self.typed(row):
                continue
            differs = end == start or self._compare(row, lines[start:end])
            if differs and words(str(row.at(self.name))) not in self.targets.groups:
                # It may be a line that is spelt differently: its figures must not get lost.
                self._refuse_name(row)

    def _compare(self, row: RawRow, lines: list[ReadLine]) -> bool:
        """Whether the row differs from the sum of the lines; each difference is noted."""
        differs = False
        stated_of = [(key, column, row.at(column)) for key, column in self.figures if key in TYPED_KEYS]
        whole = [one for one in stated_of if isinstance(one[2], float) and one[2] == int(one[2])]
        names = [key for key, _column, _stated in whole]
        columns = zip(*(map(line.cells.get, names) for line in lines), strict=True)
        for (_key, column, stated), cells in zip(whole, columns, strict=False):
            if None in cells:
                continue
            added = sum(cells) if rules.NA not in cells else sum(0 if cell is rules.NA else cell for cell in cells)
            if added != stated:
                differs = True
                self.judged.notes.append(
                    _("Cell %(cell)s says %(stated)s, its lines add up to %(sum)s. The lines count, not the cell.")
                    % {
                        "cell": f"{column_letters(column)}{row.number}",
                        "stated": format_count(int(stated)),
                        "sum": format_count(added),
                    }
                )
        return differs

    def _unread(self) -> list[int]:
        """Columns that no figure, code or name is read from and that are not refused for another reason."""
        head = self.table.head
        known = {*head.columns.values(), *head.unclear, *(second for _first, second, _key in head.twice)}
        width = max((len(row.values) for row in self.table.rows), default=0)
        return [column for column in range(width) if column not in known]

    def _may_be_a_figure(self, column: int, *, missing: bool) -> bool:
        """Could numbers in this unread column be a figure whose head is broken?

        Yes between the columns of figures, under an empty head right of them, and anywhere while a figure has no
        column. No for what names itself a share or a note, and for numbering left of the figures.
        """
        label = self.table.head.other.get(column, "")
        if _NO_FIGURE.search(label):
            return False
        places = [place for _key, place in self.figures]
        if not places:
            return False
        first, last = min(places), max(places)
        if column < first or (label and column > last and not missing):
            return False
        return any(_is_number(row.at(column)) for row in self.table.rows if not is_numbering(row.values))

    def columns(self) -> None:
        """Columns that cannot be told, and those that are not read."""
        head, rows = self.table.head, self.table.rows
        top = RawRow(head.first_row, [])

        def has_values(column):
            return any(row.at(column) not in ("", None) and not is_numbering(row.values) for row in rows)

        for first, second, _key in head.twice:
            self.refuse(
                top,
                second,
                _("Columns %(first)s and %(second)s give the same figure.")
                % {"first": column_letters(first), "second": column_letters(second)},
                _("Keep one of them, or add them up into one column."),
            )
        for column, label in head.unclear.items():
            if has_values(column):
                self.refuse(
                    top,
                    column,
                    _("It is not clear which figure the column “%(label)s” holds.") % {"label": label},
                    _("Name it as on form II.06a, or delete the column."),
                )
        missing = [key for key in TYPED_KEYS if key not in head.columns]
        suspect = [column for column in self._unread() if self._may_be_a_figure(column, missing=bool(missing))]
        for column in suspect:
            label = head.other.get(column, "")
            told = {"column": column_letters(column), "label": label}
            self.refuse(
                top,
                column,
                _("Column %(column)s (“%(label)s”) holds numbers, but the head does not tell which figure they are.")
                % told
                if label
                else _("Column %(column)s holds numbers, but nothing stands above it in the head.") % told,
                _("Repair the head: merge and name its cells as on form II.06a, or delete the column."),
            )
        unread = [column_letters(c) for c in head.other if c not in suspect and has_values(c)]
        if unread:
            self.judged.notes.append(_("Columns that are not read: %(columns)s.") % {"columns": ", ".join(unread)})
        if missing:
            names = ", ".join(str(FIGURE_LABELS[key]) for key in missing)
            self.judged.notes.append(
                _("Figures without a column keep what is stored: %(figures)s.") % {"figures": names}
            )


def judge(table: Table, targets: Targets) -> Judged:
    """Every row of the table as a line of the return, or the reason why not."""
    work = _Judge(table, targets)
    work.columns()
    if not any(key in FIGURE_KEYS for key in table.head.columns):
        return work.judged
    rows = [row for row in table.rows if any(value not in ("", None) for value in row.values)]
    rows = [row for row in rows if not is_numbering(row.values)]
    for index, row in enumerate(rows):
        work.row(row, rows[index + 1] if index + 1 < len(rows) else None)
        if len(work.judged.problems) > PROBLEMS_AT_MOST:
            work.judged.notes.append(_("There are more errors than are shown here."))
            return work.judged
    if not work.judged.lines and not work.judged.problems:
        work.judged.problems.append(
            table.problem(
                0, "", "", _("There is no line under the head."), _("Fill in the rows under the head and try again.")
            )
        )
    if not work.judged.problems:
        work.compare_totals()
    work.judged.problems.sort(key=lambda problem: (problem.row, len(problem.column), problem.column))
    return work.judged

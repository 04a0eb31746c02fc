"""The cells of one line: typed figures, stated totals compared with their parts (R1–R3), formulas and merged cells."""

from bisect import bisect_right

from django.utils.translation import gettext as _

from cchc_portal.lib.numbers import format_count
from cchc_portal.lib.xlsx import column_letters
from dossiers import rules
from dossiers.workbooks.cells import CellRefused, Problem, read_count
from dossiers.workbooks.layout import COMPUTED_KEYS, FIGURE_KEYS, TOTALS, TYPED_KEYS
from dossiers.workbooks.tables import RawRow, Table

IN_TIME_PARTS = TOTALS["in_time"][0]
# Without a single one of these on a workbook's rows, nothing needs to be looked up for each cell.
_EMPTY = ("", None)


class LineReader:
    """Reads the lines of one table; `problems` collects what is refused, cell by cell."""

    def __init__(self, table: Table):
        self.table = table
        self.problems: list[Problem] = []
        columns = table.head.columns
        self.figures = [(key, columns[key]) for key in FIGURE_KEYS if key in columns]
        self.total_keys = [key for key in TOTALS if key in columns]
        self.missing = frozenset(TYPED_KEYS) - columns.keys()
        self._tall = _tall_merges(table)
        # Columns that hold a formula or an error, by row.
        self._marked: dict[int, set[int]] = {}
        for number, column in (*table.scan.formulas, *table.scan.errors):
            self._marked.setdefault(number, set()).add(column)
        self._merged = {number for number, _column in table.merged}

    def _refuse(self, row: RawRow, column: int, reason: str, remedy: str) -> None:
        self.problems.append(self.table.problem(row.number, column_letters(column), row.at(column), reason, remedy))

    def _is_merged(self, row: RawRow, column: int, taken: set[int]) -> bool:
        """Whether a merged cell makes the figure here unreadable; the refusal is kept."""
        rows_above = self._tall.get(row.number, ())
        if any(left <= column <= right for left, right in rows_above):
            self._refuse(
                row, column, _("The cell is merged with the row above."), _("Split the merged cell and fill each row.")
            )
            return True
        end = self.table.merged.get((row.number, column))
        if end is None or end == (row.number, column):
            return False
        covered = {key for key, other in self.figures if column <= other <= end[1]}
        if end[0] == row.number and (len(covered) < 2 or covered == set(IN_TIME_PARTS)):
            taken.update(range(column, end[1] + 1) if len(covered) > 1 else ())
            return False
        self._refuse(
            row,
            column,
            _("The cell is merged over several figures or rows."),
            _("Split the merged cell and fill each cell."),
        )
        return True

    def _figure(self, row: RawRow, key: str, column: int):
        """The cell of one figure; None where it is blank, a formula of the form's own, or refused."""
        table = self.table
        if table.scan.formulas and table.has_formula(row, column):
            if key not in COMPUTED_KEYS:
                self._refuse(
                    row,
                    column,
                    _("The cell holds a formula, which is not read as a figure."),
                    _("Replace it by its value (copy, paste as values)."),
                )
            return None
        if table.scan.errors and table.has_error(row, column):
            self._refuse(
                row, column, _("The cell holds an error such as #N/A."), _("Type the count or leave the cell blank.")
            )
            return None
        try:
            return read_count(row.at(column))
        except CellRefused as error:
            self._refuse(row, column, error.reason, error.remedy)
            return None

    def read(self, row: RawRow) -> dict:
        """The cells that the row gives, by names of `rules.CELL_NAMES`; blanks as None, missing columns left out."""
        refused = len(self.problems)
        read, merged = {}, set()
        careful = row.number in self._merged or row.number in self._tall
        values, marked = row.values, self._marked.get(row.number, ())
        width, most = len(values), rules.MAX_COUNT
        for key, column in self.figures:
            # Nearly every cell is a plain count; everything else is looked at closely.
            if not careful and column not in marked:
                value = values[column] if column < width else ""
                if type(value) is float:
                    if 0 <= value <= most and (whole := int(value)) == value:
                        read[key] = whole
                        continue
                elif value == "":
                    read[key] = None
                    continue
            if careful and self._is_merged(row, column, merged):
                continue
            read[key] = self._figure(row, key, column)
        in_time_merged = bool(merged)
        if in_time_merged:
            read["in_time"] = next((read[key] for key in IN_TIME_PARTS if read.get(key) is not None), None)
            read |= dict.fromkeys(IN_TIME_PARTS)
        cells = {key: read[key] for key in TYPED_KEYS if key in read}
        if len(self.problems) > refused:
            return cells
        for key in self.total_keys if not in_time_merged else [*dict.fromkeys([*self.total_keys, "in_time"])]:
            parts, stated = TOTALS[key]
            cells[stated] = self._stated(row, key, read, parts) if read.get(key) is not None else None
        return cells

    def _stated(self, row: RawRow, key: str, read: dict, parts: tuple[str, ...]):
        """A typed total: None where it equals its parts, itself where they are not given, refused otherwise."""
        total, column = read[key], self.table.head.columns.get(key, self.table.head.columns.get(parts[0], 0))
        values = [read.get(part) for part in parts]
        if key == "resolved" and read.get("in_time") is not None and values[:2] == [None, None]:
            # "Đúng và trước hạn" stands for the first two parts.
            values = [read["in_time"], values[2]]
        if total is rules.NA:
            if all(value is None or value is rules.NA for value in values):
                return None
            self._refuse(
                row, column, _("The total is KAD although its parts are not."), _("Type the sum of its parts.")
            )
            return None
        if None not in values:
            added = sum(0 if value is rules.NA else value for value in values)
            if added != total:
                self._refuse(
                    row,
                    column,
                    _("%(rule)s: the total is typed as %(total)s, its parts add up to %(parts)s.")
                    % {"rule": _RULES[key], "total": format_count(total), "parts": format_count(added)},
                    _("Correct the total or its parts, or leave the total to the formula."),
                )
            return None if all(read.get(part) is not None for part in parts) else total
        nothing_given = all(read.get(part) is None for part in parts)
        if nothing_given or any(part in self.missing for part in parts):
            return total
        self._refuse(
            row,
            column,
            _("The total is typed as %(total)s, but some of its parts are blank; blank is not 0.")
            % {"total": format_count(total)},
            _("Fill every part (0 where there was none), or leave all of them blank."),
        )
        return None


_RULES = {"received": "R1", "resolved": "R2", "in_time": "R2", "pending": "R3"}


def _tall_merges(table: Table) -> dict[int, list[tuple[int, int]]]:
    """Rows that lie inside a merged cell begun above them, with the columns it covers."""
    tall: dict[int, list[tuple[int, int]]] = {}
    numbers = [row.number for row in table.rows]
    for (top, left), (bottom, right) in table.merged.items():
        if bottom > top:
            for number in numbers[bisect_right(numbers, top) : bisect_right(numbers, bottom)]:
                tall.setdefault(number, []).append((left, right))
    return tall

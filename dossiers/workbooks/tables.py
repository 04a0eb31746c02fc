"""A workbook as a table of raw rows: which sheet it is, where its head ends, what the hidden sheet says of its origin.

Hidden rows, columns and sheets are read like all others. Which rows are lines is decided in `matching`.
"""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from python_calamine import SheetTypeEnum

from cchc_portal.lib.xlsx import SheetError, SheetScan, column_letters, open_scanned, rows_and_merges, sheet_rows
from dossiers.workbooks.cells import Problem, shown, words
from dossiers.workbooks.heads import Head, find_head, is_numbering
from dossiers.workbooks.layout import FIGURE_KEYS, META_SHEET, PERIOD, REPORTER, SHEET

TITLE_WITHIN = 12
MERGES_AT_MOST = 2_000


@dataclass(slots=True)
class RawRow:
    """A row below the head: its number in the sheet and its values as they stand there."""

    number: int
    values: list

    def at(self, column: int | None):
        """The value in a column counted from 0; "" where the row has none or the table no such column."""
        return self.values[column] if column is not None and column < len(self.values) else ""


@dataclass
class Table:
    """The one table of a workbook."""

    sheet: str
    head: Head
    rows: list[RawRow]
    scan: SheetScan
    meta: dict[str, str] = field(default_factory=dict)
    reporter: str = ""
    period: str = ""
    merged: dict[tuple[int, int], tuple] = field(default_factory=dict)

    def letters(self, key: str) -> str:
        """Letters of the column that holds `key`; "" where there is none."""
        column = self.head.columns.get(key)
        return "" if column is None else column_letters(column)

    def has_formula(self, row: RawRow, column: int | None) -> bool:
        return (row.number, column) in self.scan.formulas

    def has_error(self, row: RawRow, column: int | None) -> bool:
        return (row.number, column) in self.scan.errors

    def problem(self, row: int, column: str, value, reason: str, remedy: str = "") -> Problem:
        return Problem(self.sheet, row, column, shown(value) if value not in ("", None) else "", reason, remedy)


def _read_meta(workbook) -> dict[str, str]:
    """What the hidden sheet says: keys in A, values in B. Empty for a workbook that is not the portal's."""
    if META_SHEET not in workbook.sheet_names:
        return {}
    meta = {}
    for row in sheet_rows(workbook, META_SHEET)[:50]:
        if len(row) > 1 and str(row[0]).strip():
            meta[str(row[0]).strip()] = shown(row[1])
    return meta


def _after_label(rows, label: str) -> str:
    """The text that a heading such as "Đơn vị báo cáo: …" gives, behind its colon or in the next filled cell."""
    wanted = words(label)
    for row in rows[:TITLE_WITHIN]:
        for index, value in enumerate(row):
            if not isinstance(value, str):
                continue
            for line in value.split("\n"):
                before, colon, after = line.partition(":")
                if words(before) != wanted:
                    continue
                if after.strip():
                    return after.strip(" .…")
                following = [shown(v) for v in row[index + 1 :] if v not in ("", None)]
                return following[0] if colon and following else ""
    return ""


def _has_data(rows, head: Head) -> bool:
    """Whether any figure stands below the head."""
    columns = [column for key, column in head.columns.items() if key in FIGURE_KEYS]
    return any(
        column < len(row) and row[column] not in ("", None)
        for row in rows[head.first_row :]
        if not is_numbering(row)
        for column in columns
    )


def _is_form(name: str) -> bool:
    return words(SHEET).replace(" ", "") in words(name).replace(" ", "")


def _choose(candidates: list[tuple]) -> tuple:
    """The one sheet to read among those with a head. Raises SheetError where it cannot be told."""
    if not candidates:
        raise SheetError(
            _(
                "No sheet has the head of form II.06a (received, resolved, pending). "
                "Download the template of the return and copy the figures into it."
            )
        )
    filled = [one for one in candidates if _has_data(one[1], one[2])] or candidates
    named = [one for one in filled if _is_form(one[0])]
    chosen = filled if len(filled) == 1 else named
    if len(chosen) != 1:
        raise SheetError(
            _("%(count)s sheets look like form II.06a: %(sheets)s. Name the right one II.06a or delete the others.")
            % {"count": len(filled), "sheets": ", ".join(f"“{one[0]}”" for one in filled)}
        )
    return chosen[0]


def read_table(file) -> Table:
    """The table of a workbook (upload, open binary file or path). Raises SheetError for what must not be opened, has
    no table of the form or more than one."""
    workbook, scans = open_scanned(file)
    candidates = []
    for sheet in workbook.sheets_metadata:
        name = sheet.name
        if name == META_SHEET or sheet.typ != SheetTypeEnum.WorkSheet:
            continue
        rows, merges = rows_and_merges(workbook, name)
        if len(merges) > MERGES_AT_MOST:
            raise SheetError(
                _("Sheet %(sheet)s has too many merged cells. Split them and try again.") % {"sheet": name}
            )
        head = find_head(rows, merges)
        if head:
            candidates.append((name, rows, head, merges))
    name, rows, head, merges = _choose(candidates)
    title = rows[: head.first_row]
    merged = {}
    for (top, left), (bottom, right) in merges:
        if bottom >= head.first_row:
            merged[(top + 1, left)] = (bottom + 1, right)
    return Table(
        sheet=name,
        head=head,
        rows=[RawRow(number, row) for number, row in enumerate(rows[head.first_row :], start=head.first_row + 1)],
        scan=scans.get(name) or SheetScan(),
        meta=_read_meta(workbook),
        reporter=_after_label(title, REPORTER),
        period=_after_label(title, PERIOD),
        merged=merged,
    )

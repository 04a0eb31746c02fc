"""Writing a return as a workbook: the printed form, which is also the template to fill in and send back.

Totals are formulas that stay empty while a part is blank, because blank is not 0.
"""

import tempfile
from dataclasses import dataclass
from datetime import date

import xlsxwriter
from django.http import FileResponse
from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from cchc_portal.lib import periods
from cchc_portal.lib.tables import CONTENT_TYPES, SAFE_WORKBOOK, XLSX
from cchc_portal.lib.text import ascii_slug
from dossiers import rules
from dossiers.choices import LineSort
from dossiers.models import Return
from dossiers.workbooks import layout
from dossiers.workbooks.layout import CODE, COLUMNS, COMPUTED_KEYS, IN_TIME, NAME, STT, TOTALS, TYPED_KEYS

HEAD_ROW = 6
# Excel takes at most 255 arguments and 8,192 characters in a formula.
RANGES_AT_MOST = 40
FONT = {"font_name": "Times New Roman", "font_size": 11}
BOX = {**FONT, "border": 1, "valign": "vcenter"}


@dataclass(frozen=True)
class FormLine:
    """A row of the form: its name, its code, its figures, and the group it stands under ("" for none)."""

    group: str
    name: str
    code: str
    figures: rules.Figures


@dataclass(frozen=True)
class Form:
    """One Biểu II.06a as printed and exported."""

    agency: str
    receiver: str
    period: str
    first_day: date | None
    last_day: date | None
    lines: list[FormLine]
    meta: dict[str, str]

    @property
    def groups(self) -> list[tuple[str, list[FormLine]]]:
        """Lines under their groups, in the order of the form."""
        found: list[tuple[str, list[FormLine]]] = []
        for line in self.lines:
            if not found or found[-1][0] != line.group:
                found.append((line.group, []))
            found[-1][1].append(line)
        return found

    @property
    def span(self) -> str:
        """ "(Từ ngày … đến ngày …)" as the form has it; dots where the days are not known."""
        days = [f"{day:%d/%m/%Y}" if day else "…/…/……" for day in (self.first_day, self.last_day)]
        return f"(Từ ngày {days[0]} đến ngày {days[1]})"


def line_code(line) -> str:
    """How a workbook names a stored line: its procedure's code, `field:CODE[:level]`, or `agency`."""
    if line.procedure_id:
        return line.procedure.code
    if line.field_id:
        return f"field:{line.field.code}" + (f":{line.level}" if line.level else "")
    return LineSort.AGENCY


def line_label(line, agency_name: str) -> str:
    """What stands in column B for a stored line."""
    if line.procedure_id:
        return line.procedure.name
    if line.field_id:
        return f"{line.field.name} ({line.get_level_display()})" if line.level else line.field.name
    return agency_name


def form_of(item: Return) -> Form:
    """What the form of a return says. Two queries."""
    lines = item.lines.select_related("procedure__field", "field").order_by("position", "pk")
    agency = item.agency
    receiver = agency.parent.name if agency.parent_id else ""
    return Form(
        agency=agency.name,
        receiver=receiver,
        period=periods.title(item.period.label),
        first_day=item.period.first_day,
        last_day=item.period.last_day,
        lines=[
            FormLine(
                group=line.procedure.field.name if line.procedure_id else "",
                name=line_label(line, agency.name),
                code=line_code(line),
                figures=rules.Figures.from_stored(line, published=item.published),
            )
            for line in lines
        ],
        meta={
            "form_version": item.form_version,
            "agency": agency.code,
            "period": item.period.label,
            "return_version": str(item.version),
        },
    )


class _Writer:
    """Writes one form into an open workbook."""

    def __init__(self, book, form: Form):
        self.book, self.form = book, form
        self.sheet = book.add_worksheet(layout.SHEET)
        in_time = any(line.figures.cells.get("stated_in_time") is not None for line in form.lines)
        self.columns = [*COLUMNS, IN_TIME] if in_time else list(COLUMNS)
        self.place = {column.key: index for index, column in enumerate(self.columns)}
        self.first_row = HEAD_ROW + layout.HEAD_DEPTH + 1
        add = book.add_format
        self.formats = {
            "form": add({**FONT, "bold": True}),
            "title": add(
                {**FONT, "font_size": 13, "bold": True, "align": "center", "valign": "vcenter", "text_wrap": True}
            ),
            "plain": add(FONT),
            "centre": add({**FONT, "align": "center"}),
            "unit": add({**FONT, "italic": True, "align": "right"}),
            "head": add({**BOX, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#E8EDF4"}),
            "number_row": add({**BOX, "italic": True, "align": "center"}),
            "stt": add({**BOX, "align": "center"}),
            "name": add({**BOX, "text_wrap": True}),
            "cell": add({**BOX, "num_format": "#,##0", "align": "right", "locked": False}),
            "sum": add({**BOX, "num_format": "#,##0", "align": "right", "bg_color": "#F3F5F8"}),
            "code": add({**BOX, "num_format": "@"}),
            "group": add({**BOX, "bold": True, "text_wrap": True, "bg_color": "#F3F5F8"}),
            "group_sum": add({**BOX, "bold": True, "num_format": "#,##0", "align": "right", "bg_color": "#F3F5F8"}),
        }

    def heading(self) -> None:
        sheet, form, formats = self.sheet, self.form, self.formats
        last = layout.PRINTED_COLUMNS - 1
        sheet.write_string(0, 0, layout.FORM_NUMBER, formats["form"])
        sheet.write_string(0, last - 4, f"{layout.REPORTER}: {form.agency}", formats["plain"])
        sheet.write_string(1, last - 4, f"{layout.RECEIVER}: {form.receiver}", formats["plain"])
        sheet.merge_range(2, 0, 2, last, layout.TITLE, formats["title"])
        sheet.set_row(2, 36)
        sheet.merge_range(3, 0, 3, last, f"{layout.PERIOD}: {form.period}", formats["centre"])
        sheet.merge_range(4, 0, 4, last, form.span, formats["centre"])
        sheet.write_string(5, last, layout.UNIT, formats["unit"])

    def head(self) -> None:
        """The head of three rows, each label merged over all it covers, and the row of column numbers."""
        sheet, head = self.sheet, self.formats["head"]
        bottom = HEAD_ROW + layout.HEAD_DEPTH - 1
        for depth in range(layout.HEAD_DEPTH):
            start = 0
            while start < len(self.columns):
                path = self.columns[start].head[: depth + 1]
                end = start
                while end + 1 < len(self.columns) and self.columns[end + 1].head[: depth + 1] == path:
                    end += 1
                if len(path) == depth + 1:
                    is_leaf = len(self.columns[start].head) == depth + 1
                    self._label(HEAD_ROW + depth, bottom if is_leaf else HEAD_ROW + depth, start, end, path[-1], head)
                start = end + 1
        for index, column in enumerate(self.columns):
            sheet.write_string(bottom + 1, index, column.number, self.formats["number_row"])
            sheet.set_column(index, index, column.width)
        sheet.set_row(bottom, 44)

    def _label(self, top, bottom, left, right, text, style) -> None:
        if (top, left) == (bottom, right):
            self.sheet.write_string(top, left, text, style)
        else:
            self.sheet.merge_range(top, left, bottom, right, text, style)

    def line(self, row: int, number: int, line: FormLine) -> None:
        sheet, formats = self.sheet, self.formats
        sheet.write_string(row, self.place[STT], str(number), formats["stt"])
        sheet.write_string(row, self.place[NAME], line.name, formats["name"])
        sheet.write_string(row, self.place[CODE], line.code, formats["code"])
        for key in TYPED_KEYS:
            value = line.figures.cells.get(key)
            if value is None:
                sheet.write_blank(row, self.place[key], None, formats["cell"])
            elif value is rules.NA:
                sheet.write_string(row, self.place[key], str(value), formats["cell"])
            else:
                sheet.write_number(row, self.place[key], value, formats["cell"])
        for key in COMPUTED_KEYS:
            parts, stated = TOTALS[key]
            if (value := line.figures.number(stated)) is not None:
                sheet.write_number(row, self.place[key], value, formats["sum"])
                continue
            cells = f"{xl_rowcol_to_cell(row, self.place[parts[0]])}:{xl_rowcol_to_cell(row, self.place[parts[-1]])}"
            self._sum(row, self.place[key], cells, line.figures.computed(key), formats["sum"])
        if IN_TIME.key in self.place:
            value = line.figures.number(TOTALS[IN_TIME.key][1])
            if value is None:
                sheet.write_blank(row, self.place[IN_TIME.key], None, formats["cell"])
            else:
                sheet.write_number(row, self.place[IN_TIME.key], value, formats["cell"])

    def _sum(self, row, column, cells, value, style) -> None:
        self.sheet.write_formula(
            row, column, f'=IF(COUNTBLANK({cells})>0,"",SUM({cells}))', style, "" if value is None else value
        )

    def summed(self, row: int, stt: str, name: str, spans: list[tuple[int, int]], lines: list[FormLine]) -> None:
        """A row of sums over rows of lines: the spans are first and last row, both included."""
        sheet, formats = self.sheet, self.formats
        sheet.write_string(row, self.place[STT], stt, formats["group"])
        sheet.write_string(row, self.place[NAME], name, formats["group"])
        for key, column in self.place.items():
            if key in (STT, NAME):
                continue
            if key == CODE:
                sheet.write_blank(row, column, None, formats["group"])
                continue
            letters, share = xl_col_to_name(column), ""
            ranges = [f"{letters}{first + 1}:{letters}{last + 1}" for first, last in spans]
            if len(ranges) > RANGES_AT_MOST:
                # One range over everything holds each line twice: once itself, once in its group's sum.
                ranges, share = [f"{letters}{self.first_row + 1}:{letters}{row}"], "/2"
            value = _known_sum([line.figures.number(key) for line in lines])
            blank = "+".join(f"COUNTBLANK({cells})" for cells in ranges)
            formula = f'=IF({blank}>0,"",SUM({",".join(ranges)}){share})'
            sheet.write_formula(row, column, formula, formats["group_sum"], "" if value is None else value)

    def body(self) -> int:
        """All rows below the head; returns the row after the last."""
        row, number, spans = self.first_row, 0, []
        grouped = any(name for name, _lines in self.form.groups)
        for index, (name, lines) in enumerate(self.form.groups, start=1):
            first = row + 1 if grouped else row
            last = first + len(lines) - 1
            if grouped:
                self.summed(row, layout.roman(index), name, [(first, last)], lines)
            for place, line in enumerate(lines, start=first):
                number += 1
                self.line(place, number, line)
            spans.append((first, last))
            row = last + 1
        if spans:
            self.summed(row, "", layout.TOTAL, spans, self.form.lines)
            self._validate(self.first_row, row - 1)
            row += 1
        return row

    def _validate(self, first: int, last: int) -> None:
        for key in TYPED_KEYS:
            column = self.place[key]
            cell = xl_rowcol_to_cell(first, column)
            count = f"AND(ISNUMBER({cell}),{cell}>=0,{cell}<={rules.MAX_COUNT},{cell}=INT({cell}))"
            self.sheet.data_validation(
                first,
                column,
                last,
                column,
                {
                    "validate": "custom",
                    "value": f'=OR({cell}="KAD",{count})',
                    "ignore_blank": True,
                    "error_title": _("No count"),
                    "error_message": _(
                        "Type a whole number from 0 to 10.000.000, KAD where it does not apply, or leave it blank."
                    ),
                },
            )

    def finish(self, row: int) -> None:
        sheet, last = self.sheet, layout.PRINTED_COLUMNS - 1
        sheet.merge_range(row + 1, last - 4, row + 1, last, "…, ngày … tháng … năm …", self.formats["centre"])
        sheet.merge_range(row + 2, last - 4, row + 2, last, layout.SIGNER, self.formats["title"])
        sheet.freeze_panes(self.first_row, 2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEAD_ROW, self.first_row - 1)
        sheet.print_area(0, 0, row + 4, last)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        sheet.set_footer("&CTrang &P/&N")

    def meta(self) -> None:
        sheet = self.book.add_worksheet(layout.META_SHEET)
        for row, key in enumerate(layout.META_KEYS):
            sheet.write_string(row, 0, key)
            sheet.write_string(row, 1, self.form.meta.get(key, ""))
        sheet.hide()


def _known_sum(numbers: list) -> int | None:
    return None if None in numbers or not numbers else sum(numbers)


def write_form(target, form: Form) -> None:
    """Writes the workbook of a form to `target`, a path or a binary file."""
    with xlsxwriter.Workbook(target, dict(SAFE_WORKBOOK)) as book:
        writer = _Writer(book, form)
        writer.heading()
        writer.head()
        writer.finish(writer.body())
        writer.meta()


def workbook_response(item: Return) -> FileResponse:
    """The workbook of a return as a download."""
    packed = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
    write_form(packed, form_of(item))
    packed.seek(0)
    name = f"{ascii_slug(f'II.06a {item.agency.code} {item.period.label}')}.xlsx"
    return FileResponse(packed, as_attachment=True, filename=name, content_type=CONTENT_TYPES[XLSX])

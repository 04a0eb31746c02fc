"""Workbooks as departments send them, made on the spot: the plain form, and whatever is done to it."""

import io

import xlsxwriter

HEAD = [
    ["STT", "Lĩnh vực, công việc giải quyết theo cấp", "Số hồ sơ nhận giải quyết", "", "", "",
     "Số lượng hồ sơ đã giải quyết", "", "", "", "Số lượng hồ sơ đang giải quyết", "", "",
     "Trả lại, rút, dừng giải quyết", "Trong (10): đã có thư xin lỗi", "Trong (13): đã có thư xin lỗi", "Mã thủ tục"],
    ["", "", "Tổng số", "Trong kỳ", "", "Từ kỳ trước", "Tổng số", "Trước hạn", "Đúng hạn", "Quá hạn",
     "Tổng số", "Trong hạn", "Quá hạn"],
    ["", "", "", "Trực tuyến", "Trực tiếp, dịch vụ bưu chính"],
]  # fmt: skip
NUMBERING = [f"({n})" for n in range(1, 14)]
# A line that adds up: 3 = 4+5+6, 7 = 8+9+10, 11 = 12+13, 3 = 7+11+withdrawn.
GOOD = [None, 60, 30, 10, None, 40, 30, 10, None, 12, 5, 3, 4, 1]


def line(stt, code, name="", figures=None):
    """A row of the form: STT, name, C–P, code."""
    return [stt, name, *(figures or GOOD), code]


def with_cell(letter, value, code="0.000001", figures=None):
    """A good row with one cell replaced."""
    row = line("1", code, "", figures)
    row["ABCDEFGHIJKLMNOPQ".index(letter)] = value
    return row


def packed(rows, *, sheet="II.06a", head=HEAD, above=(), below=(), meta=None, shift=0, more=None, hidden=(), merges=()):
    """The bytes of a workbook: rows above, the head, the numbering, rows, rows below.

    `shift` empty columns come first; `more` maps further sheets to rows; a value that begins with "=" is written as a
    formula, a callable is called with (sheet, row, column).
    """
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        for name, content in {sheet: [*above, *head, NUMBERING, *rows, *below], **(more or {})}.items():
            page = book.add_worksheet(name)
            for number, values in enumerate(content):
                for column, value in enumerate(values, start=shift):
                    write(page, number, column, value)
            for number in hidden:
                page.set_row(number, None, None, {"hidden": True})
            for merge in merges if name == sheet else ():
                page.merge_range(*merge)
        if meta is not None:
            page = book.add_worksheet("_meta")
            page.hide()
            for number, (key, value) in enumerate(meta.items()):
                page.write_string(number, 0, key)
                page.write_string(number, 1, str(value))
    return target.getvalue()


def write(page, row, column, value):
    if callable(value):
        value(page, row, column)
    elif value is None or value == "":
        return
    elif isinstance(value, bool):
        page.write_boolean(row, column, value)
    elif isinstance(value, str) and value.startswith("="):
        page.write_formula(row, column, value)
    elif isinstance(value, str):
        page.write_string(row, column, value)
    else:
        page.write_number(row, column, value)

"""An issued report as a workbook: the same frozen values, numbers as numbers, formula and basis beside every rate."""

import io
from collections.abc import Iterable
from datetime import date, datetime

import xlsxwriter

from cchc_portal.lib.numbers import Rate
from cchc_portal.lib.tables import SAFE_WORKBOOK, Column, cell_formats, write_cell
from reports.documents import parts
from reports.documents.papers import NAME, subject_of
from reports.models import Report

FORMULA_HEADS = (Column("Công thức", 14), Column("Cách tính", 50), Column("Phiên bản công thức", 12))
BASIS_HEADS = (Column("Tử số", 14), Column("Mẫu số", 14), Column("Tỷ lệ", 10))


def workbook_of(report: Report) -> bytes:
    """The bytes of the workbook; the same report gives the same bytes."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {**SAFE_WORKBOOK, "in_memory": True}) as book:
        book.set_properties({"title": _subject(report.content), "created": report.made_at.replace(tzinfo=None)})
        formats = cell_formats(book)
        for name, columns, rows in _sheets(report):
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for index, column in enumerate(columns):
                sheet.set_column(index, index, column.width)
                sheet.write_string(0, index, column.label, formats["head"])
            for number, row in enumerate(rows, start=1):
                for index, value in enumerate(row):
                    write_cell(sheet, number, index, value, formats)
    return out.getvalue()


def _subject(content: dict) -> str:
    return f"{NAME} {subject_of(content['scope'], content['agency']['name'], content['period']['title'])}"


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _sheets(report: Report) -> Iterable[tuple[str, tuple[Column, ...], list[tuple]]]:
    content = report.content
    yield "Tổng hợp", (Column("Mục", 34), Column("Giá trị", 80)), _about(content, report.sha256)
    yield (
        "Số hồ sơ",
        (Column("Chỉ tiêu", 50), Column("Số hồ sơ", 14)),
        [(label, content["figures"][name]) for name, label in content["labels"].items()],
    )
    yield (
        "Tỷ lệ",
        (
            *FORMULA_HEADS,
            *BASIS_HEADS,
            Column("Dòng không tính được"),
            Column("Tử số kỳ trước"),
            Column("Mẫu số kỳ trước"),
            Column("Tỷ lệ kỳ trước"),
        ),
        [_rate_row(content, formula) for formula in content["formulas"]],
    )
    yield (
        "Xu hướng",
        (Column("Kỳ báo cáo", 16), Column("Công thức", 12), *BASIS_HEADS),
        [(label, parts.MAIN, upper, lower, _rate(upper, lower)) for label, upper, lower in content["trend"]],
    )
    yield (
        "Gửi báo cáo",
        (Column("Nhóm đơn vị", 30), Column("Phải gửi"), Column("Đã chấp nhận")),
        [(row["kind"], row["owed"], row["accepted"]) for row in content["completeness"]],
    )
    yield (
        "Xếp hạng",
        (
            Column("Nhóm đơn vị", 24),
            Column("Hạng"),
            Column("Mã đơn vị"),
            Column("Đơn vị", 36),
            Column("Công thức"),
            *BASIS_HEADS,
            Column("Tỷ lệ kỳ trước"),
        ),
        list(_ranking(content)),
    )
    yield _agencies(content)
    yield (
        "Tỷ lệ đơn vị",
        (Column("Mã đơn vị"), Column("Đơn vị", 36), *FORMULA_HEADS, *BASIS_HEADS),
        list(_agency_rates(content)),
    )
    yield (
        "Lĩnh vực",
        (
            Column("Mã lĩnh vực"),
            Column("Lĩnh vực", 50),
            Column("Giải quyết quá hạn"),
            Column("Đã giải quyết"),
            Column("Tồn quá hạn"),
        ),
        [
            tuple(row[name] for name in ("code", "name", "overdue", "resolved", "pending_overdue"))
            for row in content["fields"]
        ],
    )
    yield (
        "Điều chỉnh",
        (Column("Đơn vị", 36), Column("Ngày"), Column("Số ô"), Column("Lý do", 60)),
        [(row["agency"], _day(row["day"]), row["figures"], row["reason"]) for row in content["restated"]],
    )
    yield (
        "Kiến nghị quá hạn",
        (Column("Đơn vị", 36), Column("Nội dung", 80), Column("Thời hạn")),
        [(agency, text, _day(due)) for agency, text, due in content["recommendations"]["longest"]],
    )


def _about(content: dict, sha256: str) -> list[tuple]:
    told, seen = content["recommendations"], content["visits"]
    return [
        ("Báo cáo", _subject(content)),
        ("Đơn vị", content["agency"]["name"]),
        ("Mã đơn vị", content["agency"]["code"]),
        ("Kỳ báo cáo", content["period"]["title"]),
        ("Từ ngày", _day(content["period"]["first_day"])),
        ("Đến ngày", _day(content["period"]["last_day"])),
        ("Theo số liệu đã biết đến hết ngày", _day(content["known_on"])),
        ("Lập lúc", datetime.fromisoformat(content["made_at"])),
        ("Phiên bản dữ liệu", content["data_version"]),
        ("Phiên bản mẫu", content["template"]),
        ("SHA-256 của nội dung", sha256),
        ("Kiến nghị đang mở", told["open"]),
        ("Kiến nghị quá hạn", told["overdue"]),
        ("Cuộc kiểm tra, giám sát đã tiến hành", seen["done"]),
        ("Cuộc kiểm tra, giám sát còn theo kế hoạch", seen["planned"]),
    ]


def _rate(upper: int | None, lower: int | None):
    """The exact rate; nothing where it is not defined."""
    rate = Rate(upper, lower, "")
    return rate.fraction if rate.is_defined else None


def _rate_row(content: dict, formula: dict) -> tuple:
    code = formula["code"]
    now, before = parts.rate(content, code), parts.rate_before(content, code)
    then = (before.numerator, before.denominator) if before else (None, None)
    counts = (now.numerator, now.denominator)
    return (code, formula["meaning"], formula["version"], *counts, _rate(*counts), now.left_out, *then, _rate(*then))


def _ranking(content: dict) -> Iterable[tuple]:
    for group in content["ranking"]:
        for place, code, name, upper, lower, upper_before, lower_before in group.get("rows", ()):
            now, then = _rate(upper, lower), _rate(upper_before, lower_before)
            yield group["kind"], place, code, name, parts.MAIN, upper, lower, now, then
        if "place" in group:
            who = content["agency"]
            now = parts.rate(content, parts.MAIN)
            counts = now.numerator, now.denominator
            yield group["kind"], group["place"], who["code"], who["name"], parts.MAIN, *counts, _rate(*counts), None


def _agencies(content: dict):
    columns = (Column("Mã đơn vị"), Column("Đơn vị", 36), Column("Nhóm", 20))
    columns += tuple(Column(label, 16) for label in content["labels"].values())
    rows = [
        (row["code"], row["name"], row["kind"], *(row["figures"][name] for name in content["labels"]))
        for row in content["agencies"]
    ]
    return "Số liệu đơn vị", columns, rows


def _agency_rates(content: dict) -> Iterable[tuple]:
    for row in content["agencies"]:
        for formula in content["formulas"]:
            upper, lower, _left = row["rates"][formula["code"]]
            named = (formula["code"], formula["meaning"], formula["version"])
            yield row["code"], row["name"], *named, upper, lower, _rate(upper, lower)

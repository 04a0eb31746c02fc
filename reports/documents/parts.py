"""Sections of an issued report as blocks of a paper, from its frozen values alone. Documents are Vietnamese."""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import zip_longest

from cchc_portal.lib import charts, periods
from cchc_portal.lib.numbers import NONE_PRINTED, format_count, points_change
from cchc_portal.lib.paper import Annex, Block, Column, Figure, Heading, Paragraph, Table
from dossiers import rules
from dossiers.rules import Rate
from reports.choices import Scope

MAIN = rules.DEFAULT_FORMULA
COUNTS = ("received", "received_online", "resolved", "in_time", "resolved_overdue", "pending", "pending_overdue")
# The main rate stands in the first sentence.
ON_ONE_PAGE = ("D1", "online_share")
DIRECTIONS = {
    rules.RISE: "tăng rõ rệt",
    rules.FALL: "giảm rõ rệt",
    rules.SAME: "chênh lệch trong phạm vi ngẫu nhiên",
}


def day(text: str | None) -> str:
    """An ISO day as printed."""
    return f"{date.fromisoformat(text):%d/%m/%Y}" if text else NONE_PRINTED


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def rate(content: dict, code: str) -> Rate:
    """The rate of the report's own scope."""
    counts = content["rates"].get(code, [None, None, 0])
    return Rate(counts[0], counts[1], code, counts[2])


def rate_before(content: dict, code: str) -> Rate | None:
    """The same rate in the period before; None where nothing was accepted then."""
    before = content["before"]
    if not before or code not in before["rates"]:
        return None
    counts = before["rates"][code]
    return Rate(counts[0], counts[1], code, counts[2])


def name_of(formula: dict) -> str:
    """ "D2: đúng hạn ÷ đã giải quyết"; a share without a number of its own goes by its meaning."""
    if formula["code"].startswith("D"):
        return f"{formula['code']}: {formula['meaning']}"
    return capitalised(formula["meaning"])


def meaning(content: dict, code: str) -> str:
    return next(one["meaning"] for one in content["formulas"] if one["code"] == code)


def span(content: dict) -> str:
    """ "15/06/2026 – 14/09/2026", or that the days are not known."""
    period = content["period"]
    if not period["first_day"]:
        return "chưa rõ ngày đầu và ngày cuối kỳ"
    return f"từ {day(period['first_day'])} đến {day(period['last_day'])}"


def known(content: dict) -> str:
    """As of which day the figures are told."""
    made = f"{datetime.fromisoformat(content['made_at']):%H:%M ngày %d/%m/%Y}"
    if content["known_on"]:
        return f"Số liệu theo hiện trạng đã biết đến hết ngày {day(content['known_on'])}; lập lúc {made}."
    return f"Số liệu chốt lúc {made}."


def headline(content: dict) -> list[Block]:
    """The one figure, what it rests on, and how it changed."""
    now, before = rate(content, MAIN), rate_before(content, MAIN)
    who = content["agency"]["name"]
    if not now.is_defined:
        reason = f" {now.reason}" if content["rates"] else " Chưa có báo cáo nào được chấp nhận."
        return [Paragraph(f"Tỷ lệ giải quyết đúng hạn ({MAIN}) của {who}: {NONE_PRINTED}.{reason}", "strong")]
    text = (
        f"Tỷ lệ giải quyết đúng hạn ({MAIN}: {meaning(content, MAIN)}) của {who}: {now.printed}"
        f" ({format_count(now.numerator)}/{format_count(now.denominator)} hồ sơ)."
    )
    compared = change(content, now, before)
    if content["scope"] == Scope.AGENCY:
        compared = " ".join([compared, *_places_told(content)])
    return [Paragraph(text, "strong"), Paragraph(compared)]


def _places_told(content: dict) -> list[str]:
    """Where the agency stands among its like."""
    return [
        f"Xếp hạng {one['place']}/{one['size']} trong nhóm {one['kind']}"
        + (f", đồng hạng với {format_count(one['tied'] - 1)} đơn vị." if one["tied"] > 1 else ".")
        for one in content["ranking"]
    ]


def change(content: dict, now: Rate, before: Rate | None) -> str:
    """Against the period before, in a sentence."""
    if before is None or not before.is_defined:
        return "Chưa có số liệu kỳ trước để so sánh."
    then = periods.title(content["before"]["label"])
    if not content["comparable"]:
        return (
            f"{then}: {before.printed} ({format_count(before.numerator)}/{format_count(before.denominator)}). Chưa so"
            " sánh vì chưa đủ báo cáo của kỳ này được chấp nhận."
        )
    words = DIRECTIONS.get(rules.change(before, now), "chưa so sánh được")
    return (
        f"So với {then} ({before.printed}; {format_count(before.numerator)}/{format_count(before.denominator)}):"
        f" {points_change(before, now)}, {words}."
    )


def figures(content: dict, number: int) -> list[Block]:
    """The counts, and every formula with numerator, denominator and change."""
    labels = content["labels"]
    counts = tuple((labels[name], format_count(content["figures"][name])) for name in COUNTS)
    heads = (
        Column("Công thức"),
        Column("Tử số", "number"),
        Column("Mẫu số", "number"),
        Column("Tỷ lệ", "short"),
        Column("Kỳ trước", "short"),
    )
    rows, reasons = [], []
    for formula in content["formulas"]:
        now, before = rate(content, formula["code"]), rate_before(content, formula["code"])
        basis = format_count(now.numerator), format_count(now.denominator)
        rows.append((name_of(formula), *basis, now.printed, before.printed if before else NONE_PRINTED))
        if now.left_out:
            left = format_count(now.left_out)
            reasons.append(f"{formula['code']}: {left} dòng không tính được vì thiếu tử số hoặc mẫu số.")
    made: list[Block] = [
        Table(f"Bảng {number}. Số hồ sơ", (Column("Chỉ tiêu"), Column("Số hồ sơ", "number")), counts),
        Table(f"Bảng {number + 1}. Tỷ lệ theo từng công thức", heads, tuple(rows)),
    ]
    return made + [Paragraph(" ".join(reasons), "note")] * bool(reasons)


def main_figures(content: dict) -> list[Block]:
    """The counts and the rates that one page has room for, side by side; all formulas stand in the annex."""
    told = [(content["labels"][name], format_count(content["figures"][name])) for name in COUNTS]
    for formula in content["formulas"]:
        if formula["code"] in ON_ONE_PAGE:
            now = rate(content, formula["code"])
            basis = f" ({format_count(now.numerator)}/{format_count(now.denominator)})" if now.is_defined else ""
            told.append((name_of(formula), f"{now.printed}{basis}"))
    heads = (Column("Chỉ tiêu"), Column("Số hồ sơ", "number"), Column("Chỉ tiêu"), Column("Trong kỳ", "area"))
    half = -(-len(told) // 2)
    rows = zip_longest(told[:half], told[half:], fillvalue=("", ""))
    return [Table("", heads, tuple((*left, *right) for left, right in rows))]


def trend(content: dict, *, table: bool = True) -> list[Block]:
    """The line of the main formula and its table; nothing where no period has a rate."""
    points = [(label, Rate(upper, lower, MAIN)) for label, upper, lower in content["trend"]]
    if not any(one.is_defined for _label, one in points):
        return []
    title = f"Tỷ lệ giải quyết đúng hạn ({MAIN}) qua các kỳ"
    data = [charts.Datum.of_rate(_short(label), one) for label, one in points]
    desc = "Chỗ đứt là kỳ chưa có số liệu."
    chart = charts.line_chart([charts.Series(MAIN, data)], title=title, desc=desc, height=240 if table else 110)
    figure = Figure(chart, f"Hình 1. {title}")
    if not table:
        return [figure]
    heads = (Column("Kỳ báo cáo"), Column("Tử số", "number"), Column("Mẫu số", "number"), Column("Tỷ lệ", "number"))
    rows = tuple(
        (periods.title(label), format_count(one.numerator), format_count(one.denominator), one.printed)
        for label, one in points
    )
    return [figure, Table("Số liệu của hình 1", heads, rows)]


def _short(label: str) -> str:
    parsed = periods.parse_label(label)
    return f"{periods.ROMAN[parsed.number]}/{parsed.year}" if parsed.kind == periods.QUARTER else label


def completeness(content: dict) -> list[Block]:
    """How many returns are owed and accepted, and whose are not."""
    rows = content["completeness"]
    if not rows:
        return [Paragraph("Không có đơn vị nào phải báo cáo kỳ này.")]
    owed, accepted = (sum(row[name] for row in rows) for name in ("owed", "accepted"))
    share = Rate(accepted, owed, "").printed
    made: list[Block] = [
        Paragraph(f"{format_count(accepted)}/{format_count(owed)} báo cáo ({share}) đã được chấp nhận."),
        Table(
            "Báo cáo theo nhóm đơn vị",
            (Column("Nhóm đơn vị"), Column("Phải gửi", "number"), Column("Đã chấp nhận", "number")),
            tuple((capitalised(row["kind"]), format_count(row["owed"]), format_count(row["accepted"])) for row in rows),
        ),
    ]
    missing = [name for _code, name in content["missing"]]
    if missing:
        shown = "; ".join(missing[:30])
        more = f" và {format_count(len(missing) - 30)} đơn vị khác" if len(missing) > 30 else ""
        made.append(Paragraph(f"Chưa có báo cáo được chấp nhận: {shown}{more}."))
    return made


def fields(content: dict, number: int) -> list[Block]:
    rows = content["fields"]
    if not rows:
        return [Paragraph("Không có hồ sơ quá hạn trong các lĩnh vực đã báo cáo.")]
    heads = (
        Column("Lĩnh vực"),
        Column("Giải quyết quá hạn", "number"),
        Column("Đã giải quyết", "number"),
        Column("Tồn quá hạn", "number"),
    )
    cells = tuple(
        (row["name"], *(format_count(row[name]) for name in ("overdue", "resolved", "pending_overdue"))) for row in rows
    )
    return [Table(f"Bảng {number}. Lĩnh vực có nhiều hồ sơ quá hạn nhất", heads, cells)]


def restated(content: dict) -> list[Block]:
    rows = content["restated"]
    if not rows:
        return [Paragraph("Không có số liệu nào của kỳ này được điều chỉnh sau khi chấp nhận.")]
    heads = (Column("Đơn vị", "unit"), Column("Ngày", "day"), Column("Số ô", "short"), Column("Lý do"))
    cells = tuple((row["agency"], day(row["day"]), format_count(row["figures"]), row["reason"]) for row in rows)
    return [Table("Số liệu đã điều chỉnh sau khi chấp nhận", heads, cells)]


def _promises_told(content: dict) -> str:
    told = content["recommendations"]
    opened, late = format_count(told["open"]), format_count(told["overdue"])
    return f"Tính đến {day(told['day'])}: {opened} kiến nghị đang mở, trong đó {late} đã quá hạn."


def promises(content: dict) -> list[Block]:
    told = content["recommendations"]
    made: list[Block] = [Paragraph(_promises_told(content))]
    if told["longest"]:
        heads = (Column("Đơn vị", "unit"), Column("Nội dung"), Column("Thời hạn", "day"))
        cells = tuple((agency, text, day(due)) for agency, text, due in told["longest"])
        made.append(Table("Kiến nghị quá hạn lâu nhất", heads, cells))
    return made


def _visits_told(content: dict) -> str:
    done, planned = (format_count(content["visits"][name]) for name in ("done", "planned"))
    return f"Trong kỳ: {done} cuộc kiểm tra, giám sát đã tiến hành, {planned} cuộc còn theo kế hoạch."


def visits(content: dict) -> list[Block]:
    rows = content["visits"]["rows"]
    made: list[Block] = [Paragraph(_visits_told(content))]
    if rows:
        heads = (Column("Đơn vị"), Column("Thời gian", "area"), Column("Loại", "area"))
        made.append(Table("Các cuộc kiểm tra, giám sát", heads, tuple(tuple(row) for row in rows)))
    return made


def supervision_in_short(content: dict) -> list[Block]:
    """Visits and recommendations in a paragraph; their tables stand in the annex."""
    return [Paragraph(f"{_visits_told(content)} {_promises_told(content)}")]


def ranking(group: dict) -> list[Block]:
    """One kind of agency: places with ties, basis, the period before; those without a rate below."""
    places = [row[0] for row in group["rows"]]
    cells = []
    for place, _code, name, upper, lower, upper_before, lower_before in group["rows"]:
        tied = "=" if places.count(place) > 1 else ""
        now, before = Rate(upper, lower, MAIN), Rate(upper_before, lower_before, MAIN)
        few = " *" if rules.is_few(now) else ""
        basis = f"{format_count(upper)}/{format_count(lower)}"
        cells.append((f"{place}{tied}", name, basis, f"{now.printed}{few}", before.printed))
    heads = (
        Column("Hạng", "order"),
        Column("Đơn vị"),
        Column("Tử số/mẫu số", "area"),
        Column("Tỷ lệ", "short"),
        Column("Kỳ trước", "short"),
    )
    size = format_count(len(group["rows"]))
    made: list[Block] = [Table(f"{capitalised(group['kind'])} ({size} đơn vị được xếp hạng)", heads, tuple(cells))]
    if group["apart"]:
        made.append(Paragraph(f"Không có tỷ lệ: {'; '.join(name for _code, name in group['apart'])}.", "note"))
    return made


def agencies(content: dict) -> Table:
    """Every agency's own figures."""
    names = ("received", "resolved", "in_time", "resolved_overdue", "pending_overdue")
    heads = ("Tiếp nhận", "Đã giải quyết", "Đúng hạn", "Quá hạn", "Tồn quá hạn")
    columns = (Column("Đơn vị", "unit"), *(Column(head, "short") for head in heads), Column(MAIN, "short"))
    rows = []
    for row in content["agencies"]:
        counts = row["rates"].get(MAIN, [None, None, 0])
        printed = Rate(counts[0], counts[1], MAIN).printed
        rows.append((row["name"], *(format_count(row["figures"][name]) for name in names), printed))
    return Table("", columns, tuple(rows))


def provenance(content: dict, sha256: str) -> list[Block]:
    """What the figures rest on, for whoever checks them later."""
    versions = ", ".join(f"{one['code']} v{one['version']}" for one in content["formulas"])
    text = (
        f"Phiên bản dữ liệu: {content['data_version']}. Phiên bản công thức: {versions}."
        f" Phiên bản mẫu: {content['template']}."
    )
    return [Paragraph(text, "note"), Paragraph(f"SHA-256 của nội dung: {sha256}", "note")]


def annexed(parts: Iterable[tuple[str, list[Block]]], reference: str) -> tuple[Annex, ...]:
    """Annexes that have something to show, counted in Roman numbers where there are several."""
    full = [(title, blocks) for title, blocks in parts if blocks]
    return tuple(
        Annex(f"Phụ lục {periods.ROMAN[number]}" if len(full) > 1 else "Phụ lục", title, reference, tuple(blocks))
        for number, (title, blocks) in enumerate(full, start=1)
    )


def heading(text: str) -> Heading:
    return Heading(text, 1)

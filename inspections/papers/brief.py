"""The brief on an agency as a paper: nothing but what was frozen, printed."""

from datetime import date

from django.utils import timezone

from cchc_portal.lib import charts, periods
from cchc_portal.lib.numbers import NONE_PRINTED, Rate, format_count
from cchc_portal.lib.paper import Block, Column, Figure, Heading, Paper, Paragraph, Signature, Table
from cchc_portal.lib.text import ascii_slug
from dossiers.choices import FORMULA_LABELS
from inspections.documents import parts, words
from inspections.documents.heads import letterhead_of
from inspections.models import Brief
from inspections.tally.briefing import FORMULAS, SHARES, change_words
from records.models import Document
from records.registry import Content

NAME = "Tóm tắt thông tin"
NOTHING = "Không có."


def _day(text: str | None) -> str:
    return f"{date.fromisoformat(text):%d/%m/%Y}" if text else NONE_PRINTED


def _rate(row: dict, code: str) -> Rate:
    return Rate(*row["rates"][code], code)


def _with_basis(rate: Rate) -> str:
    """97,8% (1.215/1.242)"""
    if rate.numerator is None:
        return NONE_PRINTED
    return f"{rate.printed} ({format_count(rate.numerator)}/{format_count(rate.denominator)})"


def _whose(row: dict, own: str) -> str:
    return f"{row['absorbed']} (đã hợp nhất)" if row["absorbed"] else own


def _rate_blocks(content: dict) -> list[Block]:
    rows, own = content["rates"], content["agency"]
    latest = [row for row in rows if not row["absorbed"]]
    made: list[Block] = [Heading("I. Tỷ lệ giải quyết hồ sơ theo từng công thức")]
    if latest:
        heads = (Column("Công thức"), Column("Tỷ lệ (tử/mẫu)", "area"), Column("So với quý trước", "unit"))
        cells = tuple(
            (
                f"{code}: {FORMULA_LABELS[code]}" if code in FORMULAS else words.capitalised(str(FORMULA_LABELS[code])),
                _with_basis(_rate(latest[0], code)),
                change_words(content["changes"].get(code, "")),
            )
            for code in (*FORMULAS, *SHARES)
        )
        made.append(Table(f"Bảng 1. {periods.title(latest[0]['period'])}, {own}", heads, cells))
        series = [(row["period"], _rate(row, "D2")) for row in reversed(latest)]
        title = f"Tỷ lệ giải quyết đúng hạn (D2) của {own}"
        if any(rate.is_defined for _label, rate in series):
            chart = charts.line_chart(
                [charts.Series("D2", [charts.Datum.of_rate(periods.mark(label), rate) for label, rate in series])],
                title=title,
                desc="",
            )
            made.append(Figure(chart, f"Hình 1. {title}"))
    if not rows:
        return [*made, Paragraph("Chưa có báo cáo quý nào được chấp nhận.")]
    heads = (Column("Kỳ báo cáo", "day"), Column("Đơn vị"), *(Column(code, "narrow") for code in FORMULAS))
    cells = tuple(
        (periods.title(row["period"]), _whose(row, "Đơn vị"), *(_rate(row, code).printed for code in FORMULAS))
        for row in rows
    )
    made.append(Table(f"Bảng 2. Các quý gần nhất của {own}, như đã báo cáo", heads, cells))
    heads = (
        Column("Kỳ báo cáo", "day"),
        Column("Đơn vị"),
        *(Column(name, "narrow") for name in ("Tiếp nhận", "Đã giải quyết", "Đúng hạn", "Quá hạn", "Đang giải quyết")),
    )
    names = ("received", "resolved", "in_time", "resolved_overdue", "pending")
    cells = tuple(
        (periods.title(row["period"]), _whose(row, "Đơn vị"), *(format_count(row["counts"][name]) for name in names))
        for row in rows
    )
    made.append(Table("Bảng 3. Số hồ sơ của các quý đó", heads, cells))
    if content["absorbed"]:
        made.append(
            Paragraph(
                "Số liệu của đơn vị đã hợp nhất đứng riêng, ghi rõ tên, không cộng vào số liệu của đơn vị.", "note"
            )
        )
    return made


def _recommendations(content: dict) -> list[Block]:
    rows = content["recommendations"]
    late = sum(1 for row in rows if row["overdue"])
    made: list[Block] = [Heading("II. Kiến nghị đang mở, quá hạn")]
    if not rows:
        return [*made, Paragraph(NOTHING)]
    made.append(Paragraph(f"{format_count(len(rows))} kiến nghị đang mở, trong đó {format_count(late)} đã quá hạn."))
    heads = (Column("STT", "order"), Column("Nội dung"), Column("Thời hạn", "day"), Column("Trạng thái", "unit"))
    cells = tuple(
        (
            str(number),
            f"{row['text']}{' (' + row['absorbed'] + ', đã hợp nhất)' if row['absorbed'] else ''}",
            _day(row["due"]),
            f"Quá hạn; {row['state']}" if row["overdue"] else words.capitalised(row["state"]),
        )
        for number, row in enumerate(rows, start=1)
    )
    return [*made, Table("Bảng 4. Kiến nghị đang mở", heads, cells)]


def _repeats(content: dict) -> list[Block]:
    made: list[Block] = [Heading("III. Phát hiện lặp lại")]
    texts = [f"{row['text']} ({row['area']}; {', '.join(row['dates'])})" for row in content["repeats"]]
    return made + (parts.listed(texts) or [Paragraph(NOTHING)])


def _told_of(row: dict) -> str:
    """What agency and programme office answered; where nobody did, the state says so."""
    said = f"Đơn vị: {row['agency_says']}. {row['agency_words']}" if row["agency_says"] else ""
    answer = f"Sở Nội vụ: {row['answer']}" if row["answer"] else ""
    state = "" if said and not answer else f"{words.capitalised(row['state'])}."
    return " ".join(part for part in (state, said, answer) if part)


def _unusual(content: dict) -> list[Block]:
    told = content["unusual"]
    if isinstance(told, list):
        return _outside_ranges(told)
    made: list[Block] = [Heading("IV. Số liệu khác thường")]
    if not told["rows"] and told["period"] and not told["looked"]:
        return [*made, Paragraph(f"Báo cáo {periods.title(told['period'])} chưa được soát số liệu khác thường.")]
    if not told["rows"]:
        return [*made, Paragraph(NOTHING)]
    heads = (Column("STT", "order"), Column("Số liệu và mức thường gặp"), Column("Trả lời", "area"))
    cells = tuple((str(number), row["sentence"], _told_of(row)) for number, row in enumerate(told["rows"], start=1))
    looked = f" Soát ngày {_day(told['looked'])}." if told["looked"] else ""
    return [
        *made,
        Table(f"Bảng 5. {periods.title(told['period'])}", heads, cells),
        Paragraph(f"Khác thường không có nghĩa là sai; đoàn đối chiếu hồ sơ gốc.{looked}", "note"),
    ]


def _outside_ranges(rows: list[dict]) -> list[Block]:
    """Of a brief frozen before the model: counts outside what the same line held before, as they were frozen."""
    made: list[Block] = [Heading("IV. Số liệu bất thường so với chính đơn vị")]
    if not rows:
        return [*made, Paragraph(NOTHING)]
    heads = (
        Column("Dòng số liệu"),
        Column("Chỉ tiêu", "unit"),
        Column("Kỳ này", "number"),
        Column("Các kỳ trước", "number"),
    )
    cells = tuple(
        (
            row["line"],
            words.capitalised(row["figure"]),
            format_count(row["value"]),
            f"{format_count(row['seen'][0])} – {format_count(row['seen'][1])}",
        )
        for row in rows
    )
    return [
        *made,
        Table(f"Bảng 5. {periods.title(rows[0]['period'])}", heads, cells),
        Paragraph("Bất thường không có nghĩa là sai; đoàn đối chiếu hồ sơ gốc.", "note"),
    ]


def _claims(content: dict) -> list[Block]:
    made: list[Block] = [Heading("V. Số liệu công bố so với số liệu báo cáo")]
    rows = content.get("claims", [])
    if not rows:
        return [*made, Paragraph(NOTHING)]
    heads = (Column("Công bố", "unit"), Column("Nguồn", "day"), Column("Kết luận", "day"), Column("Căn cứ"))
    cells = tuple(
        (
            f"{row['text']}{' (' + row['period'] + ')' if row['period'] else ''}",
            row["source"],
            row["verdict"],
            "; ".join(row["sentences"]) or NONE_PRINTED,
        )
        for row in rows
    )
    return [*made, Table("Bảng 6. Số liệu công bố", heads, cells)]


def _online(content: dict) -> list[Block]:
    online = content["online"]
    made: list[Block] = [
        Heading("VI. Dịch vụ công trực tuyến"),
        Paragraph(f"Đơn vị đang thực hiện {format_count(online['procedures'])} thủ tục hành chính."),
    ]
    for scale in online["scales"]:
        levels = "; ".join(f"{name}: {format_count(number)}" for name, number in scale["levels"])
        made.append(Paragraph(f"- {scale['scale']}: {levels}; chưa có mức: {format_count(scale['without'])}."))
    own = [row for row in content["rates"] if not row["absorbed"]]
    if own:
        made.append(
            Paragraph(
                f"Tỷ lệ hồ sơ trực tuyến {periods.title(own[0]['period'])}:"
                f" {_with_basis(_rate(own[0], 'online_share'))}."
            )
        )
    return made


def _history(content: dict) -> list[Block]:
    made: list[Block] = [Heading("VII. Lịch sử đơn vị và các cuộc kiểm tra, giám sát")]
    made += parts.listed(
        f"Tiếp nhận {one['name']}{' (hoạt động đến ' + _day(one['until']) + ')' if one['until'] else ''}"
        for one in content["absorbed"]
    )
    if not content["visits"]:
        return [*made, Paragraph("Chưa có cuộc kiểm tra, giám sát nào trước đây.")]
    heads = (Column("Thời gian", "unit"), Column("Loại", "area"), Column("Đoàn"), Column("Đơn vị khi đó", "unit"))
    cells = tuple(
        (row["date"], row["kind"], row["team"], row["absorbed"] or content["agency"]) for row in content["visits"]
    )
    return [*made, Table("Bảng 7. Các cuộc kiểm tra, giám sát trước đây", heads, cells)]


def paper_of(brief: Brief, *, address: str) -> Paper:
    """The frozen brief as a paper; an internal note."""
    content, visit = brief.content, brief.visit
    head = letterhead_of(visit.team.issuing_agency, visit.team.name)
    subject = f"về {content['agency']} phục vụ {words.ACTS[visit.kind].act}"
    made = f"{timezone.localtime(brief.made_at):%H:%M ngày %d/%m/%Y}"
    blocks = [
        Paragraph(
            f"Tài liệu nội bộ của {content['visit']['team']} cho cuộc kiểm tra, giám sát {content['visit']['date']}."
            f" Số liệu được chốt lúc {made} và không thay đổi sau đó."
        ),
        *_rate_blocks(content),
        *_recommendations(content),
        *_repeats(content),
        *_unusual(content),
        *_claims(content),
        *_online(content),
        *_history(content),
        Paragraph(f"SHA-256: {brief.sha256}", "note"),
    ]
    return Paper(
        draft=False,
        title=f"{NAME} {subject}",
        author=head.issuing,
        letterhead=None if words.of_party(visit.kind, head.issuing) else head,
        symbol="",
        dated=False,
        name=NAME,
        subject=words.capitalised(subject),
        blocks=tuple(blocks),
        last_words=f"Trên đây là tóm tắt thông tin {subject}./.",
        signatures=(Signature("Người lập", brief.made_by.full_name if brief.made_by else ""),),
        recipients=(content["visit"]["team"],),
        filed="Lưu: đoàn.",
        address=address,
    )


def build_brief(document: Document) -> Content:
    """A frozen brief. Raises Brief.DoesNotExist where it is gone."""
    rows = Brief.objects.select_related("visit__team__issuing_agency__parent", "made_by")
    brief = rows.get(pk=document.subject_id)
    paper = paper_of(brief, address=document.address)
    return Content.of_paper(paper, media={}, created=brief.made_at, file_name=f"{ascii_slug(paper.title)[:80]}.pdf")


def visible_briefs(user):
    return Brief.objects.visible_to(user).values("pk")

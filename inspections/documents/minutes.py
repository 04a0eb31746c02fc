"""The minutes (biên bản): who was there, what was found, what the agency says; hours and opinions are written in."""

from cchc_portal.lib.paper import Block, Column, Heading, Paper, Paragraph, Signature, Table
from inspections.documents import parts, words
from inspections.documents.facts import Facts
from inspections.documents.parts import TITLES


def build(facts: Facts, *, draft: bool, address: str) -> Paper:
    """The minutes of a visit as a paper."""
    kind = words.ACTS[facts.kind]
    subject = words.subject(words.MINUTES, facts.kind, facts.agency)
    place = words.ended(facts.place) if facts.place else words.BLANK_LINE[:60]
    blocks: list[Block] = [
        *parts.source(facts),
        *parts.basis(facts),
        Paragraph(f"Thời gian bắt đầu: {words.HOUR}, {parts.when(facts)}.", "blank"),
        Paragraph(f"Địa điểm: {place}", "blank"),
        *_people(facts, kind),
        *_content(facts),
        Heading("III. Ý kiến của đơn vị"),
        *[Paragraph(words.BLANK_LINE, "blank") for _line in range(3)],
    ]
    if facts.proposals:
        blocks += [Paragraph("Đề xuất của đơn vị với cấp trên:", "strong"), *parts.proposals(facts)]
    if facts.tasks:
        blocks += [Heading("IV. Kiến nghị của đoàn"), parts.tasks(facts.tasks, "Bảng 2. Kiến nghị")]
    return parts.paper(
        facts,
        words.MINUTES,
        blocks,
        draft=draft,
        address=address,
        last_words=(
            f"Biên bản kết thúc vào hồi {words.HOUR} cùng ngày, đã đọc cho những người có tên cùng nghe, thống nhất nội"
            " dung và lập thành ...... bản có giá trị như nhau./."
        ),
        signatures=(
            Signature("Thư ký", facts.secretary),
            Signature(f"Đại diện {kind.unit}"),
            Signature("Chủ tọa", facts.head),
        ),
        annexed=parts.annexes(facts, subject, words.MINUTES, trend=False),
    )


def _people(facts: Facts, kind: words.Words) -> list[Block]:
    others = [name for name, _role in facts.members if name not in (facts.head, facts.secretary)]
    head = facts.head or facts.head_title or words.BLANK_LINE[:50]
    made: list[Block] = [
        Heading("I. Thành phần"),
        Paragraph(f"1. {facts.team}:"),
        Paragraph(f"- Chủ trì: {words.ended(head, ';')}"),
        Paragraph(f"- Thư ký: {words.ended(facts.secretary or words.BLANK_LINE[:50], ';')}"),
    ]
    if others:
        made.append(Paragraph(f"- Thành viên: {', '.join(others)}."))
    made += [
        Paragraph(f"2. {words.capitalised(kind.unit)}, {facts.agency}:"),
        Paragraph(f"- Đại diện: {words.BLANK_LINE[:80]}", "blank"),
        Paragraph(f"- Chức vụ: {words.BLANK_LINE[:81]}", "blank"),
    ]
    if facts.units:
        made += [Paragraph("Các bộ phận, đơn vị:"), *parts.listed(facts.units)]
    return made


def _content(facts: Facts) -> list[Block]:
    made: list[Block] = [
        Heading("II. Nội dung làm việc"),
        *parts.listed(facts.themes),
        *parts.paragraphs(facts.situation),
    ]
    if not facts.findings:
        return [*made, Paragraph("Đoàn chưa ghi nhận phát hiện nào.")]
    heads = (
        Column("STT", "order"),
        Column("Lĩnh vực", "area"),
        Column("Nội dung ghi nhận"),
        Column("Phân loại", "day"),
    )
    rows = []
    for number, found in enumerate(facts.findings, start=1):
        kind = TITLES[found.kind] + (f" ({found.severity})" if found.severity else "")
        evidence = f"\nChứng cứ: {found.evidence}" if found.evidence else ""
        rows.append((str(number), found.area, f"{found.text}{evidence}", kind))
    made.append(Paragraph(f"Đoàn ghi nhận {len(rows)} phát hiện:"))
    return [*made, Table("Bảng 1. Nội dung ghi nhận tại đơn vị", heads, tuple(rows))]

"""The result report (báo cáo kết quả): situation, results by kind of finding, recommendations, proposals, annexes."""

from cchc_portal.lib.paper import Block, Heading, Paper, Paragraph, Signature
from inspections.choices import FindingKind
from inspections.documents import figures, parts, words
from inspections.documents.facts import Facts

DESK = {True: "có kiểm tra", False: "không kiểm tra", None: "chưa rõ có kiểm tra hay không"}


def build(facts: Facts, *, draft: bool, address: str) -> Paper:
    """The report of a visit as a paper."""
    subject = words.subject(words.REPORT, facts.kind, facts.agency)
    blocks: list[Block] = [*parts.source(facts), *parts.basis(facts)]
    blocks += [Paragraph(f"{facts.team} báo cáo {subject} như sau:"), *_situation(facts), *_results(facts)]
    number = 3 if facts.figures else 1
    blocks.append(Heading("III. Kiến nghị"))
    if facts.tasks:
        blocks.append(parts.tasks(facts.tasks, f"Bảng {number}. Kiến nghị của đoàn"))
    else:
        blocks.append(Paragraph("Đoàn chưa có kiến nghị."))
    blocks += [Heading("IV. Đề xuất của đơn vị"), *parts.proposals(facts)]
    return parts.paper(
        facts,
        words.REPORT,
        blocks,
        draft=draft,
        address=address,
        last_words=f"Trên đây là báo cáo {subject}./.",
        signatures=(Signature(words.ACTS[facts.kind].head, facts.head),),
        annexed=parts.annexes(facts, subject, words.REPORT),
    )


def _situation(facts: Facts) -> list[Block]:
    place = f" Địa điểm: {words.ended(facts.place)}" if facts.place else ""
    if facts.members:
        members = "; ".join(f"{name} ({role})" for name, role in facts.members)
    else:
        members = f"trưởng đoàn là {facts.head_title}" if facts.head_title else "chưa có thông tin"
    made: list[Block] = [
        Heading("I. Tình hình"),
        Paragraph(f"1. Thời gian: {facts.dates}.{place}"),
        Paragraph(f"2. Thành phần đoàn: {members}."),
        Paragraph(f"3. Nội dung: {'' if facts.themes else 'chưa có thông tin.'}".rstrip()),
        *parts.listed(facts.themes),
    ]
    if facts.units:
        made += [Paragraph(f"4. {words.capitalised(words.ACTS[facts.kind].unit)}:"), *parts.listed(facts.units)]
    made.append(Paragraph(f"{5 if facts.units else 4}. Bộ phận một cửa: {DESK[facts.one_stop_desk]}."))
    return made + parts.paragraphs(facts.situation)


def _results(facts: Facts) -> list[Block]:
    made: list[Block] = [Heading("II. Kết quả"), Heading("1. Số liệu giải quyết hồ sơ thủ tục hành chính", 2)]
    if facts.figures:
        days = f" ({facts.figures.days})" if facts.figures.days else ""
        made.append(
            Paragraph(
                f"Số liệu {facts.figures.period}{days} theo báo cáo kỳ đã được chấp nhận của {facts.agency}"
                " (xu hướng: phụ lục):"
            )
        )
        made += figures.tables(facts.figures)
    else:
        made.append(Paragraph(facts.figures_missing))
    for number, kind in enumerate(FindingKind, start=2):
        made += [Heading(f"{number}. {parts.TITLES[kind]}", 2), *parts.findings(facts, kind)]
    if facts.assessment:
        made += [Heading("5. Đánh giá chung", 2), *parts.paragraphs(facts.assessment)]
    return made

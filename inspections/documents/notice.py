"""The conclusion notice (thông báo kết luận): what is concluded, and who does what by when."""

from cchc_portal.lib.paper import Block, Heading, Paper, Paragraph, Signature
from inspections.choices import FindingKind, InspectionKind
from inspections.documents import parts, words
from inspections.documents.facts import Facts


def build(facts: Facts, *, draft: bool, address: str) -> Paper:
    """The conclusion notice of a visit as a paper."""
    act = words.ACTS[facts.kind].act
    subject = words.subject(words.NOTICE, facts.kind, facts.agency)
    who = facts.issuing or facts.team
    party = words.of_party(facts.kind, who)
    did = f"đã {act}" if act.startswith(("làm việc", "tự kiểm tra", "kiểm tra")) else f"đã tiến hành {act}"
    where = "với" if facts.kind == InspectionKind.WORKING_SESSION else "tại"
    blocks: list[Block] = [
        *parts.source(facts),
        *parts.basis(facts),
        Paragraph(
            f"{words.capitalised(parts.when(facts))}, {facts.team} {did} {where} {facts.agency}. Trên cơ sở biên bản,"
            f" báo cáo kết quả của đoàn và ý kiến của đơn vị, {who} thông báo kết luận như sau:"
        ),
        Heading("I. Kết quả"),
    ]
    for number, kind in enumerate(FindingKind, start=1):
        blocks.append(Heading(f"{number}. {parts.TITLES[kind]}", 2))
        texts = [found.text for found in facts.of_kind(kind)]
        blocks += parts.listed(texts) or [Paragraph(parts.NONE_RECORDED)]
    if facts.assessment:
        blocks += [Heading("4. Đánh giá chung", 2), *parts.paragraphs(facts.assessment)]
    blocks.append(Heading("II. Kết luận, yêu cầu thực hiện"))
    if facts.tasks:
        blocks += [
            Paragraph("Yêu cầu các đơn vị thực hiện các nhiệm vụ sau, đúng thời hạn:"),
            parts.tasks(facts.tasks, "Bảng 1. Nhiệm vụ, đơn vị thực hiện và thời hạn"),
            Paragraph(
                f"Các đơn vị báo cáo kết quả thực hiện kèm tài liệu chứng minh về {facts.team} trong thời hạn nêu trên"
                " để xác minh. Thời hạn ghi “–” do đơn vị thực hiện thường xuyên."
            ),
        ]
    else:
        blocks.append(Paragraph("Không có nhiệm vụ giao cho đơn vị."))
    if facts.proposals:
        blocks += [
            Heading("III. Đề xuất của đơn vị"),
            Paragraph("Ghi nhận các đề xuất sau để chuyển cấp có thẩm quyền:"),
        ]
        blocks += parts.proposals(facts)
    post = words.ACTS[facts.kind].head if party or not facts.issuing else words.signer_of(facts.issuing)
    return parts.paper(
        facts,
        words.NOTICE,
        blocks,
        draft=draft,
        address=address,
        last_words=f"Trên đây là {subject}; {who} thông báo để các đơn vị biết, thực hiện./.",
        signatures=(Signature(post),),
    )

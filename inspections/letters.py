"""The letter that urges an agency to carry out what is overdue, as a document of the registry."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from cchc_portal.lib.paper import Column, Paper, Paragraph, Signature, Table
from cchc_portal.lib.text import ascii_slug
from inspections.choices import FOLLOW_UP_LETTER
from inspections.documents import words
from inspections.documents.heads import letterhead_of
from inspections.models import Letter
from records.models import Document
from records.registry import Content, Kind, register

SUBJECT = "đôn đốc thực hiện kiến nghị đã quá hạn"


def letter_title(letter: Letter) -> str:
    """Name of the document in lists and on the check page; documents are Vietnamese."""
    return f"Công văn {SUBJECT}: {letter.agency.name}"


def _printed(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def paper_of(letter: Letter, document: Document) -> Paper:
    """The letter as it was written: lines are frozen, so that printing again prints the same."""
    issuing, lines = letter.issuing_agency, list(letter.lines.select_related("recommendation__visit"))
    rows = tuple(
        (str(number), line.text, line.origin, _printed(line.due), str(line.late))
        for number, line in enumerate(lines, start=1)
    )
    head = letterhead_of(issuing)
    party = any(words.of_party(line.recommendation.visit.kind, head.issuing) for line in lines)
    return Paper(
        draft=document.draft,
        title=document.title,
        author=head.issuing,
        letterhead=None if party else head,
        symbol="",
        dated=not party,
        name="Công văn",
        subject=SUBJECT,
        to=(letter.agency.name,),
        blocks=(
            Paragraph(
                f"Qua theo dõi việc thực hiện các kiến nghị sau kiểm tra, giám sát công tác cải cách hành chính,"
                f" đến ngày {letter.written_at:%d/%m/%Y} {letter.agency.name} còn {len(rows)} kiến nghị đã quá hạn"
                f" chưa được xác nhận hoàn thành, cụ thể như sau:"
            ),
            Table(
                "",
                (
                    Column("STT", "order"),
                    Column("Nội dung kiến nghị"),
                    Column("Căn cứ", "unit"),
                    Column("Thời hạn", "day"),
                    Column("Quá hạn (ngày làm việc)", "day"),
                ),
                rows,
            ),
            Paragraph(
                f"Đề nghị {letter.agency.name} khẩn trương thực hiện các kiến nghị nêu trên, báo cáo kết quả khắc phục"
                f" kèm tài liệu chứng minh trước ngày {_printed(letter.answer_by)}. Trường hợp chưa thể hoàn thành,"
                f" báo cáo rõ nguyên nhân, trách nhiệm và thời gian hoàn thành."
            ),
        ),
        last_words=f"Đề nghị {letter.agency.name} quan tâm, phối hợp thực hiện./.",
        signatures=(Signature(words.signer_of(head.issuing)),),
        recipients=("Như trên", *([head.superior] if head.superior else [])),
        filed="Lưu: VT.",
        address=document.address,
    )


def build_letter(document: Document) -> Content:
    """The letter. Raises Letter.DoesNotExist where it is gone."""
    rows = Letter.objects.select_related("agency", "issuing_agency__parent")
    letter = rows.get(pk=document.subject_id)
    name = f"{ascii_slug(document.title)[:80]}.pdf"
    return Content.of_paper(paper_of(letter, document), media={}, created=letter.written_at, file_name=name)


def _visible_subjects(user):
    return Letter.objects.visible_to(user).values("pk")


register(Kind(FOLLOW_UP_LETTER, _("Follow-up letter"), build_letter, _visible_subjects))

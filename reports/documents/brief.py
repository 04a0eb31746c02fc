"""The weekly brief as a paper, from its frozen values. Documents are Vietnamese."""

from datetime import datetime

from cchc_portal.lib.numbers import format_count
from cchc_portal.lib.paper import Block, Column, Letterhead, Paper, Paragraph, Table
from cchc_portal.lib.text import ascii_slug
from dossiers.choices import FORMULA_LABELS
from records.models import Document
from records.registry import Content
from reports.models import WeeklyBrief

NAME = "Bản tin tuần"


def _when(text: str) -> str:
    return f"{datetime.fromisoformat(text):%H:%M ngày %d/%m/%Y}"


def _section(section: dict) -> list[Block]:
    """A table whose head is the section's title; below each text stands what it rests on."""
    rows = tuple((f"{line['text']}\n{line['basis']}", line["number"]) for line in section["lines"])
    told, total = format_count(len(rows)), format_count(section["total"])
    number = total if told == total else f"nêu {told} trong {total}"
    columns = (Column(f"{section['title']} ({number})"), Column("Số liệu", "unit"))
    return [Table("", columns, rows)]


def paper_of(brief: WeeklyBrief, *, address: str) -> Paper:
    """The brief as a paper; raises KeyError where its values are not those of this template."""
    content = brief.content
    agency = content["agency"]
    subject = f"những thay đổi về cải cách hành chính, tuần từ ngày {brief.week:%d/%m/%Y}"
    blocks: list[Block] = [
        Paragraph(
            f"Những thay đổi tại {agency['name']} và các đơn vị trực thuộc từ {_when(content['since'])} đến"
            f" {_when(content['until'])}, trong phạm vi {content['person']} được xem."
        )
    ]
    for section in content["sections"]:
        blocks += _section(section)
    # Briefs frozen before named their formula in the lines alone.
    formula = content.get("formula")
    rates = f"Tỷ lệ và thứ hạng tính theo công thức {formula}: {FORMULA_LABELS[formula]}. " if formula else ""
    blocks += [
        Paragraph(
            f"{rates}Tỷ lệ chỉ nêu khi thay đổi vượt quá dao động ngẫu nhiên (kiểm định chính xác Fisher, có hiệu chỉnh"
            " cho số đơn vị cùng so sánh). Hạng đổi do kết quả và do điều chỉnh số liệu được tách riêng. Bản tin do"
            f" cổng lập tự động; phiên bản dữ liệu: {content['data_version']}.",
            "note",
        ),
    ]
    return Paper(
        draft=False,
        title=f"{NAME} {subject}",
        author=agency["name"],
        letterhead=Letterhead(agency["name"], agency["superior"], agency["place"]),
        symbol="",
        dated=False,
        name=NAME,
        subject=f"{subject[:1].upper()}{subject[1:]}",
        blocks=tuple(blocks),
        last_words="Toàn bộ nội dung có trên trang “Có gì thay đổi” của cổng./.",
        signatures=(),
        recipients=(content["person"],),
        filed="Lưu: cổng.",
        address=address,
    )


def build_brief(document: Document) -> Content:
    """A frozen brief. Raises WeeklyBrief.DoesNotExist where it is gone."""
    brief = WeeklyBrief.objects.exclude(sha256="").get(pk=document.subject_id)
    paper = paper_of(brief, address=document.address)
    name = f"{ascii_slug(paper.title)[:80]}.pdf"
    return Content.of_paper(paper, media={}, created=brief.until, file_name=name, values=brief.content)


def visible_briefs(user):
    return WeeklyBrief.objects.visible_to(user).values("pk")

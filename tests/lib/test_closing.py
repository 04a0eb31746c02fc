"""How a document ends: the signature comes over to its page with the end of the text, whatever the length."""

import io
import re
import subprocess
from datetime import UTC, datetime

import docx
import pytest
from docx.oxml.ns import qn

from cchc_portal.lib.docx import to_docx
from cchc_portal.lib.paper import Column, Heading, Letterhead, Paper, Paragraph, Signature, Table, to_html
from cchc_portal.lib.pdf import html_to_pdf

CODE = "0" * 32
MADE = datetime(2026, 11, 22, tzinfo=UTC)
SENTENCE = "Hồ sơ chưa số hóa đầy đủ, kết quả trả chậm so với thời hạn. "


def short(count: int) -> list:
    return [Paragraph(f"Mục {number}") for number in range(count)]


def rows(count: int) -> list:
    heads = (Column("STT", "order"), Column("Nội dung"))
    cells = tuple((str(number), f"Mục {number}. {SENTENCE * (number % 3)}") for number in range(count))
    return [Paragraph("Kính trình."), Heading("II. Kiến nghị"), Table("Bảng 1", heads, cells)]


def long(count: int) -> list:
    return [*short(count - 1), Paragraph(f"Mục {count}. {SENTENCE * 9}")]


def under_a_heading(count: int) -> list:
    return [*short(count - 3), Heading("II. Đề xuất"), Paragraph("Mục không có đề xuất.")]


ENDINGS = {"short": short, "rows": rows, "long": long, "under_a_heading": under_a_heading}


def paper(blocks: list, places: int) -> Paper:
    return Paper(
        draft=False,
        title="Báo cáo",
        author="Sở Nội vụ",
        letterhead=Letterhead("Sở Nội vụ", "Ủy ban nhân dân thành phố Hà Nội", "Hà Nội"),
        symbol="BC",
        dated=True,
        name="Báo cáo",
        subject="Kết quả kiểm tra",
        blocks=tuple(blocks),
        last_words="Trên đây là báo cáo kết quả kiểm tra./.",
        signatures=(Signature("Thư ký"), Signature("Đơn vị"), Signature("Chủ tọa"))[-places:],
        recipients=("Sở Nội vụ", "Sở Công Thương"),
        filed="Lưu: VT.",
    )


def printed(made: Paper) -> list[str]:
    data = html_to_pdf(to_html(made, CODE), identifier=CODE, created=MADE).data
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, check=True, timeout=60)
    return done.stdout.decode().rstrip("\f").split("\f")


@pytest.mark.parametrize("places", [1, 3])
@pytest.mark.parametrize("ending", ENDINGS)
def test_the_last_page_holds_more_than_the_signature(ending, places):
    """From a length that fits on one page to one that needs two for its text: at least two lines of text go over."""
    pages = set()
    for count in range(6, 33, 3):
        told = printed(paper(ENDINGS[ending](count), places))
        pages.add(len(told))
        assert "Trên đây" in told[-1]
        assert "CHỦ TỌA" in told[-1]
        before = told[-1].partition("Trên đây")[0].splitlines()
        text = [line for line in before if len(line.strip()) > 3]
        assert len(text) >= 2, (count, told[-1])
        if ending == "rows" and len(told) > 1:
            for page in told:
                shown = re.findall(r"^ *\d+ +Mục \d+", page, re.MULTILINE)
                assert len(shown) != 1, (count, page)
    assert {1, 2} <= pages, "the lengths pass through what needs another page"


@pytest.mark.parametrize("places", [1, 3])
@pytest.mark.parametrize("ending", ENDINGS)
def test_the_word_file_keeps_the_end_of_the_text_with_the_signature(ending, places):
    """From the last two paragraphs of the text, or the last two rows of its table, each stays with the next."""
    data = to_docx(paper(ENDINGS[ending](8), places), CODE, media={}, created=MADE)
    paragraphs = list(docx.Document(io.BytesIO(data)).element.body.iter(qn("w:p")))
    texts = ["".join(node.text or "" for node in paragraph.iter(qn("w:t"))) for paragraph in paragraphs]
    first = {"short": "Mục 6", "rows": "6", "long": "Mục 6", "under_a_heading": "Mục không có đề xuất."}[ending]
    check = next(number for number, text in enumerate(texts) if text.startswith("Mã kiểm tra"))
    for paragraph in paragraphs[texts.index(first) : check]:
        assert paragraph.find(f".//{qn('w:keepNext')}") is not None

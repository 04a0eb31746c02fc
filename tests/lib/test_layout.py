"""The layout of Decree 30/2020, Annex I, measured on the PDF: places in millimetres, letters in points."""

import dataclasses
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from lxml import etree

from cchc_portal.lib.paper import Heading, Letterhead, Paper, Paragraph, Signature, to_html
from cchc_portal.lib.pdf import html_to_pdf

MM = 72 / 25.4
LEFT, RIGHT, TOP, BOTTOM = 30 * MM, (210 - 20) * MM, 20 * MM, (297 - 20) * MM
MIDDLE = (LEFT + RIGHT) / 2
# Height of a word's box for one point of its letters: ascent and descent of Liberation Serif.
BOX = 0.891 + 0.216
LONG = "Hồ sơ chưa được số hóa đầy đủ, kết quả trả chậm so với thời hạn đã hẹn với người dân và doanh nghiệp. " * 4
PAPER = Paper(
    draft=False,
    title="Báo cáo",
    author="Sở Nội vụ",
    letterhead=Letterhead("Sở Nội vụ", "Ủy ban nhân dân thành phố Hà Nội", "Hà Nội"),
    symbol="BC",
    dated=True,
    name="Báo cáo",
    subject="Kết quả kiểm tra công tác cải cách hành chính",
    blocks=(
        Paragraph("Căn cứ Nghị định số 09/2019/NĐ-CP;", "basis"),
        Heading("I. Tình hình"),
        *[Paragraph(f"Đoạn {number}. {LONG}") for number in range(20)],
    ),
    last_words="Trên đây là báo cáo./.",
    signatures=(Signature("Giám đốc", "Phạm Thị Hoa"),),
    recipients=("Sở Công Thương",),
    filed="Lưu: VT.",
)


@dataclass(frozen=True)
class Line:
    """A line of text: where it stands, in points from the page's corner, and how large its letters are."""

    page: int
    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def size(self) -> float:
        return round((self.bottom - self.top) / BOX, 1)

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


def poppler(*command: str, data: bytes | None = None) -> bytes:
    return subprocess.run(command, input=data, capture_output=True, check=True, timeout=60).stdout


def lines_of(data: bytes) -> list[Line]:
    told = etree.fromstring(
        poppler("pdftotext", "-bbox-layout", "-", "-", data=data), etree.HTMLParser(encoding="utf-8")
    )
    found = []
    for number, page in enumerate(told.iter("page"), start=1):
        assert (float(page.get("width")), float(page.get("height"))) == pytest.approx((595.28, 841.89), abs=0.01)
        for line in page.iter("line"):
            text = " ".join(word.text for word in line.iter("word"))
            found.append(Line(number, text, *(float(line.get(name)) for name in ("xmin", "ymin", "xmax", "ymax"))))
    return found


@pytest.fixture(scope="module")
def made() -> bytes:
    return printed(PAPER)


@pytest.fixture(scope="module")
def lines(made) -> list[Line]:
    return lines_of(made)


def printed(paper: Paper) -> bytes:
    html = to_html(paper, "0" * 32)
    return html_to_pdf(html, identifier="0" * 32, created=datetime(2026, 11, 22, tzinfo=UTC)).data


def line(lines: Iterable[Line], text: str) -> Line:
    [found] = [one for one in lines if one.text == text]
    return found


def test_everything_stands_within_the_margins_but_the_number_of_the_page(lines):
    pages = max(one.page for one in lines)
    assert pages > 2
    numbers = [one for one in lines if one.text == str(one.page) and one.bottom < TOP]
    assert [one.page for one in numbers] == list(range(2, pages + 1)), "from the second page on"
    for number in numbers:
        assert number.size in (13, 14)
        assert number.middle == pytest.approx(MIDDLE, abs=0.5)
    for one in set(lines) - set(numbers):
        assert one.left >= LEFT - 0.1, one
        assert one.right <= RIGHT + 0.6, one
        assert one.top >= TOP - 0.1, one
        assert one.bottom <= BOTTOM + 0.1, one


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 12),
        ("Độc lập - Tự do - Hạnh phúc", 13),
        ("ỦY BAN NHÂN DÂN", 12),
        ("SỞ NỘI VỤ", 12),
        ("BÁO CÁO", 14),
        ("Kết quả kiểm tra công tác cải cách hành chính", 14),
        ("Căn cứ Nghị định số 09/2019/NĐ-CP;", 14),
        ("I. TÌNH HÌNH", 14),
        ("Trên đây là báo cáo./.", 14),
        ("GIÁM ĐỐC", 14),
        ("Phạm Thị Hoa", 14),
        ("Nơi nhận:", 12),
        ("- Sở Công Thương;", 11),
        ("- Lưu: VT.", 11),
    ],
)
def test_every_element_has_its_size(lines, text, size):
    assert line(lines, text).size == size


def test_elements_stand_where_they_belong(lines):
    nation, motto = line(lines, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), line(lines, "Độc lập - Tự do - Hạnh phúc")
    superior, issuer = line(lines, "ỦY BAN NHÂN DÂN"), line(lines, "SỞ NỘI VỤ")
    assert nation.top == pytest.approx(superior.top, abs=0.5), "one line, at the head of the page"
    assert nation.top == pytest.approx(TOP, abs=2)
    assert superior.right < nation.left
    assert motto.middle == pytest.approx(nation.middle, abs=1)
    assert superior.middle == pytest.approx(issuer.middle, abs=1)
    first = [one for one in lines if one.page == 1]
    number = next(one for one in first if one.text.startswith("Số:"))
    day = next(one for one in first if one.text.startswith("Hà Nội, ngày"))
    assert (number.size, day.size) == (13, 13)
    assert number.top == pytest.approx(day.top, abs=0.5)
    year = next(one for one in first if one.text == "năm" and abs(one.top - day.top) < 1)
    blank = 7 * MM
    assert (day.left + year.right + blank) / 2 == pytest.approx(nation.middle, abs=3)
    for text in ("BÁO CÁO", "Kết quả kiểm tra công tác cải cách hành chính"):
        assert line(lines, text).middle == pytest.approx(MIDDLE, abs=1)
    recipients, post = line(lines, "Nơi nhận:"), line(lines, "GIÁM ĐỐC")
    assert recipients.left == pytest.approx(LEFT, abs=0.5)
    assert recipients.top == pytest.approx(post.top, abs=3), "level with the post"
    assert post.left > MIDDLE
    assert line(lines, "Phạm Thị Hoa").top - post.bottom > 25 * MM, "room for signature and seal"


def test_paragraphs_are_indented_spaced_and_justified(lines):
    body = [one for one in lines if one.page == 1 and one.size == 14]
    start = next(index for index, one in enumerate(body) if one.text.startswith("Đoạn 0."))
    paragraph = body[start : start + 4]
    assert paragraph[0].left - LEFT == pytest.approx(12.7 * MM, abs=0.5)
    assert [one.left for one in paragraph[1:]] == pytest.approx([LEFT] * 3, abs=0.5)
    assert [one.right for one in paragraph[:3]] == pytest.approx([RIGHT] * 3, abs=0.6), "both edges are straight"
    steps = [after.top - before.top for before, after in zip(body[start:], body[start + 1 :], strict=False)]
    beginnings = [one.text.startswith("Đoạn") for one in body[start + 1 :]]
    within = [step for step, begins in zip(steps, beginnings, strict=True) if not begins]
    between = [step for step, begins in zip(steps, beginnings, strict=True) if begins]
    assert all(14 * BOX <= step <= 14 * BOX * 1.5 for step in within), "between single and one and a half"
    assert all(step - min(within) >= 5.9 for step in between), "six points between paragraphs"


def test_bold_and_italic_are_those_of_the_decree(made, tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(made)
    told = etree.fromstring(
        poppler("pdftohtml", "-xml", "-i", "-stdout", str(path)), etree.HTMLParser(encoding="utf-8")
    )
    marked = {}
    for text in told.iter("text"):
        marked[" ".join("".join(text.itertext()).split())] = {child.tag for child in text.iter("b", "i")}
    expected = {
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM": {"b"},
        "Độc lập - Tự do - Hạnh phúc": {"b"},
        "ỦY BAN NHÂN DÂN": set(),
        "SỞ NỘI VỤ": {"b"},
        "BÁO CÁO": {"b"},
        "Kết quả kiểm tra công tác cải cách hành chính": {"b"},
        "Căn cứ Nghị định số 09/2019/NĐ-CP;": {"i"},
        "I. TÌNH HÌNH": {"b"},
        "Nơi nhận:": {"b", "i"},
        "- Lưu: VT.": set(),
        "GIÁM ĐỐC": {"b"},
        "Phạm Thị Hoa": {"b"},
    }
    assert {text: marked.get(text) for text in expected} == expected
    assert any(text.startswith("Hà Nội, ngày") and tags == {"i"} for text, tags in marked.items())


def test_a_letter_has_its_subject_under_the_number():
    letter = dataclasses.replace(PAPER, symbol="", to=("Sở Công Thương",), subject="đôn đốc thực hiện kiến nghị")
    lines = lines_of(printed(letter))
    subject, number = line(lines, "V/v đôn đốc thực hiện kiến nghị"), next(o for o in lines if o.text.startswith("Số:"))
    assert subject.size == 12
    assert 4 <= subject.top - number.bottom <= 8, "six points below the number"
    assert line(lines, "Kính gửi: Sở Công Thương.").size == 14
    assert not any(one.text == "BÁO CÁO" for one in lines)

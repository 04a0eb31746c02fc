"""An official document as plain values, built once and printed twice: as HTML for the PDF, and as a Word file.

Layout, sizes and places are those of Decree 30/2020, Annex I. Number, date and signature stay blank: the registry of
the issuing body gives them. A document of a Party body has no letterhead. Both prints come from the same values, so
they always say the same.
"""

from dataclasses import dataclass, field

from django.template.loader import render_to_string

from cchc_portal.lib.charts import Chart

# Widths of columns in millimetres by their class; a column without one takes what is left of the 160 mm.
COLUMN_WIDTHS = {"order": 11, "unit": 36, "area": 34, "day": 24, "short": 20, "narrow": 16, "number": 24, "text": None}
ALIGNMENTS = {"order": "center", "day": "center", "short": "center", "narrow": "center", "number": "number"}
QR_NAME = "qr.png"


@dataclass(frozen=True)
class Letterhead:
    """Who issues the document, and under whom; blank where the portal does not know."""

    issuing: str
    superior: str
    place: str


def place_of(city: str) -> str:
    """The place before the date: "UBND Thành phố Hà Nội" → "Hà Nội"; blank where the name does not tell."""
    before = ("Thành phố ", "thành phố ", "Tỉnh ", "tỉnh ")
    return next((city.split(word, 1)[1] for word in before if word in city), "")


@dataclass(frozen=True)
class Paragraph:
    """One paragraph; `style` is body, basis (căn cứ, italic), strong, plain (no indent), note or blank (to fill in)."""

    text: str
    style: str = "body"
    kind: str = field(default="paragraph", init=False)

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines() or [""]


@dataclass(frozen=True)
class Heading:
    """Level 1 is "I. TÌNH HÌNH", level 2 "1. Số liệu"."""

    text: str
    level: int = 1
    kind: str = field(default="heading", init=False)


@dataclass(frozen=True)
class Column:
    """A column's head and its class: one of COLUMN_WIDTHS; order and day are centred, number stands at the right."""

    head: str
    width: str = "text"

    @property
    def alignment(self) -> str:
        return ALIGNMENTS.get(self.width, "")


@dataclass(frozen=True)
class Table:
    """Rows of printed texts under a head that is repeated on every page; the caption stands above."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    kind: str = field(default="table", init=False)

    @property
    def cells(self) -> list[list[tuple[str, str]]]:
        """Row by row the alignment and the text of each cell."""
        alignments = [column.alignment for column in self.columns]
        return [list(zip(alignments, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Figure:
    """A chart with its caption."""

    chart: Chart
    caption: str
    kind: str = field(default="figure", init=False)


@dataclass(frozen=True)
class Photo:
    """A picture of the media handed over with the document; the hash makes another picture another document."""

    name: str
    sha256: str
    caption: str
    about: str


@dataclass(frozen=True)
class Photos:
    """Pictures two by two, each with its caption; a pair is never parted by a page."""

    photos: tuple[Photo, ...]
    kind: str = field(default="photos", init=False)

    @property
    def pairs(self) -> list[tuple[Photo, ...]]:
        return [self.photos[start : start + 2] for start in range(0, len(self.photos), 2)]


Block = Paragraph | Heading | Table | Figure | Photos


@dataclass(frozen=True)
class Signature:
    """A place to sign: the post (line by line) and, where it is known, the full name below."""

    post: str
    name: str = ""


@dataclass(frozen=True)
class Annex:
    """Begins a page and counts its own pages."""

    name: str
    title: str
    reference: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Paper:
    """Everything that is printed, and nothing else: the same paper gives the same bytes.

    `dated` prints the line of place and date; `address` is where the portal answers, for the code of the check page
    ("" leaves the QR out); `filed` is the last line of Nơi nhận. What the portal writes by itself has no
    `signatures`. An official letter names whom it is sent `to`: it has no title, its subject stands under the number.
    """

    draft: bool
    title: str
    author: str
    letterhead: Letterhead | None
    symbol: str
    dated: bool
    name: str
    subject: str
    blocks: tuple[Block, ...]
    last_words: str
    signatures: tuple[Signature, ...]
    recipients: tuple[str, ...]
    filed: str
    annexes: tuple[Annex, ...] = ()
    address: str = ""
    to: tuple[str, ...] = ()

    def check_url(self, code: str) -> str:
        return f"{self.address}/check/{code}/" if self.address else ""

    def check_words(self, code: str) -> str:
        """How to compare the paper with what the portal keeps."""
        if not self.address:
            return f"Mã kiểm tra: {code}. Nhập mã tại trang /check/ của cổng để đối chiếu bản in với bản của cổng."
        where = self.address.partition("://")[2]
        return f"Mã kiểm tra: {code}. Quét mã QR hoặc mở {where}/check/{code}/ để đối chiếu bản in với bản của cổng."


def to_html(paper: Paper, code: str) -> str:
    """The paper as HTML for `lib.pdf`; `code` is the check code that both prints carry."""
    context = {
        "paper": paper,
        "draft": paper.draft,
        "check_words": paper.check_words(code),
        "qr": QR_NAME if paper.address else "",
    }
    return render_to_string("paper.html", context)

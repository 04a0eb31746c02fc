"""What a Word file is made of: paragraphs, grids and pictures as values, printed by the templates in `docx/`.

The folder holds the parts of the file under the names they have in it; `docx/includes/` prints the pieces of its body.
Texts go in as texts, escaped by the templates.
"""

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.template.loader import render_to_string

FOLDER = "docx/"
PARTS = (
    "docx/[Content_Types].xml",
    "docx/_rels/.rels",
    "docx/docProps/core.xml",
    "docx/word/document.xml",
    "docx/word/_rels/document.xml.rels",
    "docx/word/header1.xml",
    "docx/word/header2.xml",
    "docx/word/settings.xml",
    "docx/word/styles.xml",
)
# Characters that XML cannot hold, and lone surrogates.
UNPRINTABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
EPOCH = (1980, 1, 1, 0, 0, 0)
JUSTIFIED = {"number": "right", "justify": "both", "center": "center"}


def clean(text: str) -> str:
    """The text without what XML cannot hold; everything else stands as it is."""
    return UNPRINTABLE.sub("\ufffd", text)


def twips(millimetres: float) -> str:
    """Twentieths of a point, the unit of Word files."""
    return str(round(millimetres * 1440 / 25.4))


@dataclass(frozen=True)
class Picture:
    """A picture of the file: its number there, and its size on paper in English Metric Units (36,000 a millimetre)."""

    number: int
    across: int
    up: int


@dataclass
class Words:
    """One paragraph of one run, or of a picture; sizes and spaces in points. Lines of the text become line breaks."""

    text: str = ""
    align: str = "left"
    size: int = 14
    bold: bool = False
    italic: bool = False
    caps: bool = False
    indent: bool = False
    before: int = 0
    after: int = 0
    keep: bool = False
    heading: int = 0
    picture: Picture | None = None
    template: ClassVar[str] = "docx/includes/words.xml"

    def stay(self) -> None:
        """Keep it on the page of what follows."""
        self.keep = True

    @property
    def lines(self) -> list[str]:
        return clean(self.text).splitlines()

    @property
    def justified(self) -> str:
        return JUSTIFIED.get(self.align, "left")

    @property
    def half_points(self) -> int:
        return self.size * 2

    @property
    def space_before(self) -> int:
        return self.before * 20

    @property
    def space_after(self) -> int:
        return self.after * 20


@dataclass
class Rule:
    """A thin line in the middle of its cell or page, indented on both sides by that many twips."""

    indent: str
    keep: bool = False
    template: ClassVar[str] = "docx/includes/rule.xml"

    def stay(self) -> None:
        self.keep = True


@dataclass
class Grid:
    """Cells that hold paragraphs, without borders; `whole` rows are never parted by a page."""

    widths: list[str]
    rows: list[list[list[Words | Rule]]]
    whole: bool = False
    template: ClassVar[str] = "docx/includes/grid.xml"

    def stay(self) -> None:
        for words in (words for row in self.rows[-2:] for cell in row for words in cell):
            words.stay()

    @property
    def laid_out(self) -> list[list[tuple[str, list[Words | Rule]]]]:
        """Row by row the width and the paragraphs of each cell."""
        return [list(zip(self.widths, row, strict=True)) for row in self.rows]


@dataclass
class Sheet:
    """A table with borders: its head, repeated on every page, and rows of texts; the last `kept` ones stay together."""

    widths: list[str]
    alignments: list[str]
    heads: list[Words]
    rows: Sequence[Sequence[str]]
    kept: int = 0
    template: ClassVar[str] = "docx/includes/sheet.xml"

    def stay(self) -> None:
        self.kept = 2
        if len(self.rows) < self.kept:
            for head in self.heads:
                head.stay()

    @property
    def justified(self) -> list[str]:
        return [JUSTIFIED.get(alignment, "left") for alignment in self.alignments]

    @property
    def head(self) -> list[tuple[str, Words]]:
        return list(zip(self.widths, self.heads, strict=True))

    @property
    def laid_out(self) -> list[tuple[bool, list[tuple[str, str, str, list[str]]]]]:
        """Row by row whether it stays with the next, and of each cell width, alignment, first line and other lines."""
        first_kept = len(self.rows) - self.kept
        columns = list(zip(self.widths, self.justified, strict=True))
        return [
            (number >= first_kept, [(*column, *_lines(text)) for column, text in zip(columns, row, strict=True)])
            for number, row in enumerate(self.rows)
        ]


def _lines(text: str) -> tuple[str, list[str]]:
    """The first line of the text and its other ones."""
    first, *others = clean(text).splitlines() or [""]
    return first, others


def packed(context: dict, pictures: dict[str, bytes]) -> bytes:
    """The finished file: every part printed with the context, and the pictures by their names; no clock in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name in PARTS:
            text = render_to_string(name, context)
            target.writestr(_entry(name.removeprefix(FOLDER), zipfile.ZIP_DEFLATED), text)
        for name, data in pictures.items():  # they are compressed already
            target.writestr(_entry(f"word/media/{name}", zipfile.ZIP_STORED), data)
    return out.getvalue()


def _entry(name: str, compression: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type, entry.external_attr = compression, 0o600 << 16
    return entry

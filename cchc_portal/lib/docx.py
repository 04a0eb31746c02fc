"""A `Paper` as a Word file: same paper, pictures and date give the same bytes.

Text goes in as text, never as markup or as a field; the file refers to nothing outside itself.
"""

import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from PIL import Image

from cchc_portal.lib.charts import picture as chart_picture
from cchc_portal.lib.docx_parts import Grid, Picture, Rule, Sheet, Words, clean, packed, twips
from cchc_portal.lib.paper import COLUMN_WIDTHS, QR_NAME, Annex, Block, Paper, Signature, Table

TEXT_WIDTH = 160
LEFT, RIGHT = 64, 96  # the two halves of the letterhead
PHOTO_WIDTH, PHOTO_HEIGHT = 76, 95
QR_SIDE = 20
MOTTO_WIDTH = 57  # the line under the motto is as long as the motto in 13 points, bold
WATERMARK = "BẢN DỰ THẢO"
BODY = {"align": "justify", "indent": True, "after": 6}
STYLES = {
    "body": BODY,
    "basis": BODY | {"italic": True},
    "strong": BODY | {"bold": True, "keep": True},
    "plain": {"align": "justify", "after": 6},
    "blank": BODY,
    "note": {"after": 8, "size": 11, "italic": True},
}


def to_docx(paper: Paper, code: str, *, media: Mapping[str, bytes], created: datetime) -> bytes:
    """The Word file of the paper; `media` holds its pictures by name, `code` is the check code."""
    return _Writer(paper, code, media).written(created)


class _Writer:
    """One document in the making: the pieces of the body, one after the other, and the pictures they show."""

    def __init__(self, paper: Paper, code: str, media: Mapping[str, bytes]):
        self.paper, self.code, self.media = paper, code, media
        self.body: list = []
        self.pictures: dict[str, bytes] = {}

    def written(self, created: datetime) -> bytes:
        if self.paper.letterhead:
            self._letterhead()
        self._title()
        self._blocks(self.paper.blocks)
        for last in self.body[-2:]:  # they go over to the page of the signature with it
            last.stay()
        self._closing()
        sections = [self.body]
        for annex in self.paper.annexes:
            self.body = []
            self._annex(annex)
            sections.append(self.body)
        self._put(size=1)  # a body ends with a paragraph, not with a table
        context = {
            "title": clean(self.paper.title)[:255],
            "author": clean(self.paper.author)[:255],
            "stamp": f"{created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "watermark": WATERMARK if self.paper.draft else "",
            "sections": sections,
            "pictures": list(self.pictures),
        }
        return packed(context, self.pictures)

    def _put(self, text: str = "", **how) -> None:
        self.body.append(Words(text, **how))

    def _picture(self, data: bytes, width: float, height: float | None = None) -> Picture:
        """A picture within the width and height in millimetres, in its own proportions."""
        with Image.open(io.BytesIO(data)) as image:
            (across, up), suffix = image.size, {"JPEG": "jpg"}.get(image.format, "png")
        number = len(self.pictures) + 1
        self.pictures[f"image{number}.{suffix}"] = data
        if height and up * width > across * height:
            width = height * across / up
        return Picture(number, round(width * 36_000), round(width * 36_000 * up / across))

    def _letterhead(self) -> None:
        letterhead, paper = self.paper.letterhead, self.paper
        centred = {"align": "center", "size": 12}
        issuing = [Words(letterhead.issuing, bold=True, caps=True, **centred)]
        if letterhead.superior:
            issuing.insert(0, Words(letterhead.superior, caps=True, **centred))
        issuing.append(_rule(_ruled(letterhead.issuing, 12, LEFT - 4), LEFT - 4))
        nation = [
            Words("Cộng hòa xã hội chủ nghĩa Việt Nam", bold=True, caps=True, **centred),
            Words("Độc lập - Tự do - Hạnh phúc", align="center", size=13, bold=True),
            _rule(MOTTO_WIDTH, RIGHT - 4),
        ]
        number, date = [], []
        if paper.symbol or paper.dated:
            symbol = f"{paper.symbol}-" if paper.symbol else "      -" if paper.to else ""
            number.append(Words(f"Số:        /{symbol}      ", align="center", size=13, before=6))
        if paper.to:
            number.append(Words(f"V/v {paper.subject}", before=6, **centred))
        if paper.dated:
            day = f"{letterhead.place or '            '}, ngày      tháng      năm       "
            date.append(Words(day, align="center", size=13, italic=True, before=6))
        self.body.append(Grid([twips(LEFT), twips(RIGHT)], [[issuing, nation], [number, date]]))

    def _title(self) -> None:
        if self.paper.to:
            self._put(f"Kính gửi: {'; '.join(self.paper.to)}.", align="center", before=14, after=12, keep=True)
            return
        self._put(self.paper.name, align="center", bold=True, caps=True, before=14, keep=True)
        self._put(self.paper.subject, align="center", bold=True, keep=True)
        self.body.append(_rule(_ruled(self.paper.subject, 14, TEXT_WIDTH), TEXT_WIDTH))
        self._put(after=6)

    def _blocks(self, blocks: Iterable[Block]) -> None:
        for block in blocks:
            getattr(self, f"_put_{block.kind}")(block)

    def _put_heading(self, block) -> None:
        self._put(block.text, heading=block.level)

    def _put_paragraph(self, block) -> None:
        self._put(block.text, **STYLES[block.style])

    def _put_table(self, block: Table) -> None:
        if block.caption:
            self._put(block.caption, size=13, bold=True, before=6, after=4, keep=True)
        fixed = [COLUMN_WIDTHS[column.width] for column in block.columns]
        rest = (TEXT_WIDTH - sum(width or 0 for width in fixed)) / max(1, fixed.count(None))
        heads = [Words(column.head, align="center", size=12, bold=True) for column in block.columns]
        alignments = [column.alignment for column in block.columns]
        self.body.append(Sheet([twips(width or rest) for width in fixed], alignments, heads, block.rows))
        self._put(size=6)

    def _put_figure(self, block) -> None:
        chart = self._picture(chart_picture.png(block.chart), TEXT_WIDTH)
        self._put(align="center", before=6, keep=True, picture=chart)
        self._put(block.caption, align="center", size=12, italic=True, after=8)

    def _put_photos(self, block) -> None:
        rows = []
        for pair in block.pairs:
            cells = [[], []]
            for cell, photo in zip(cells, pair, strict=False):
                shown = self._picture(self.media[photo.name], PHOTO_WIDTH, PHOTO_HEIGHT)
                cell.append(Words(align="center", keep=True, picture=shown))
                cell.append(Words(photo.caption, align="center", size=12, italic=True, after=6))
            rows.append(cells)
        self.body.append(Grid([twips(TEXT_WIDTH / 2)] * 2, rows, whole=True))
        self._put(size=6)

    def _closing(self) -> None:
        """The last words, the places to sign and Nơi nhận stay together; a paper may do without any of them."""
        if self.paper.last_words:
            self._put(self.paper.last_words, **BODY | {"after": 12, "keep": True})
        signatures = self.paper.signatures
        if len(signatures) == 1:
            widths = [twips(74), twips(TEXT_WIDTH - 74)]
            self.body.append(Grid(widths, [[self._recipients(), _signature(signatures[0])]]))
        else:
            if signatures:
                widths = [twips(TEXT_WIDTH / len(signatures))] * len(signatures)
                self.body.append(Grid(widths, [[_signature(signature) for signature in signatures]]))
                self._put(size=6, keep=True)
            if self.paper.filed:
                self.body += self._recipients()
        self._put(size=6, keep=True)
        words = self.paper.check_words(self.code)
        if self.paper.address:
            code = self._picture(self.media[QR_NAME], QR_SIDE)
            widths = [twips(QR_SIDE + 4), twips(TEXT_WIDTH - QR_SIDE - 4)]
            self.body.append(Grid(widths, [[[Words(picture=code)], [Words(words, size=9)]]]))
            self._put(size=1)  # a table at the end gets a paragraph of full height, on a page of its own
        else:
            self._put(words, size=9, before=10)

    def _recipients(self) -> list[Words]:
        lines = [*(f"- {name};" for name in self.paper.recipients), f"- {self.paper.filed}"]
        head = Words("Nơi nhận:", size=12, bold=True, italic=True, keep=True)
        return [head, *(Words(line, size=11, keep=True) for line in lines)]

    def _annex(self, annex: Annex) -> None:
        self._put(annex.name, align="center", bold=True, keep=True)
        self._put(annex.title, align="center", bold=True, caps=True, keep=True)
        self._put(annex.reference, align="center", italic=True, after=8, keep=True)
        self._blocks(annex.blocks)


def _signature(signature: Signature) -> list[Words]:
    """The post, room for the signature, and the name."""
    centred = {"align": "center", "keep": True}
    post = Words(signature.post, bold=True, caps=True, **centred)
    return [post, *(Words(**centred) for _line in range(3)), Words(signature.name, bold=True, **centred)]


def _rule(length: float, total: float) -> Rule:
    """A line of that length in the middle of the total, in millimetres."""
    return Rule(twips((total - length) / 2))


def _ruled(text: str, size: int, widest: float) -> float:
    """Two fifths of the length of the text in millimetres, taking letters for three fifths of their size wide."""
    return 0.4 * min(widest, len(text) * size * 0.6 * 25.4 / 72)

"""A `Paper` as a Word file: same paper, pictures and date give the same bytes.

With `docx_xml` the only module that knows python-docx. Text goes in as text, never as markup or as a field; the file
refers to nothing outside itself.
"""

import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from docx import Document
from docx.enum.section import WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from PIL import Image

from cchc_portal.lib.charts import picture as chart_picture
from cchc_portal.lib.docx_xml import (
    CELL_MARGINS,
    PAGE_FIELD,
    WATERMARK,
    WATERMARK_RUN,
    clean,
    row_of,
    same_bytes,
)
from cchc_portal.lib.memory import own_garbage
from cchc_portal.lib.paper import COLUMN_WIDTHS, QR_NAME, Annex, Block, Paper, Table

FONT = "Times New Roman"
TEXT_WIDTH = 160
LEFT, RIGHT = 64, 96  # the two halves of the letterhead
PHOTO_WIDTH, PHOTO_HEIGHT = 76, 95
QR_SIDE = 20
MOTTO_WIDTH = 57  # the line under the motto is as long as the motto in 13 points, bold
ALIGNMENTS = {
    "": WD_ALIGN_PARAGRAPH.LEFT,
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "number": WD_ALIGN_PARAGRAPH.RIGHT,
    "justify": WD_ALIGN_PARAGRAPH.JUSTIFY,
}


def to_docx(paper: Paper, code: str, *, media: Mapping[str, bytes], created: datetime) -> bytes:
    """The Word file of the paper; `media` holds its pictures by name, `code` is the check code."""
    with own_garbage():
        return _Writer(paper, code, media, created).written()


class _Writer:
    """One document in the making: python-docx's object and what all parts of it need."""

    def __init__(self, paper: Paper, code: str, media: Mapping[str, bytes], created: datetime):
        self.paper, self.code, self.media, self.created = paper, code, media, created
        self.document = Document()
        body = self.document.element.body
        for element in list(body):
            if element.tag != qn("w:sectPr"):
                body.remove(element)
        self.place = self.document
        self.marks = 0
        relations = self.document.part.package.rels
        for key in [key for key, relation in relations.items() if relation.reltype.endswith("/thumbnail")]:
            del relations[key]  # a picture of the library's own empty document

    def written(self) -> bytes:
        self._styles()
        self._properties()
        self._section(self.document.sections[0], first=True)
        if self.paper.letterhead:
            self._letterhead()
        self._title()
        self._blocks(self.paper.blocks)
        self._keep_with_closing()
        self._closing()
        for annex in self.paper.annexes:
            self._annex(annex)
        self._paragraph("", size=1)  # a body ends with a paragraph, not with a table
        out = io.BytesIO()
        self.document.save(out)
        return same_bytes(out.getvalue())

    def _styles(self) -> None:
        normal = self.document.styles["Normal"]
        normal.font.name, normal.font.size = FONT, Pt(14)
        fonts = normal.element.get_or_add_rPr().get_or_add_rFonts()
        for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(script), FONT)
        normal.paragraph_format.space_before = normal.paragraph_format.space_after = Pt(0)
        normal.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        for level in (1, 2):
            style = self.document.styles[f"Heading {level}"]
            style.font.name, style.font.size, style.font.bold = FONT, Pt(14), True
            style.font.color.rgb = RGBColor(0, 0, 0)
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for attribute in list(fonts.attrib):
                del fonts.attrib[attribute]
            for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
                fonts.set(qn(script), FONT)
            form = style.paragraph_format
            form.space_before, form.space_after, form.first_line_indent = Pt(8), Pt(6), Mm(12.7)
            form.keep_with_next = True
            style.font.all_caps = level == 1

    def _properties(self) -> None:
        core = self.document.core_properties
        stamp = self.created.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        core.title, core.author = clean(self.paper.title)[:255], clean(self.paper.author)[:255]
        core.created = core.modified = stamp
        core.last_modified_by, core.comments, core.revision, core.language = "", "", 1, "vi-VN"

    def _section(self, section, *, first: bool) -> None:
        """A4 with margins 20/20/30/20 mm; the page number in the top margin from the second page of the part on."""
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin = section.bottom_margin = section.right_margin = Mm(20)
        section.left_margin, section.header_distance, section.footer_distance = Mm(30), Mm(10), Mm(10)
        section.different_first_page_header_footer = True
        if not first:
            if section._sectPr.find(qn("w:pgNumType")) is None:
                start = parse_xml(f'<w:pgNumType {nsdecls("w")} w:start="1"/>')
                section._sectPr.find(qn("w:cols")).addprevious(start)
            return
        numbered = section.header.paragraphs[0]
        numbered.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for part in PAGE_FIELD:
            numbered._p.append(parse_xml(part.format(ns=nsdecls("w"))))
        bare = section.first_page_header.paragraphs[0]
        if self.paper.draft:
            for paragraph in (numbered, bare):
                self.marks += 1
                run = WATERMARK_RUN.format(
                    ns=nsdecls("w"), id=f"DuThao{self.marks}", number=2048 + self.marks, text=WATERMARK
                )
                paragraph._p.append(parse_xml(run))

    def _paragraph(self, text: str, *, place=None, align="left", size=14, bold=False, italic=False, caps=False,
                   indent=0.0, before=0, after=0, keep=False, first=None):  # fmt: skip
        """One paragraph of one run; lines of the text become line breaks."""
        where = place or self.place
        paragraph = first if first is not None else where.add_paragraph()
        form = paragraph.paragraph_format
        paragraph.alignment = ALIGNMENTS[align]
        if indent:
            form.first_line_indent = Mm(indent)
        if before:
            form.space_before = Pt(before)
        if after:
            form.space_after = Pt(after)
        if keep:
            form.keep_with_next = True
        run = paragraph.add_run()
        for number, line in enumerate(clean(text).splitlines()):
            if number:
                run.add_break()
            run.add_text(line)
        run.font.size, run.bold, run.italic = Pt(size), bold or None, italic or None
        run.font.all_caps = caps or None
        if not text:  # a line without letters is as high as its mark
            paragraph._p.get_or_add_pPr().append(parse_xml(f'<w:rPr {nsdecls("w")}><w:sz w:val="{size * 2}"/></w:rPr>'))
        return paragraph

    def _rule(self, place, length: float, total: float) -> None:
        """A thin line in the middle of the cell or page: the border of an empty paragraph."""
        indent = (total - length) / 2
        paragraph = place.add_paragraph()
        form = paragraph.paragraph_format
        form.left_indent = form.right_indent = Mm(indent)
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(3)
        border = f'<w:pBdr {nsdecls("w")}><w:bottom w:val="single" w:sz="6" w:space="0" w:color="000000"/></w:pBdr>'
        properties = paragraph._p.get_or_add_pPr()
        properties.insert_element_before(
            parse_xml(border), "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
        )

    def _grid(self, widths: Iterable[float], *, borders: bool, rows: int = 1):
        """An empty table of fixed columns, in millimetres."""
        widths = list(widths)
        table = self.place.add_table(rows=rows, cols=len(widths))
        table.autofit = False
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        if borders:
            table.style = self.document.styles["Table Grid"]
            table._tbl.tblPr.insert_element_before(parse_xml(CELL_MARGINS), "w:tblLook")
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Mm(width)
            for cell in column.cells:
                cell.width = Mm(width)
        return table

    def _letterhead(self) -> None:
        letterhead, paper = self.paper.letterhead, self.paper
        names, numbers = self._grid((LEFT, RIGHT), borders=False, rows=2).rows
        left, right = names.cells
        first = left.paragraphs[0]
        if letterhead.superior:
            self._paragraph(letterhead.superior, place=left, align="center", size=12, caps=True, first=first)
            first = None
        self._paragraph(letterhead.issuing, place=left, align="center", size=12, bold=True, caps=True, first=first)
        self._rule(left, _ruled(letterhead.issuing, 12, LEFT - 4), LEFT - 4)
        self._paragraph("Cộng hòa xã hội chủ nghĩa Việt Nam", place=right, align="center", size=12, bold=True,
                        caps=True, first=right.paragraphs[0])  # fmt: skip
        self._paragraph("Độc lập - Tự do - Hạnh phúc", place=right, align="center", size=13, bold=True)
        self._rule(right, MOTTO_WIDTH, RIGHT - 4)
        left, right = numbers.cells
        if paper.symbol or paper.dated:
            symbol = f"{paper.symbol}-" if paper.symbol else "      -" if paper.to else ""
            number = f"Số:        /{symbol}      "
            self._paragraph(number, place=left, align="center", size=13, before=6, first=left.paragraphs[0])
        if paper.to:
            self._paragraph(f"V/v {paper.subject}", place=left, align="center", size=12, before=6)
        if paper.dated:
            date = f"{letterhead.place or '            '}, ngày      tháng      năm       "
            self._paragraph(date, place=right, align="center", size=13, italic=True, before=6,
                            first=right.paragraphs[0])  # fmt: skip

    def _title(self) -> None:
        if self.paper.to:
            self._paragraph(f"Kính gửi: {'; '.join(self.paper.to)}.", align="center", before=14, after=12, keep=True)
            return
        self._paragraph(self.paper.name, align="center", bold=True, caps=True, before=14, keep=True)
        self._paragraph(self.paper.subject, align="center", bold=True, keep=True)
        self._rule(self.place, _ruled(self.paper.subject, 14, TEXT_WIDTH), TEXT_WIDTH)
        self._paragraph("", after=6)

    def _blocks(self, blocks: Iterable[Block]) -> None:
        for block in blocks:
            getattr(self, f"_put_{block.kind}")(block)

    def _put_heading(self, block) -> None:
        paragraph = self.place.add_paragraph(style=self.document.styles[f"Heading {block.level}"])
        paragraph.add_run(clean(block.text))

    def _put_paragraph(self, block) -> None:
        styles = {
            "body": {"align": "justify", "indent": 12.7, "after": 6},
            "basis": {"align": "justify", "indent": 12.7, "after": 6, "italic": True},
            "strong": {"align": "justify", "indent": 12.7, "after": 6, "bold": True, "keep": True},
            "plain": {"align": "justify", "after": 6},
            "blank": {"align": "justify", "indent": 12.7, "after": 6},
            "note": {"after": 8, "size": 11, "italic": True},
        }
        self._paragraph(block.text, **styles[block.style])

    def _put_table(self, block: Table) -> None:
        if block.caption:
            self._paragraph(block.caption, size=13, bold=True, before=6, after=4, keep=True)
        fixed = [COLUMN_WIDTHS[column.width] for column in block.columns]
        free = max(1, fixed.count(None))
        rest = (TEXT_WIDTH - sum(width or 0 for width in fixed)) / free
        table = self._grid((width or rest for width in fixed), borders=True)
        head = table.rows[0]
        for cell, column in zip(head.cells, block.columns, strict=True):
            self._paragraph(column.head, place=cell, align="center", size=12, bold=True, first=cell.paragraphs[0])
        head._tr.get_or_add_trPr().append(parse_xml(f"<w:cantSplit {nsdecls('w')}/>"))
        head._tr.trPr.append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
        widths = [cell.width.twips for cell in head.cells]
        for row in block.cells:
            table._tbl.append(row_of(row, widths))
        self._paragraph("", size=6)

    def _picture(self, paragraph, data: bytes, width: float, height: float | None = None):
        """A picture within the width and height, in its own proportions."""
        size = {"width": Mm(width)}
        if height:
            across, up = Image.open(io.BytesIO(data)).size
            size = {"height": Mm(height)} if up * width > across * height else size
        paragraph.add_run().add_picture(io.BytesIO(data), **size)

    def _put_figure(self, block) -> None:
        paragraph = self._paragraph("", align="center", before=6, keep=True)
        self._picture(paragraph, chart_picture.png(block.chart), TEXT_WIDTH)
        self._paragraph(block.caption, align="center", size=12, italic=True, after=8)

    def _put_photos(self, block) -> None:
        table = self._grid((TEXT_WIDTH / 2, TEXT_WIDTH / 2), borders=False, rows=len(block.pairs))
        for row, pair in zip(table.rows, block.pairs, strict=True):
            row._tr.get_or_add_trPr().append(parse_xml(f"<w:cantSplit {nsdecls('w')}/>"))
            for cell, photo in zip(row.cells, pair, strict=False):
                paragraph = cell.paragraphs[0]
                paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
                paragraph.paragraph_format.keep_with_next = True
                self._picture(paragraph, self.media[photo.name], PHOTO_WIDTH, PHOTO_HEIGHT)
                self._paragraph(photo.caption, place=cell, align="center", size=12, italic=True, after=6)
        self._paragraph("", size=6)

    def _keep_with_closing(self) -> None:
        """The last two paragraphs, or the last two rows of a table, go over to the page of the signature with it."""
        body = self.document.element.body
        last = [element for element in body if element.tag in (qn("w:p"), qn("w:tbl"))][-2:]
        if last[0].tag == qn("w:tbl"):  # followed by the line that sets it apart
            last = [*last[0].findall(qn("w:tr"))[-2:], last[1]]
        for paragraph in (found for element in last for found in element.iter(qn("w:p"))):
            Paragraph(paragraph, None).paragraph_format.keep_with_next = True

    def _closing(self) -> None:
        """The last words, the places to sign and Nơi nhận stay together; a paper may do without any of them."""
        if self.paper.last_words:
            self._paragraph(self.paper.last_words, align="justify", indent=12.7, after=12, keep=True)
        signatures = self.paper.signatures
        if len(signatures) == 1:
            left, right = self._grid((74, TEXT_WIDTH - 74), borders=False).rows[0].cells
            self._recipients(left)
            self._signature(signatures[0], right)
        else:
            if signatures:
                cells = self._grid([TEXT_WIDTH / len(signatures)] * len(signatures), borders=False).rows[0].cells
                for signature, cell in zip(signatures, cells, strict=True):
                    self._signature(signature, cell)
                self._paragraph("", size=6, keep=True)
            if self.paper.filed:
                self._recipients(self.place)
        self._paragraph("", size=6, keep=True)
        if self.paper.address:
            left, right = self._grid((QR_SIDE + 4, TEXT_WIDTH - QR_SIDE - 4), borders=False).rows[0].cells
            self._picture(left.paragraphs[0], self.media[QR_NAME], QR_SIDE)
            self._paragraph(self.paper.check_words(self.code), place=right, size=9, first=right.paragraphs[0])
            self._paragraph("", size=1)  # a table at the end gets a paragraph of full height, on a page of its own
        else:
            self._paragraph(self.paper.check_words(self.code), size=9, before=10)

    def _recipients(self, place) -> None:
        first = place.paragraphs[0] if place is not self.place else None
        self._paragraph("Nơi nhận:", place=place, size=12, bold=True, italic=True, keep=True, first=first)
        lines = [*(f"- {name};" for name in self.paper.recipients), f"- {self.paper.filed}"]
        for line in lines:
            self._paragraph(line, place=place, size=11, keep=True)

    def _signature(self, signature, cell) -> None:
        self._paragraph(signature.post, place=cell, align="center", bold=True, caps=True, keep=True,
                        first=cell.paragraphs[0])  # fmt: skip
        for _line in range(3):
            self._paragraph("", place=cell, align="center", keep=True)
        self._paragraph(signature.name, place=cell, align="center", bold=True, keep=True)

    def _annex(self, annex: Annex) -> None:
        self._section(self.document.add_section(WD_SECTION.NEW_PAGE), first=False)
        self._paragraph(annex.name, align="center", bold=True, keep=True)
        self._paragraph(annex.title, align="center", bold=True, caps=True, keep=True)
        self._paragraph(annex.reference, align="center", italic=True, after=8, keep=True)
        self._blocks(annex.blocks)


def _ruled(text: str, size: int, widest: float) -> float:
    """Two fifths of the length of the text in millimetres, taking letters for three fifths of their size wide."""
    return 0.4 * min(widest, len(text) * size * 0.6 * 25.4 / 72)

"""The parts of a Word file that python-docx does not write by itself: raw XML, and the file without the clock in it."""

import io
import re
import zipfile

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

# Characters that XML cannot hold, and lone surrogates.
UNPRINTABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
EPOCH = (1980, 1, 1, 0, 0, 0)
WATERMARK = "BẢN DỰ THẢO"
PAGE_FIELD = (
    '<w:r {ns}><w:rPr><w:sz w:val="26"/></w:rPr><w:fldChar w:fldCharType="begin"/></w:r>',
    '<w:r {ns}><w:rPr><w:sz w:val="26"/></w:rPr><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>',
    '<w:r {ns}><w:rPr><w:sz w:val="26"/></w:rPr><w:fldChar w:fldCharType="end"/></w:r>',
)
# A drawn word behind the text of every page, as word processors make their own watermarks.
WATERMARK_RUN = (
    '<w:r {ns} xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">'
    '<w:pict><v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800"'
    ' path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/>'
    '<v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/>'
    '<v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/><v:f eqn="mid @5 @6"/>'
    '<v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/><v:f eqn="mid @6 @7"/><v:f eqn="sum @6 0 @5"/></v:formulas>'
    '<v:path textpathok="t" o:connecttype="rect"/><v:textpath on="t" fitshape="t"/></v:shapetype>'
    '<v:shape id="{id}" o:spid="_x0000_s{number}" type="#_x0000_t136" style="position:absolute;margin-left:0;'
    "margin-top:0;width:480pt;height:80pt;rotation:315;z-index:-251658752;mso-position-horizontal:center;"
    'mso-position-horizontal-relative:margin;mso-position-vertical:center;mso-position-vertical-relative:margin"'
    ' fillcolor="#e8e8e8" stroked="f"><v:textpath style="font-family:&quot;Times New Roman&quot;;font-size:1pt;'
    'font-weight:bold" string="{text}"/></v:shape></w:pict></w:r>'
)


# Twentieths of a point, as the PDF leaves them: "STT" fits into its column.
CELL_MARGINS = (
    f'<w:tblCellMar {nsdecls("w")}><w:top w:w="40" w:type="dxa"/><w:left w:w="57" w:type="dxa"/>'
    '<w:bottom w:w="40" w:type="dxa"/><w:right w:w="57" w:type="dxa"/></w:tblCellMar>'
)


def clean(text: str) -> str:
    """The text without what XML cannot hold; everything else stands as it is."""
    return UNPRINTABLE.sub("\ufffd", text)


def row_of(cells: list[tuple[str, str]], widths: list[int]):
    """A row as XML: through python-docx's objects, hundreds of rows would take seconds."""
    justified = {"center": "center", "number": "right"}
    row = parse_xml(f"<w:tr {nsdecls('w')}><w:trPr><w:cantSplit/></w:trPr></w:tr>")
    for (alignment, text), width in zip(cells, widths, strict=True):
        cell = parse_xml(
            f'<w:tc {nsdecls("w")}><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p><w:pPr>'
            f'<w:jc w:val="{justified.get(alignment, "left")}"/></w:pPr>'
            '<w:r><w:rPr><w:sz w:val="24"/></w:rPr></w:r></w:p></w:tc>'
        )
        run = cell.find(f"{qn('w:p')}/{qn('w:r')}")
        for number, line in enumerate(clean(text).splitlines()):
            if number:
                run.add_br()
            run.add_t(line)
        row.append(cell)
    return row


def same_bytes(data: bytes) -> bytes:
    """The same parts in a ZIP file without the clock in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            target.writestr(info, source.read(name))
    return out.getvalue()

"""The city report and the page on one agency as papers, from their frozen values."""

from cchc_portal.lib.paper import Block, Letterhead, Paper, Paragraph, Signature
from reports.choices import Scope
from reports.documents import parts
from reports.models import Report

NAME = "Báo cáo"


def subject_of(scope: str, agency: str, period: str) -> str:
    """What the report is about (trích yếu)."""
    if scope == Scope.CITY:
        return f"tình hình giải quyết thủ tục hành chính {period} của {agency} và các đơn vị trực thuộc"
    return f"kết quả giải quyết thủ tục hành chính {period} của {agency}"


def title_of(report: Report) -> str:
    """Name of the document in lists and on the check page, in Vietnamese whoever asks."""
    known = f" (theo số liệu đã biết đến {report.known_on:%d/%m/%Y})" if report.known_on else ""
    return f"{NAME} {subject_of(report.scope, report.agency.name, str(report.period))}{known}"[:300]


def paper_of(report: Report, *, address: str) -> Paper:
    """The report as a paper; raises KeyError where its values are not those of this template.

    The city report is laid before somebody to sign. The page on one agency is information that the portal gives.
    """
    content = report.content
    whole = content["scope"] == Scope.CITY
    subject = subject_of(content["scope"], content["agency"]["name"], content["period"]["title"])
    agency = content["agency"]
    reference = f"(Kèm theo {NAME.lower()} {subject})"
    return Paper(
        draft=False,
        title=f"{NAME} {subject}",
        author=agency["name"],
        letterhead=Letterhead(agency["name"], agency["superior"], agency["place"]),
        symbol="BC" if whole else "",
        dated=whole,
        name=NAME,
        subject=parts.capitalised(subject),
        blocks=tuple(_city(content, report.sha256) if whole else _agency(content)),
        last_words=f"Trên đây là báo cáo {subject}./." if whole else "",
        signatures=(Signature("Thủ trưởng cơ quan"),) if whole else (),
        recipients=tuple(name for name in (agency["superior"], agency["name"]) if name) if whole else (),
        filed="Lưu: VT." if whole else "",
        annexes=_annexes(content, reference) if whole else _details(content, report.sha256, reference),
        address=address,
    )


def _opening(content: dict) -> list[Block]:
    text = f"Kỳ báo cáo: {content['period']['title']} ({parts.span(content)}). {parts.known(content)}"
    return [Paragraph(text), *parts.headline(content)]


def _city(content: dict, sha256: str) -> list[Block]:
    return [
        *_opening(content),
        parts.heading("I. Kết quả giải quyết hồ sơ"),
        *parts.figures(content, 1),
        *parts.trend(content),
        parts.heading("II. Tình hình gửi báo cáo"),
        *parts.completeness(content),
        parts.heading("III. Lĩnh vực có nhiều hồ sơ quá hạn"),
        *parts.fields(content, 3),
        parts.heading("IV. Số liệu đã điều chỉnh"),
        *parts.restated(content),
        parts.heading("V. Kiểm tra, giám sát và kiến nghị"),
        *parts.visits(content),
        *parts.promises(content),
        *parts.provenance(content, sha256),
    ]


def _annexes(content: dict, reference: str):
    ranked: list[Block] = [block for group in content["ranking"] for block in parts.ranking(group)]
    if ranked:
        note = "Hạng bằng nhau có dấu “=”; dấu * là tỷ lệ tính trên ít hồ sơ, cần đọc thận trọng."
        ranked.append(Paragraph(note, "note"))
    rows: list[Block] = [parts.agencies(content)] if content["agencies"] else []
    return parts.annexed((("Xếp hạng theo nhóm đơn vị", ranked), ("Số liệu của từng đơn vị", rows)), reference)


def _agency(content: dict) -> list[Block]:
    return [
        *_opening(content),
        *parts.main_figures(content),
        *parts.trend(content, table=False),
        *parts.supervision_in_short(content),
    ]


def _details(content: dict, sha256: str, reference: str):
    """What the one page leaves out."""
    blocks = [
        *parts.figures(content, 1),
        *parts.completeness(content),
        *parts.fields(content, 3),
        *parts.restated(content),
        *parts.visits(content),
        *parts.promises(content),
        *parts.provenance(content, sha256),
    ]
    return parts.annexed((("Số liệu chi tiết", blocks),), reference)

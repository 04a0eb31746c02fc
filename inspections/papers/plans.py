"""The yearly plan (kế hoạch kiểm tra): purpose, content, who does what, and the schedule as its annex."""

from cchc_portal.lib.paper import Annex, Block, Column, Heading, Letterhead, Paper, Paragraph, Signature, Table
from cchc_portal.lib.text import ascii_slug
from inspections.choices import InspectionKind
from inspections.documents import parts, words
from inspections.documents.heads import letterhead_of
from inspections.models import Plan
from records.models import Document
from records.registry import Content

NAME = "Kế hoạch"
WHAT = {
    InspectionKind.ADMINISTRATIVE: "kiểm tra công tác cải cách hành chính",
    InspectionKind.COUNCIL: "giám sát công tác cải cách hành chính",
    InspectionKind.PARTY: "giám sát lãnh đạo, chỉ đạo công tác cải cách hành chính",
    InspectionKind.SELF: "tự kiểm tra công tác cải cách hành chính",
    InspectionKind.WORKING_SESSION: "làm việc về công tác cải cách hành chính",
}


def _units(plan: Plan) -> list:
    rows = plan.units.filter(left_out="").select_related("agency", "team", "plan")
    return list(rows)


def _schedule(plan: Plan, units: list) -> Table:
    heads = (
        Column("STT", "order"),
        Column("Đơn vị được kiểm tra"),
        Column("Thời gian", "day"),
        Column("Đoàn thực hiện", "area"),
        Column("Ghi chú", "unit"),
    )
    rows = tuple(
        (
            str(number),
            unit.agency.name,
            f"{unit.month:02d}/{plan.year}" if unit.month else f"Năm {plan.year}",
            unit.team.name if unit.team else "–",
            unit.note or "–",
        )
        for number, unit in enumerate(units, start=1)
    )
    return Table(f"Lịch {WHAT[plan.kind]} năm {plan.year}", heads, rows)


def _text(text: str, otherwise: str) -> list[Block]:
    return parts.paragraphs(text) or [Paragraph(otherwise)]


def build_paper(plan: Plan, *, draft: bool, address: str) -> Paper:
    """The plan as a paper; a Party body's goes without the letterhead."""
    units = _units(plan)
    what = f"{WHAT[plan.kind]} năm {plan.year}"
    head: Letterhead = letterhead_of(plan.issuing_agency, plan.title)
    teams = list(dict.fromkeys(unit.team.name for unit in units if unit.team))
    contents = [line.strip(" -•") for line in plan.content.splitlines() if line.strip(" -•")]
    blocks: list[Block] = [
        Heading("I. Mục đích, yêu cầu"),
        *_text(plan.purpose, "Chưa ghi mục đích, yêu cầu."),
        Heading("II. Nội dung"),
        Heading("1. Đối tượng và thời gian", 2),
        Paragraph(f"{len(units)} đơn vị, theo lịch tại phụ lục kèm theo."),
        Heading("2. Nội dung kiểm tra", 2),
        *(parts.listed(contents) or [Paragraph("Chưa ghi nội dung.")]),
        Heading("III. Tổ chức thực hiện"),
        *_text(plan.carrying_out, "Các đoàn và các đơn vị có tên tại phụ lục thực hiện theo lịch."),
    ]
    if plan.head_title:
        blocks.append(Paragraph(f"Chịu trách nhiệm chỉ đạo: {words.ended(plan.head_title)}"))
    if teams:
        blocks += [Paragraph("Các đoàn thực hiện:"), *parts.listed(teams)]
    annex = Annex("Phụ lục", f"Lịch {what}", f"(Kèm theo {NAME} {what})", (_schedule(plan, units),))
    issuing = plan.issuing_agency.name if plan.issuing_agency else ""
    return Paper(
        draft=draft,
        title=f"{NAME} {what}",
        author=issuing or plan.title,
        letterhead=None if words.of_party(plan.kind, head.issuing) else head,
        symbol="KH",
        dated=True,
        name=NAME,
        subject=words.capitalised(what),
        blocks=tuple(blocks),
        last_words=f"Trên đây là kế hoạch {what}./.",
        signatures=(Signature(words.signer_of(issuing)),),
        recipients=tuple(name for name in (head.superior, "Các đơn vị tại phụ lục", *teams) if name),
        filed="Lưu: VT.",
        annexes=(annex,),
        address=address,
    )


def build_plan(document: Document) -> Content:
    """A yearly plan. Raises Plan.DoesNotExist where it is gone."""
    plan = Plan.objects.select_related("issuing_agency__parent").get(pk=document.subject_id)
    paper = build_paper(plan, draft=document.draft, address=document.address)
    return Content.of_paper(
        paper,
        media={},
        created=document.asked_at,
        file_name=f"{ascii_slug(paper.title)[:80]}.pdf",
    )


def visible_plans(user):
    return Plan.objects.visible_to(user).values("pk")

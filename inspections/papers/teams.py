"""What founds and what closes a team: the draft of its decision, and the closing note."""

from datetime import date

from cchc_portal.lib.numbers import format_count
from cchc_portal.lib.paper import Block, Column, Heading, Paper, Paragraph, Signature, Table
from cchc_portal.lib.text import ascii_slug
from inspections.choices import MemberRole, RecommendationState, VisitState
from inspections.documents import parts, words
from inspections.documents.heads import letterhead_of
from inspections.models import Recommendation, Team, TeamMember
from records.models import Document
from records.registry import Content

FOUNDING, CLOSING = "Quyết định", "Báo cáo"
ROLES = {MemberRole.HEAD: "Trưởng đoàn", MemberRole.SECRETARY: "Thư ký", MemberRole.MEMBER: "Thành viên"}
ORDER = list(ROLES)


def founding_title(team: Team) -> str:
    return f"Quyết định về việc thành lập {team.name}"[:300]


def closing_title(team: Team) -> str:
    return f"Báo cáo kết thúc hoạt động của {team.name}"[:300]


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else "–"


def _members(team: Team) -> list[TeamMember]:
    rows = team.members.select_related("person")
    return sorted(rows, key=lambda member: (ORDER.index(member.role), member.joined_on, member.pk))


def _member_table(members: list[TeamMember], caption: str) -> Table:
    heads = (
        Column("STT", "order"),
        Column("Họ và tên"),
        Column("Chức vụ", "unit"),
        Column("Vai trò", "day"),
        Column("Từ ngày", "day"),
        Column("Đến ngày", "day"),
    )
    rows = tuple(
        (
            str(number),
            member.person.full_name,
            member.person.job_title or "–",
            ROLES[member.role],
            _day(member.joined_on),
            _day(member.left_on),
        )
        for number, member in enumerate(members, start=1)
    )
    return Table(caption, heads, rows)


def _paper(team: Team, name: str, symbol: str, subject: str, blocks: list[Block], **more) -> Paper:
    head = letterhead_of(team.issuing_agency, team.name)
    return Paper(
        title=f"{name} {subject}",
        author=head.issuing,
        letterhead=None if words.of_party(team.kind, head.issuing) else head,
        symbol=symbol,
        dated=True,
        name=name,
        subject=words.capitalised(subject),
        blocks=tuple(blocks),
        recipients=tuple(dict.fromkeys(text for text in (head.superior, head.issuing, team.name) if text)),
        filed="Lưu: VT, đoàn.",
        **more,
    )


def founding_paper(team: Team, *, draft: bool, address: str) -> Paper:
    """The decision that founds the team, for the issuing body to number, date and sign."""
    members = _members(team)
    head = letterhead_of(team.issuing_agency, team.name)
    who = head.issuing or "cơ quan ban hành"
    blocks: list[Block] = [
        Paragraph("Căn cứ chức năng, nhiệm vụ, quyền hạn của cơ quan ban hành;", "basis"),
        Paragraph("Căn cứ kế hoạch kiểm tra, giám sát cải cách hành chính đã ban hành;", "basis"),
        Heading("QUYẾT ĐỊNH:"),
        Paragraph(f"Điều 1. Thành lập {team.name}, gồm các ông (bà) có tên sau:"),
    ]
    if members:
        blocks.append(_member_table(members, "Danh sách thành viên"))
    else:
        blocks.append(Paragraph(f"Trưởng đoàn: {team.head_title or '................................'}."))
    term = f" Thời hạn hoạt động: {words.ended(team.term)}" if team.term else ""
    blocks += [
        Paragraph(f"Điều 2. Nhiệm vụ và thời hạn của đoàn.{term}"),
        *(
            parts.paragraphs(team.duties)
            or [Paragraph(f"Đoàn {words.ACTS[team.kind].act} theo kế hoạch và báo cáo kết quả với {who}.")]
        ),
        Paragraph(
            f"Điều 3. Quyết định có hiệu lực kể từ ngày ký. {words.capitalised(who)}, các đơn vị liên quan và các ông"
            " (bà) có tên tại Điều 1 chịu trách nhiệm thi hành Quyết định này./."
        ),
    ]
    return _paper(
        team,
        FOUNDING,
        "QĐ",
        f"về việc thành lập {team.name}",
        blocks,
        draft=draft,
        address=address,
        last_words="",
        signatures=(Signature(words.signer_of(head.issuing)),),
    )


def _visits(team: Team) -> Table:
    heads = (Column("STT", "order"), Column("Đơn vị"), Column("Thời gian", "unit"), Column("Trạng thái", "area"))
    rows = tuple(
        (str(number), visit.agency.name, visit.date_text, str(VisitState(visit.state).label))
        for number, visit in enumerate(team.visits.select_related("agency").order_by("date", "pk"), start=1)
    )
    return Table("Bảng 1. Các cuộc kiểm tra, giám sát của đoàn", heads, rows)


def _recommendation_words(team: Team) -> str:
    rows = Recommendation.objects.filter(visit__team=team).exclude(
        state__in=(RecommendationState.DRAFT, RecommendationState.WITHDRAWN)
    )
    counts = {
        "total": rows.count(),
        "open": rows.open().count(),
        "done": rows.filter(state=RecommendationState.CLOSED_IMPLEMENTED).count(),
        "not_done": rows.filter(state=RecommendationState.CLOSED_NOT_IMPLEMENTED).count(),
    }
    said = {name: format_count(value) for name, value in counts.items()}
    return (
        f"Đoàn đã ban hành {said['total']} kiến nghị: {said['done']} đã thực hiện, {said['not_done']} kết thúc khi"
        f" chưa thực hiện, {said['open']} đang được theo dõi tiếp."
    )


def _handed_over(team: Team) -> list[Block]:
    rows = Recommendation.objects.filter(visit__team=team, follow_team__isnull=False).exclude(follow_team=team)
    names = sorted({row.follow_team.name for row in rows.select_related("follow_team")})
    return [Paragraph(f"Kiến nghị còn lại đã bàn giao cho: {', '.join(names)}.")] if names else []


def closing_paper(team: Team, *, draft: bool, address: str) -> Paper:
    """What the team did, what became of its recommendations, who follows them up."""
    members = _members(team)
    head = next((member.person.full_name for member in members if member.role == MemberRole.HEAD), "")
    blocks: list[Block] = [
        *(
            [Paragraph(f"Căn cứ Quyết định số {team.decision_number} về việc thành lập {team.name};", "basis")]
            if team.decision_number
            else []
        ),
        Heading("I. Tổ chức của đoàn"),
        *(
            [_member_table(members, "Thành viên của đoàn")]
            if members
            else [Paragraph(f"Trưởng đoàn: {words.ended(team.head_title or 'chưa có thông tin')}")]
        ),
        Heading("II. Kết quả hoạt động"),
        *([_visits(team)] if team.visits.exists() else [Paragraph("Đoàn chưa thực hiện cuộc kiểm tra nào.")]),
        Paragraph(_recommendation_words(team)),
        *_handed_over(team),
        Heading("III. Kết thúc"),
        *(parts.paragraphs(team.closing_note) or [Paragraph("Chưa ghi.")]),
    ]
    if team.closed_on:
        blocks.append(Paragraph(f"Đoàn kết thúc hoạt động từ ngày {_day(team.closed_on)}."))
    subject = f"kết thúc hoạt động của {team.name}"
    return _paper(
        team,
        CLOSING,
        "BC",
        subject,
        blocks,
        draft=draft,
        address=address,
        last_words=f"Trên đây là báo cáo {subject}./.",
        signatures=(Signature(words.ACTS[team.kind].head, head),),
    )


def _build(document: Document, paper_of) -> Content:
    team = Team.objects.select_related("issuing_agency__parent").get(pk=document.subject_id)
    paper = paper_of(team, draft=document.draft, address=document.address)
    return Content.of_paper(paper, media={}, created=document.asked_at, file_name=f"{ascii_slug(paper.title)[:80]}.pdf")


def build_founding(document: Document) -> Content:
    """Raises Team.DoesNotExist where the team is gone."""
    return _build(document, founding_paper)


def build_closing(document: Document) -> Content:
    """Raises Team.DoesNotExist where the team is gone."""
    return _build(document, closing_paper)


def visible_teams(user):
    return Team.objects.visible_to(user).values("pk")

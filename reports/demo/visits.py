"""An administrative inspection of hoa's team at HN-KHCN from plan to report, and one that is still to come."""

import io
from datetime import date, datetime, time, timedelta

from django.core.files.base import ContentFile
from django.core.management.base import CommandError
from django.db import transaction
from PIL import Image, ImageDraw

from agencies.models import Agency, Person
from cchc_portal.lib.periods import HANOI
from dossiers.models import Period
from inspections import photos
from inspections.choices import (
    INSPECTION_REPORT,
    FindingKind,
    FindingState,
    InspectionKind,
    MemberRole,
    PlanState,
    RecommendationState,
    Severity,
    VisitState,
)
from inspections.documents import document_title
from inspections.models import Area, Finding, Plan, Recommendation, Remedy, Team, Visit
from records.models import Document, Event
from records.tasks import render_document
from reports.demo import checklist
from reports.demo.people import People

VISITED_DAYS_AGO = 40
ISSUED_DAYS_AGO = 35
THEMES = (
    "Công tác chỉ đạo, điều hành cải cách hành chính",
    "Tiếp nhận, giải quyết hồ sơ tại bộ phận một cửa",
    "Cung cấp dịch vụ công trực tuyến",
)
# kind, area, severity, text, evidence
FINDINGS = (
    (
        FindingKind.STRENGTH,
        "direction",
        "",
        "Kế hoạch cải cách hành chính năm được ban hành đúng hạn, phân công rõ đầu mối và thời hạn từng nhiệm vụ.",
        "Kế hoạch và bảng theo dõi nhiệm vụ do đơn vị cung cấp.",
    ),
    (
        FindingKind.LIMITATION,
        "procedures",
        Severity.MEDIUM,
        "Bảng niêm yết thủ tục tại bộ phận một cửa chưa cập nhật các thủ tục nhận bàn giao khi hợp nhất sở.",
        "Đối chiếu bảng niêm yết với danh mục thủ tục đang thực hiện; ảnh chụp tại quầy tiếp nhận.",
    ),
    (
        FindingKind.LIMITATION,
        "digital_government",
        Severity.LOW,
        "Một số hồ sơ nộp trực tuyến vẫn phải bổ sung bản giấy ngoài thành phần đã công bố.",
        "Kiểm tra ngẫu nhiên 20 hồ sơ trực tuyến, 3 hồ sơ có yêu cầu bổ sung bản giấy.",
    ),
    (
        FindingKind.VIOLATION,
        "procedures",
        Severity.HIGH,
        "Hồ sơ quá hạn nhưng chưa gửi thư xin lỗi và chưa hẹn lại ngày trả kết quả.",
        "Hai hồ sơ quá hạn được kiểm tra không có thư xin lỗi trong hồ sơ lưu.",
    ),
)
# finding it follows from (position), text, days to the deadline counted from the load, how far it has come
RECOMMENDATIONS = (
    (3, "Gửi thư xin lỗi và hẹn lại ngày trả đối với toàn bộ hồ sơ quá hạn.", -5, RecommendationState.ACCEPTED),
    (1, "Cập nhật bảng niêm yết thủ tục tại bộ phận một cửa.", 10, RecommendationState.ANSWERED),
    (2, "Rà soát, bỏ yêu cầu bổ sung bản giấy ngoài thành phần hồ sơ đã công bố.", 25, RecommendationState.ISSUED),
    (3, "Phân công lãnh đạo phòng theo dõi hồ sơ sắp đến hạn hằng ngày.", None, RecommendationState.ISSUED),
)
REMEDY = "Đã thay bảng niêm yết tại hai quầy và đăng danh mục mới trên trang thông tin của Sở."
PHOTO_SIZE = (1280, 960)


def load(today: date, now: datetime, people: People, agencies: dict[str, Agency], quarters: list[Period]) -> Visit:
    """The visit that is reported, with findings, a photo, recommendations and a remedy; and a planned one."""
    hoa, khoa = people.accounts["hoa"], people.accounts["khoa"]
    quan = people.accounts["quan"]
    with transaction.atomic():
        team = _team(today, agencies["HN-NV"], hoa, khoa, quan)
        plan = Plan.objects.create(
            year=today.year,
            kind=InspectionKind.ADMINISTRATIVE,
            title=f"Kế hoạch kiểm tra cải cách hành chính năm {today.year}",
            state=PlanState.ISSUED,
        )
        Event.objects.append(
            actor=quan, action="issue_plan", target=plan, after={"year": plan.year, "title": plan.title}
        )
        visit = _visited(today, team, plan, agencies["HN-KHCN"], quarters[-2], hoa)
        checklist.answer(visit, hoa, khoa)
        findings = _findings(visit, hoa, khoa)
        _photo(findings[1], khoa)
        _recommendations(visit, findings, today, now, hoa, people.accounts["minh"], people.accounts["lan"])
        _planned(today, team, plan, agencies["HN-XD"], quarters[-1], hoa)
    return visit


def _team(today: date, issuing: Agency, hoa: Person, khoa: Person, quan: Person) -> Team:
    joined = date(today.year - 1, 1, 1)
    team = Team.objects.create(
        name="Đoàn kiểm tra cải cách hành chính của Sở Nội vụ",
        kind=InspectionKind.ADMINISTRATIVE,
        head_title="Trưởng đoàn kiểm tra",
        issuing_agency=issuing,
    )
    team.members.create(person=hoa, role=MemberRole.HEAD, joined_on=joined)
    team.members.create(person=khoa, role=MemberRole.SECRETARY, joined_on=joined)
    members = {hoa.username: MemberRole.HEAD.value, khoa.username: MemberRole.SECRETARY.value}
    Event.objects.append(actor=quan, action="found_team", target=team, after={"name": team.name, "members": members})
    return team


def _visited(today: date, team: Team, plan: Plan, agency: Agency, period: Period, hoa: Person) -> Visit:
    visit = Visit.objects.create(
        agency=agency,
        team=team,
        plan=plan,
        kind=InspectionKind.ADMINISTRATIVE,
        date=today - timedelta(days=VISITED_DAYS_AGO),
        period=period,
        one_stop_desk_inspected=True,
        place="Bộ phận một cửa và hội trường của Sở",
        state=VisitState.REPORTED,
        version=5,
        situation=(
            "Sở bố trí bộ phận một cửa tại tầng 1, ba quầy tiếp nhận, phần mềm một cửa dùng chung của Thành phố."
            " Sau khi hợp nhất, các thủ tục bưu chính, viễn thông, công nghệ thông tin được tiếp nhận tại cùng bộ phận."
        ),
        assessment=(
            "Đơn vị thực hiện nghiêm túc kế hoạch cải cách hành chính; kết quả giải quyết hồ sơ theo số liệu của kỳ"
            " được kiểm tra nêu ở phần số liệu. Một số tồn tại cần khắc phục trong thời hạn nêu tại phần kiến nghị."
        ),
        created_by=hoa,
    )
    for order, text in enumerate(THEMES, start=1):
        visit.themes.create(text=text, order=order)
    states = (VisitState.PLANNED, VisitState.PREPARED, VisitState.UNDER_WAY, VisitState.RECORDED, VisitState.REPORTED)
    _tell(hoa, "plan_visit", visit, "", states[0], {"agency": agency.code, "date": visit.date, "themes": THEMES})
    for action, before, after in zip(("prepare", "start", "record", "report"), states, states[1:], strict=False):
        _tell(hoa, action, visit, before, after)
    return visit


def _planned(today: date, team: Team, plan: Plan, agency: Agency, period: Period, hoa: Person) -> None:
    visit = Visit.objects.create(
        agency=agency,
        team=team,
        plan=plan,
        kind=InspectionKind.ADMINISTRATIVE,
        date=today + timedelta(days=9),
        period=period,
        created_by=hoa,
    )
    for order, text in enumerate(THEMES, start=1):
        visit.themes.create(text=text, order=order)
    _tell(hoa, "plan_visit", visit, "", VisitState.PLANNED, {"agency": agency.code, "date": visit.date})


def _findings(visit: Visit, hoa: Person, khoa: Person) -> list[Finding]:
    made = []
    for order, (kind, area, severity, text, evidence) in enumerate(FINDINGS, start=1):
        finding = Finding.objects.create(
            visit=visit,
            kind=kind,
            area=Area.objects.get(code=area, list_version="2021-2030"),
            severity=severity,
            text=text,
            evidence=evidence,
            state=FindingState.RELEASED,
            version=3,
            order=order,
            created_by=khoa,
        )
        _tell(khoa, "record_finding", finding, "", FindingState.DRAFT, {"kind": kind, "text": text})
        _tell(hoa, "finalise", finding, FindingState.DRAFT, FindingState.FINAL)
        _tell(hoa, "release", finding, FindingState.FINAL, FindingState.RELEASED)
        made.append(finding)
    return made


def _photo(finding: Finding, by: Person) -> None:
    """A drawn picture of a counter with its notice board stands in for the photo."""
    kept = photos.attach(
        finding,
        [photos.prepare(ContentFile(_drawing(), name="quay-tiep-nhan.png"))],
        caption="Bảng niêm yết tại quầy tiếp nhận (hình minh họa)",
        by=by,
    )
    Event.objects.append(actor=by, action="add_photos", target=finding, after={"photos": kept})


def _drawing() -> bytes:
    picture = Image.new("RGB", PHOTO_SIZE, "#e9e4da")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 700, 1280, 960), fill="#b9ad98")
    pen.rectangle((140, 90, 760, 430), fill="#7a5c3a")
    pen.rectangle((160, 110, 740, 410), fill="#f6f3ec")
    for row in range(3):
        for column in range(4):
            left, top = 185 + column * 138, 130 + row * 92
            if (row, column) in ((1, 2), (2, 3)):
                continue
            pen.rectangle((left, top, left + 110, top + 76), fill="white", outline="#9aa4b2", width=2)
            for line in range(5):
                pen.line(
                    (left + 10, top + 14 + line * 12, left + 96 - line % 2 * 22, top + 14 + line * 12), "#8893a3", 3
                )
    pen.rectangle((60, 560, 1220, 700), fill="#4b6a88")
    pen.rectangle((60, 540, 1220, 566), fill="#dfe6ee")
    for seat in (270, 640, 1010):
        pen.ellipse((seat - 42, 400, seat + 42, 484), fill="#c9a98a")
        pen.pieslice((seat - 90, 474, seat + 90, 640), 180, 360, fill="#34495e")
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def _recommendations(
    visit: Visit, findings: list[Finding], today: date, now: datetime, hoa: Person, minh: Person, lan: Person
) -> None:
    """What was asked of the agency: one overdue, one answered and waiting for the team, two issued."""
    issued = now - timedelta(days=ISSUED_DAYS_AGO)
    for order, (behind, text, days, reached) in enumerate(RECOMMENDATIONS, start=1):
        item = Recommendation.objects.create(
            visit=visit,
            finding=findings[behind],
            agency=visit.agency,
            text=text,
            due=None if days is None else today + timedelta(days=days),
            state=reached,
            order=order,
            issued_at=issued,
            created_by=hoa,
        )
        _tell(hoa, "draft_recommendation", item, "", RecommendationState.DRAFT, {"text": text, "due": item.due})
        _tell(hoa, "issue", item, RecommendationState.DRAFT, RecommendationState.ISSUED)
        if reached == RecommendationState.ISSUED:
            continue
        _tell(minh, "accept", item, RecommendationState.ISSUED, RecommendationState.ACCEPTED)
        if reached == RecommendationState.ANSWERED:
            reported = datetime.combine(today - timedelta(days=3), time(10), tzinfo=HANOI)
            Remedy.objects.create(recommendation=item, text=REMEDY, reported_by=lan, reported_at=reported)
            _tell(lan, "start", item, RecommendationState.ACCEPTED, RecommendationState.IN_PROGRESS)
            _tell(lan, "answer", item, RecommendationState.IN_PROGRESS, RecommendationState.ANSWERED, {"text": REMEDY})


def _tell(by: Person, action: str, thing, before: str, after: str, more: dict | None = None) -> None:
    """One event of a step as the workflow writes it."""
    Event.objects.append(
        actor=by,
        action=action,
        target=thing,
        before={"state": before} if before else None,
        after={"state": after} | (more or {}),
    )


def render_report(visit: Visit, by: Person, now: datetime) -> Document:
    """The inspection report as hoa asked for it, rendered here and now rather than by the worker."""
    with transaction.atomic():
        document = Document.objects.create(
            kind=INSPECTION_REPORT,
            subject_id=visit.pk,
            title=document_title(INSPECTION_REPORT, visit),
            asked_by=by,
            asked_at=now,
            draft=False,
        )
        Event.objects.append(
            actor=by, action="ask_document", target=document, after={"kind": document.kind, "subject": visit.pk}
        )
    render_document(str(document.pk))
    document.refresh_from_db()
    if not document.is_ready:
        raise CommandError(f"Không dựng được báo cáo kết quả kiểm tra: {document.error}")
    return document

"""The plan of the year with its units and coverage, and what precedes hoa's next visit: a brief and a self-check."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import translation

from agencies.models import Agency
from cchc_portal.lib.periods import add_working_days
from inspections.choices import AGENCY_BRIEF, TEAM_FOUNDING, DayUnit, VisitState
from inspections.models import Brief, OwnPlan, Plan, PlanUnit, SelfCheck, Team, Visit
from inspections.tally.briefing import brief_on
from procedures.models import Holiday
from records.models import Document, Event
from records.registry import content_hash
from records.tasks import render_document
from reports.demo.people import People

# Departments that are due in the months counted from the load's; the two visits stand in the months of their days.
DUE = (("HN-TC", -2), ("HN-GDDT", -1), ("HN-YT", 0), ("HN-NNMT", 1), ("HN-TP", None))
PURPOSE = (
    "Đánh giá việc thực hiện kế hoạch cải cách hành chính năm của các sở; phát hiện hạn chế, kiến nghị khắc phục.\n"
    "Việc kiểm tra thực hiện đúng nội dung, thời gian, không gây cản trở hoạt động của đơn vị."
)
CONTENT = (
    "Công tác chỉ đạo, điều hành cải cách hành chính\n"
    "Tiếp nhận, giải quyết hồ sơ tại bộ phận một cửa\n"
    "Cung cấp dịch vụ công trực tuyến\n"
    "Thực hiện kiến nghị sau kiểm tra của năm trước"
)
WHO = (
    "Sở Nội vụ chủ trì, thành lập đoàn, thông báo lịch cho đơn vị chậm nhất 5 ngày làm việc trước khi kiểm tra.\n"
    "Các đơn vị có tên trong lịch gửi báo cáo tự kiểm tra và bố trí lãnh đạo, công chức liên quan làm việc với đoàn."
)
DUTIES = (
    "Kiểm tra theo kế hoạch năm, lập biên bản, báo cáo kết quả trong 15 ngày sau khi kết thúc mỗi cuộc.\n"
    "Theo dõi, xác minh việc thực hiện kiến nghị."
)
OUTLINE = (
    "Kết quả, số liệu, hạn chế và nguyên nhân ở từng lĩnh vực cải cách hành chính.\n"
    "Tình hình hồ sơ quá hạn, thư xin lỗi; kết quả thực hiện kiến nghị trước; đề xuất của đơn vị."
)
SELF_CHECK_DAYS = 5
WITH_OWN_PLAN = 12


def load(today: date, now: datetime, people: People, agencies: dict[str, Agency]) -> None:
    """Units of the plan of the year, plans that agencies told of, and the self-check of the visit that is to come."""
    quan, hoa = people.accounts["quan"], people.accounts["hoa"]
    coming = Visit.objects.filter(state=VisitState.PLANNED, team__members__person=hoa).order_by("date").first()
    if coming is None:
        return
    with transaction.atomic():
        plan, team = coming.plan, coming.team
        words = {"purpose": PURPOSE, "content": CONTENT, "carrying_out": WHO, "head_title": "Phó Giám đốc Sở Nội vụ"}
        Plan.objects.filter(pk=plan.pk).update(
            issuing_agency=team.issuing_agency, issued_at=now, created_by=quan, **words
        )
        plan.refresh_from_db()
        plan.save(update_fields=["search_key"])
        Team.objects.filter(pk=team.pk).update(duties=DUTIES, term=f"Từ 01/01 đến 31/12/{today.year}")
        named = _units(plan, team, today, agencies)
        Event.objects.append(actor=quan, action="add_units", target=plan, after={"agencies": named})
        _own_plans(today, now, people, agencies)
        _self_check(coming, today, now, people)


def _units(plan: Plan, team: Team, today: date, agencies: dict[str, Agency]) -> list[str]:
    named = []
    for visit in Visit.objects.filter(plan=plan).order_by("date"):
        if visit.date.year == plan.year and visit.agency.code not in named:
            PlanUnit.objects.create(plan=plan, agency=visit.agency, month=visit.date.month, team=team, visit=visit)
            named.append(visit.agency.code)
    for code, step in DUE:
        agency = agencies.get(code)
        if agency is None or code in named or not agency.is_valid_on(today):
            continue
        month = None if step is None else min(12, max(1, today.month + step))
        PlanUnit.objects.create(plan=plan, agency=agency, month=month, team=team)
        named.append(code)
    return named


def _own_plans(today: date, now: datetime, people: People, agencies: dict[str, Agency]) -> None:
    """What the first departments in order of their codes told of their own plans of the year."""
    of_today = [one for one in agencies.values() if one.kind == "department" and one.is_valid_on(today)]
    quan = people.accounts["quan"]
    for agency in sorted(of_today, key=lambda one: one.code)[:WITH_OWN_PLAN]:
        plan = OwnPlan.objects.create(
            year=today.year, agency=agency, issued_on=date(today.year, 1, 15), recorded_at=now, recorded_by=quan
        )
        Event.objects.append(
            actor=quan, action="record_own_plan", target=plan, after={"agency": agency.code, "year": plan.year}
        )


def _self_check(visit: Visit, today: date, now: datetime, people: People) -> None:
    due = add_working_days(today, SELF_CHECK_DAYS, frozenset(Holiday.objects.values_list("day", flat=True)))
    item = SelfCheck.objects.create(
        visit=visit,
        agency=visit.agency,
        outline=OUTLINE,
        days=SELF_CHECK_DAYS,
        unit=DayUnit.WORKING,
        due=min(due, visit.date - timedelta(days=1)),
        asked_at=now,
        asked_by=people.accounts["hoa"],
    )
    after = {"state": item.state, "due": item.due, "outline": OUTLINE}
    Event.objects.append(actor=people.accounts["hoa"], action="ask_self_check", target=item, after=after)


def freeze(today: date, now: datetime, people: People) -> None:
    """The brief of the coming visit and the decision of its team, once the rates are summed, rendered here and now."""
    hoa = people.accounts["hoa"]
    item = SelfCheck.objects.select_related("visit__agency", "visit__team").order_by("pk").first()
    if item is None:
        return
    visit = item.visit
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
        content = brief_on(visit, today)
        brief = Brief.objects.create(
            visit=visit, content=content, sha256=content_hash(content), made_at=now, made_by=hoa
        )
        Event.objects.append(
            actor=hoa, action="freeze_brief", target=brief, after={"visit": visit.pk, "sha256": brief.sha256}
        )
    _render(AGENCY_BRIEF, brief.pk, f"Tóm tắt thông tin về {visit.agency.name}, {now:%d/%m/%Y}", hoa, now)
    title = f"Quyết định về việc thành lập {visit.team.name}"
    _render(TEAM_FOUNDING, visit.team_id, title, people.accounts["quan"], now)


def _render(kind: str, subject: int, title: str, by, now: datetime) -> None:
    with transaction.atomic():
        document = Document.objects.create(
            kind=kind, subject_id=subject, title=title[:300], asked_by=by, asked_at=now, draft=False
        )
        Event.objects.append(actor=by, action="ask_document", target=document, after={"kind": kind, "subject": subject})
    render_document(str(document.pk))
    document.refresh_from_db()
    if not document.is_ready:
        raise CommandError(f"Không dựng được văn bản {kind}: {document.error}")

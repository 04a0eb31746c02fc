"""Last year's inspections and what became of their recommendations: handed over, late, met by figures, relapsed."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

from django.core.management import call_command
from django.db import transaction

from agencies.choices import AgencyKind, RoleCode
from agencies.models import Agency, Person, Role
from cchc_portal.lib.periods import HANOI
from dossiers import tally
from dossiers.choices import Calendar, PeriodKind
from dossiers.models import Period, Summary
from inspections.choices import (
    FindingKind,
    FindingState,
    InspectionKind,
    MemberRole,
    ProposalState,
    RecommendationState,
    Severity,
    VisitState,
)
from inspections.models import Area, ClosingCondition, Finding, Proposal, Recommendation, Team, Visit
from records.models import Event
from reports.demo.people import People

S = RecommendationState
ISSUED_DAYS_AGO = 300
WAY = (S.ISSUED, S.ACCEPTED, S.IN_PROGRESS, S.ANSWERED, S.CLOSED_IMPLEMENTED)
STEPS = {S.ACCEPTED: "accept", S.IN_PROGRESS: "start", S.ANSWERED: "answer", S.CLOSED_IMPLEMENTED: "close_implemented"}
REMEDY = "Đã phân công công chức theo dõi hằng tuần, chấn chỉnh tại giao ban; số liệu gửi kèm báo cáo kỳ."
VERDICT = "Đã kiểm tra hồ sơ ngẫu nhiên và số liệu báo cáo kỳ, đồng ý kết thúc."
HAND_OVER = "Đoàn năm trước kết thúc nhiệm vụ, bàn giao theo dõi kiến nghị."
FINDING = "Tỷ lệ giải quyết đúng hạn thấp hơn chỉ tiêu kế hoạch, hồ sơ quá hạn chưa có thư xin lỗi."
RATE_TASK = "Nâng tỷ lệ giải quyết đúng hạn đạt chỉ tiêu kế hoạch và giữ ổn định qua hai quý liên tiếp."
# area, words, days from the load to the deadline, how far it has come
TASKS = (
    ("apparatus", "Kiện toàn bộ phận một cửa, bố trí công chức dự phòng khi vắng mặt.", -45, S.IN_PROGRESS),
    ("procedures", "Gửi thư xin lỗi đối với hồ sơ quá hạn theo quy định.", -12, S.ACCEPTED),
    ("digital_government", "Tích hợp thanh toán trực tuyến cho các thủ tục có phí.", 5, S.IN_PROGRESS),
    ("direction", "Ban hành quy chế phối hợp giữa các phòng trong giải quyết thủ tục.", 20, S.ANSWERED),
)
PROPOSALS = (
    (
        "Nâng cấp phần mềm một cửa để tự động nhắc hồ sơ sắp đến hạn.",
        (
            ("Ủy ban nhân dân Thành phố", "Đã giao Sở Khoa học và Công nghệ trình phương án trong quý I."),
            ("Văn phòng Chính phủ", ""),
        ),
    ),
    ("Bổ sung biên chế cho bộ phận một cửa sau khi hợp nhất.", (("Ủy ban nhân dân Thành phố", ""),)),
    ("Hướng dẫn thống nhất cách tính hồ sơ trả lại, rút hoặc dừng giải quyết.", ()),
)


def load(today: date, now: datetime, people: People, agencies: dict[str, Agency], visit: Visit) -> None:
    """Call it once the sums are there: the closing conditions are held against them."""
    hoa, quan = people.accounts["hoa"], people.accounts["quan"]
    with transaction.atomic():
        team = _last_years_team(today, agencies["HN-NV"], hoa, people.accounts["khoa"], quan)
        used: set[int] = set()
        for number, met in enumerate((True, False)):
            agency, threshold = _fitting(agencies, today, met=met, used=used)
            used.add(agency.pk)
            inspected = _visit(today, team, agency, hoa, number)
            item = _recommendation(
                inspected, RATE_TASK, "procedures", None, S.ANSWERED if met else WAY[-1], now, hoa, 1
            )
            _condition(item, threshold)
            if not met:
                _closed_before_last_quarter(item, today, hoa)
            for order, (area, text, days, reached) in enumerate(TASKS[number::2], start=2):
                _recommendation(inspected, text, area, today + timedelta(days=days), reached, now, hoa, order)
        _hand_over(team, visit.team, today, quan)
        _proposals(visit, today, hoa)
    call_command("follow_up", now=now, verbosity=0, stdout=_Silence())


class _Silence:
    """Takes what a command says; the load tells its own story."""

    def write(self, text: str) -> None:
        """Nothing is kept."""


def _last_years_team(today: date, issuing: Agency, hoa: Person, khoa: Person, quan: Person) -> Team:
    year = today.year - 1
    team = Team.objects.create(
        name=f"Đoàn kiểm tra cải cách hành chính năm {year}",
        kind=InspectionKind.ADMINISTRATIVE,
        head_title="Trưởng đoàn kiểm tra",
        issuing_agency=issuing,
    )
    for person, role in ((hoa, MemberRole.HEAD), (khoa, MemberRole.SECRETARY)):
        team.members.create(person=person, role=role, joined_on=date(year, 1, 1), left_on=today - timedelta(days=60))
    members = {hoa.username: MemberRole.HEAD.value, khoa.username: MemberRole.SECRETARY.value}
    Event.objects.append(actor=quan, action="found_team", target=team, after={"name": team.name, "members": members})
    return team


def _rates(agency: Agency, today: date) -> list:
    """The agency's D2 of the last two ended quarters, older first; shorter where nothing is accepted."""
    quarters = Period.objects.filter(
        kind=PeriodKind.QUARTER, calendar=Calendar.DEFAULT, last_day__lt=today, first_day__isnull=False
    ).order_by("-last_day")[:3]
    found = Summary.objects.filter(agency=agency, tree=False, period__in=list(quarters)).order_by("-period__last_day")
    return [tally.rate_of(row, "D2").value for row in found[:2]][::-1]


def _fitting(agencies: dict[str, Agency], today: date, *, met: bool, used: set[int]) -> tuple[Agency, Decimal]:
    """A department and a threshold that its last two quarters keep, or that the later one breaks."""
    staffed = set(_agents().exclude(agency__code="HN-NV").values_list("agency_id", flat=True))
    departments = [one for one in agencies.values() if one.pk in staffed and one.is_valid_on(today)]
    rated = [(one, _rates(one, today)) for one in sorted(departments, key=lambda one: one.code) if one.pk not in used]
    rated = [(one, rates) for one, rates in rated if len(rates) == 2 and None not in rates]
    for percent in range(98, 79, -1):
        for agency, (before, last) in rated:
            kept = before * 100 >= percent, last * 100 >= percent
            if kept == (True, met):
                return agency, Decimal(percent)
    return rated[0][0], Decimal(90)


def _visit(today: date, team: Team, agency: Agency, hoa: Person, number: int) -> Visit:
    visit = Visit.objects.create(
        agency=agency,
        team=team,
        kind=InspectionKind.ADMINISTRATIVE,
        date=today - timedelta(days=ISSUED_DAYS_AGO + 20 + number),
        one_stop_desk_inspected=True,
        place="Bộ phận một cửa",
        state=VisitState.CLOSED,
        created_by=hoa,
    )
    visit.themes.create(text="Giải quyết thủ tục hành chính", order=1)
    _tell(hoa, "plan_visit", visit, "", VisitState.CLOSED, {"agency": agency.code, "date": visit.date})
    return visit


def _recommendation(
    visit: Visit, text: str, area: str, due: date | None, reached: str, now: datetime, hoa: Person, order: int
) -> Recommendation:
    """One recommendation with its finding and every step it took."""
    issued = now - timedelta(days=ISSUED_DAYS_AGO)
    finding = Finding.objects.create(
        visit=visit,
        kind=FindingKind.LIMITATION,
        area=Area.objects.get(code=area, list_version="2021-2030"),
        severity=Severity.MEDIUM,
        text=FINDING if due is None else f"Chưa thực hiện: {text[0].lower()}{text[1:]}",
        state=FindingState.RELEASED,
        version=3,
        order=order,
        created_by=hoa,
    )
    item = Recommendation.objects.create(
        visit=visit,
        finding=finding,
        agency=visit.agency,
        text=text,
        due=due,
        state=reached,
        order=order,
        issued_at=issued,
        created_by=hoa,
        version=2 + WAY.index(reached),
    )
    _tell(hoa, "draft_recommendation", item, "", S.DRAFT, {"text": text, "due": due})
    _tell(hoa, "issue", item, S.DRAFT, S.ISSUED)
    agent = _agents().get(agency=visit.agency).person
    for before, after in pairwise(WAY[: 1 + min(WAY.index(reached), WAY.index(S.ANSWERED))]):
        _tell(agent, STEPS[after], item, before, after, {"text": REMEDY} if after == S.ANSWERED else None)
    if reached in WAY[WAY.index(S.ANSWERED) :]:
        item.remedies.create(text=REMEDY, reported_by=agent, reported_at=now - timedelta(days=100))
    return item


def _agents():
    """Reporters of the departments whose case is shown: one of each."""
    return Role.objects.filter(code=RoleCode.REPORTER, agency__kind=AgencyKind.DEPARTMENT).select_related("person")


def _condition(item: Recommendation, threshold: Decimal) -> None:
    ClosingCondition.objects.create(recommendation=item, formula="D2", threshold=threshold, periods=2)


def _closed_before_last_quarter(item: Recommendation, today: date, hoa: Person) -> None:
    """Closed when the quarter before the latest had been reported, so that the latest can break what was promised."""
    last = Summary.objects.filter(agency=item.agency, tree=False, period__last_day__lt=today).order_by(
        "-period__last_day"
    )[0]
    closed = datetime.combine(last.period.last_day - timedelta(days=10), time(15), tzinfo=HANOI)
    item.closed_at, item.closed_by, item.state_reason = closed, hoa, VERDICT
    item.save(update_fields=["closed_at", "closed_by", "state_reason"])
    item.remedies.update(verdict=VERDICT, judged_by=hoa, judged_at=closed, reported_at=closed - timedelta(days=9))
    _tell(hoa, "close_implemented", item, S.ANSWERED, S.CLOSED_IMPLEMENTED, {"state_reason": VERDICT})


def _hand_over(before: Team, after: Team, today: date, quan: Person) -> None:
    for item in Recommendation.objects.filter(visit__team=before).order_by("pk"):
        item.hand_overs.create(
            from_team=before, to_team=after, on=today - timedelta(days=61), reason=HAND_OVER, by=quan
        )
        Recommendation.objects.filter(pk=item.pk).update(follow_team=after)
        told = {"from_team": before.name, "to_team": after.name, "state": item.state}
        Event.objects.append(actor=quan, action="hand_over", target=item, after=told, reason=HAND_OVER)


def _proposals(visit: Visit, today: date, hoa: Person) -> None:
    """What the inspected agency proposes: answered in part, forwarded, only written down."""
    forwarded = today - timedelta(days=25)
    for order, (text, addressed) in enumerate(PROPOSALS, start=1):
        state = ProposalState.FORWARDED if addressed else ProposalState.RECORDED
        proposal = Proposal.objects.create(visit=visit, agency=visit.agency, text=text, order=order, state=state)
        _tell(hoa, "record_proposal", proposal, "", ProposalState.RECORDED, {"text": text})
        for name, answer in addressed:
            proposal.addressees.create(
                name=name,
                forwarded_on=forwarded,
                answer=answer,
                answered_at=today - timedelta(days=4) if answer else None,
                recorded_by=hoa,
            )
        if addressed:
            told = {"addressees": [name for name, _answer in addressed], "forwarded_on": forwarded}
            _tell(hoa, "forward", proposal, ProposalState.RECORDED, state, told)
        for name, answer in addressed:
            if answer:
                _tell(hoa, "answer", proposal, state, state, {"addressee": name, "answer": answer})


def _tell(by: Person, action: str, thing, before: str, after: str, more: dict | None = None) -> None:
    """One event of a step as the workflow writes it."""
    Event.objects.append(
        actor=by,
        action=action,
        target=thing,
        before={"state": before} if before else None,
        after={"state": after} | (more or {}),
    )

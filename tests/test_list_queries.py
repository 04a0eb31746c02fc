"""Every list costs the same number of queries with one row and with three."""

from datetime import date, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.choices import RoleCode, TokenScope
from agencies.models import Agency, ApiToken, Person, Role, Succession
from dossiers import tally
from dossiers.choices import ReturnState
from dossiers.models import Extension, LateReason, Period
from inspections.models import Plan, Recommendation, Team, TeamMember, Visit
from procedures.models import AgencyProcedure, Field, Holiday, Procedure, StatedLevelCount
from records.choices import JobState
from records.models import Document, Event, Source
from reports.models import Claim, OpenDataSet, Target
from tests.builders import GOOD, make_flag, make_return
from tests.cast import HANOI, Cast

KIND = "administrative_inspection"


class Rows:
    """Makes row number n of each list; every row hangs on things of its own."""

    def __init__(self, cast: Cast):
        self.cast = cast
        self.source = Source.objects.create(code="S", publisher="Báo", date_text="2020")
        self.field = Field.objects.create(code="F", name="Lĩnh vực")

    def agency(self, n: int) -> Agency:
        made = {"name": f"Sở số {n}", "short_name": f"Sở {n}", "kind": "department", "parent": self.cast.hn}
        return Agency.objects.get_or_create(code=f"HN-X{n}", defaults=made)[0]

    def period(self, n: int) -> Period:
        days = {"first_day": date(2020 + n, 1, 1), "last_day": date(2020 + n, 3, 31)}
        days |= {"due_at": datetime(2099, 1, 1, tzinfo=HANOI), "locks_at": datetime(2099, 2, 1, tzinfo=HANOI)}
        return Period.objects.get_or_create(label=f"202{n}-Q1", defaults={"kind": "quarter"} | days)[0]

    def person(self, n: int) -> Person:
        person = Person.objects.create(username=f"p{n}", full_name=f"Người {n}", password="!")
        Role.objects.create(person=person, code=RoleCode.REPORTER, agency=self.agency(n), valid_from=date(2020, 1, 1))
        return person

    def procedure(self, n: int) -> Procedure:
        field = Field.objects.create(code=f"F{n}", name=f"Lĩnh vực {n}")
        made = Procedure.objects.create(code=f"1.00000{n}", name=f"Thủ tục {n}", field=field, level="province")
        AgencyProcedure.objects.create(agency=self.agency(n), procedure=made)
        return made

    def a_return(self, n: int) -> None:
        make_return(self.agency(n), self.period(n), [GOOD], state=ReturnState.APPROVED, created_by=self.cast.lan)

    def unusual(self, n: int) -> None:
        earlier = make_flag(make_return(self.agency(n), self.period(n), [GOOD]), listed=False)
        item = make_return(self.agency(n), self.period(n + 5), [GOOD])
        answered = {"note": "Đúng", "answered_by": self.cast.quan, "answered_at": timezone.now()}
        make_flag(item, state="ignored", ignored_until=date(2020, 1, 1), remembered=earlier, **answered)

    def accepted(self, n: int) -> None:
        make_return(self.agency(n), self.period(1), [GOOD])
        tally.recompute_all()

    def visit(self, n: int) -> Visit:
        team = Team.objects.create(name=f"Đoàn {n}", kind=KIND, issuing_agency=self.cast.nv)
        TeamMember.objects.create(team=team, person=self.cast.hoa, role="head", joined_on=date(2026, 1, 1))
        return Visit.objects.create(
            agency=self.agency(n),
            team=team,
            kind=KIND,
            date=date(2026, 5, n + 1),
            period=self.period(n),
            state="concluded",
        )

    def plan(self, n: int) -> Plan:
        plan = Plan.objects.create(year=2026, kind=KIND, title=f"Kế hoạch {n}")
        plan.units.create(agency=self.agency(n), month=n)
        return plan

    def plan_unit(self, n: int) -> None:
        plan = Plan.objects.filter(pk=1).first() or Plan.objects.create(pk=1, year=2026, kind=KIND, title="Kế hoạch")
        visit = self.visit(n)
        plan.units.create(agency=visit.agency, month=n, team=visit.team, visit=visit)

    def recommendation(self, n: int) -> None:
        due = timezone.localdate() - timedelta(days=n)
        Recommendation.objects.create(
            visit=self.visit(n), agency=self.agency(n), text=f"Kiến nghị {n}", state="issued", due=due
        )

    def document(self, n: int) -> None:
        Document.objects.create(
            kind="inspection_report", subject_id=self.visit(n).pk, title=f"Báo cáo {n}", asked_by=self.cast.hoa
        )

    def failed_document(self, n: int) -> None:
        self.document(n)
        Document.objects.update(state=JobState.FAILED, error="x")

    def claim(self, n: int) -> None:
        Claim.objects.create(
            agency=self.agency(n),
            period=self.period(n),
            text="99%",
            measure="on_time_rate",
            value="99",
            unit="percent",
            source=self.source,
        )

    def open_data(self, n: int) -> None:
        OpenDataSet.objects.create(
            period=self.period(n), number=n, licence="CC BY 4.0", rows=n, proposed_by=self.cast.mai
        )

    def contradiction(self, n: int) -> None:
        self.claim(n)
        Claim.objects.update(unit="dossiers", row={"stated_received": 5, "resolved_early": 1, "stated_resolved": 9})

    def succession(self, n: int) -> None:
        gone = Agency.objects.create(
            code=f"HN-G{n}",
            name="Cũ",
            short_name="Cũ",
            kind="department",
            parent=self.cast.hn,
            valid_to=date(2025, 1, 1),
        )
        Succession.objects.create(
            predecessor=gone, successor=self.agency(n), effective_date=date(2025, 1, 2), kind="merge"
        )

    def stated(self, n: int) -> None:
        StatedLevelCount.objects.create(
            agency=self.agency(n),
            as_of=date(2020, 1, 1),
            scale="level_2011",
            value="3",
            procedures=1,
            of=2,
            counting="exclusive",
            source=self.source,
        )

    def extension(self, n: int) -> None:
        until = datetime(2099, 3, 1, tzinfo=HANOI)
        Extension.objects.create(
            agency=self.agency(n), period=self.period(n), until=until, reason="x", granted_by=self.cast.quan
        )

    def token(self, n: int) -> None:
        expires = timezone.now() + timedelta(days=9)
        ApiToken.objects.issue(
            person=self.person(n), agency=self.agency(n), scope=TokenScope.READ, expires_at=expires, by=self.cast.admin
        )

    def event(self, n: int) -> None:
        Event.objects.append(actor=self.person(n), action="create_agency", target=self.agency(n), after={"name": "x"})

    def holiday(self, n: int) -> None:
        Holiday.objects.create(day=date(2026, 1, n), name="Nghỉ")

    def a_field(self, n: int) -> None:
        Field.objects.create(code=f"F{n}", name=f"Lĩnh vực {n}")

    def late_reason(self, n: int) -> None:
        LateReason.objects.create(code=f"r{n}", name=f"Lý do {n}", order=n)

    def a_source(self, n: int) -> None:
        Source.objects.create(code=f"S{n}", publisher=f"Báo {n}", date_text="2020")

    def target(self, n: int) -> None:
        Target.objects.create(
            measure="on_time", agency=self.agency(n), value=95, unit="percent", due=date(2026, 1, n), source=self.source
        )


LISTS = [
    ("quan", "/returns/", Rows.a_return),
    ("quan", "/returns/?format=csv", Rows.a_return),
    ("quan", "/review/", Rows.a_return),
    ("quan", "/review/unusual/", Rows.unusual),
    ("quan", "/review/unusual/?format=csv", Rows.unusual),
    ("lanhdao", "/overview/", Rows.accepted),
    ("lanhdao", "/series/", Rows.accepted),
    ("lanhdao", "/periods/2021-Q1/figures/", Rows.accepted),
    ("lanhdao", "/periods/2021-Q1/figures/?format=csv", Rows.accepted),
    ("quan", "/visits/", Rows.recommendation),
    ("hoa", "/visits/", Rows.recommendation),
    ("quan", "/visits/?format=csv", Rows.recommendation),
    ("quan", "/recommendations/", Rows.recommendation),
    ("quan", "/recommendations/?format=csv", Rows.recommendation),
    ("quan", "/recommendations/board/", Rows.recommendation),
    ("quan", "/recommendations/board/?by=agency&format=csv", Rows.recommendation),
    ("quan", "/recommendations/letters/new/", Rows.recommendation),
    ("quan", "/recommendations/hand-over/", Rows.recommendation),
    ("quan", "/teams/", Rows.visit),
    ("quan", "/teams/?format=csv", Rows.visit),
    ("quan", "/plans/", Rows.plan),
    ("quan", "/plans/?format=csv", Rows.plan),
    ("quan", "/plans/1/", Rows.plan_unit),
    ("quan", "/plans/coverage/", Rows.visit),
    ("quan", "/plans/coverage/?format=csv", Rows.visit),
    ("quan", "/documents/", Rows.document),
    ("quan", "/documents/?format=csv", Rows.document),
    ("quan", "/claims/", Rows.claim),
    ("quan", "/claims/contradictions/", Rows.contradiction),
    ("quan", "/claims/contradictions/?format=csv", Rows.contradiction),
    ("quan", "/claims/sources/", Rows.a_source),
    ("quan", "/claims/sources/?format=csv", Rows.a_source),
    ("quan", "/open-data/", Rows.open_data),
    ("quan", "/open-data/?format=csv", Rows.open_data),
    ("quan", "/claims/targets/", Rows.target),
    ("quan", "/claims/targets/?format=csv", Rows.target),
    ("quan", "/agencies/", Rows.agency),
    ("quan", "/agencies/?view=tree", Rows.agency),
    ("quan", "/agencies/HN/children/", Rows.agency),
    ("quan", "/procedures/", Rows.procedure),
    ("quan", "/procedures/stated-levels/", Rows.stated),
    ("quan", "/periods/", Rows.period),
    ("quan", "/extensions/new/", Rows.extension),
    ("quan", "/extensions/new/?format=csv", Rows.extension),
    ("quan", "/search/?q=so", Rows.recommendation),
    ("quan", "/admin/successions/", Rows.succession),
    ("quan", "/admin/holidays/", Rows.holiday),
    ("quan", "/admin/fields/", Rows.a_field),
    ("quan", "/admin/late-reasons/", Rows.late_reason),
    ("admin", "/admin/people/", Rows.person),
    ("admin", "/admin/tokens/", Rows.token),
    ("admin", "/admin/tokens/?format=csv", Rows.token),
    ("admin", "/admin/jobs/", Rows.failed_document),
    ("admin", "/admin/jobs/?format=csv", Rows.failed_document),
    ("kiemtoan", "/admin/trail/", Rows.event),
    ("quan", "/", Rows.a_return),
    ("lanhdao", "/", Rows.recommendation),
]


@pytest.mark.parametrize(("name", "path", "make"), LISTS, ids=[f"{name} {path}" for name, path, _make in LISTS])
def test_one_row_costs_what_three_cost(name, path, make, cast, client_of):
    rows, client = Rows(cast), client_of(getattr(cast, name))

    def cost() -> tuple[list[str], int]:
        client.get(path)
        cache.clear()
        with CaptureQueriesContext(
            connection,
        ) as told:
            answer = client.get(path)
            assert answer.status_code == 200
            size = len(answer.getvalue())
        return [query["sql"] for query in told.captured_queries], size

    make(rows, 1)
    one, small = cost()
    make(rows, 2)
    make(rows, 3)
    three, large = cost()
    assert large > small, "the new rows are not on the page"
    assert len(three) == len(one), [sql for sql in three if three.count(sql) > 1][:5] or three[len(one) - 3 :]

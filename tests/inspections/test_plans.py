"""Yearly plans: drawn up, issued, made into visits; units by month; which agencies are covered."""

from datetime import date

import pytest
from django.urls import reverse

from agencies.models import Agency, Succession
from inspections.choices import UnitStanding, VisitState
from inspections.models import OwnPlan, Plan, PlanUnit, Visit
from inspections.papers.plans import build_paper
from inspections.rules import standing
from inspections.tally import coverage
from records.models import Document, Event

KIND = "administrative_inspection"


@pytest.fixture
def plan(cast) -> Plan:
    return Plan.objects.create(
        year=2026, kind=KIND, title="Kế hoạch kiểm tra năm 2026", issuing_agency=cast.nv, content="Một cửa\nTrực tuyến"
    )


@pytest.fixture
def unit(plan, cast, team) -> PlanUnit:
    return plan.units.create(agency=cast.ngv, month=5, team=team)


def act(client, plan, action, **data):
    return client.post(reverse("inspections:plan_action", args=[plan.pk, action]), {"version": plan.version} | data)


def test_from_draft_to_visits(cast, client_of, team):
    client = client_of(cast.quan)
    data = {"year": 2026, "kind": KIND, "title": "Kế hoạch 2026", "content": "Một cửa\nTrực tuyến"}
    client.post(reverse("inspections:plan_new"), data)
    plan = Plan.objects.get()
    assert act(client, plan, "issue").status_code == 422  # no unit yet
    units = reverse("inspections:plan_units_new", args=[plan.pk])
    named = {"version": plan.version, "agencies": [cast.khcn.pk, cast.ngv.pk], "month": "5", "team": team.pk}
    assert client.post(units, named).status_code == 302
    assert client.post(units, named).status_code == 422  # named already, so no choice any more
    plan.refresh_from_db()
    assert act(client, plan, "issue").status_code == 302
    plan.refresh_from_db()
    assert act(client, plan, "make_visits").status_code == 302
    visits = Visit.objects.filter(plan=plan)
    assert {(v.agency, v.date, v.date_precision, v.state) for v in visits} == {
        (cast.khcn, date(2026, 5, 1), "month", VisitState.PLANNED),
        (cast.ngv, date(2026, 5, 1), "month", VisitState.PLANNED),
    }
    assert [theme.text for theme in visits[0].themes.all()] == ["Một cửa", "Trực tuyến"]
    plan.refresh_from_db()
    assert act(client, plan, "make_visits").status_code == 422  # twice makes nothing twice
    assert visits.count() == 2
    told = [event.action for event in Event.objects.about(plan)]
    assert told == ["make_visits", "issue", "add_units", "draft_plan"]


def test_who_may(cast, client_of, plan, unit):
    page = reverse("inspections:plan_detail", args=[plan.pk])
    assert client_of(cast.hoa).get(page).status_code == 404  # a draft is the office's
    assert client_of(cast.lan).get(page).status_code == 404
    assert client_of(cast.kiemtoan).get(page).status_code == 200
    assert act(client_of(cast.kiemtoan), plan, "issue").status_code == 403
    assert act(client_of(cast.quan), plan, "issue").status_code == 302
    assert client_of(cast.hoa).get(page).status_code == 200
    assert client_of(cast.hoa).get(reverse("inspections:plan_edit", args=[plan.pk])).status_code == 403
    assert client_of(cast.quan).get(reverse("inspections:plan_edit", args=[plan.pk])).status_code == 409
    assert client_of(cast.hoa).get(reverse("inspections:plan_coverage")).status_code == 403
    assert act(client_of(cast.quan), plan, "add_units").status_code == 404  # has a page of its own


def test_an_issued_plan_changes_with_a_reason_only(cast, client_of, plan, unit, team):
    Plan.objects.update(state="issued")
    url, client = reverse("inspections:plan_unit", args=[plan.pk, unit.pk]), client_of(cast.quan)
    change = {"version": plan.version, "month": "7", "team": team.pk}
    assert client.post(url, change).status_code == 422
    assert client.post(url, change | {"reason": "trùng lịch thanh tra"}).status_code == 302
    unit.refresh_from_db()
    assert unit.month == 7
    assert client.post(url, change | {"reason": "cũ"}).status_code == 409  # the version that stood is gone
    plan.refresh_from_db()
    out = {"version": plan.version, "leave_out": "1", "reason": "đã sáp nhập"}
    assert client.post(url, out).status_code == 302
    unit.refresh_from_db()
    assert unit.left_out == "đã sáp nhập"


@pytest.mark.parametrize(
    "today, visit_state, visited_on, expected",
    [
        (date(2026, 5, 31), "", None, UnitStanding.NOT_DUE),
        (date(2026, 5, 31), "planned", date(2026, 5, 1), UnitStanding.PLANNED),
        (date(2026, 6, 1), "planned", date(2026, 5, 1), UnitStanding.LATE),
        (date(2026, 6, 1), "", None, UnitStanding.LATE),
        (date(2027, 1, 1), "", None, UnitStanding.MISSED),
        (date(2026, 6, 1), "recorded", date(2026, 5, 31), UnitStanding.DONE),
        (date(2026, 7, 1), "recorded", date(2026, 6, 1), UnitStanding.DONE_LATE),
        (date(2026, 6, 1), "cancelled", date(2026, 5, 1), UnitStanding.CANCELLED),
    ],
)
def test_late_and_missed_follow_from_the_dates(today, visit_state, visited_on, expected):
    told = standing(today, last_day=date(2026, 5, 31), visit_state=visit_state, visited_on=visited_on)
    assert told == expected


def test_a_closed_plan_has_missed_what_was_not_visited():
    assert standing(date(2026, 2, 1), last_day=date(2026, 5, 31), closed=True) == UnitStanding.MISSED


def test_coverage_follows_mergers_as_of_the_day(cast, team):
    def visited(agency, day, state="concluded", kind=KIND):
        return Visit.objects.create(agency=agency, team=team, kind=kind, date=day, state=state)

    visited(cast.tttt, date(2024, 3, 1))  # absorbed whole by khcn on 01/03/2025
    visited(cast.ngv, date(2026, 2, 1), state="planned")
    visited(cast.ttr, date(2026, 2, 1), kind="self_inspection")
    known = {row.agency: row for row in coverage(2026, 3, date(2026, 11, 1)).rows}
    assert cast.tttt not in known
    assert known[cast.khcn].last == date(2024, 3, 1)
    assert (known[cast.khcn].in_year, known[cast.khcn].in_span) == (0, 1)
    assert known[cast.ngv].state == "never"  # only planned
    assert known[cast.ttr].state == "never"  # it looked at itself
    before = {row.agency: row for row in coverage(2024, 3, date(2024, 12, 31)).rows}
    assert before[cast.tttt].state == "year"
    assert before[cast.khcn].state == "never"


def test_a_visit_to_a_divided_unit_counts_for_nobody(cast, team):
    old = Agency.objects.create(
        code="HN-OLD", name="Sở cũ", short_name="Sở cũ", kind="department", parent=cast.hn, valid_to=date(2025, 2, 28)
    )
    for heir in (cast.ngv, cast.ttr):
        Succession.objects.create(predecessor=old, successor=heir, effective_date=date(2025, 3, 1), kind="split")
    Visit.objects.create(agency=old, team=team, kind=KIND, date=date(2024, 5, 1), state="closed")
    assert coverage(2026, 3, date(2026, 11, 1)).covered_in_span == 0


def test_coverage_page_and_own_plans(cast, client_of):
    client = client_of(cast.quan)
    url = reverse("inspections:own_plans", args=[2026])
    two = {"agencies": [cast.ngv.pk, cast.khcn.pk], "number": "12/KH"}
    assert client.post(url, two).status_code == 422  # a number belongs to one plan
    assert client.post(url, {"agencies": [cast.ngv.pk, cast.khcn.pk, cast.nv.pk, cast.ttr.pk]}).status_code == 302
    assert OwnPlan.objects.filter(year=2026).count() == 4
    page = client.get(reverse("inspections:plan_coverage"), {"year": 2026})
    assert "Toàn bộ 4 cơ quan đã xây dựng kế hoạch kiểm tra" in page.content.decode()
    exported = client.get(reverse("inspections:plan_coverage"), {"year": 2026, "only": "never", "format": "csv"})
    assert b"".join(exported.streaming_content).decode().count("HN-") == 4
    assert client.get(reverse("inspections:plan_coverage"), {"year": "x", "years": "99"}).status_code == 200


def test_plan_pages_and_exports(cast, client_of, plan, unit):
    client = client_of(cast.quan)
    page = client.get(reverse("inspections:plan_detail", args=[plan.pk])).content.decode()
    assert "Sở Ngoại vụ" in page and "Tháng 5" in page
    csv = client.get(reverse("inspections:plan_detail", args=[plan.pk]), {"format": "csv"})
    assert "Sở Ngoại vụ" in b"".join(csv.streaming_content).decode()
    listed = client.get(reverse("inspections:plan_list"), {"q": "ngoai vu", "year": 2026})
    assert plan.title in listed.content.decode()
    assert plan.title not in client.get(reverse("inspections:plan_list"), {"q": "y te"}).content.decode()


def test_plan_document(cast, client_of, plan, unit):
    url = reverse("inspections:ask_plan", args=[plan.pk])
    assert client_of(cast.kiemtoan).post(url).status_code == 403
    assert client_of(cast.quan).post(url).status_code == 302
    document = Document.objects.get(kind="inspection_plan")
    assert document.draft
    paper = build_paper(plan, draft=True, address="")
    assert paper.annexes[0].blocks[0].rows == (("1", "Sở Ngoại vụ", "05/2026", "Đoàn kiểm tra số 1", "–"),)
    assert paper.symbol == "KH"
    assert paper == build_paper(plan, draft=True, address="")

"""Pages of visits: who sees which, planning, editing without loss, moving on."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inspections.choices import FindingState, RecommendationState, VisitState
from inspections.models import Visit
from records.models import Event
from tests.steps import take


def detail(visit):
    return reverse("inspections:visit_detail", args=[visit.pk])


@pytest.fixture
def plan(cast, team, period_q):
    return {
        "kind": "administrative_inspection",
        "agency": cast.ngv.pk,
        "team": team.pk,
        "date": "2026-11-30",
        "date_precision": "day",
        "period": period_q.pk,
        "one_stop_desk_inspected": "unknown",
        "place": "Hà Nội",
        "themes": "Một cửa\nThủ tục hành chính",
        "units": "",
    }


@pytest.mark.parametrize("year", ["10000", "9" * 40, "1e9", "-1", "NaN"])
def test_a_year_that_is_none_is_refused_at_its_field(cast, client_of, visit, year):
    answer = client_of(cast.quan).get(reverse("inspections:visit_list"), {"year": year})
    assert answer.status_code == 200
    assert answer.context["filter"].errors["year"]


@pytest.mark.parametrize("name", ["hoa", "khoa", "quan", "lanhdao", "kiemtoan", "lan", "minh"])
def test_those_concerned_see_the_visit(cast, client_of, visit, name):
    client = client_of(getattr(cast, name))
    assert client.get(detail(visit)).status_code == 200
    assert visit.agency.name in client.get(reverse("inspections:visit_list")).content.decode()


@pytest.mark.parametrize("name", ["tuan", "admin"])
def test_outsiders_do_not(cast, client_of, visit, make_finding, make_recommendation, name):
    finding = make_finding(FindingState.RELEASED)
    recommendation = make_recommendation(RecommendationState.ISSUED)
    client = client_of(getattr(cast, name))
    for url in (detail(visit), finding.get_absolute_url(), recommendation.get_absolute_url()):
        assert client.get(url).status_code == 404
    for url in (
        reverse("inspections:capture", args=[visit.pk]),
        reverse("inspections:visit_edit", args=[visit.pk]),
        reverse("inspections:finding_new", args=[visit.pk]),
        reverse("inspections:recommendation_new", args=[visit.pk]),
        reverse("inspections:team_detail", args=[visit.team_id]),
    ):
        assert client.get(url).status_code == 404
    assert client.post(detail(visit) + "record/").status_code == 404
    assert client.post(reverse("inspections:ask_document", args=[visit.pk, "report"])).status_code == 404
    for listed in ("inspections:visit_list", "inspections:recommendation_list"):
        for query in ("", "?format=csv"):
            response = client.get(reverse(listed) + query)
            body = b"".join(response.streaming_content) if response.streaming else response.content
            assert "Niêm yết" not in body.decode()
            assert "Đoàn kiểm tra số 1" not in body.decode()


def test_anonymous_is_sent_to_sign_in(client, visit):
    response = client.get(detail(visit))
    assert response.status_code == 302
    assert reverse("login") in response["Location"]


def test_the_agency_sees_what_was_released(cast, client_of, visit, make_finding, make_recommendation):
    make_finding(FindingState.FINAL, text="Chưa công bố cho đơn vị")
    make_finding(FindingState.RELEASED, text="Đã gửi đơn vị")
    make_recommendation(RecommendationState.DRAFT, text="Kiến nghị dự thảo")
    make_recommendation(RecommendationState.ISSUED, text="Kiến nghị đã ban hành")
    seen = client_of(cast.lan).get(detail(visit)).content.decode()
    assert "Đã gửi đơn vị" in seen
    assert "Kiến nghị đã ban hành" in seen
    assert "Chưa công bố cho đơn vị" not in seen
    assert "Kiến nghị dự thảo" not in seen
    assert visit.situation not in seen
    whole = client_of(cast.khoa).get(detail(visit)).content.decode()
    assert "Chưa công bố cho đơn vị" in whole
    assert visit.situation in whole


def test_a_planned_visit_is_not_announced_by_the_portal(cast, client_of, visit):
    Visit.objects.filter(pk=visit.pk).update(state=VisitState.PLANNED)
    assert client_of(cast.lan).get(detail(visit)).status_code == 404


@pytest.mark.parametrize("name", ["quan", "hoa"])
def test_plan_a_visit(cast, client_of, plan, name):
    response = client_of(getattr(cast, name)).post(reverse("inspections:visit_new"), plan)
    visit = Visit.objects.get(agency=cast.ngv)
    assert response["Location"] == detail(visit)
    assert [theme.text for theme in visit.themes.all()] == ["Một cửa", "Thủ tục hành chính"]
    assert visit.one_stop_desk_inspected is None
    event = Event.objects.about(visit).get()
    assert (event.action, event.actor) == ("plan_visit", getattr(cast, name))
    assert "Một cửa" in event.after


@pytest.mark.parametrize("name", ["khoa", "lan", "tuan", "lanhdao", "kiemtoan", "admin"])
def test_others_do_not_plan(cast, client_of, plan, name):
    assert client_of(getattr(cast, name)).post(reverse("inspections:visit_new"), plan).status_code == 403
    assert not Visit.objects.exists()


def test_bad_input_keeps_what_was_typed(cast, client_of, plan):
    response = client_of(cast.quan).post(
        reverse("inspections:visit_new"), plan | {"last_day": "2026-11-01", "place": "Phòng họp tầng 3"}
    )
    assert response.status_code == 422
    assert "Phòng họp tầng 3" in response.content.decode()
    assert not Visit.objects.exists()


def test_a_closed_agency_is_not_visited(cast, client_of, plan):
    response = client_of(cast.quan).post(reverse("inspections:visit_new"), plan | {"agency": cast.tttt.pk})
    assert response.status_code == 422
    assert "agency" in response.context["form"].errors


def test_edit_changes_facts_and_lines(cast, client_of, visit, plan):
    url = reverse("inspections:visit_edit", args=[visit.pk])
    data = plan | {"seen": visit.version, "place": "Tầng 2", "themes": "Một cửa", "one_stop_desk_inspected": "false"}
    assert client_of(cast.khoa).post(url, data).status_code == 302
    visit.refresh_from_db()
    assert (visit.place, visit.one_stop_desk_inspected, visit.version) == ("Tầng 2", False, 2)
    assert visit.agency == cast.khcn  # whom the visit is about does not change
    assert [theme.text for theme in visit.themes.all()] == ["Một cửa"]
    assert client_of(cast.lan).post(url, data).status_code == 403


def test_stale_edit_shows_both_and_keeps_the_typed(cast, client_of, visit, plan):
    url = reverse("inspections:visit_edit", args=[visit.pk])
    assert client_of(cast.khoa).post(url, plan | {"seen": 1, "place": "Tầng 2"}).status_code == 302
    response = client_of(cast.hoa).post(url, plan | {"seen": 1, "place": "Tầng 9"})
    assert response.status_code == 409
    body = response.content.decode()
    assert "Tầng 2" in body
    assert "Tầng 9" in body
    visit.refresh_from_db()
    assert visit.place == "Tầng 2"
    assert client_of(cast.hoa).post(url, plan | {"seen": visit.version, "place": "Tầng 9"}).status_code == 302


def test_a_save_without_a_version_is_refused(cast, client_of, visit, plan):
    assert client_of(cast.hoa).post(reverse("inspections:visit_edit", args=[visit.pk]), plan).status_code == 409


def test_reported_visit_is_no_longer_changed(cast, client_of, visit, plan):
    Visit.objects.filter(pk=visit.pk).update(state=VisitState.REPORTED)
    client = client_of(cast.hoa)
    response = client.post(reverse("inspections:visit_edit", args=[visit.pk]), plan | {"place": "Tầng 7"})
    assert response.status_code == 409
    assert "Tầng 7" in response.content.decode()
    assert client.get(reverse("inspections:finding_new", args=[visit.pk])).status_code == 409


def test_move_through_the_page(cast, client_of, visit, make_finding):
    client = client_of(cast.hoa)
    response = client.post(detail(visit) + "record/", {"version": visit.version})
    assert response.status_code == 422  # no finding yet
    make_finding()
    assert client.post(detail(visit) + "record/", {"version": 99}).status_code == 409
    assert client.post(detail(visit) + "record/", {"version": visit.version}).status_code == 302
    visit.refresh_from_db()
    assert visit.state == VisitState.RECORDED
    assert client.post(detail(visit) + "record/").status_code == 409
    assert client.post(detail(visit) + "no_such_move/").status_code == 404
    assert client.get(detail(visit) + "record/").status_code == 405
    assert client_of(cast.lan).post(detail(visit) + "record/").status_code == 403


def test_a_move_that_comes_too_late_gives_the_words_back(cast, client_of, visit):
    Visit.objects.filter(pk=visit.pk).update(state=VisitState.REPORTED)
    response = client_of(cast.hoa).post(detail(visit) + "cancel/", {"reason": "Bão số 3"})
    assert response.status_code == 409
    assert "Bão số 3" in response.content.decode()


def test_cancelling_needs_a_reason(cast, client_of, visit):
    client = client_of(cast.quan)
    assert take(client, visit, "cancel", reason=" ").status_code == 422
    assert take(client, visit, "cancel", reason="Bão").status_code == 302
    visit.refresh_from_db()
    assert (visit.state, visit.cancel_reason) == (VisitState.CANCELLED, "Bão")


def test_list_filters_and_query_count(cast, client_of, visit, team, period_q):
    client = client_of(cast.quan)
    url = reverse("inspections:visit_list")
    client.get(url)

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    one = queries()
    for number in (1, 2):
        other = Visit.objects.create(
            agency=cast.ngv, team=team, kind="self_inspection", date=date(2020, number, 1), date_precision="year"
        )
        other.themes.create(text="Tự kiểm tra hồ sơ", order=0)
    assert queries() == one
    assert "2020" in client.get(url).content.decode()

    def found(**query):
        return {row.pk for row in client.get(url, query).context["page"]}

    assert found(agency="HN-KHCN") == {visit.pk}
    assert found(kind="administrative_inspection") == {visit.pk}
    assert found(year="2026") == {visit.pk}
    assert found(state="under_way") == {visit.pk}
    assert found(q="khoa hoc") == {visit.pk}
    assert len(found(q="tu kiem tra")) == 2
    assert found(q="khong co gi") == set()


def test_export(cast, client_of, visit):
    response = client_of(cast.quan).get(reverse("inspections:visit_list"), {"format": "csv"})
    body = b"".join(response.streaming_content).decode()
    assert "Sở Khoa học và Công nghệ" in body
    assert "2026-10-05" in body
    assert client_of(cast.quan).get(reverse("inspections:visit_list"), {"format": "xlsx"}).status_code == 200


def test_visit_page_asks_the_same_number_of_queries(cast, client_of, visit, make_finding, make_recommendation):
    client = client_of(cast.khoa)
    make_finding()
    make_recommendation()

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(detail(visit)).status_code == 200
        return len(captured)

    queries()
    one = queries()
    for _ in range(2):
        make_finding()
        make_recommendation(RecommendationState.ISSUED, due=date(2020, 1, 1))
    assert queries() == one


def test_proposal(cast, client_of, visit):
    url = reverse("inspections:proposal_new", args=[visit.pk])
    data = {"text": "Xây dựng cơ sở dữ liệu dùng chung", "addressees": "HĐND thành phố\nUBND thành phố"}
    assert client_of(cast.lan).post(url, data).status_code == 403
    assert client_of(cast.khoa).post(url, {"text": ""}).status_code == 422
    assert client_of(cast.khoa).post(url, data).status_code == 302
    page = client_of(cast.lan).get(detail(visit)).content.decode()
    assert "Xây dựng cơ sở dữ liệu dùng chung" in page
    assert "UBND thành phố" in page

"""Việc của tôi: what is owed, by when, with whose words, overdue first."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dossiers.choices import ReturnState
from dossiers.models import Remark
from inspections.models import Recommendation, Team, Visit
from reports.tally import worklist
from tests.builders import GOOD, make_return


@pytest.fixture
def recommendation(cast) -> Recommendation:
    team = Team.objects.create(name="Đoàn kiểm tra số 1", kind="administrative_inspection", issuing_agency=cast.nv)
    visit = Visit.objects.create(
        agency=cast.khcn, team=team, kind="administrative_inspection", date=date(2026, 5, 5), state="concluded"
    )
    return Recommendation.objects.create(
        visit=visit,
        agency=cast.khcn,
        text="Niêm yết đủ thủ tục",
        state="issued",
        due=timezone.localdate() - timedelta(days=3),
    )


def page_of(client) -> str:
    answer = client.get("/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_reporter_sees_the_return_not_begun(cast, client_of, period_q, procedures_khcn):
    page = page_of(client_of(cast.lan))
    assert "Báo cáo Quý III/2026 của Sở KH&amp;CN" in page
    assert "chưa bắt đầu" in page


def test_outsider_does_not_see_it(cast, client_of, period_q, procedures_khcn):
    assert "Sở KH&amp;CN" not in page_of(client_of(cast.tuan))


def test_returned_work_comes_with_whose_words(cast, client_of, period_q, procedures_khcn):
    item = make_return(cast.khcn, period_q, [GOOD], procedures=procedures_khcn, state=ReturnState.DRAFT)
    Remark.objects.create(of=item, text="Cột 8 lệch với kỳ trước", by=cast.quan)
    page = page_of(client_of(cast.lan))
    assert "Cột 8 lệch với kỳ trước" in page
    assert "Quân" in page
    assert "Bị trả lại để chỉnh sửa" in page


def test_approver_sees_what_waits_for_the_sign_off(cast, client_of, period_q, procedures_khcn):
    make_return(cast.khcn, period_q, [GOOD], state=ReturnState.SUBMITTED, submitted_by=cast.lan)
    assert "Lan đã nhập và trình" in page_of(client_of(cast.minh))


def test_officer_sees_what_waits_for_acceptance_but_no_drafts(cast, client_of, period_q):
    make_return(cast.khcn, period_q, [GOOD], state=ReturnState.APPROVED)
    make_return(cast.ngv, period_q, [GOOD], state=ReturnState.DRAFT)
    page = page_of(client_of(cast.quan))
    assert "của Sở KH&amp;CN" in page
    assert "của Sở Ngoại vụ" not in page


def test_overdue_recommendation_stands_in_the_agency_and_the_office(cast, client_of, recommendation):
    for person in (cast.lan, cast.quan, cast.lanhdao):
        page = page_of(client_of(person))
        assert "Niêm yết đủ thủ tục" in page
        assert "quá hạn từ" in page
    assert "Niêm yết đủ thủ tục" not in page_of(client_of(cast.tuan))


def test_what_went_up_is_counted_once(cast, client_of, recommendation):
    Recommendation.objects.filter(pk=recommendation.pk).update(escalated_at=timezone.now())
    for person in (cast.quan, cast.lanhdao):
        page = page_of(client_of(person))
        assert page.count("Niêm yết đủ thủ tục") > 1
        assert "1 việc quá hạn" in page


@pytest.mark.parametrize(("shown", "told"), [(3, "2 việc quá hạn"), (1, "Ít nhất 1 việc quá hạn")])
def test_a_group_that_is_cut_short_says_at_least(cast, client_of, recommendation, monkeypatch, shown, told):
    Recommendation.objects.create(
        visit=recommendation.visit,
        agency=cast.khcn,
        text="Công khai phí",
        state="issued",
        due=timezone.localdate() - timedelta(days=2),
    )
    monkeypatch.setattr(worklist, "ROWS_SHOWN", shown)
    label = page_of(client_of(cast.lanhdao)).partition('class="lead">')[2].partition("</p>")[0]
    assert told in label
    assert ("Ít nhất" in label) == ("Ít nhất" in told)


def test_first_page_takes_under_thirty_queries(
    cast, client_of, period_q, procedures_khcn, recommendation, django_assert_max_num_queries
):
    make_return(cast.khcn, period_q, [GOOD], procedures=procedures_khcn, state=ReturnState.DRAFT)
    for person in (cast.lan, cast.minh, cast.quan, cast.hoa, cast.lanhdao):
        client = client_of(person)
        with django_assert_max_num_queries(29):
            page_of(client)


def test_queries_do_not_grow_with_the_rows(cast, client_of, period_q, django_assert_num_queries):
    client = client_of(cast.quan)
    make_return(cast.khcn, period_q, [GOOD], state=ReturnState.APPROVED, submitted_by=cast.lan)
    page_of(client)
    with CaptureQueriesContext(connection) as one:
        page_of(client)
    for agency in (cast.ngv, cast.nv):
        make_return(agency, period_q, [GOOD], state=ReturnState.APPROVED, submitted_by=cast.tuan)
    with django_assert_num_queries(len(one)):
        page_of(client)


def test_english_is_chosen_and_never_guessed_from_the_browser(cast, client_of):
    client = client_of(cast.lan)
    vietnamese = client.get("/", headers={"Accept-Language": "en-US,en"}).content.decode()
    assert "Việc của tôi" in vietnamese
    client.post("/language/", {"language": "en", "next": "/"})
    assert "My work" in page_of(client)

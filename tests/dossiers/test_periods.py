"""Periods of both calendars, reasons for lateness, background jobs."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dossiers.models import LateReason, Period, RateRun, Return
from procedures.models import Holiday
from records.models import Document, Event

pytestmark = pytest.mark.django_db

URL = "/periods/"
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def labels(answer):
    return [period.label for period in answer.context["page"].object_list]


def generate(client, year=2027, calendar="default", kinds=("quarter", "year")):
    return client.post(f"{URL}generate/", {"year": year, "calendar": calendar, "kinds": kinds})


def typed(**changes):
    return {
        "label": "2026-Q4",
        "kind": "quarter",
        "calendar": "default",
        "first_day": "2026-09-15",
        "last_day": "2026-12-14",
        "due_at": "2026-12-21T17:00",
        "locks_at": "2027-01-20T17:00",
        **changes,
    }


def test_a_year_in_one_step_with_the_holiday_table(cast, client_of):
    Holiday.objects.create(day=date(2027, 3, 16), name="Nghỉ bù")
    client = client_of(cast.quan)
    assert generate(client).status_code == 302
    first = Period.objects.get(label="2027-Q1")
    assert (first.first_day, first.last_day) == (date(2026, 12, 15), date(2027, 3, 14))
    # Sunday the 14th is the last day; the 16th is a holiday, so the fifth working day is Monday the 22nd.
    assert first.due_at == datetime(2027, 3, 22, 17, 0, tzinfo=HANOI)
    assert first.locks_at == datetime(2027, 4, 21, 17, 0, tzinfo=HANOI)
    assert Period.objects.get(label="2027").last_day == date(2027, 12, 14)
    assert Event.objects.get().action == "generate_periods"


def test_second_time_changes_nothing(cast, client_of):
    client = client_of(cast.quan)
    generate(client)
    Period.objects.filter(label="2027-Q1").update(version=7)
    generate(client)
    assert Period.objects.count() == 5
    assert Period.objects.get(label="2027-Q1").version == 7
    assert Event.objects.count() == 1
    generate(client, calendar="calendar", kinds=["quarter"])
    assert Period.objects.get(label="2027-Q1-cal").first_day == date(2027, 1, 1)


def test_nonsense_year_keeps_what_was_typed(cast, client_of):
    answer = generate(client_of(cast.quan), year="20277")
    assert answer.status_code == 422
    assert "20277" in answer.text
    assert not Period.objects.exists()


def test_list_is_open_and_filtered(cast, client_of, client):
    generate(client_of(cast.quan), kinds=["quarter", "half", "year"])
    lan = client_of(cast.lan)
    assert len(labels(lan.get(URL))) == 7
    assert labels(lan.get(URL, {"kind": "year"})) == ["2027"]
    assert labels(lan.get(URL, {"year": "2026"})) == []
    assert labels(lan.get(URL, {"kind": "quarter", "sort": "label"}))[0] == "2027-Q1"
    assert b"2027-Q1" in lan.get(URL, {"format": "csv"}).getvalue()
    assert client.get(URL).status_code == 302


def test_same_queries_at_one_and_three_rows(cast, client_of):
    client = client_of(cast.quan)
    generate(client)
    client.get(URL)
    counts = []
    for query in ({"kind": "year"}, {}):
        with CaptureQueriesContext(connection) as queries:
            client.get(URL, query)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_only_the_programme_office_edits(cast, client_of, period_q):
    urls = [f"{URL}new/", f"{URL}generate/", f"{URL}{period_q.pk}/", "/admin/late-reasons/", "/admin/late-reasons/new/"]
    for url in urls:
        assert client_of(cast.quan).get(url).status_code == 200
        for person in (cast.lan, cast.admin, cast.kiemtoan, cast.lanhdao):
            assert client_of(person).get(url).status_code == 403
    assert generate(client_of(cast.lan)).status_code == 403


def test_single_period_is_made_in_the_time_of_hanoi(cast, client_of):
    assert client_of(cast.quan).post(f"{URL}new/", typed()).status_code == 302
    assert Period.objects.get(label="2026-Q4").due_at == datetime(2026, 12, 21, 17, 0, tzinfo=HANOI)


def test_published_period_has_no_days(cast, client_of):
    client = client_of(cast.quan)
    published = {"label": "2016-pub", "kind": "year", "calendar": "published"}
    assert client.post(f"{URL}new/", published | {"first_day": "2016-01-01"}).context["form"].errors["first_day"]
    assert client.post(f"{URL}new/", published).status_code == 302
    assert "số liệu cũ" in client.get(URL).text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"label": "2026-Q5"}, "label"),
        ({"kind": "year"}, "kind"),
        ({"calendar": "calendar"}, "calendar"),
        ({"last_day": "2026-09-01"}, "last_day"),
        ({"first_day": ""}, "first_day"),
        ({"due_at": "2026-12-14T17:00"}, "due_at"),
        ({"locks_at": "2026-12-20T17:00"}, "locks_at"),
        ({"due_at": ""}, "due_at"),
        ({"due_at": "sang năm"}, "due_at"),
    ],
)
def test_bad_period_keeps_what_was_typed(cast, client_of, changes, field):
    answer = client_of(cast.quan).post(f"{URL}new/", typed(**changes))
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert (changes | typed())[field] in answer.text or changes[field] in answer.text
    assert not Period.objects.exists()


def edited(period, **changes):
    return {
        "first_day": "2026-06-15",
        "last_day": "2026-09-14",
        "due_at": "2099-01-08T17:00",
        "locks_at": "2099-02-07T17:00",
        "version": period.version,
        "reason": "",
        **changes,
    }


def test_moving_the_lock_needs_a_reason(cast, client_of, period_q):
    client = client_of(cast.quan)
    url = f"{URL}{period_q.pk}/"
    moved = edited(period_q, locks_at="2099-03-01T17:00")
    assert client.post(url, moved).context["form"].errors["reason"]
    assert client.post(url, moved | {"reason": "Hệ thống bảo trì"}).status_code == 302
    assert Event.objects.get().reason == "Hệ thống bảo trì"
    assert client.post(url, edited(period_q, due_at="2099-01-09T17:00")).status_code == 422


def test_stale_period_shows_both_values(cast, client_of, period_q):
    url = f"{URL}{period_q.pk}/"
    assert client_of(cast.quan).post(url, edited(period_q, due_at="2099-01-09T17:00")).status_code == 302
    answer = client_of(cast.mai).post(url, edited(period_q, due_at="2099-01-10T17:00"))
    assert answer.status_code == 409
    assert "09/01/2099" in answer.text
    assert "10/01/2099" in answer.text


def test_days_stay_once_returns_exist(cast, client_of, period_q):
    Return.objects.create(agency=cast.khcn, period=period_q)
    answer = client_of(cast.quan).post(f"{URL}{period_q.pk}/", edited(period_q, first_day="2026-06-16"))
    assert answer.status_code == 422
    assert answer.context["form"].errors["first_day"]


def test_late_reasons_are_kept(cast, client_of):
    client = client_of(cast.quan)
    new = {"code": "he-thong", "name": "Lỗi hệ thống", "order": "3", "active": "on"}
    assert client.post("/admin/late-reasons/new/", new).status_code == 302
    reason = LateReason.objects.get()
    url = f"/admin/late-reasons/{reason.pk}/"
    seen = client.get(url).context["form"]["version"].value()
    assert client.post(url, {"name": "Lỗi hệ thống", "order": "3", "version": seen}).status_code == 302
    reason.refresh_from_db()
    assert (reason.code, reason.active) == ("he-thong", False)
    assert client.post(url, new | {"name": "Khác", "version": seen}).status_code == 409
    assert client.post("/admin/late-reasons/new/", new).status_code == 422
    assert "Lỗi hệ thống" in client.get("/admin/late-reasons/").text


# Background jobs


@pytest.fixture
def failed(cast):
    return Document.objects.create(
        kind="inspection_report",
        subject_id=1,
        title="Báo cáo mật",
        state="failed",
        attempt=3,
        error="ValueError: bí mật",
    )


def test_jobs_are_the_administrators_and_show_no_content(cast, client_of, client, failed):
    text = client_of(cast.admin).get("/admin/jobs/").text
    assert "ValueError" in text
    assert "Báo cáo mật" not in text
    assert "bí mật" not in text
    for person in (cast.quan, cast.lan, cast.kiemtoan):
        assert client_of(person).get("/admin/jobs/").status_code == 403
        assert client_of(person).post(f"/admin/jobs/documents/{failed.pk}/retry/").status_code == 403
    assert client.get("/admin/jobs/").status_code == 302


def test_failed_job_is_tried_again_once(cast, client_of, failed):
    client = client_of(cast.admin)
    url = f"/admin/jobs/documents/{failed.pk}/retry/"
    assert client.post(url).status_code == 302
    failed.refresh_from_db()
    assert (failed.state, failed.attempt) == ("queued", 0)
    assert client.post(url).status_code == 409
    assert Event.objects.get().action == "retry_job"
    for wrong in ("documents/1", "rates/999", "kings/1"):
        assert client.post(f"/admin/jobs/{wrong}/retry/").status_code == 404


def test_rate_runs_are_listed_by_state(cast, client_of):
    for state in ("queued", "failed", "ready"):
        RateRun.objects.create(state=state, asked_at=timezone.now())
    client = client_of(cast.admin)
    assert len(client.get("/admin/jobs/", {"of": "rates"}).context["page"].object_list) == 2
    assert len(client.get("/admin/jobs/", {"of": "rates", "state": "failed"}).context["page"].object_list) == 1

"""The reminders of a day: who hears of what, in one mail, and who hears nothing."""

from datetime import date, datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail as outbox
from django.core.management import call_command

from agencies.models import Agency, Person
from dossiers.models import Extension, Return
from inspections.models import Recommendation
from procedures.models import AgencyProcedure, Holiday
from records.models import ClockSlot, Mail
from reports.workflow import reminders_due
from tests.dossiers.returns import sound_return
from tests.inspections.conftest import make_recommendation, team, vinh, visit

__all__ = ["make_recommendation", "team", "vinh", "visit"]

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.fixture
def period(period_q):
    """Due on Monday 21/09/2026 at 17:00, locked a month later."""
    period_q.due_at = datetime(2026, 9, 21, 17, 0, tzinfo=HANOI)
    period_q.locks_at = datetime(2026, 10, 21, 17, 0, tzinfo=HANOI)
    period_q.save()
    return period_q


@pytest.fixture
def run(cast, procedures_khcn, django_capture_on_commit_callbacks):
    """Run the command on a day of 2026 at half past seven; says to whom a mail was written then."""
    for person in Person.objects.all():
        person.email = f"{person.username}@example.vn"
        person.save()

    def on(text, *options):
        day = datetime.strptime(f"{text}/2026 07:30", "%d/%m/%Y %H:%M").replace(tzinfo=HANOI)
        with time_machine.travel(day, tick=False), django_capture_on_commit_callbacks(execute=True):
            before = set(Mail.objects.values_list("pk", flat=True))
            call_command("send_reminders", *(options or ("--write",)), stdout=StringIO())
            return {mail.person.username: mail.body for mail in Mail.objects.exclude(pk__in=before)}

    return on


def write_return(cast, period, state):
    """Lan's return as it stands on 15/09, before all reminders."""
    with time_machine.travel(datetime(2026, 9, 15, 9, 0, tzinfo=HANOI), tick=False):
        return sound_return(cast, period, state)


@pytest.mark.parametrize("day", ["15/09", "17/09", "18/09", "19/09", "20/09", "23/09", "28/09", "21/10", "27/10"])
def test_silence_when_nothing_is_due(run, period, day):
    assert run(day) == {}
    assert outbox.outbox == []


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("16/09", "Hạn 17:00 21/09/2026, còn 3 ngày làm việc."),
        ("21/09", "Đến hạn hôm nay, 17:00 21/09/2026."),
        ("22/09", "Đã quá hạn từ 17:00 21/09/2026."),
        ("20/10", "Đã quá hạn từ 17:00 21/09/2026."),
    ],
)
def test_the_reporter_hears_before_on_and_after_the_due_day(run, period, day, words):
    written = run(day)
    assert words in written["lan"]
    assert "Báo cáo Quý III/2026 của Sở KH&CN chưa bắt đầu nhập." in written["lan"]
    assert "/returns/?period=2026-Q3" in written["lan"]
    assert set(written) == ({"lan"} if day in ("16/09", "21/09") else {"lan", "quan", "mai"})


def test_the_programme_office_hears_of_what_is_missing_once_it_is_late(run, cast, period):
    AgencyProcedure.objects.create(agency=cast.ngv, procedure=AgencyProcedure.objects.first().procedure)
    text = run("22/09")["quan"]
    assert "Quý III/2026: 2 trên 2 cơ quan chưa gửi báo cáo: Sở KH&CN, Sở Ngoại vụ." in text
    assert "/review/" in text


def test_a_draft_is_the_reporters_and_what_is_submitted_the_approvers(run, cast, period):
    item = write_return(cast, period, "draft")
    written = run("16/09")
    assert set(written) == {"lan"} and f"/returns/{item.pk}/grid/" in written["lan"]
    Return.objects.update(state="submitted")
    written = run("21/09")
    assert set(written) == {"minh"}
    assert "đang chờ anh/chị duyệt" in written["minh"]
    assert set(run("22/09")) == {"minh", "quan", "mai"}


@pytest.mark.parametrize("state", ["approved", "accepted"])
def test_no_mail_for_what_was_sent(run, cast, period, state):
    write_return(cast, period, state)
    assert run("16/09") == run("21/09") == run("22/09") == {}


def test_a_void_return_is_owed_again(run, cast, period):
    write_return(cast, period, "void")
    assert set(run("21/09")) == {"lan"}


def test_an_extension_is_a_deadline_of_its_own_after_the_lock(run, cast, period):
    until = datetime(2026, 11, 10, 17, 0, tzinfo=HANOI)
    Extension.objects.create(agency=cast.khcn, period=period, until=until, reason="Mất điện", granted_by=cast.quan)
    assert "Hạn 17:00 10/11/2026" in run("05/11")["lan"]
    assert set(run("10/11")) == {"lan"}
    assert run("11/11") == {}


def test_all_of_a_day_is_one_mail_with_what_is_overdue_first(run, cast, period, make_recommendation):
    make_recommendation("accepted", due=date(2026, 9, 28), text="Niêm yết lại thủ tục\n/evil/")
    make_recommendation("issued", due=date(2026, 9, 11), text="Bố trí đủ người")
    written = run("21/09")
    assert set(written) == {"lan", "minh"}
    lines = [line for line in written["lan"].splitlines() if line[:2] in ("1.", "2.", "3.")]
    assert [line[3:] for line in lines] == [
        "Kiến nghị đối với Sở KH&CN: Bố trí đủ người",
        "Báo cáo Quý III/2026 của Sở KH&CN chưa bắt đầu nhập.",
        "Kiến nghị đối với Sở KH&CN: Niêm yết lại thủ tục /evil/",
    ]
    assert [sent.subject for sent in outbox.outbox if sent.to == ["lan@example.vn"]] == [
        "Nhắc việc ngày 21/09/2026: 3 việc"
    ]


def test_twice_is_once(run, period):
    assert set(run("16/09")) == {"lan"}
    assert run("16/09") == {}
    assert len(outbox.outbox) == 1


def test_without_write_nothing_is_written(run, period):
    assert run("16/09", "--no-color") == {}
    assert not Mail.objects.exists()


@pytest.mark.parametrize(
    ("day", "heard"), [("13/09", False), ("14/09", True), ("18/09", False), ("21/09", True), ("22/09", True)]
)
def test_a_recommendation_seven_days_before_on_the_day_and_after(run, make_recommendation, day, heard):
    make_recommendation("in_progress", due=date(2026, 9, 21))
    assert set(run(day)) == ({"lan", "minh"} if heard else set())


def test_a_remedy_that_was_reported_waits_for_head_and_secretary(run, make_recommendation):
    make_recommendation("answered", due=date(2026, 9, 21))
    written = run("22/09")
    assert set(written) == {"hoa", "khoa"}
    assert "Cần xác minh kết quả khắc phục của Sở KH&CN" in written["hoa"]


@pytest.mark.parametrize("state", ["draft", "closed_implemented", "closed_not_implemented", "withdrawn"])
def test_no_mail_for_recommendations_that_are_not_open(run, make_recommendation, state):
    make_recommendation(state, due=date(2026, 9, 21))
    assert run("21/09") == {}


def test_no_deadline_no_mail(run, make_recommendation):
    make_recommendation("in_progress", due=None)
    assert run("21/09") == {}


def test_the_successor_hears_of_what_was_addressed_to_the_absorbed_unit(run, cast, make_recommendation):
    make_recommendation("accepted", due=date(2026, 9, 21))
    Recommendation.objects.update(agency=cast.tttt)
    assert set(run("21/09")) == {"lan", "minh"}


def test_a_division_without_accounts_is_the_affair_of_the_unit_above(run, cast, make_recommendation):
    division = Agency.objects.create(
        code="HN-KHCN-P1", name="Phòng Một", short_name="P1", kind="division", parent=cast.khcn
    )
    make_recommendation("accepted", due=date(2026, 9, 21), agency=division)
    assert set(run("21/09")) == {"lan", "minh"}


def test_those_who_left_hear_nothing(run, cast, period):
    cast.lan.is_active = False
    cast.lan.save()
    assert run("16/09") == {}


def test_holidays_come_from_the_table(run, period):
    Holiday.objects.create(day=date(2026, 9, 18), name="Nghỉ bù")
    assert run("16/09") == {}
    assert "còn 3 ngày làm việc" in run("15/09")["lan"]


def test_days_on_which_the_clock_stood_still_are_made_good(run, period):
    ClockSlot.objects.create(
        name="send_reminders",
        due_at=datetime(2026, 9, 15, 7, 30, tzinfo=HANOI),
        done_at=datetime(2026, 9, 15, 7, 31, tzinfo=HANOI),
    )
    assert "còn 2 ngày làm việc" in run("17/09")["lan"]


def test_links_are_absolute_where_a_base_address_is_set(run, period, settings):
    settings.BASE_URL = "https://cchc.example.vn"
    assert "https://cchc.example.vn/returns/?period=2026-Q3" in run("16/09")["lan"]


def test_queries_do_not_grow_with_what_is_due(
    cast, period, procedures_khcn, make_recommendation, django_assert_num_queries, django_assert_max_num_queries
):
    now = datetime(2026, 9, 22, 7, 30, tzinfo=HANOI)
    make_recommendation("accepted", due=date(2026, 9, 21))
    make_recommendation("answered", due=date(2026, 9, 21))
    with time_machine.travel(now, tick=False):
        with django_assert_max_num_queries(20) as one:
            before = reminders_due(now)
        for agency in (cast.ngv, cast.nv):
            AgencyProcedure.objects.create(agency=agency, procedure=procedures_khcn[0])
            make_recommendation("accepted", due=date(2026, 9, 21), agency=agency)
            make_recommendation("answered", due=date(2026, 9, 21))
        with django_assert_num_queries(len(one)):
            after = reminders_due(now)
    assert sum(len(items) for _person, items in after) > sum(len(items) for _person, items in before)

"""The weekly brief: once a week and person, silent where nothing changed, of what the person may read, on two pages."""

import io
import subprocess
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command

from agencies.models import Role
from cchc_portal.celery import CLOCK
from inspections.models import Recommendation
from records.models import Document, Event, Mail
from records.tasks import render_document
from reports.choices import WEEKLY_BRIEF
from reports.models import WeeklyBrief
from reports.tally.changes import Change, Changes, Section
from reports.workflow import choose_brief, write_briefs
from reports.workflow.briefs import content_of
from tests.cast import HANOI
from tests.world import make_visit

MONDAY = datetime(2026, 10, 5, 7, 0, tzinfo=HANOI)
OFFICE = {"lanhdao", "quan", "mai"}


def run(at: datetime) -> set[str]:
    """Who has a brief mail after the clock ran at the instant."""
    with time_machine.travel(at, tick=False):
        call_command("send_briefs", stdout=io.StringIO())
    return set(Mail.objects.filter(kind=WEEKLY_BRIEF).values_list("person__username", flat=True))


@pytest.fixture
def visit(cast, period_q):
    return make_visit(cast, period_q)


def promise(visit, due: date, text="Niêm yết lại thủ tục") -> Recommendation:
    task = {"agency": visit.agency, "state": "in_progress", "issued_at": MONDAY - timedelta(days=60)}
    return Recommendation.objects.create(visit=visit, text=text, due=due, **task)


def test_leaders_and_the_programme_office_get_one_a_week(cast, visit):
    promise(visit, date(2026, 10, 1))
    assert run(MONDAY) == OFFICE
    assert run(MONDAY) == run(MONDAY + timedelta(days=2)) == OFFICE
    assert Mail.objects.filter(kind=WEEKLY_BRIEF).count() == 3
    mail = Mail.objects.get(person=cast.lanhdao)
    assert mail.subject == "Bản tin tuần 05/10/2026: 1 thay đổi"
    assert "từ 00:00 28/09/2026 đến 07:00 05/10/2026" in mail.body
    assert "1. Sở KH&CN: Niêm yết lại thủ tục\n   quá hạn 4 ngày (hạn 01/10/2026" in mail.body
    document = Document.objects.get(kind=WEEKLY_BRIEF, subject_id=WeeklyBrief.objects.get(person=cast.lanhdao).pk)
    assert f"/documents/{document.pk}/" in mail.body
    assert "theo công thức D2: trước hạn và đúng hạn ÷ đã giải quyết" in mail.body
    assert CLOCK["send_briefs"].command == ("send_briefs",)


def test_nothing_changed_is_silence_and_the_next_brief_begins_there(cast, visit):
    assert run(MONDAY) == set()
    assert not Document.objects.exists()
    assert WeeklyBrief.objects.count() == 3
    promise(visit, date(2026, 10, 7))
    assert run(MONDAY + timedelta(days=1)) == set(), "this week's was empty"
    assert run(MONDAY + timedelta(days=7)) == OFFICE
    assert WeeklyBrief.objects.get(person=cast.quan, week=date(2026, 10, 12)).since == MONDAY


def test_a_monday_without_a_clock_is_made_good_and_weeks_without_are_told_at_most_four_back(cast, visit):
    promise(visit, date(2026, 10, 1))
    assert run(MONDAY + timedelta(days=2)) == OFFICE
    run(MONDAY + timedelta(days=70))
    last = WeeklyBrief.objects.filter(person=cast.quan).order_by("-week").first()
    assert last.since == datetime(2026, 11, 16, tzinfo=HANOI)
    assert last.week == date(2026, 12, 14)


def test_switched_off_by_the_person_alone(cast, client_of, visit):
    promise(visit, date(2026, 10, 1))
    page = client_of(cast.quan).get("/changes/?since=2026-01-01").content.decode()
    assert "Tắt bản tin tuần" in page
    assert client_of(cast.quan).post("/changes/brief/", {"wanted": "0"}).status_code == 302
    assert "Bật bản tin tuần" in client_of(cast.quan).get("/changes/?since=2026-01-01").content.decode()
    choose_brief(cast.quan, False)
    assert Event.objects.filter(action="choose_brief").count() == 1
    assert run(MONDAY) == OFFICE - {"quan"}
    choose_brief(cast.quan, True)
    assert run(MONDAY + timedelta(days=1)) == OFFICE


def test_who_lost_the_office_or_gets_it_in_mid_week_has_none(cast, visit):
    promise(visit, date(2026, 10, 1))
    Role.objects.filter(person=cast.mai).update(valid_to=date(2026, 10, 4))
    Role.objects.create(person=cast.hoa, code="leader", agency=cast.hn, valid_from=date(2026, 10, 6))
    cast.quan.is_active = False
    cast.quan.save()
    assert run(MONDAY + timedelta(days=2)) == {"lanhdao"}


def test_a_brief_is_its_persons_own(cast, client_of, visit):
    promise(visit, date(2026, 10, 1))
    run(MONDAY)
    brief = WeeklyBrief.objects.get(person=cast.lanhdao)
    document = Document.objects.get(kind=WEEKLY_BRIEF, subject_id=brief.pk)
    assert client_of(cast.lanhdao).get(f"/documents/{document.pk}/").status_code == 200
    for person in (cast.quan, cast.kiemtoan, cast.lan, cast.admin):
        assert client_of(person).get(f"/documents/{document.pk}/").status_code == 404
        assert client_of(person).get(f"/documents/{document.pk}/download/").status_code == 404


def test_the_pdf_says_what_was_frozen_on_two_pages_at_most(cast, visit):
    for number in range(30):
        promise(visit, date(2026, 10, 1), f"Kiến nghị số {number}: " + "rà soát, sửa đổi quy trình nội bộ " * 9)
    run(MONDAY)
    brief = WeeklyBrief.objects.get(person=cast.lanhdao)
    document = Document.objects.get(kind=WEEKLY_BRIEF, subject_id=brief.pk)
    render_document(str(document.pk))
    document.refresh_from_db()
    command = ["pdftotext", "-raw", document.file.path, "-"]
    text = subprocess.run(command, capture_output=True, check=True, text=True, timeout=30).stdout
    assert "BẢN TIN TUẦN" in text
    assert "Tỷ lệ và thứ hạng tính theo công thức D2:" in " ".join(text.split())
    assert "(nêu 5 trong 30)" in " ".join(text.split())
    assert document.docx_hash
    assert document.pages == 1


def test_all_sections_full_of_the_longest_lines_stay_on_two_pages(cast):
    """What the workflow lets through at most, rendered."""
    line = Change(
        "Sở Khoa học và Công nghệ: " + "rà soát quy trình " * 9, "1.234.567/1.234.567", "căn cứ dài " * 20, "/"
    )
    names = ("promised", "returns_due", "sent_back", "arrived", "rates", "ranks", "restated", "issued")
    sections = tuple(
        Section(code, "Tỷ lệ thay đổi rõ rệt (vượt dao động ngẫu nhiên)", (line,) * 5, 30) for code in names
    )
    content = content_of(cast.lanhdao, Changes(cast.hn, MONDAY - timedelta(days=7), MONDAY, sections))
    assert [len(section["lines"]) for section in content["sections"]] == [2, 2, 2, 2, 1, 1, 1, 1]
    brief = WeeklyBrief.objects.create(
        person=cast.lanhdao, agency=cast.hn, week=MONDAY, since=MONDAY, until=MONDAY, content=content, sha256="0" * 64
    )
    document = Document.objects.create(kind=WEEKLY_BRIEF, subject_id=brief.pk, title="Bản tin", draft=False)
    render_document(str(document.pk))
    document.refresh_from_db()
    assert document.pages == 2


def test_two_clocks_at_once_write_one(cast, visit):
    promise(visit, date(2026, 10, 1))
    with time_machine.travel(MONDAY, tick=False):
        assert write_briefs(MONDAY) == 3
        assert write_briefs(MONDAY) == 0

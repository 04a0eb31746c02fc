"""Preparing a visit: the frozen brief on the agency, and the self-check report that it is asked for."""

import html
from datetime import date, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from cchc_portal.lib.periods import HANOI
from dossiers import tally
from dossiers.models import Period, Return, UnusualFlag, UnusualScan
from dossiers.tally.flags import sentence
from dossiers.workflow import FLAGS
from inspections.models import Brief, SelfCheck, Visit
from inspections.papers.brief import paper_of
from procedures.models import Holiday
from records.models import Document, Event, Mail, Source
from records.registry import content_hash
from reports.models import Claim
from reports.tally.reminders import Day, reminders_for
from reports.tally.worklist import groups_for
from tests.builders import GOOD, make_flag, make_return


@pytest.fixture
def coming(cast, team, visit) -> Visit:
    """A visit to Lan's agency a month from now, beside the one that took place."""
    day = timezone.localdate() + timedelta(days=30)
    return Visit.objects.create(agency=cast.khcn, team=team, kind=visit.kind, date=day, created_by=cast.hoa)


@pytest.fixture
def figures(cast, period_q):
    old = Period.objects.create(
        label="2025-Q1", kind="quarter", first_day=date(2024, 12, 15), last_day=date(2025, 3, 14)
    )
    make_return(cast.khcn, period_q, [GOOD])
    make_return(cast.tttt, old, [GOOD])
    tally.recompute_all()


def freeze(client, visit) -> Brief:
    assert client.post(reverse("inspections:make_brief", args=[visit.pk])).status_code == 302
    return Brief.objects.latest("pk")


def test_brief_is_frozen(cast, client_of, coming, figures, make_recommendation, make_finding, visit):
    make_recommendation(state="issued", text="Niêm yết lại", due=timezone.localdate() - timedelta(days=1))
    make_recommendation(text="Bản nháp")
    make_finding(state="released")
    earlier = Visit.objects.create(
        agency=cast.tttt, team=visit.team, kind=visit.kind, date=date(2024, 5, 6), state="closed"
    )
    make_finding(state="released", visit=earlier)
    source = Source.objects.create(code="S", publisher="Báo", date_text="2026")
    Claim.objects.create(agency=cast.khcn, text="99,9 % đúng hạn", measure="on_time", value="99.9", source=source)
    client = client_of(cast.hoa)
    brief = freeze(client, coming)
    content = brief.content
    assert brief.sha256 == content_hash(content)
    assert [row["absorbed"] for row in content["rates"]] == ["", "Sở Thông tin và Truyền thông"]
    assert set(content["rates"][0]["rates"]) >= {"D1", "D2", "D3", "D4", "D5"}
    assert [(row["text"], row["overdue"]) for row in content["recommendations"]] == [("Niêm yết lại", True)]
    assert content["repeats"][0]["dates"] == [visit.date_text, earlier.date_text]
    assert [row["text"] for row in content["claims"]] == ["99,9 % đúng hạn"]
    assert [row["absorbed"] for row in content["visits"]] == ["", "Sở Thông tin và Truyền thông"]
    page = client.get(reverse("inspections:brief", args=[brief.pk]))
    text = page.content.decode()
    assert page.status_code == 200
    assert brief.sha256 in text and "Sở Thông tin và Truyền thông (đã hợp nhất)" in text
    make_recommendation(state="issued", text="Ban hành sau khi chốt")
    assert "Ban hành sau khi chốt" not in client.get(reverse("inspections:brief", args=[brief.pk])).content.decode()
    document = Document.objects.get(kind="agency_brief", subject_id=brief.pk)
    assert not document.draft
    paper = paper_of(brief, address="")
    assert paper == paper_of(Brief.objects.get(pk=brief.pk), address="")
    assert any(brief.sha256 in getattr(block, "text", "") for block in paper.blocks)
    assert Event.objects.about(brief).get().action == "freeze_brief"


def test_party_findings_stay_with_party_visits(cast, client_of, coming, visit, make_recommendation):
    Visit.objects.filter(pk=visit.pk).update(kind="party_supervision")
    make_recommendation(state="issued")
    brief = freeze(client_of(cast.hoa), coming)
    assert brief.content["recommendations"] == [] == brief.content["visits"]


def test_who_makes_and_reads_briefs(cast, client_of, coming, vinh):
    url = reverse("inspections:make_brief", args=[coming.pk])
    assert client_of(vinh).post(url).status_code == 403
    assert client_of(cast.kiemtoan).post(url).status_code == 403
    assert client_of(cast.lan).post(url).status_code == 404
    brief = freeze(client_of(cast.quan), coming)
    page = reverse("inspections:brief", args=[brief.pk])
    told = {one.username: client_of(one).get(page).status_code for one in (vinh, cast.kiemtoan, cast.lan, cast.tuan)}
    assert told == {"vinh": 200, "kiemtoan": 200, "lan": 404, "tuan": 404}


def table_five(brief):
    blocks = paper_of(brief, address="").blocks
    return next(block for block in blocks if getattr(block, "caption", "").startswith("Bảng 5"))


def test_unusual_figures_are_those_of_the_return(cast, client_of, coming, figures, period_q):
    """The brief says what the page of the return says, with the answers of that day; what was not told is left out."""
    item = Return.objects.get(agency=cast.khcn, period=period_q)
    UnusualScan.objects.create(of=item, judgements=8)
    flag = make_flag(item)
    make_flag(item, measure="overdue", listed=False)
    FLAGS.perform(flag, "say_right", by=cast.lan, reason="Mở thêm điểm tiếp nhận")
    client = client_of(cast.hoa)
    brief = freeze(client, coming)
    told = brief.content["unusual"]
    assert told["period"] == period_q.label
    assert told["looked"] == timezone.localdate().isoformat()
    assert [row["sentence"] for row in told["rows"]] == [sentence(flag)]
    page = html.unescape(client.get(reverse("inspections:brief", args=[brief.pk])).content.decode())
    assert sentence(flag) in page
    assert "Đơn vị: đúng thực tế. Mở thêm điểm tiếp nhận" in page
    FLAGS.perform(flag, "explain", by=cast.quan, reason="Sau khi chốt")
    assert "Sau khi chốt" not in client.get(reverse("inspections:brief", args=[brief.pk])).content.decode()
    table = next(
        block for block in paper_of(brief, address="").blocks if getattr(block, "caption", "").startswith("Bảng 5")
    )
    assert table.rows[0][1] == sentence(UnusualFlag.objects.get(pk=flag.pk))
    assert "Mở thêm điểm tiếp nhận" in table.rows[0][2]


@pytest.mark.parametrize(("looked", "words"), [(False, "chưa được soát"), (True, "Không có.")])
def test_a_return_never_looked_through_says_so(cast, client_of, coming, figures, period_q, looked, words):
    if looked:
        UnusualScan.objects.create(of=Return.objects.get(agency=cast.khcn, period=period_q), judgements=8)
    client = client_of(cast.hoa)
    brief = freeze(client, coming)
    page = client.get(reverse("inspections:brief", args=[brief.pk])).content.decode()
    section = page[page.index('id="unusual"') : page.index('id="claims"')]
    assert words in section
    blocks = [getattr(block, "text", "") for block in paper_of(brief, address="").blocks]
    at = next(place for place, text in enumerate(blocks) if text.startswith("IV."))
    assert words in blocks[at + 1]


def test_a_brief_frozen_before_still_prints_what_it_froze(cast, client_of, coming, figures):
    client = client_of(cast.hoa)
    brief = freeze(client, coming)
    old = {"line": "Thủ tục cũ", "figure": "quá hạn", "value": 90, "usual": [0, 20], "seen": [2, 11], "periods": 8}
    brief.content["unusual"] = [old | {"period": "2026-Q3"}]
    Brief.objects.filter(pk=brief.pk).update(content=brief.content)
    page = client.get(reverse("inspections:brief", args=[brief.pk])).content.decode()
    assert "Thủ tục cũ" in page and "2 – 11" in page
    table = next(
        block for block in paper_of(brief, address="").blocks if getattr(block, "caption", "").startswith("Bảng 5")
    )
    assert table.rows == (("Thủ tục cũ", "Quá hạn", "90", "2 – 11"),)


def ask(client, visit, **data):
    defaults = {"outline": "Kết quả, hạn chế", "days": 5, "unit": "working"}
    return client.post(reverse("inspections:self_check_new", args=[visit.pk]), defaults | data)


def test_self_check_is_asked_answered_and_sent_back(cast, client_of, coming, photo_bytes):
    hoa, lan = client_of(cast.hoa), client_of(cast.lan)
    assert ask(hoa, coming).status_code == 302
    item = SelfCheck.objects.get()
    assert ask(hoa, coming).status_code == 422  # asked already
    page = item.get_absolute_url()
    assert lan.get(page).status_code == 200
    assert lan.get(reverse("inspections:visit_detail", args=[coming.pk])).status_code == 404  # not prepared yet
    assert client_of(cast.tuan).get(page).status_code == 404
    assert set(Mail.objects.filter(kind="self_check").values_list("person__username", flat=True)) == {"lan", "minh"}
    assert "Kết quả, hạn chế" in Mail.objects.filter(person=cast.lan).get().body
    titles = {group.title for group in groups_for(cast.lan)}
    assert "Báo cáo tự kiểm tra phải gửi" in titles
    assert "Báo cáo tự kiểm tra đang chờ" in {group.title for group in groups_for(cast.hoa)}
    answer = reverse("inspections:self_check_action", args=[item.pk, "answer"])
    assert hoa.post(answer, {"version": 1, "text": "x"}).status_code == 403
    assert lan.post(answer, {"version": 1}).status_code == 422
    picture = ContentFile(photo_bytes(), name="bao-cao.jpg")
    assert lan.post(answer, {"version": 1, "text": "Đã tự kiểm tra", "evidence": picture}).status_code == 302
    item.refresh_from_db()
    assert (item.state, item.answer, item.answered_by) == ("answered", "Đã tự kiểm tra", cast.lan)
    file = reverse("inspections:self_check_file", args=[item.files.get().file_id])
    assert b"".join(hoa.get(file).streaming_content).startswith(b"\xff\xd8")
    assert client_of(cast.tuan).get(file).status_code == 404
    back = reverse("inspections:self_check_action", args=[item.pk, "send_back"])
    assert lan.post(back, {"version": 2, "reason": "x"}).status_code == 403
    assert hoa.post(back, {"version": 2, "reason": "Thiếu số liệu"}).status_code == 302
    assert Mail.objects.filter(kind="self_check", person=cast.lan).count() == 2
    assert "Thiếu số liệu" in lan.get(page).content.decode()
    assert [event.action for event in Event.objects.about(item)] == ["send_back", "answer", "ask_self_check"]


def test_the_deadline_counts_working_days_and_lies_before_the_visit(cast, client_of, coming):
    today = timezone.localdate()
    for step in range(1, 8):
        Holiday.objects.create(day=today + timedelta(days=step), name="Nghỉ")
    assert ask(client_of(cast.hoa), coming, days=1).status_code == 302
    item = SelfCheck.objects.get()
    assert item.due > today + timedelta(days=7) and item.due.weekday() < 5
    item.delete()
    refused = ask(client_of(cast.hoa), coming, days=60)
    assert refused.status_code == 422 and not SelfCheck.objects.exists()
    Visit.objects.filter(pk=coming.pk).update(state="under_way")
    assert ask(client_of(cast.hoa), coming).status_code == 422
    assert ask(client_of(cast.kiemtoan), coming).status_code == 403


def test_reminders_and_overdue(cast, client_of, coming):
    due = date(2026, 11, 24)  # a Tuesday
    item = SelfCheck.objects.create(visit=coming, agency=cast.khcn, outline="x", due=due, asked_by=cast.hoa)

    def told(day: date) -> set[str]:
        found = reminders_for(Day(datetime(day.year, day.month, day.day, 7, tzinfo=HANOI)))
        return {entry.path for entry in found.get(cast.lan.pk, [])}

    path = item.get_absolute_url()
    assert [path in told(date(2026, 11, day)) for day in (16, 17, 18, 24, 25)] == [False, True, False, True, True]
    assert not item.is_overdue(due) and item.is_overdue(due + timedelta(days=1))
    SelfCheck.objects.update(due=timezone.localdate() - timedelta(days=1))
    assert "quá hạn" in client_of(cast.lan).get(path).content.decode()
    SelfCheck.objects.update(state="answered")
    assert path not in told(due)

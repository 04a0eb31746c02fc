"""What changed since a person last looked: what counts as a look, what is told, to whom, and when nothing is."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dossiers import tally
from dossiers.choices import ReturnState
from dossiers.models import Period
from dossiers.workflow import ADJUSTMENTS, RETURNS, propose_adjustment
from inspections.models import Recommendation
from procedures.models import AgencyProcedure
from reports.models import Look
from reports.tally.changes import changes_for, scopes
from reports.workflow import look
from reports.workflow.looks import SETTLED
from tests.builders import GOOD, make_return
from tests.cast import HANOI
from tests.world import make_visit, ready_document

NOON = datetime(2026, 10, 5, 12, tzinfo=HANOI)
BIG = GOOD | {"received_online": 950, "resolved_early": 500, "resolved_on_time": 380, "resolved_overdue": 110}


def at(days: float) -> datetime:
    return NOON + timedelta(days=days)


def sections(user, root, since, now=None) -> dict:
    return {one.code: one for one in changes_for(user, root, since, now or timezone.now()).sections}


@pytest.fixture
def due(period_q) -> Period:
    """The quarter of the cast, due two days after noon."""
    Period.objects.filter(pk=period_q.pk).update(due_at=at(2), locks_at=at(60))
    period_q.refresh_from_db()
    return period_q


@pytest.fixture
def before(db) -> Period:
    days = {"first_day": date(2026, 3, 15), "last_day": date(2026, 6, 14), "due_at": at(-90), "locks_at": at(-60)}
    return Period.objects.create(label="2026-Q2", kind="quarter", **days)


@pytest.fixture
def owing(cast, procedures_khcn):
    """Three departments that owe a return."""
    for agency in (cast.ngv, cast.nv):
        AgencyProcedure.objects.create(agency=agency, procedure=procedures_khcn[0])


@pytest.fixture
def promised(cast, period_q) -> Recommendation:
    """A recommendation to HN-KHCN that is overdue from the day after noon on."""
    visit = make_visit(cast, period_q)
    task = {"visit": visit, "agency": cast.khcn, "state": "in_progress", "issued_at": at(-40)}
    return Recommendation.objects.create(text="Niêm yết lại thủ tục", due=NOON.date(), **task)


def test_a_recommendation_is_told_from_the_day_it_is_overdue_and_once(cast, promised):
    told = sections(cast.lanhdao, cast.hn, at(-3), at(1))["promised"]
    assert told.total == 1
    assert told.lines[0].path == f"/recommendations/{promised.pk}/"
    assert "promised" not in sections(cast.lanhdao, cast.hn, at(-3), at(0))
    assert "promised" not in sections(cast.lanhdao, cast.hn, at(1), at(9))


def test_missing_returns_are_told_when_the_period_falls_due(cast, due, owing):
    make_return(cast.khcn, due, state=ReturnState.APPROVED)
    assert "returns_due" not in sections(cast.lanhdao, cast.hn, at(0), at(1))
    told = sections(cast.lanhdao, cast.hn, at(0), at(3))["returns_due"]
    assert told.lines[0].number == "2/3"
    assert "Sở Ngoại vụ" in told.lines[0].text
    assert "Sở KH&CN" not in told.lines[0].text
    assert "returns_due" not in sections(cast.lanhdao, cast.hn, at(3), at(9))


def test_everybody_who_sent_in_time_is_silence(cast, due, owing):
    for agency in (cast.khcn, cast.ngv, cast.nv):
        make_return(agency, due, state=ReturnState.APPROVED)
    assert sections(cast.lanhdao, cast.hn, at(0), at(3)) == {}


def sent_back(cast, due):
    with time_machine.travel(at(1), tick=False):
        item = make_return(cast.khcn, due, state=ReturnState.APPROVED, approved_at=at(0))
        RETURNS.perform(item, "send_back", by=cast.quan, reason="Đối chiếu lại", remarks={})
    return item


def test_a_return_sent_back_is_told_to_its_agency_and_to_the_programme_office(cast, due, before):
    item = sent_back(cast, due)
    own = sections(cast.lan, cast.khcn, at(0), at(1.5))["sent_back"].lines[0]
    assert own.path == f"/returns/{item.pk}/"
    assert own.basis == "Đối chiếu lại"
    assert "sent_back" in sections(cast.mai, cast.hn, at(0), at(1.5))
    for person, root in ((cast.lanhdao, cast.hn), (cast.tuan, cast.ngv), (cast.hoa, cast.hn)):
        assert "sent_back" not in sections(person, root, at(0), at(1.5))


def test_words_of_an_approver_inside_the_agency_stay_there(cast, due):
    with time_machine.travel(at(1), tick=False):
        item = make_return(cast.khcn, due, state=ReturnState.SUBMITTED)
        RETURNS.perform(item, "send_back", by=cast.minh, reason="Chỉ nội bộ", remarks={})
    assert "Chỉ nội bộ" in sections(cast.lan, cast.khcn, at(0), at(1.5))["sent_back"].lines[0].basis
    assert "sent_back" not in sections(cast.quan, cast.hn, at(0), at(1.5))


def test_a_rate_that_moved_beyond_chance_is_told_with_its_basis(cast, due, before, owing):
    with time_machine.travel(at(-80), tick=False):
        for agency in (cast.khcn, cast.ngv):
            make_return(agency, before)
    with time_machine.travel(at(1), tick=False):
        make_return(cast.khcn, due, [BIG])
        make_return(cast.ngv, due, [GOOD | {"resolved_on_time": 37, "resolved_overdue": 3}])
    tally.recompute_all()
    told = sections(cast.lanhdao, cast.hn, at(0), at(1.5))
    assert told["arrived"].lines[0].number == "2/3"
    assert told["rates"].total == 1
    line = told["rates"].lines[0]
    assert "Sở KH&CN: tỷ lệ đúng hạn Quý III/2026 giảm so với Quý II/2026" in line.text
    assert (line.number, line.basis) == ("97,8% → 88,9%", "D2: 88/90 → 880/990")
    assert line.path == "/agencies/HN-KHCN/?period=2026-Q3"
    assert "rates" not in sections(cast.tuan, cast.ngv, at(0), at(1.5))


@pytest.fixture
def moved_under_both(cast, due, before, owing):
    """HN-KHCN fell by D2 and rose by D1: more was late, and more of what came in was resolved in time."""
    slow = GOOD | {"received_online": 560, "pending_within": 509}
    with time_machine.travel(at(-80), tick=False):
        make_return(cast.khcn, before, [slow])
    with time_machine.travel(at(1), tick=False):
        make_return(cast.khcn, due, [BIG])
    tally.recompute_all()


@pytest.mark.parametrize(
    ("formula", "numbers"),
    [
        ("", ("giảm", "97,8% → 88,9%", "D2: 88/90 → 880/990")),
        ("D2", ("giảm", "97,8% → 88,9%", "D2: 88/90 → 880/990")),
        ("D1", ("tăng", "14,7% → 88,9%", "D1: 88/600 → 880/990")),
        ("D5", ("giảm", "96,7% → 88,8%", "D5: 88/91 → 880/991")),
    ],
)
def test_the_formula_of_the_address_decides_and_is_named(cast, client_of, moved_under_both, formula, numbers):
    with time_machine.travel(at(1.5), tick=False):
        page = client_of(cast.lanhdao).get("/changes/", {"since": "2026-10-05", "formula": formula}).content.decode()
    code = formula or "D2"
    section = page[page.index('id="changes-rates"') :]
    section = section[: section.index("</section>")]
    assert f"({code})" in section
    for words in numbers:
        assert words in section, words
    assert f'<option value="{code}" selected>' in page
    assert f"tính theo công thức {code}:" in page


def test_a_formula_that_is_not_compared_is_not_found_and_the_address_keeps_it(cast, client_of, due):
    client = client_of(cast.lanhdao)
    for formula in ("D9", "online_share", "D2c", "d1"):
        assert client.get("/changes/", {"since": "2026-10-05", "formula": formula}).status_code == 404
    assert client.get("/changes/?formula=D1").url.endswith("&formula=D1")
    assert "formula" not in client.get("/changes/").url


def test_choosing_a_formula_keeps_the_instant_and_another_day_does_not(cast, client_of, due):
    asked = {"kept": "2026-10-05T15:30:00", "formula": "D1"}
    with time_machine.travel(at(3), tick=False):
        client = client_of(cast.lanhdao)
        same = client.get("/changes/", asked | {"since": "05/10/2026"}).context["since"]
        other = client.get("/changes/", asked | {"since": "04/10/2026"}).context["since"]
    assert (same, other) == (datetime(2026, 10, 5, 15, 30, tzinfo=HANOI), datetime(2026, 10, 4, tzinfo=HANOI))


def adjusted(cast, period):
    with time_machine.travel(at(-5), tick=False):
        item = make_return(cast.khcn, period)
        tally.recompute_all()
    with time_machine.travel(at(1), tick=False):
        line = item.lines.get()
        changes = {line.pk: {"resolved_on_time": 30, "resolved_overdue": 10}}
        adjustment = propose_adjustment(item, changes, reason="Đếm lại sổ", by=cast.lan)
        ADJUSTMENTS.perform(adjustment, "sign", by=cast.minh)
        ADJUSTMENTS.perform(adjustment, "accept", by=cast.quan)
        tally.recompute_stale()
    return adjustment


def test_a_restated_return_is_told_by_the_formula_that_was_asked(cast, due):
    adjusted(cast, due)
    found = changes_for(cast.lanhdao, cast.hn, at(0), at(2), formula="D1").sections
    line = next(one for one in found if one.code == "restated").lines[0]
    assert line.number == "88% → 80%"
    assert "D1: 88/100 → 80/100" in line.basis


def test_a_restated_return_is_told_with_old_and_new_rate_and_the_reason(cast, due):
    adjustment = adjusted(cast, due)
    line = sections(cast.lanhdao, cast.hn, at(0), at(2))["restated"].lines[0]
    assert line.number == "97,8% → 88,9%"
    assert line.basis.startswith("D2: 88/90 → 80/90; 2 số liệu; Đếm lại sổ")
    assert line.path == f"/adjustments/{adjustment.pk}/"
    assert "restated" not in sections(cast.lanhdao, cast.hn, at(1.1), at(2))
    assert "restated" not in sections(cast.lanhdao, cast.hn, at(-9), at(2)), "accepted since, so nothing was known"
    assert "restated" not in sections(cast.tuan, cast.ngv, at(0), at(2))


def test_reports_of_others_are_told_where_the_person_may_read_them(cast, period_q):
    visit = make_visit(cast, period_q)
    document = ready_document("inspection_report", visit, cast.hoa)
    since = timezone.now() - timedelta(hours=1)
    line = sections(cast.lanhdao, cast.hn, since)["issued"].lines[0]
    assert line.path == f"/documents/{document.pk}/"
    assert "issued" not in sections(cast.hoa, cast.hn, since), "one's own is no news"
    assert "issued" in sections(cast.khoa, cast.hn, since)
    assert "issued" not in sections(cast.tuan, cast.ngv, since)


def test_scopes(cast):
    assert scopes(cast.lanhdao) == scopes(cast.quan) == scopes(cast.hoa) == [cast.hn]
    assert scopes(cast.lan) == [cast.khcn]
    assert scopes(cast.admin) == []


def test_opening_the_page_names_the_instant_and_counts_as_a_look(cast, client_of, promised):
    client = client_of(cast.lanhdao)
    with time_machine.travel(at(1), tick=False):
        answer = client.get("/changes/")
        assert answer.status_code == 302
        assert answer["Location"].startswith("/changes/?agency=HN&since=2026-09-29T00%3A00%3A00")
        assert not Look.objects.exists()
        assert "Niêm yết lại" in client.get(answer["Location"]).content.decode()
        assert Look.objects.get().at == at(1) - SETTLED
        assert "Niêm yết lại" in client.get(answer["Location"]).content.decode(), "a reload shows the same"
        assert client.get("/changes/card/").content == b""
        page = client.get("/changes/", follow=True).content.decode()
    assert "Không có gì thay đổi" in page


@pytest.mark.parametrize(
    "headers", [{"Sec-Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}]
)
def test_fetching_ahead_and_head_are_no_look(cast, client_of, promised, headers):
    client = client_of(cast.lanhdao)
    assert client.get("/changes/?since=2026-01-01", headers=headers).status_code == 200
    assert client.head("/changes/?since=2026-01-01").status_code == 200
    assert client.get("/changes/card/").status_code == 200
    assert not Look.objects.exists()


def test_a_page_that_begins_after_the_last_look_leaves_what_is_before_it_unseen(cast, client_of, promised):
    look(cast.lanhdao, cast.hn, timezone.now() - timedelta(days=30))
    seen = Look.objects.get().at
    page = client_of(cast.lanhdao).get(f"/changes/?since={timezone.localdate():%d/%m/%Y}").content.decode()
    assert "vẫn tính là chưa xem" in page
    assert Look.objects.get().at == seen


def test_a_look_never_moves_back_nor_ahead_of_now(cast):
    now = timezone.now()
    look(cast.lanhdao, cast.hn, now + timedelta(days=9))
    assert Look.objects.get().at < now
    seen = Look.objects.get().at
    look(cast.lanhdao, cast.hn, now - timedelta(days=9))
    assert Look.objects.get().at == seen


def test_seen_on_the_card_counts_up_to_what_the_card_showed(cast, client_of, promised):
    client = client_of(cast.lanhdao)
    with time_machine.travel(at(1), tick=False):
        card = client.get("/changes/card/").content.decode()
    assert "Niêm yết lại" in card
    until = at(1).isoformat()
    assert until in card
    with time_machine.travel(at(2), tick=False):
        client = client_of(cast.lanhdao)
        answer = client.post("/changes/seen/", {"agency": "HN", "until": until, "back": "overview"})
        assert answer["Location"] == "/overview/"
        assert Look.objects.get().at == at(1)
        assert client.get("/changes/card/").content == b""


@pytest.mark.parametrize("data", [{}, {"until": "mai"}, {"until": "9999-01-01"}, {"until": "2026-01-01T99:00"}])
def test_seen_without_an_instant_is_a_bad_request(cast, client_of, data):
    assert client_of(cast.lanhdao).post("/changes/seen/", data).status_code == 400
    assert not Look.objects.exists()


@pytest.mark.parametrize(
    "since", ["mai", "31/02/2026", "2999-01-01", "0001-01-01", "2026-01-01T00:00:00+99:99", "1.1.2026"]
)
def test_an_instant_that_is_none_is_said_so(cast, client_of, since):
    answer = client_of(cast.lanhdao).get("/changes/", {"since": since})
    assert answer.status_code == 400
    assert "Hãy nhập một ngày đã qua" in answer.content.decode()


def test_who_may_open_it(cast, client, client_of):
    assert client.get("/changes/")["Location"].startswith("/login/")
    for path in ("/changes/", "/changes/card/"):
        assert client_of(cast.admin).get(path).status_code == 403
    assert client_of(cast.lan).get("/changes/?agency=HN-NGV&since=2026-01-01").status_code == 404
    assert client_of(cast.lan).post("/changes/seen/", {"agency": "HN", "until": "2026-01-01"}).status_code == 404
    assert client_of(cast.lan).get("/changes/seen/").status_code == 405
    assert client_of(cast.lan).post("/changes/brief/", {"wanted": "0"}).status_code == 403


def test_the_card_stands_on_home_and_overview_where_there_is_something_to_read(cast, client_of, due):
    make_return(cast.khcn, due)
    tally.recompute_all()
    slot = 'hx-get="/changes/card/'
    assert slot in client_of(cast.lan).get("/").content.decode()
    assert slot in client_of(cast.lanhdao).get("/overview/").content.decode()
    assert slot not in client_of(cast.lanhdao).get("/overview/?present=1").content.decode()
    assert slot not in client_of(cast.admin).get("/").content.decode()


def test_as_many_queries_for_three_of_everything_as_for_one(cast, client_of, due, before, owing, promised):
    AgencyProcedure.objects.create(agency=cast.ttr, procedure=cast.khcn.handled.first().procedure)

    def more(agency):
        make_return(agency, before)
        make_return(agency, due, [BIG])
        tally.recompute_all()
        fields = {"visit": promised.visit, "state": "in_progress", "due": NOON.date()}
        Recommendation.objects.create(agency=agency, text="Thêm", **fields)
        ready_document("inspection_report", promised.visit, cast.hoa)

    def queries() -> int:
        with time_machine.travel(at(30), tick=False):
            client = client_of(cast.quan)
            with CaptureQueriesContext(connection) as seen:
                answer = client.get("/changes/?since=2026-09-01")
        assert answer.status_code == 200
        return len(seen)

    with time_machine.travel(at(1), tick=False):
        more(cast.khcn)
    queries()  # the first look makes its row
    first = queries()
    with time_machine.travel(at(1), tick=False):
        more(cast.ngv)
        more(cast.nv)
    assert queries() == first

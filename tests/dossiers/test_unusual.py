"""Unusual figures: found after sending and acceptance, shown, answered, remembered."""

import html
import random
from datetime import timedelta

import pytest
from django.utils import timezone

from agencies.models import Agency, Role, Succession
from cchc_portal.lib import periods
from dossiers.choices import ReturnState
from dossiers.models import Line, Period, Return, UnusualFlag, UnusualRun, UnusualScan
from dossiers.tally import recompute_all
from dossiers.tally.flags import flags_of, sentence
from dossiers.tally.unusual import scan_returns, tell_again
from dossiers.tally.unusual_past import Lookout
from dossiers.workflow import RETURNS
from records.models import Event
from tests.builders import make_return

LIST = "/review/unusual/"
MEANS = (40, 25, 60, 30, 90)


def a_line(received: int) -> dict:
    return {
        "received_online": received // 2,
        "received_direct": received - received // 2,
        "carried_over": 2,
        "resolved_early": received // 2,
        "resolved_on_time": received - received // 2,
        "resolved_overdue": 0,
        "pending_within": 2,
        "pending_overdue": 0,
        "withdrawn": 0,
        "resolved_overdue_with_apology": 0,
        "pending_overdue_with_apology": 0,
    }


def lines_about(rng: random.Random, means=MEANS) -> list[dict]:
    return [a_line(max(0, round(rng.gauss(mean, mean**0.5 / 2)))) for mean in means]


@pytest.fixture
def earlier(db) -> list[Period]:
    """Twelve quarters before 2026-Q3, latest first."""
    made = []
    for year in (2026, 2025, 2024, 2023):
        for number in (4, 3, 2, 1):
            label = f"{year}-Q{number}"
            if "2023-Q3" <= label < "2026-Q3":
                first, last = periods.bounds(label)
                made.append(Period.objects.create(label=label, kind="quarter", first_day=first, last_day=last))
    return made


@pytest.fixture
def past(cast, earlier, procedures_khcn) -> list[Return]:
    rng = random.Random(7)
    return [make_return(cast.khcn, period, lines_about(rng), procedures=procedures_khcn) for period in earlier]


@pytest.fixture
def wrong(cast, past, period_q, procedures_khcn) -> Return:
    """Lan's return, approved, with a zero too many on its first line."""
    lines = lines_about(random.Random(8))
    lines[0] = a_line(400)
    return make_return(cast.khcn, period_q, lines, procedures=procedures_khcn, state="approved", created_by=cast.lan)


@pytest.fixture
def flag(wrong) -> UnusualFlag:
    scan_returns(wrong.period, [wrong])
    return UnusualFlag.objects.get(of=wrong, measure="received")


def answer(client, flag, action, **typed):
    flag.refresh_from_db()
    return client.post(f"{LIST}{flag.pk}/{action}/", {"version": flag.version} | typed)


def again(flag) -> UnusualFlag:
    scan_returns(flag.of.period, [Return.objects.select_related("agency", "period").get(pk=flag.of_id)])
    flag.refresh_from_db()
    return flag


def first_line(item) -> Line:
    return item.lines.order_by("position").first()


def correct(item, received: int) -> None:
    now = timezone.now()
    Line.objects.filter(pk=first_line(item).pk).update(**a_line(received), changed_at=now)


def test_a_zero_too_many_is_told_with_its_line(flag, past):
    assert (flag.state, flag.listed, flag.direction, flag.own_periods) == ("open", True, "high", 12)
    assert flag.same_quarter == 3
    assert flag.value > flag.high > flag.low
    assert flag.parts[0]["line"] == first_line(flag.of).pk
    told = sentence(flag)
    assert told.startswith("Tiếp nhận trong kỳ")
    assert "cao hơn mức thường gặp" in told
    assert "12 kỳ trước của chính đơn vị (3 kỳ cùng thời điểm trong năm)" in told
    assert "0.000001 Thủ tục số 1" in told
    assert "sẽ hết khi" in told
    assert told.count(".") >= 1
    assert told.endswith(".")


def test_the_profile_of_the_agency_tells_it_too(cast, client_of, flag):
    Return.objects.filter(pk=flag.of_id).update(state="accepted", accepted_at=timezone.now())
    recompute_all()
    page = client_of(cast.lanhdao).get(f"/agencies/{cast.khcn.code}/?period={flag.of.period.label}").content.decode()
    assert sentence(flag) in html.unescape(page)


def test_what_is_as_ever_is_not_told(cast, past, period_q, procedures_khcn):
    lines = lines_about(random.Random(9))
    item = make_return(cast.khcn, period_q, lines, procedures=procedures_khcn)
    assert scan_returns(period_q, [item]) == 1
    assert not UnusualFlag.objects.filter(listed=True).exists()
    assert UnusualScan.objects.get(of=item).judgements > 0


def test_sending_and_accepting_ask_the_worker(cast, wrong, django_capture_on_commit_callbacks):
    Return.objects.filter(pk=wrong.pk).update(state="submitted")
    wrong.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        RETURNS.perform(wrong, "approve", by=cast.minh)
    assert UnusualFlag.objects.waiting().filter(of=wrong).exists()
    first = UnusualScan.objects.get(of=wrong).scanned_at
    with django_capture_on_commit_callbacks(execute=True):
        RETURNS.perform(wrong, "accept", by=cast.quan)
    assert UnusualScan.objects.get(of=wrong).scanned_at > first
    assert [run.state for run in UnusualRun.objects.all()] == ["ready", "ready"]


def test_looking_twice_changes_nothing(flag):
    before = list(UnusualFlag.objects.order_by("pk").values())
    again(flag)
    assert list(UnusualFlag.objects.order_by("pk").values()) == before


def test_who_sees_it(client_of, cast, flag):
    address = f"{LIST}{flag.pk}/"
    statuses = {name: client_of(getattr(cast, name)).get(address).status_code for name in ("lan", "tuan", "quan")}
    assert statuses == {"lan": 200, "tuan": 404, "quan": 200}
    assert client_of(cast.quan).get(LIST).status_code == 200
    assert client_of(cast.lan).get(LIST).status_code == 403
    assert not flags_of(cast.tuan, item=flag.of)
    assert [one.flag.measure for one in flags_of(cast.quan, agency=cast.khcn)].count("received") == 1


def test_it_stands_on_the_page_of_the_return(client_of, cast, flag):
    page = client_of(cast.quan).get(f"/returns/{flag.of_id}/").content.decode()
    assert "cao hơn mức thường gặp" in page
    assert f'href="{LIST}{flag.pk}/"' in page
    assert "Soát lại" in page
    assert "Soát lại" not in client_of(cast.kiemtoan).get(f"/returns/{flag.of_id}/").content.decode()


def test_a_draft_is_looked_through_on_demand(client_of, cast, wrong):
    Return.objects.filter(pk=wrong.pk).update(state="draft")
    answered = client_of(cast.lan).post(f"/returns/{wrong.pk}/unusual/")
    assert answered.status_code == 302
    page = client_of(cast.minh).get(f"/returns/{wrong.pk}/").content.decode()
    assert "cao hơn mức thường gặp" in page
    assert client_of(cast.quan).post(f"/returns/{wrong.pk}/unusual/").status_code == 404
    assert client_of(cast.quan).get(LIST).context["page"].paginator.count == 0


@pytest.mark.parametrize(("who", "status"), [("lan", 403), ("minh", 403), ("kiemtoan", 403), ("tuan", 404)])
def test_only_the_office_answers(client_of, cast, flag, who, status):
    assert answer(client_of(getattr(cast, who)), flag, "explain", reason="Đúng").status_code == status
    flag.refresh_from_db()
    assert flag.state == "open"


def test_an_officer_who_entered_the_return_does_not_answer(client_of, cast, flag):
    Line.objects.filter(pk=first_line(flag.of).pk).update(changed_by=cast.quan)
    assert answer(client_of(cast.quan), flag, "explain", reason="Đúng").status_code == 403
    assert answer(client_of(cast.mai), flag, "explain", reason="Đúng").status_code == 302


def test_an_explanation_holds_until_the_figure_goes_further_out(client_of, cast, flag):
    client = client_of(cast.quan)
    assert answer(client, flag, "explain").status_code == 422
    assert answer(client, flag, "explain", reason="Chiến dịch cấp đổi giấy phép").status_code == 302
    event = Event.objects.about(flag).get()
    assert (event.action, event.actor, event.reason) == ("explain", cast.quan, "Chiến dịch cấp đổi giấy phép")
    assert (again(flag).state, flag.note) == ("explained", "Chiến dịch cấp đổi giấy phép")
    assert not UnusualFlag.objects.waiting().filter(pk=flag.pk).exists()
    correct(flag.of, 300)
    assert again(flag).state == "explained"
    correct(flag.of, 4000)
    assert (again(flag).state, flag.note, flag.answered_by) == ("open", "", None)
    assert Event.objects.about(flag).first().action == "found_again"


def test_corrected_is_said_of_a_correction(client_of, cast, flag):
    client = client_of(cast.quan)
    refused = answer(client, flag, "correct", reason="Thừa số 0")
    assert refused.status_code == 422
    assert "Thừa số 0" in refused.content.decode()
    correct(flag.of, 41)
    assert answer(client, flag, "correct", reason="Thừa số 0").status_code == 302
    assert (again(flag).state, flag.found) == ("corrected", False)
    page = client.get(f"{LIST}?state=corrected").content.decode()
    assert "Thừa số 0" in page


def test_a_correction_alone_clears_it(flag):
    correct(flag.of, 41)
    assert (again(flag).state, flag.listed) == ("cleared", False)
    correct(flag.of, 400)
    assert (again(flag).state, flag.found) == ("open", True)


def test_put_aside_until_its_day(client_of, cast, flag):
    client, today = client_of(cast.quan), timezone.localdate()
    assert answer(client, flag, "put_aside", reason="Chờ số liệu").status_code == 422
    assert answer(client, flag, "put_aside", reason="Chờ", until=f"{today:%d/%m/%Y}").status_code == 422
    assert answer(client, flag, "put_aside", reason="Chờ", until="01/01/2090").status_code == 422
    until = today + timedelta(days=20)
    assert answer(client, flag, "put_aside", reason="Chờ", until=f"{until:%d/%m/%Y}").status_code == 302
    assert again(flag).state == "ignored"
    waiting = UnusualFlag.objects.filter(pk=flag.pk)
    assert not waiting.waiting(until).exists()
    assert waiting.waiting(until + timedelta(days=1)).exists()


def test_two_officers_at_once(client_of, cast, flag):
    version = flag.version
    assert answer(client_of(cast.quan), flag, "explain", reason="Đúng").status_code == 302
    late = client_of(cast.mai).post(f"{LIST}{flag.pk}/put_aside/", {"version": version, "reason": "Khác"})
    assert late.status_code == 409
    assert answer(client_of(cast.mai), flag, "ask_again", reason="Xem lại").status_code == 302
    flag.refresh_from_db()
    assert flag.state == "open"


def next_quarter(cast, procedures, received: int) -> Return:
    first, last = periods.bounds("2026-Q4")
    period = Period.objects.create(label="2026-Q4", kind="quarter", first_day=first, last_day=last)
    lines = lines_about(random.Random(11))
    lines[0] = a_line(received)
    return make_return(cast.khcn, period, lines, procedures=procedures)


@pytest.mark.parametrize(("received", "state"), [(390, "explained"), (2500, "open")])
def test_the_next_quarter_remembers(client_of, cast, flag, procedures_khcn, received, state):
    Return.objects.filter(pk=flag.of_id).update(state=ReturnState.ACCEPTED)
    answer(client_of(cast.quan), flag, "explain", reason="Thủ tục mới đông hồ sơ")
    item = next_quarter(cast, procedures_khcn, received)
    scan_returns(item.period, [item])
    later = UnusualFlag.objects.get(of=item, measure="received")
    assert later.state == state
    assert later.remembered == (flag if state == "explained" else None)
    if state == "explained":
        assert later.answered_by == cast.quan
        page = client_of(cast.quan).get(f"/returns/{item.pk}/").content.decode()
        assert "đã trả lời ở Quý III/2026" in page


def test_void_returns_wait_for_nobody(flag):
    Return.objects.filter(pk=flag.of_id).update(state=ReturnState.VOID)
    assert not UnusualFlag.objects.waiting().exists()
    tell_again(flag.of.period)
    assert not UnusualFlag.objects.filter(listed=True).exists()


def test_filters_and_export(client_of, cast, flag):
    client = client_of(cast.quan)
    count = UnusualFlag.objects.waiting().count()
    for narrowed, number in (
        ("", count),
        ("?period=2026-Q3", count),
        ("?kind=department&measure=received", 1),
        ("?kind=commune", 0),
        ("?q=khoa+hoc", count),
        ("?q=ngoai+vu", 0),
        ("?state=explained", 0),
        ("?state=", count),
        ("?state=nonsense", count),
    ):
        assert client.get(LIST + narrowed).context["page"].paginator.count == number, narrowed
    text = b"".join(client.get(f"{LIST}?format=csv&measure=received").streaming_content).decode()
    assert "HN-KHCN" in text
    assert "cao hơn mức thường gặp" in text


def test_what_was_absorbed_whole_is_its_past_and_what_was_divided_is_not(cast, past, period_q, procedures_khcn):
    heir = Agency.objects.create(code="HN-X", name="Sở mới", short_name="Sở mới", kind="department", parent=cast.hn)
    step = Succession.objects.create(
        predecessor=cast.khcn, successor=heir, effective_date=period_q.first_day, kind="merge"
    )
    lines = lines_about(random.Random(8))
    lines[0] = a_line(400)
    item = make_return(heir, period_q, lines, procedures=procedures_khcn)
    assert any(finding.periods == 12 for finding in Lookout(period_q).judged(item).findings)
    Succession.objects.filter(pk=step.pk).update(kind="split")
    assert not Lookout(period_q).judged(item).findings


def test_peers_are_read_from_the_sums(cast, earlier, period_q, procedures_khcn):
    rng = random.Random(3)
    for number in range(9):
        agency = Agency.objects.create(
            code=f"HN-P{number}", name=f"Sở {number}", short_name=f"Sở {number}", kind="department", parent=cast.hn
        )
        for period in (period_q, *earlier):
            make_return(agency, period, lines_about(rng), procedures=procedures_khcn)
    recompute_all()
    peers = Lookout(period_q).peers("department")
    assert peers.counts["received"].peers == 9
    assert peers.shares["online_share"].middle == pytest.approx(0.5, abs=0.05)
    assert peers.quarters[:5] == (3, 2, 1, 4, 3)


def test_a_published_row_is_not_judged(cast, past, period_q):
    item = make_return(cast.khcn, period_q, [a_line(9000)], form_version="published", history=True)
    assert Lookout(period_q).judged(item).judgements == 0


SAID = [("say_right", "right", "đúng thực tế"), ("say_wrong", "correct", "sẽ sửa")]


@pytest.mark.parametrize(("action", "stance", "words"), SAID)
@pytest.mark.parametrize("who", ["lan", "minh"])
def test_the_agency_speaks_and_the_office_decides(client_of, cast, flag, who, action, stance, words):
    """Whoever enters or signs answers; the reviewer reads it where he decides, and only he decides."""
    client = client_of(getattr(cast, who))
    assert f"{LIST}{flag.pk}/{action}/" in client.get(f"{LIST}{flag.pk}/").content.decode()
    assert answer(client, flag, action).status_code == 422
    assert answer(client, flag, action, reason="Mở thêm một điểm tiếp nhận").status_code == 302
    flag.refresh_from_db()
    assert (flag.state, flag.agency_says, flag.agency_said_by) == ("open", stance, getattr(cast, who))
    event = Event.objects.about(flag).get()
    assert (event.action, event.actor, event.reason) == (action, getattr(cast, who), "Mở thêm một điểm tiếp nhận")
    office = client_of(cast.quan)
    for address in (LIST, f"{LIST}{flag.pk}/", f"/returns/{flag.of_id}/"):
        page = office.get(address).content.decode()
        assert f"Đơn vị: {words}" in page, address
        assert "Mở thêm một điểm tiếp nhận" in page, address
        assert "đơn vị đã trả lời" in page, address
    assert UnusualFlag.objects.waiting().filter(pk=flag.pk).exists()
    assert answer(office, flag, "explain", reason="Đã đối chiếu").status_code == 302
    assert again(flag).agency_words == "Mở thêm một điểm tiếp nhận"
    late = answer(client, flag, action, reason="Thêm lời")
    assert late.status_code == 409


@pytest.mark.parametrize(
    ("who", "status"), [("quan", 403), ("kiemtoan", 403), ("lanhdao", 403), ("tuan", 404), ("hoa", 404), ("admin", 404)]
)
def test_nobody_else_speaks_for_the_agency(client_of, cast, flag, who, status):
    client = client_of(getattr(cast, who))
    assert answer(client, flag, "say_right", reason="Đúng").status_code == status
    page = client.get(f"{LIST}{flag.pk}/")
    assert "say_right" not in page.content.decode()
    flag.refresh_from_db()
    assert (flag.agency_says, Event.objects.about(flag).count()) == ("", 0)


def test_an_answer_to_an_older_version_is_told_apart(client_of, cast, flag):
    seen = flag.version
    correct(flag.of, 4000)
    again(flag)
    address = f"{LIST}{flag.pk}/say_right/"
    assert client_of(cast.lan).post(address, {"version": seen, "reason": "Đúng"}).status_code == 409
    flag.refresh_from_db()
    assert (flag.agency_says, flag.version > seen) == ("", True)


def test_who_speaks_for_the_agency_does_not_decide(client_of, cast, flag):
    Role.objects.create(person=cast.quan, code="reporter", agency=cast.khcn, valid_from="2020-01-01")
    assert answer(client_of(cast.quan), flag, "say_right", reason="Đúng").status_code == 302
    assert answer(client_of(cast.quan), flag, "explain", reason="Đúng").status_code == 403
    assert answer(client_of(cast.mai), flag, "explain", reason="Đã xem").status_code == 302


def test_what_the_agency_said_lapses_when_the_figure_goes_further_out(client_of, cast, flag):
    answer(client_of(cast.lan), flag, "say_right", reason="Chiến dịch")
    correct(flag.of, 300)
    assert again(flag).agency_says == "right"
    correct(flag.of, 4000)
    assert (again(flag).agency_says, flag.agency_words, flag.agency_said_by) == ("", "", None)
    event = Event.objects.about(flag).first()
    assert event.action == "found_again"
    assert '"agency_says": "right"' in event.before or '"agency_says":"right"' in event.before


def test_a_draft_is_answered_before_it_is_sent(client_of, cast, flag):
    Return.objects.filter(pk=flag.of_id).update(state="draft")
    assert answer(client_of(cast.quan), flag, "say_right", reason="Đúng").status_code == 404
    assert answer(client_of(cast.lan), flag, "say_right", reason="Đúng là vậy").status_code == 302
    Return.objects.filter(pk=flag.of_id).update(state="approved")
    assert "Đúng là vậy" in client_of(cast.quan).get(f"{LIST}{flag.pk}/").content.decode()


def test_a_void_return_is_answered_no_more(client_of, cast, flag):
    Return.objects.filter(pk=flag.of_id).update(state=ReturnState.VOID)
    assert answer(client_of(cast.lan), flag, "say_right", reason="Đúng").status_code == 404


def test_it_stands_in_the_work_list_until_the_agency_speaks(client_of, cast, flag):
    def listed(who) -> bool:
        return f'href="{LIST}{flag.pk}/"' in client_of(getattr(cast, who)).get("/").content.decode()

    assert [listed(who) for who in ("lan", "minh", "tuan")] == [True, True, False]
    answer(client_of(cast.minh), flag, "say_wrong", reason="Gõ thừa một số 0")
    assert [listed(who) for who in ("lan", "minh")] == [False, False]


def test_the_office_filters_and_exports_what_agencies_say(client_of, cast, flag):
    client = client_of(cast.quan)
    numbers = {}
    for said in ("", "right", "correct", "nothing"):
        numbers[said] = client.get(f"{LIST}?agency_says={said}").context["page"].paginator.count
    answer(client_of(cast.lan), flag, "say_wrong", reason="Gõ thừa một số 0")
    assert client.get(f"{LIST}?agency_says=correct").context["page"].paginator.count == 1
    assert client.get(f"{LIST}?agency_says=nothing").context["page"].paginator.count == numbers["nothing"] - 1
    assert (numbers["right"], numbers["correct"], numbers[""]) == (0, 0, numbers["nothing"])
    text = b"".join(client.get(f"{LIST}?format=csv&agency_says=correct").streaming_content).decode()
    assert "Gõ thừa một số 0" in text

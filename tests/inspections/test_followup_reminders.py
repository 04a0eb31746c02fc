"""What the clock does by itself: closing conditions, relapses, escalation, and who hears of them, once."""

from datetime import date, datetime, timedelta
from fractions import Fraction
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db.models import F

from agencies.models import Person
from dossiers.models import Period, Summary
from inspections import rules
from inspections.choices import RecommendationState
from inspections.models import ClosingCondition, EscalationRule
from inspections.rules import Point
from inspections.tally import readings
from inspections.workflow import RECOMMENDATIONS, settle_conditions
from procedures.models import Holiday
from records.models import ClockSlot, Event, Mail
from reports.tally.worklist import groups_for
from tests.cast import HANOI

S = RecommendationState
ISSUED = datetime(2025, 12, 20, 9, 0, tzinfo=HANOI)
NOW = datetime(2026, 11, 22, 6, 30, tzinfo=HANOI)
QUARTERS = (
    ("2026-Q1", date(2025, 12, 15), date(2026, 3, 14)),
    ("2026-Q2", date(2026, 3, 15), date(2026, 6, 14)),
)


@pytest.fixture(autouse=True)
def day():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def quarters(period_q):
    made = [Period.objects.create(label=name, kind="quarter", first_day=a, last_day=b) for name, a, b in QUARTERS]
    return dict(zip(("q1", "q2", "q3"), [*made, period_q], strict=True))


@pytest.fixture
def accept(cast):
    """Accepted figures of the agency in charge: in_time of received."""

    def accepted(period, in_time, received, agency=None):
        values = {"returns": 1, "lines": 1, "complete": True}
        values |= {"d1_numerator": in_time, "d1_denominator": received, "d1_used": 1}
        key = {"agency": agency or cast.khcn, "period": period, "tree": False}
        return Summary.objects.update_or_create(**key, defaults=values)[0]

    return accepted


@pytest.fixture
def promise(make_recommendation):
    """D1 at least 95 % over two quarters running."""

    def promised(state=S.IN_PROGRESS, **values):
        item = make_recommendation(state, issued_at=ISSUED, **values)
        return ClosingCondition.objects.create(recommendation=item, formula="D1", threshold=95, periods=2)

    return promised


def noticed():
    return list(
        Event.objects.filter(actor=None, target_kind="inspections.recommendation")
        .order_by("number")
        .values_list("action", flat=True)
    )


def point(n, value, *, gap=0):
    first = date(2026, 1, 1) + timedelta(days=90 * n + gap)
    return Point(n, first, first + timedelta(days=89), None if value is None else Fraction(value))


@pytest.mark.parametrize(
    ("points", "run"),
    [
        ([point(0, "19/20"), point(1, "19/20")], [0, 1]),
        ([point(0, "1"), point(1, "9499/10000")], []),
        ([point(0, "1/2"), point(1, "1")], [1]),
        ([point(0, "1"), point(1, None), point(2, "1")], [2]),
        ([point(0, "1"), point(1, "1"), point(2, None)], [0, 1]),
        ([point(0, "1"), point(1, "1", gap=1)], [1]),
        ([], []),
    ],
)
def test_a_run_has_no_gap_and_no_breach(points, run):
    """95 % is met by exactly 19 of 20; a quarter without figures is no quarter that was kept."""
    assert [p.key for p in rules.last_run(points, "ge", Fraction(95, 100))] == run


def test_exact_at_the_threshold():
    half = point(0, "19/20")
    assert [rules.holds(half, how, Fraction(95, 100)) for how in ("ge", "gt", "le", "lt")] == [True, False, True, False]
    assert rules.holds(point(0, None), "ge", Fraction(1)) is None


def test_figures_propose_and_never_close(promise, quarters, accept):
    condition = promise()
    accept(quarters["q1"], 95, 100)
    assert settle_conditions(NOW) == {}
    accept(quarters["q2"], 19, 20)
    assert settle_conditions(NOW) == {"propose_closing": 1}
    assert settle_conditions(NOW) == {}
    condition.refresh_from_db()
    condition.recommendation.refresh_from_db()
    assert (condition.met_period, condition.recommendation.state) == (quarters["q2"], S.IN_PROGRESS)
    accept(quarters["q2"], 94, 100)  # restated
    assert settle_conditions(NOW) == {"drop_closing": 1}
    assert noticed() == ["propose_closing", "drop_closing"]


def test_what_a_condition_rests_on_is_taken_along(cast, client_of, promise, quarters, accept):
    condition = promise()
    accept(quarters["q1"], 95, 100)
    accept(quarters["q2"], 94, 100)
    address = condition.recommendation.get_absolute_url()
    page = client_of(cast.quan).get(address).content.decode()
    assert "?rows=readings&amp;format=csv" in page
    lines = client_of(cast.quan).get(address, {"rows": "readings", "format": "csv"}).getvalue().decode().splitlines()
    assert lines[1:3] == ["2026-Q1,D1,95,100,0.950000,đạt", "2026-Q2,D1,94,100,0.940000,không đạt"]
    assert client_of(cast.tuan).get(address, {"rows": "readings", "format": "csv"}).status_code == 404


def test_only_periods_that_end_after_issuing_count(promise, quarters, accept):
    condition = promise()
    condition.recommendation.issued_at = datetime(2026, 5, 1, tzinfo=HANOI)
    condition.recommendation.save()
    for name in ("q1", "q2"):
        accept(quarters[name], 99, 100)
    assert [reading.period.label for reading in readings(condition)] == ["2026-Q2", "2026-Q3"]
    assert settle_conditions(NOW) == {}


def test_the_successors_figures_speak_for_what_it_absorbed(cast, promise, quarters, accept):
    condition = promise(agency=cast.tttt)
    for name in ("q1", "q2"):
        accept(quarters[name], 99, 100, agency=cast.khcn)
    assert settle_conditions(NOW) == {"propose_closing": 1}
    assert condition.recommendation.agency == cast.tttt


def test_relapse_after_closing_warns_until_the_team_answers(cast, promise, quarters, accept):
    condition = promise(S.ANSWERED)
    item = condition.recommendation
    item.remedies.create(text="Đã làm", reported_by=cast.lan)
    for name in ("q1", "q2"):
        accept(quarters[name], 96, 100)
    settle_conditions(NOW)
    RECOMMENDATIONS.perform(item, "close_implemented", by=cast.hoa, reason="Đạt")
    assert settle_conditions(NOW) == {}
    accept(quarters["q3"], 90, 100)
    assert settle_conditions(NOW) == {"warn_relapse": 1}
    assert settle_conditions(NOW) == {}
    condition.refresh_from_db()
    assert condition.relapsed_period == quarters["q3"]
    titles = {str(group.title) for group in groups_for(Person.objects.get(pk=cast.hoa.pk))}
    assert "Tái diễn sau kết thúc" in titles
    item.refresh_from_db()
    RECOMMENDATIONS.perform(item, "keep_closed", by=cast.khoa, reason="Do thiên tai")
    assert settle_conditions(NOW) == {}
    condition.refresh_from_db()
    assert (condition.relapsed_at, condition.answered_until) == (None, quarters["q3"].last_day)


def test_reopening_begins_anew(cast, promise, quarters, accept):
    condition = promise(S.CLOSED_IMPLEMENTED, closed_at=datetime(2026, 7, 1, tzinfo=HANOI), closed_by=cast.hoa)
    accept(quarters["q3"], 90, 100)
    assert settle_conditions(NOW) == {"warn_relapse": 1}
    RECOMMENDATIONS.perform(condition.recommendation, "reopen", by=cast.hoa, reason="Tái diễn")
    condition.refresh_from_db()
    assert (condition.relapsed_at, condition.met_at) == (None, None)
    assert settle_conditions(NOW) == {}


def follow_up(now=NOW):
    call_command("follow_up", now=now, stdout=StringIO())


def test_up_it_goes_after_so_many_working_days_once(cast, make_recommendation):
    """Due Friday 06/11: ten working days end on Friday 20/11, so it goes up on the 21st; a holiday puts it off."""
    item = make_recommendation(S.ACCEPTED, due=date(2026, 11, 6))
    make_recommendation(S.ACCEPTED, due=None)
    make_recommendation(S.CLOSED_IMPLEMENTED, due=date(2026, 1, 1))
    follow_up(datetime(2026, 11, 20, 6, 30, tzinfo=HANOI))
    assert noticed() == []
    Holiday.objects.create(day=date(2026, 11, 20), name="Nghỉ")
    follow_up()
    assert noticed() == []
    Holiday.objects.all().delete()
    follow_up()
    follow_up()
    assert noticed() == ["escalate"]
    item.refresh_from_db()
    assert item.escalated_at == NOW
    assert '"working_days":10' in Event.objects.get(action="escalate").after.replace(" ", "")
    for person in (cast.lanhdao, cast.quan):
        assert "Kiến nghị quá hạn đã báo cáo cấp trên" in {str(group.title) for group in groups_for(person)}
    RECOMMENDATIONS.perform(item, "extend", by=cast.hoa, reason="Có lý do", days=3)
    assert item.escalated_at is None


def test_each_kind_of_inspection_has_its_own_clock(make_recommendation):
    item = make_recommendation(S.ISSUED, due=date(2026, 11, 20))
    EscalationRule.objects.create(kind=item.visit.kind, days=1, unit="calendar")
    follow_up(datetime(2026, 11, 21, 6, 30, tzinfo=HANOI))
    assert noticed() == []
    follow_up()
    assert noticed() == ["escalate"]


def mails(now):
    with time_machine.travel(now, tick=False):
        before = set(Mail.objects.values_list("pk", flat=True))
        call_command("send_reminders", "--write", stdout=StringIO())
        return {mail.person.username: mail.body for mail in Mail.objects.exclude(pk__in=before)}


def test_who_hears_of_what_was_noticed_once(cast, promise, quarters, accept, make_recommendation):
    Person.objects.update(email=F("username"))
    make_recommendation(S.ACCEPTED, text="Treo biển", due=date(2026, 10, 8))
    condition = promise()
    for name in ("q1", "q2"):
        accept(quarters[name], 96, 100)
    monday = datetime(2026, 11, 23, 7, 30, tzinfo=HANOI)
    ClockSlot.objects.create(name="send_reminders", due_at=NOW, done_at=NOW + timedelta(hours=1))
    follow_up(datetime(2026, 11, 22, 9, 0, tzinfo=HANOI))  # the clock was late: after the mails of that day
    written = mails(monday)
    for name in ("lanhdao", "quan", "mai"):
        assert "Báo cáo quá hạn: kiến nghị với Sở KH&CN: Treo biển" in written[name], written
    for name in ("hoa", "khoa"):
        assert "Đề nghị kết thúc, Sở KH&CN" in written[name]
    assert "lan" not in written
    ClockSlot.objects.create(name="send_reminders", due_at=monday, done_at=monday)
    assert mails(monday + timedelta(days=1)) == {}
    assert condition.recommendation.state == S.IN_PROGRESS


@pytest.mark.parametrize(("due", "reminded"), [(7, True), (0, True), (-1, True), (6, False), (-2, False)])
def test_the_owner_is_reminded_seven_days_before_on_the_day_and_after(cast, make_recommendation, due, reminded):
    Person.objects.update(email=F("username"))
    wednesday = datetime(2026, 11, 25, 7, 30, tzinfo=HANOI)
    make_recommendation(S.ACCEPTED, text="Niêm yết lại", due=wednesday.date() + timedelta(days=due))
    written = mails(wednesday)
    assert ("Niêm yết lại" in written.get("lan", "")) == reminded

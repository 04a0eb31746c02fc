"""Adjusting accepted returns: the grid of state × person × action, what is kept, what counts, who is first."""

import threading
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from cchc_portal.lib.errors import Conflict, Refused
from dossiers import rules, tally
from dossiers.models import Adjustment, Edition, Explanation, Period, RateRun, Return, StaleFigure, Summary
from dossiers.workflow import ADJUSTMENTS, RETURNS, propose_adjustment
from records.models import Event
from tests.builders import make_published
from tests.cast import HANOI
from tests.dossiers.returns import SOUND, sound_return

STATES = ("proposed", "signed", "accepted", "refused", "withdrawn")
PEOPLE = ("lan", "minh", "tuan", "quan", "mai", "lanhdao", "kiemtoan", "hoa", "admin")
ALLOWED = {
    "sign": {"proposed": {"minh"}},
    "accept": {"signed": {"quan", "mai"}},
    "refuse": {"signed": {"quan", "mai"}},
    "withdraw": {"proposed": {"lan", "minh"}},
}
TARGETS = {"sign": "signed", "accept": "accepted", "refuse": "refused", "withdraw": "withdrawn"}
WAYS = {
    "proposed": [],
    "signed": [("sign", "minh")],
    "accepted": [("sign", "minh"), ("accept", "quan")],
    "refused": [("sign", "minh"), ("refuse", "quan")],
    "withdrawn": [("withdraw", "lan")],
}
# Who reads an adjustment in which state (domain.md §5): others than the agency and the auditor once it was signed.
ALWAYS = {"lan", "minh", "kiemtoan"}
ONCE_SIGNED = ALWAYS | {"quan", "mai", "lanhdao"}


@pytest.fixture
def item(cast, period_q, procedures_khcn) -> Return:
    return sound_return(cast, period_q, "accepted")


def wish(item, by, **cells) -> Adjustment:
    """Other figures for the first line, ten more received and resolved on time unless told otherwise."""
    cells = cells or {"received_direct": 14, "resolved_on_time": 16}
    return propose_adjustment(item, {item.lines.first().pk: cells}, reason="Nhập thiếu sổ", by=by)


def in_state(cast, item, state) -> Adjustment:
    adjustment = wish(item, cast.lan)
    for action, person in WAYS[state]:
        ADJUSTMENTS.perform(adjustment, action, by=getattr(cast, person), reason="Lý do")
    return adjustment


@pytest.mark.parametrize("state", STATES)
def test_every_step_is_open_to_those_it_belongs_to_and_to_nobody_else(cast, item, state):
    adjustment = in_state(cast, item, state)
    for action in ALLOWED:
        for name in PEOPLE:
            person, allowed = getattr(cast, name), name in ALLOWED[action].get(state, ())
            offered = action in {move.action for move in ADJUSTMENTS.offered(person, adjustment)}
            assert offered == allowed, f"{name} {action} {state}"
            if not allowed:
                with pytest.raises((PermissionDenied, Conflict)):
                    ADJUSTMENTS.perform(Adjustment.objects.get(pk=adjustment.pk), action, by=person, reason="Lý do")
    assert Adjustment.objects.get(pk=adjustment.pk).state == state


@pytest.mark.parametrize(("action", "state"), [(action, state) for action, of in ALLOWED.items() for state in of])
def test_a_step_has_one_effect_and_one_event(cast, item, action, state):
    adjustment = in_state(cast, item, state)
    before = Event.objects.count()
    ADJUSTMENTS.perform(adjustment, action, by=getattr(cast, min(ALLOWED[action][state])), reason="Lý do")
    assert adjustment.state == TARGETS[action]
    assert Event.objects.count() == before + 1


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("state", STATES)
def test_who_reads_it(cast, client_of, item, state, name):
    adjustment = in_state(cast, item, state)
    readers = ONCE_SIGNED if state in ("signed", "accepted", "refused") else ALWAYS
    response = client_of(getattr(cast, name)).get(adjustment.get_absolute_url())
    assert response.status_code == (200 if name in readers else 404)


@pytest.mark.parametrize(
    ("name", "status"),
    [("lan", 200), ("minh", 403), ("quan", 403), ("lanhdao", 403), ("kiemtoan", 403), ("tuan", 404), ("hoa", 404)],
)
def test_only_reporters_of_the_agency_propose(cast, client_of, item, name, status):
    url = reverse("dossiers:adjustment_new", args=[item.pk])
    assert client_of(getattr(cast, name)).get(url).status_code == status
    if status != 200:
        with pytest.raises(PermissionDenied):
            wish(item, getattr(cast, name))
        assert not Adjustment.objects.exists()


@pytest.mark.parametrize("state", ["draft", "submitted", "approved", "void"])
def test_only_accepted_returns_are_adjusted(cast, client_of, period_q, procedures_khcn, state):
    other = sound_return(cast, period_q, state)
    with pytest.raises(Conflict):
        wish(other, cast.lan)
    assert client_of(cast.lan).get(reverse("dossiers:adjustment_new", args=[other.pk])).status_code == 409


def test_what_was_quoted_from_a_publication_is_not_adjusted(cast):
    quoted = make_published(cast.khcn, "2016-pub", stated_resolved=1242, stated_in_time=1215)
    with pytest.raises(PermissionDenied):
        propose_adjustment(quoted, {quoted.lines.get().pk: {"stated_resolved": 1}}, reason="Sai", by=cast.lan)


def test_an_approver_who_entered_figures_does_not_sign(cast, item):
    item.lines.filter(position=2).update(changed_by=cast.minh)
    adjustment = wish(item, cast.lan)
    with pytest.raises(PermissionDenied):
        ADJUSTMENTS.perform(adjustment, "sign", by=cast.minh)


def test_nobody_signs_what_he_proposed(cast, item):
    cast.minh.roles.create(code="reporter", agency=cast.khcn, valid_from="2020-01-01")
    minh = type(cast.minh).objects.get(pk=cast.minh.pk)
    with pytest.raises(PermissionDenied):
        ADJUSTMENTS.perform(wish(item, minh), "sign", by=minh)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"received_direct": 4}, "Không có gì khác"),
        ({"received_direct": 14}, "  "),
        ({"resolved_overdue_with_apology": 5}, "Vi phạm R8"),
        ({"received_online": 0, "received_direct": 0}, "Vi phạm R9"),
    ],
)
def test_what_cannot_be_proposed(cast, item, cells, reason):
    with pytest.raises(Refused):
        propose_adjustment(item, {item.lines.first().pk: cells}, reason=reason, by=cast.lan)
    assert not Adjustment.objects.exists()
    assert not Event.objects.filter(action="propose_adjustment").exists()


def test_one_open_adjustment_at_a_time(cast, item):
    first = wish(item, cast.lan)
    with pytest.raises(Conflict):
        wish(item, cast.lan)
    ADJUSTMENTS.perform(first, "withdraw", by=cast.lan)
    assert wish(item, cast.lan).number == 2


def test_a_page_of_an_earlier_version_is_refused(cast, item):
    line = item.lines.first()
    with pytest.raises(Conflict):
        propose_adjustment(item, {line.pk: {"received_direct": 9}}, reason="x", by=cast.lan, version=item.version + 1)


def test_accepting_keeps_the_old_figures_and_puts_the_new_ones_in_force(cast, item):
    Period.objects.update(due_at=timezone.now() - timedelta(days=9), locks_at=timezone.now() - timedelta(days=1))
    StaleFigure.objects.all().delete()
    line, version = item.lines.first(), item.version
    adjustment = wish(item, cast.lan, received_direct=14, withdrawn=rules.NA, resolved_on_time=16, pending_within=3)
    ADJUSTMENTS.perform(adjustment, "sign", by=cast.minh)
    line.refresh_from_db()
    assert line.received_direct == SOUND["received_direct"], "the old version counts until then"
    ADJUSTMENTS.perform(adjustment, "accept", by=cast.quan)
    line.refresh_from_db()
    stands = rules.Figures.from_stored(line).cells
    assert (stands["received_direct"], stands["withdrawn"], line.version) == (14, rules.NA, 2)
    edition = Edition.objects.get()
    assert (edition.number, edition.known_from, edition.known_until) == (1, item.accepted_at, adjustment.decided_at)
    assert len(edition.lines) == item.lines.count()
    kept = tally.figures_of(edition)[line.pk]
    assert {name: kept.cells[name] for name in SOUND} == SOUND
    assert all(set(row["cells"]) == set(rules.CELL_NAMES) for row in edition.lines)
    assert StaleFigure.objects.filter(agency=cast.khcn, period=item.period).exists()
    assert RateRun.objects.filter(state="queued").exists()
    assert Return.objects.get(pk=item.pk).version == version + 1
    with pytest.raises(TypeError):
        Edition.objects.all().delete()


def test_the_rates_change_when_it_is_accepted_and_not_before(cast, item, django_capture_on_commit_callbacks):
    def rate():
        tally.recompute_stale()
        row = Summary.objects.get(agency=cast.khcn, period=item.period, tree=False)
        return row.d2_numerator, row.d2_denominator

    adjustment = wish(item, cast.lan, resolved_on_time=4, resolved_overdue=2)
    ADJUSTMENTS.perform(adjustment, "sign", by=cast.minh)
    assert rate() == (45, 45)
    with django_capture_on_commit_callbacks(execute=True):
        ADJUSTMENTS.perform(adjustment, "accept", by=cast.quan)
    assert rate() == (43, 45)
    assert not tally.differences()


def test_a_gap_of_the_new_figures_takes_the_reason_of_the_adjustment(cast, item):
    adjustment = wish(item, cast.lan, withdrawn=0)
    for action, person in WAYS["accepted"]:
        ADJUSTMENTS.perform(adjustment, action, by=getattr(cast, person))
    explained = Explanation.objects.get(identity="R4")
    assert adjustment.reason in explained.text


def test_identities_are_asked_again_when_it_is_accepted(cast, item):
    adjustment = in_state(cast, item, "signed")
    item.lines.filter(position=1).update(carried_over=0)
    adjustment.cells.filter(figure="received_direct").update(new=0)
    adjustment.cells.filter(figure="resolved_on_time").update(new=16)
    with pytest.raises(Refused):
        ADJUSTMENTS.perform(adjustment, "accept", by=cast.quan)
    assert not Edition.objects.exists()


def test_figures_that_moved_meanwhile_are_a_conflict_with_both_values(cast, item):
    adjustment = in_state(cast, item, "signed")
    item.lines.filter(pk=item.lines.first().pk).update(received_direct=5)
    with pytest.raises(Conflict) as conflict:
        ADJUSTMENTS.perform(adjustment, "accept", by=cast.quan)
    assert [value for _label, value in conflict.value.theirs] == ["5"]
    assert [value for _label, value in conflict.value.mine] == ["4"]


def test_nothing_of_a_void_return_is_adjusted(cast, client_of, item):
    adjustment = in_state(cast, item, "signed")
    RETURNS.perform(item, "propose_void", by=cast.quan, reason="Nhầm")
    RETURNS.perform(item, "void", by=cast.mai, reason="Nhầm")
    with pytest.raises(Conflict):
        ADJUSTMENTS.perform(Adjustment.objects.get(), "accept", by=cast.quan)
    page = client_of(cast.quan).get(adjustment.get_absolute_url())
    assert page.context["moves"] == []


@pytest.mark.django_db(transaction=True)
def test_two_officers_at_once_have_one_effect(cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q, "accepted")
    adjustment = in_state(cast, item, "signed")
    together, outcomes = threading.Barrier(2), []

    def decide(person):
        seen = Adjustment.objects.select_related("of").get(pk=adjustment.pk)
        together.wait(timeout=20)
        try:
            ADJUSTMENTS.perform(seen, "accept", by=person, version=seen.version)
            outcomes.append("done")
        except Conflict:
            outcomes.append("conflict")
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=[person]) for person in (cast.quan, cast.mai)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes) == ["conflict", "done"]
    assert Edition.objects.count() == 1
    assert item.lines.first().version == 2
    assert Event.objects.filter(action="accept", target_kind="dossiers.adjustment").count() == 1


def typed(item, **cells) -> dict:
    """What the page sends when these cells of the first line are typed over."""
    sent = {"version": item.version, "reason": "Nhập thiếu sổ"}
    for line in item.lines.all():
        for name in rules.TYPED_NAMES:
            sent[f"cell-{line.pk}-{name}"] = str(getattr(line, name))
    first = item.lines.first()
    return sent | {f"cell-{first.pk}-{name}": value for name, value in cells.items()}


def test_from_the_page_to_the_rate(cast, client_of, item):
    lan, minh, quan = (client_of(one) for one in (cast.lan, cast.minh, cast.quan))
    url = reverse("dossiers:adjustment_new", args=[item.pk])
    assert url in lan.get(item.get_absolute_url()).content.decode()
    sent = typed(item, received_direct="1.004", withdrawn="1.001", pending_overdue="KAD")
    response = lan.post(url, sent)
    adjustment = Adjustment.objects.get()
    assert response.url == adjustment.get_absolute_url()
    assert {(cell.figure, cell.before, cell.after) for cell in adjustment.cells.all()} == {
        ("received_direct", 4, 1004),
        ("withdrawn", 1, 1001),
        ("pending_overdue", 0, rules.NA),
    }
    assert "+1.000" in lan.get(response.url).content.decode()
    assert url not in lan.get(item.get_absolute_url()).content.decode()
    assert [task.url for group in minh.get("/").context["groups"] for task in group.tasks] == [response.url]
    assert quan.get(response.url).status_code == 404
    step = reverse("dossiers:adjustment_action", args=[adjustment.pk, "sign"])
    assert minh.post(step, {"version": adjustment.version}).status_code == 302
    assert response.url in [task.url for group in quan.get("/").context["groups"] for task in group.tasks]
    step = reverse("dossiers:adjustment_action", args=[adjustment.pk, "refuse"])
    assert quan.post(step, {"version": adjustment.version + 1}).status_code == 422
    step = reverse("dossiers:adjustment_action", args=[adjustment.pk, "accept"])
    assert quan.post(step, {"version": adjustment.version}).status_code == 409
    assert minh.post(step, {"version": adjustment.version + 1}).status_code == 403
    assert quan.post(step, {"version": adjustment.version + 1}).status_code == 302
    assert item.lines.first().received_direct == 1004
    told = [one["label"] for one in quan.get(item.get_absolute_url()).context["history"][:3]]
    assert [str(label) for label in told] == ["Chấp nhận điều chỉnh", "Ký duyệt điều chỉnh", "Đề nghị điều chỉnh"]


@pytest.mark.parametrize(
    ("cells", "told"),
    [({"received_direct": "1,5"}, "1,5"), ({"received_direct": "-3"}, "-3"), ({}, "Chưa có ô nào thay đổi")],
)
def test_what_is_wrong_is_told_and_what_was_typed_stays(cast, client_of, item, cells, told):
    response = client_of(cast.lan).post(reverse("dossiers:adjustment_new", args=[item.pk]), typed(item, **cells))
    assert response.status_code == 422
    assert told in response.content.decode()
    assert "Nhập thiếu sổ" in response.content.decode()
    assert not Adjustment.objects.exists()


@pytest.mark.parametrize("name", ["tuan", "hoa"])
def test_outsiders_find_nothing(cast, client_of, item, name):
    adjustment = in_state(cast, item, "signed")
    client = client_of(getattr(cast, name))
    assert client.get(adjustment.get_absolute_url()).status_code == 404
    step = reverse("dossiers:adjustment_action", args=[adjustment.pk, "accept"])
    assert client.post(step, {"version": 2}).status_code == 404
    assert client.get(f"{item.get_absolute_url()}?known_on=2026-10-01").status_code == 404


def test_the_return_shows_what_was_known_on_a_day(cast, client_of, period_q, procedures_khcn):
    start = datetime(2026, 10, 1, 10, tzinfo=HANOI)
    with time_machine.travel(start, tick=False):
        item = sound_return(cast, period_q, "accepted")
    with time_machine.travel(start + timedelta(days=9), tick=False):
        in_state(cast, item, "accepted")
    with time_machine.travel(start + timedelta(days=20), tick=False):
        client = client_of(cast.minh)
        seen = {}
        for day in ("2026-10-01", "09/10/2026", "2026-10-10", "2026-10-21"):
            page = client.get(f"{item.get_absolute_url()}?known_on={day}")
            seen[day] = (page.context["known"].number, page.context["groups"][0].rows[0].values[0])
        assert seen == {
            "2026-10-01": (1, "12"),
            "09/10/2026": (1, "12"),
            "2026-10-10": (2, "22"),
            "2026-10-21": (2, "22"),
        }
        for day in ("2026-09-30", "2026-10-22", "32/10/2026", "01.10.2026", ""):
            assert client.get(f"{item.get_absolute_url()}?known_on={day}").status_code == 404


def test_a_draft_was_not_known_on_any_day(cast, client_of, period_q, procedures_khcn):
    item = sound_return(cast, period_q, "draft")
    today = timezone.localdate().isoformat()
    assert client_of(cast.lan).get(f"{item.get_absolute_url()}?known_on={today}").status_code == 404

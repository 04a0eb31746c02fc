"""The life of a return: the whole grid of state × person × action, the guards, what follows, and races."""

import threading
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from cchc_portal.lib.errors import Conflict, Refused
from dossiers.models import Explanation, Extension, LateReason, Period, RateRun, Return, StaleFigure
from dossiers.workflow import RETURNS, open_return
from records.models import Event
from tests.cast import HANOI
from tests.dossiers.returns import SOUND, sound_return

STATES = ("draft", "submitted", "approved", "accepted", "void")
PEOPLE = ("lan", "minh", "tuan", "quan", "mai", "lanhdao", "kiemtoan", "hoa", "admin")
# Who may take which step, and from which states (domain.md §5); everything else is refused.
ALLOWED = {
    "submit": {"draft": {"lan"}},
    "approve": {"submitted": {"minh"}},
    "accept": {"approved": {"quan", "mai"}},
    "send_back": {"submitted": {"minh"}, "approved": {"quan", "mai"}},
    "withdraw": {"submitted": {"minh"}, "approved": {"minh"}},
    "propose_void": {state: {"quan", "mai"} for state in STATES[:4]},
    "void": {},
    "drop_void": {},
}
TARGETS = {
    "submit": "submitted",
    "approve": "approved",
    "accept": "accepted",
    "send_back": "draft",
    "withdraw": "draft",
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", ALLOWED)
def test_every_step_is_open_to_those_it_belongs_to_and_to_nobody_else(cast, period_q, procedures_khcn, state, action):
    item = sound_return(cast, period_q, state)
    for name in PEOPLE:
        person = getattr(cast, name)
        allowed = name in ALLOWED[action].get(state, ())
        offered = action in {move.action for move in RETURNS.offered(person, item)}
        assert offered == allowed, f"{name} {action} {state}"
        if not allowed:
            with pytest.raises((PermissionDenied, Conflict)):
                RETURNS.perform(Return.objects.get(pk=item.pk), action, by=person, reason="Lý do")
    assert Return.objects.get(pk=item.pk).state == state
    for name in sorted(ALLOWED[action].get(state, ()))[:1]:
        before = Event.objects.count()
        RETURNS.perform(item, action, by=getattr(cast, name), reason="Lý do")
        assert item.state == TARGETS.get(action, state)
        assert Event.objects.count() == before + 1


@pytest.mark.parametrize("state", STATES[:4])
def test_voiding_takes_two_officers(cast, period_q, procedures_khcn, state):
    item = sound_return(cast, period_q, state)
    with pytest.raises(PermissionDenied):
        RETURNS.perform(item, "void", by=cast.mai, reason="Nhầm kỳ")
    with pytest.raises(Refused):
        RETURNS.perform(item, "propose_void", by=cast.quan)
    RETURNS.perform(item, "propose_void", by=cast.quan, reason="Nhầm kỳ")
    assert item.state == state
    with pytest.raises(PermissionDenied):
        RETURNS.perform(item, "void", by=cast.quan, reason="Nhầm kỳ")
    RETURNS.perform(item, "void", by=cast.mai, reason="Nhầm kỳ")
    assert item.state == "void"
    again, opened = open_return(cast.khcn, period_q, by=cast.lan)
    assert opened
    assert again.pk != item.pk


def test_nobody_approves_what_he_entered(cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q)
    item.lines.filter(position=1).update(changed_by=cast.minh)
    RETURNS.perform(item, "submit", by=cast.lan)
    with pytest.raises(PermissionDenied):
        RETURNS.perform(item, "approve", by=cast.minh)


def test_whoever_saved_once_is_known_from_the_trail_although_others_typed_over_it(
    client_of, cast, period_q, procedures_khcn
):
    item = sound_return(cast, period_q)
    cast.minh.roles.create(code="reporter", agency=cast.khcn, valid_from="2020-01-01")
    minh = type(cast.minh).objects.get(pk=cast.minh.pk)
    url = reverse("dossiers:save_lines", args=[item.pk])
    line = item.lines.first()
    body = {"lines": [{"id": line.pk, "version": line.version, "cells": {"received_direct": "5"}}]}
    assert client_of(minh).post(url, body, content_type="application/json").status_code == 200
    item.lines.update(changed_by=cast.lan, received_direct=4)
    item.refresh_from_db()
    RETURNS.perform(item, "submit", by=cast.lan)
    with pytest.raises(PermissionDenied):
        RETURNS.perform(item, "approve", by=minh)


def test_a_blocking_identity_stops_the_submission_at_its_place(cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q)
    line = item.lines.first()
    item.lines.filter(pk=line.pk).update(resolved_overdue_with_apology=3)
    with pytest.raises(Refused) as refusal:
        RETURNS.perform(item, "submit", by=cast.lan)
    (problem,) = refusal.value.problems
    assert (problem.line, problem.code) == (line.pk, "R8")
    assert "resolved_overdue_with_apology" in problem.cells
    assert Return.objects.get(pk=item.pk).state == "draft"


def test_a_gap_is_submitted_only_with_its_reason(cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q)
    line = item.lines.first()
    item.lines.filter(pk=line.pk).update(withdrawn=0)
    with pytest.raises(Refused) as refusal:
        RETURNS.perform(item, "submit", by=cast.lan)
    assert [problem.code for problem in refusal.value.problems] == ["R4"]
    Explanation.objects.create(of=item, line=line, identity="R4", text="Một hồ sơ chuyển nhầm", by=cast.lan)
    RETURNS.perform(item, "submit", by=cast.lan)
    assert item.state == "submitted"


def test_late_dossiers_need_their_reasons(cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q)
    line = item.lines.first()
    item.lines.filter(pk=line.pk).update(resolved_on_time=5, resolved_overdue=1)
    with pytest.raises(Refused) as refusal:
        RETURNS.perform(item, "submit", by=cast.lan)
    assert [problem.code for problem in refusal.value.problems] == ["R10"]
    other = LateReason.objects.create(code="khac", name="Khác", needs_text=True)
    count = line.late_reasons.create(reason=other, count=1)
    with pytest.raises(Refused, match="Khác"):
        RETURNS.perform(item, "submit", by=cast.lan)
    count.text = "Mất điện"
    count.save()
    RETURNS.perform(item, "submit", by=cast.lan)


def test_blank_cells_break_nothing_but_a_return_without_any_figure_is_not_sent(cast, period_q, procedures_khcn):
    item, _opened = open_return(cast.khcn, period_q, by=cast.lan)
    assert item.lines.count() == 5
    with pytest.raises(Refused, match=r"figure|số liệu"):
        RETURNS.perform(item, "submit", by=cast.lan)
    first = item.lines.first()
    first.received_online = 0
    first.save(update_fields=["received_online"])
    RETURNS.perform(item, "submit", by=cast.lan)
    assert item.state == "submitted"


def earlier(cast, state="accepted", **figures):
    """The return of the quarter before, with `figures` on every line."""
    first, last = datetime(2026, 3, 15).date(), datetime(2026, 6, 14).date()
    open_until = datetime(2099, 1, 1, tzinfo=HANOI)
    period = Period.objects.create(
        label="2026-Q2", kind="quarter", first_day=first, last_day=last, due_at=open_until, locks_at=open_until
    )
    item = sound_return(cast, period, "draft")
    item.lines.update(**(SOUND | figures))
    Return.objects.filter(pk=item.pk).update(state=state)
    return item


def test_carried_over_is_compared_with_the_return_before(cast, period_q, procedures_khcn):
    earlier(cast, pending_within=4)
    item = sound_return(cast, period_q)
    with pytest.raises(Refused) as refusal:
        RETURNS.perform(item, "submit", by=cast.lan)
    assert {problem.code for problem in refusal.value.problems} == {"R5"}
    item.lines.update(carried_over=4, received_direct=0)
    RETURNS.perform(item, "submit", by=cast.lan)


def test_carried_over_is_not_checked_against_a_draft(cast, period_q, procedures_khcn):
    earlier(cast, state="draft", pending_within=4)
    RETURNS.perform(sound_return(cast, period_q), "submit", by=cast.lan)


def test_sending_back_takes_a_word_and_keeps_it(cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q, "approved")
    with pytest.raises(Refused):
        RETURNS.perform(item, "send_back", by=cast.quan)
    line = item.lines.first()
    RETURNS.perform(item, "send_back", by=cast.quan, words={line.pk: "Kiểm tra lại số quá hạn"})
    assert (item.state, item.approved_by, item.submitted_at) == ("draft", None, None)
    remark = item.remarks.get()
    assert (remark.line, remark.by, remark.open) == (line, cast.quan, True)
    assert "Kiểm tra lại số quá hạn" in Event.objects.latest("number").after
    RETURNS.perform(item, "submit", by=cast.lan)
    assert not item.remarks.filter(open=True).exists()


def test_sending_back_after_the_lock_grants_a_dated_extension(cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q, "approved")
    Period.objects.update(due_at=timezone.now() - timedelta(days=9), locks_at=timezone.now() - timedelta(days=1))
    item = Return.objects.get(pk=item.pk)
    with pytest.raises(Refused):
        RETURNS.perform(item, "send_back", by=cast.quan, reason="Sai số")
    until = timezone.now() + timedelta(days=3)
    RETURNS.perform(item, "send_back", by=cast.quan, reason="Sai số", until=until)
    assert Extension.objects.get().until == until
    RETURNS.perform(Return.objects.get(pk=item.pk), "submit", by=cast.lan)


def test_a_locked_period_stops_the_submission(cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q)
    Period.objects.update(due_at=timezone.now() - timedelta(days=9), locks_at=timezone.now() - timedelta(days=1))
    with pytest.raises(Conflict, match="Sở Nội vụ"):
        RETURNS.perform(Return.objects.get(pk=item.pk), "submit", by=cast.lan)


def test_acceptance_has_the_rates_computed(cast, period_q, procedures_khcn, django_capture_on_commit_callbacks):
    item = sound_return(cast, period_q, "approved")
    assert not StaleFigure.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        RETURNS.perform(item, "accept", by=cast.quan)
        assert StaleFigure.objects.filter(agency=cast.khcn, period=period_q).exists()
    assert not StaleFigure.objects.exists()
    assert RateRun.objects.get().state == "ready"


def test_voiding_what_was_accepted_makes_the_sums_stale(cast, period_q, procedures_khcn):
    sound_return(cast, period_q, "accepted")
    StaleFigure.objects.all().delete()
    item = Return.objects.get()
    RETURNS.perform(item, "propose_void", by=cast.mai, reason="Nhầm")
    RETURNS.perform(item, "void", by=cast.quan, reason="Nhầm")
    assert StaleFigure.objects.filter(agency=cast.khcn, period=period_q).exists()


def test_a_stale_version_is_refused(cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q)
    with pytest.raises(Conflict):
        RETURNS.perform(item, "submit", by=cast.lan, version=item.version + 1)


def test_opening_twice_gives_the_same_return(cast, period_q, procedures_khcn):
    first, opened = open_return(cast.khcn, period_q, by=cast.lan)
    second, again = open_return(cast.khcn, period_q, by=cast.lan)
    assert (first, opened, again) == (second, True, False)


def test_an_absorbed_unit_reports_up_to_its_last_day(cast, procedures_khcn):
    period = Period.objects.create(
        label="2025-Q1",
        kind="quarter",
        first_day=datetime(2024, 12, 15).date(),
        last_day=datetime(2025, 3, 14).date(),
        due_at=datetime(2099, 1, 1, tzinfo=HANOI),
        locks_at=datetime(2099, 1, 1, tzinfo=HANOI),
    )
    procedures_khcn[0].handlers.create(agency=cast.tttt)
    item, opened = open_return(cast.tttt, period, by=cast.lan)
    assert opened
    assert item.lines.count() == 1
    with pytest.raises(PermissionDenied):
        open_return(cast.tttt, period, by=cast.tuan)


@pytest.mark.django_db(transaction=True)
def test_two_submissions_at_once_have_one_effect(cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q)
    together, outcomes = threading.Barrier(2), []

    def submit():
        seen = Return.objects.get(pk=item.pk)
        together.wait(timeout=20)
        try:
            RETURNS.perform(seen, "submit", by=cast.lan, version=seen.version)
            outcomes.append("done")
        except Conflict:
            outcomes.append("conflict")
        finally:
            connection.close()

    threads = [threading.Thread(target=submit) for _clerk in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes) == ["conflict", "done"]
    assert Event.objects.filter(action="submit").count() == 1

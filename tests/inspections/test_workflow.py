"""The whole grid of state × role × action for visits, findings and recommendations."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from agencies.models import Person, Role
from cchc_portal.lib.errors import Conflict, Refused
from inspections.choices import FindingState, RecommendationState, VisitState
from inspections.models import ClosingCondition, Remedy, Team, TeamMember, Visit
from inspections.workflow import FINDINGS, RECOMMENDATIONS, VISITS
from records.models import Event

# The tables are written anew here, from the domain: (action, from, to, who).
HEAD, SECRETARY, MEMBER, OFFICER = "hoa", "khoa", "vinh", "quan"
REPORTER, APPROVER = "lan", "minh"
EVERYBODY = ("hoa", "khoa", "vinh", "quan", "lan", "minh", "tuan", "lanhdao", "kiemtoan", "admin")
V, F, R = VisitState, FindingState, RecommendationState
VISIT_TABLE = {
    "prepare": ({V.PLANNED}, V.PREPARED, {HEAD, SECRETARY}),
    "start": ({V.PREPARED}, V.UNDER_WAY, {HEAD, SECRETARY}),
    "record": ({V.UNDER_WAY}, V.RECORDED, {HEAD, SECRETARY}),
    "report": ({V.RECORDED}, V.REPORTED, {HEAD, SECRETARY}),
    "conclude": ({V.REPORTED}, V.CONCLUDED, {HEAD}),
    "close": ({V.CONCLUDED}, V.CLOSED, {HEAD}),
    "cancel": ({V.PLANNED, V.PREPARED, V.UNDER_WAY}, V.CANCELLED, {HEAD, OFFICER}),
}
FINDING_TABLE = {
    "finalise": ({F.DRAFT}, F.FINAL, {HEAD}),
    "release": ({F.FINAL}, F.RELEASED, {HEAD, OFFICER}),
    "answer": ({F.RELEASED}, F.ANSWERED, {REPORTER, APPROVER}),
    "withdraw": ({F.DRAFT, F.FINAL}, F.WITHDRAWN, {HEAD}),
}
CLOSED = {R.CLOSED_IMPLEMENTED, R.CLOSED_NOT_IMPLEMENTED}
OPEN = {R.ISSUED, R.ACCEPTED, R.DISPUTED, R.IN_PROGRESS, R.ANSWERED}
RECOMMENDATION_TABLE = {
    "issue": ({R.DRAFT}, R.ISSUED, {HEAD}),
    "accept": ({R.ISSUED}, R.ACCEPTED, {APPROVER}),
    "dispute": ({R.ISSUED}, R.DISPUTED, {APPROVER}),
    "uphold": ({R.DISPUTED}, R.ISSUED, {HEAD}),
    "amend": ({R.DISPUTED}, R.ISSUED, {HEAD}),
    "withdraw": ({R.DRAFT, R.DISPUTED}, R.WITHDRAWN, {HEAD}),
    "start": ({R.ACCEPTED}, R.IN_PROGRESS, {REPORTER, APPROVER}),
    "answer": ({R.IN_PROGRESS}, R.ANSWERED, {REPORTER, APPROVER}),
    "close_implemented": ({R.ANSWERED}, R.CLOSED_IMPLEMENTED, {HEAD, SECRETARY}),
    "close_not_implemented": ({R.ANSWERED}, R.CLOSED_NOT_IMPLEMENTED, {HEAD, SECRETARY}),
    "send_back": ({R.ANSWERED}, R.IN_PROGRESS, {HEAD, SECRETARY}),
    "reopen": (CLOSED, R.IN_PROGRESS, {HEAD, SECRETARY}),
    # These leave the state as it is.
    "keep_closed": ({R.CLOSED_IMPLEMENTED}, None, {HEAD, SECRETARY}),
    "extend": (OPEN, None, {HEAD, SECRETARY}),
    "set_condition": (OPEN, None, {HEAD, SECRETARY}),
    "hand_over": (OPEN | CLOSED, None, {HEAD, OFFICER}),
}
DATA = {"reason": "đã xem xét", "text": "Nội dung"}
CONDITION = {"formula": "D2", "comparison": "ge", "threshold": Decimal(90), "periods": 2, "kind": "quarter"}


def person_of(cast, vinh, name):
    return vinh if name == "vinh" else getattr(cast, name)


def outcome(machine, thing, action, person, **more):
    """What happens: the new state, "denied" or "conflict"; what may not be done leaves no event."""
    events = Event.objects.count()
    try:
        machine.perform(thing, action, by=person, **DATA | more)
    except PermissionDenied:
        assert Event.objects.count() == events
        return "denied"
    except Conflict:
        assert Event.objects.count() == events
        return "conflict"
    assert Event.objects.count() == events + 1
    return thing.state


def expected(table, action, state, name):
    sources, target, who = table[action]
    if name not in who:
        return "denied"
    return (target or state) if state in sources else "conflict"


def test_tables_are_complete():
    for machine, table in ((VISITS, VISIT_TABLE), (FINDINGS, FINDING_TABLE), (RECOMMENDATIONS, RECOMMENDATION_TABLE)):
        assert {move.action for move in machine.moves} == set(table)


@pytest.mark.parametrize("action", VISIT_TABLE)
def test_visit_grid(cast, vinh, visit, make_finding, action):
    make_finding(FindingState.FINAL)
    for state, name in product(V.values, EVERYBODY):
        reason = "bão" if state == V.CANCELLED else ""
        Visit.objects.filter(pk=visit.pk).update(state=state, cancel_reason=reason)
        person = person_of(cast, vinh, name)
        visit.refresh_from_db()
        offered = [move.action for move in VISITS.offered(person, visit)]
        want = expected(VISIT_TABLE, action, state, name)
        assert (action in offered) == (want not in ("denied", "conflict")), (state, name)
        assert outcome(VISITS, visit, action, person) == want, (state, name)


@pytest.mark.parametrize("action", FINDING_TABLE)
def test_finding_grid(cast, vinh, make_finding, action):
    for state, name in product(F.values, EVERYBODY):
        finding = make_finding(state, created_by=cast.mai)
        person = person_of(cast, vinh, name)
        assert outcome(FINDINGS, finding, action, person) == expected(FINDING_TABLE, action, state, name), (state, name)


@pytest.mark.parametrize("action", RECOMMENDATION_TABLE)
def test_recommendation_grid(cast, vinh, period_q, make_recommendation, action):
    next_team = Team.objects.create(name="Đoàn sau", kind="administrative_inspection")
    next_team.members.create(person=cast.mai, role="head", joined_on=date(2026, 1, 1))
    for state, name in product(R.values, EVERYBODY):
        recommendation = make_recommendation(state)
        ClosingCondition.objects.create(
            recommendation=recommendation, threshold=95, relapsed_at=timezone.now(), relapsed_period=period_q
        )
        Remedy.objects.create(recommendation=recommendation, text="Đã làm", reported_by=cast.lan)
        want = expected(RECOMMENDATION_TABLE, action, state, name)
        person = person_of(cast, vinh, name)
        data = CONDITION | {"days": 5 * (action == "extend"), "team": next_team}
        got = outcome(RECOMMENDATIONS, recommendation, action, person, **data)
        assert got == want, (state, name)


def test_every_reason_is_asked_for(cast, visit, make_finding, make_recommendation):
    cases = (
        (VISITS, visit, "cancel", cast.hoa),
        (FINDINGS, make_finding(), "withdraw", cast.hoa),
        (RECOMMENDATIONS, make_recommendation(R.ISSUED), "dispute", cast.minh),
        (RECOMMENDATIONS, make_recommendation(R.DISPUTED), "uphold", cast.hoa),
        (RECOMMENDATIONS, make_recommendation(R.ANSWERED), "send_back", cast.hoa),
        (RECOMMENDATIONS, make_recommendation(R.CLOSED_IMPLEMENTED), "reopen", cast.hoa),
    )
    for machine, thing, action, person in cases:
        before = thing.state
        with pytest.raises(Refused):
            machine.perform(thing, action, by=person, reason="  ")
        thing.refresh_from_db()
        assert thing.state == before


def test_a_finding_once_released_is_never_withdrawn():
    move = FINDINGS.move("withdraw")
    assert not {F.RELEASED, F.ANSWERED} & set(move.sources)


def test_a_member_withdraws_only_an_own_draft(cast, vinh, make_finding):
    assert outcome(FINDINGS, make_finding(created_by=vinh), "withdraw", vinh) == F.WITHDRAWN
    assert outcome(FINDINGS, make_finding(F.FINAL, created_by=vinh), "withdraw", vinh) == "denied"


def test_closed_only_by_a_verifier_who_is_not_the_owner(cast, make_recommendation):
    """The head who reported the remedy, or belongs to the agency in charge, cannot close; the secretary can."""
    for who in ("reporter of the remedy", "of the agency"):
        recommendation = make_recommendation(R.ANSWERED)
        reporter = cast.hoa if who == "reporter of the remedy" else cast.lan
        Remedy.objects.create(recommendation=recommendation, text="Đã làm", reported_by=reporter)
        hoa = Person.objects.get(pk=cast.hoa.pk)
        if who == "of the agency":
            Role.objects.create(person=hoa, code="approver", agency=cast.khcn, valid_from=date(2020, 1, 1))
        for action in ("close_implemented", "close_not_implemented", "send_back"):
            assert outcome(RECOMMENDATIONS, recommendation, action, hoa) == "denied"
        assert outcome(RECOMMENDATIONS, recommendation, "close_implemented", cast.khoa) == R.CLOSED_IMPLEMENTED
        assert recommendation.closed_by == cast.khoa
        remedy = recommendation.remedies.get()
        assert (remedy.judged_by, remedy.verdict) == (cast.khoa, "đã xem xét")


def test_every_path_to_closed_goes_through_verification():
    for move in RECOMMENDATIONS.moves:
        if move.target in CLOSED:
            assert move.may.__name__ == "verifies_recommendation"
            assert move.sources == (R.ANSWERED,)


def test_rights_last_from_joining_to_leaving(cast, team, make_finding):
    today = timezone.localdate()
    for joined, left, want in (
        (today - timedelta(days=9), today - timedelta(days=1), "denied"),
        (today + timedelta(days=1), None, "denied"),
        (today, today, F.FINAL),
    ):
        TeamMember.objects.filter(team=team, role="head").update(joined_on=joined, left_on=left)
        assert outcome(FINDINGS, make_finding(), "finalise", Person.objects.get(pk=cast.hoa.pk)) == want


def test_another_team_cannot_verify(cast, team, make_recommendation):
    team.members.all().delete()
    recommendation = make_recommendation(R.ANSWERED)
    Remedy.objects.create(recommendation=recommendation, text="Đã làm", reported_by=cast.lan)
    assert outcome(RECOMMENDATIONS, recommendation, "close_implemented", cast.hoa) == "denied"


def test_the_successor_answers_for_what_it_absorbed(cast, make_recommendation):
    recommendation = make_recommendation(R.ISSUED, agency=cast.tttt)
    assert outcome(RECOMMENDATIONS, recommendation, "accept", cast.minh) == R.ACCEPTED


def test_guards(cast, visit, make_finding, make_recommendation):
    with pytest.raises(Refused):
        VISITS.perform(visit, "record", by=cast.hoa)
    make_finding()
    VISITS.perform(visit, "record", by=cast.hoa)
    with pytest.raises(Refused):  # a draft is left
        VISITS.perform(visit, "report", by=cast.hoa)
    visit.findings.update(state=F.FINAL)
    VISITS.perform(visit, "report", by=cast.hoa)
    VISITS.perform(visit, "conclude", by=cast.hoa)
    recommendation = make_recommendation()
    with pytest.raises(Refused):  # a recommendation is still a draft
        VISITS.perform(visit, "close", by=cast.hoa)
    RECOMMENDATIONS.perform(recommendation, "issue", by=cast.hoa)
    assert recommendation.issued_at
    VISITS.perform(visit, "close", by=cast.hoa)
    assert visit.state == V.CLOSED


def test_amending_changes_words_and_search(cast, make_recommendation):
    recommendation = make_recommendation(R.DISPUTED)
    due = date(2027, 3, 1)
    RECOMMENDATIONS.perform(recommendation, "amend", by=cast.hoa, reason="đúng", text="Lắp máy lấy số", due=due)
    assert (recommendation.state, recommendation.text, recommendation.due) == (R.ISSUED, "Lắp máy lấy số", due)
    assert "lap may lay so" in recommendation.search_key


def test_overdue_is_derived(make_recommendation):
    day = date(2026, 11, 22)
    late = make_recommendation(R.ISSUED, due=day - timedelta(days=1))
    for other in (
        make_recommendation(R.ISSUED, due=day),
        make_recommendation(R.ISSUED, due=None),
        make_recommendation(R.CLOSED_IMPLEMENTED, due=day - timedelta(days=1)),
        make_recommendation(R.DRAFT, due=day - timedelta(days=1)),
    ):
        assert not other.is_overdue(day)
    assert late.is_overdue(day)
    assert list(type(late).objects.overdue(day)) == [late]

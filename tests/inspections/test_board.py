"""The follow-up board: counts that match the lists behind them, letters, hand-overs; nobody closes his own."""

import csv
import io
from collections import deque
from datetime import date, timedelta
from urllib.parse import urlencode

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agencies.models import Person, Role
from cchc_portal.lib.errors import Conflict, Refused
from inspections.choices import RecommendationState
from inspections.models import (
    ClosingCondition,
    EscalationRule,
    Letter,
    Recommendation,
    Team,
    TeamMember,
)
from inspections.tally.board import WAYS
from inspections.workflow import RECOMMENDATIONS
from records.models import Document, Event

S = RecommendationState
BOARD = reverse("inspections:board")
CLOSED = (S.CLOSED_IMPLEMENTED, S.CLOSED_NOT_IMPLEMENTED)


@pytest.fixture
def many(cast, make_recommendation, make_finding):
    """Something in every group of every way."""
    today, now = timezone.localdate(), timezone.now()
    first = make_recommendation(S.CLOSED_IMPLEMENTED, due=today, issued_at=now - timedelta(days=400))
    rows = [
        first,
        make_recommendation(S.ISSUED, due=None),
        make_recommendation(S.ISSUED, due=today + timedelta(days=3), issued_at=now, repeats=first),
        make_recommendation(S.ACCEPTED, due=today + timedelta(days=20), issued_at=now - timedelta(days=100)),
        make_recommendation(S.ANSWERED, due=today + timedelta(days=90), issued_at=now, finding=make_finding()),
        make_recommendation(S.IN_PROGRESS, due=today - timedelta(days=1), issued_at=now, agency=cast.ngv),
        make_recommendation(S.IN_PROGRESS, due=today - timedelta(days=40), escalated_at=now, issued_at=now),
        make_recommendation(S.DRAFT, due=today),
        make_recommendation(S.WITHDRAWN, due=today),
    ]
    ClosingCondition.objects.create(recommendation=rows[4], threshold=95, met_at=now)
    ClosingCondition.objects.create(recommendation=first, threshold=95, relapsed_at=now)
    return rows


def count(client, **query):
    return client.get(BOARD, query).context["page"].paginator.count


@pytest.mark.parametrize("by", WAYS)
@pytest.mark.parametrize("only", ["", "open", "overdue", "closed"])
def test_every_group_opens_the_list_it_counts(cast, client_of, many, by, only):
    client = client_of(cast.quan)
    page = client.get(BOARD, {"by": by, "only": only})
    groups = page.context["groups"]
    assert groups
    assert sum(group.total for group in groups) == page.context["page"].paginator.count
    for group in groups:
        behind = client.get(BOARD, {"by": by, "only": only, "group": group.key}).context["page"]
        assert behind.paginator.count == group.total
        assert sum(bool(row.overdue) for row in behind.object_list) == group.overdue
        assert {row.group_key for row in behind.object_list} == {group.key}


def test_the_numbers_at_the_head_open_what_they_count(cast, client_of, many):
    client = client_of(cast.quan)
    totals = client.get(BOARD).context["totals"]
    assert totals == {"open": 6, "late": 2, "escalated": 1, "proposed": 1, "relapsed": 1}
    queries = {"open": "only=open", "late": "only=overdue"}
    queries |= {name: f"mark={name}" for name in ("escalated", "proposed", "relapsed")}
    for name, query in queries.items():
        assert client.get(f"{BOARD}?{query}").context["page"].paginator.count == totals[name], name


def test_filters_sort_and_strange_addresses(cast, client_of, team, many):
    client = client_of(cast.quan)
    assert count(client, again="repeat") == 1
    assert count(client, again="first") == 5
    assert count(client, agency="HN-NGV") == 1
    assert count(client, team=team.pk) == 6
    assert count(client, group="nowhere") == 0
    assert client.get(BOARD, {"by": "colour"}).status_code == 404
    assert client.get(BOARD, {"sort": "drop table", "page": "x"}).status_code == 200
    rows = client.get(BOARD, {"by": "repeat", "again": "first", "sort": "-due"}).context["page"].object_list
    dues = [row.due for row in rows if row.due]
    assert dues == sorted(dues, reverse=True)


def test_who_sees_what(cast, client_of, vinh, many):
    seen = {"quan": 6, "lanhdao": 6, "kiemtoan": 6, "hoa": 6, "khoa": 6, "lan": 5, "minh": 5, "tuan": 1, "admin": 0}
    assert {name: count(client_of(getattr(cast, name))) for name in seen} == seen


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
def test_export_holds_the_rows_of_the_page(cast, client_of, many, fmt):
    exported = client_of(cast.lan).get(BOARD, {"format": fmt, "only": ""})
    data = b"".join(exported.streaming_content)
    assert data[:2] == b"PK" if fmt == "xlsx" else data.decode().count("\r\n") == 1 + 6


@pytest.mark.parametrize("by", WAYS)
def test_the_groups_are_taken_along_as_they_are_counted(cast, client_of, many, by):
    client = client_of(cast.quan)
    groups = client.get(BOARD, {"by": by}).context["groups"]
    told = client.get(BOARD, {"by": by, "rows": "groups", "format": "csv"}).getvalue().decode("utf-8-sig")
    _head, *lines = csv.reader(io.StringIO(told))
    counted = [[one.total, one.overdue, one.escalated, one.proposed] for one in groups]
    assert lines == [[str(one.label), *map(str, numbers)] for one, numbers in zip(groups, counted, strict=True)]
    assert client.get(BOARD, {"rows": "nothing", "format": "csv"}).status_code == 404


@pytest.mark.parametrize("by", WAYS)
def test_same_queries_at_one_and_three(cast, client_of, make_recommendation, make_finding, by):
    client = client_of(cast.quan)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(BOARD, {"by": by})
        return len(captured)

    def one(number):
        make_recommendation(S.ISSUED, text=f"Việc {number}", due=date(2026, 1, number), finding=make_finding())

    one(1)
    queries()
    first = queries()
    one(2)
    one(3)
    assert queries() == first


def test_one_letter_for_each_agency(cast, client_of, many):
    client = client_of(cast.quan)
    url = reverse("inspections:letter_new")
    late = [row.pk for row in client.get(url).context["rows"]]
    assert set(late) == {many[5].pk, many[6].pk}
    answer_by = timezone.localdate() + timedelta(days=14)
    data = {"chosen": late, "answer_by": f"{answer_by:%d/%m/%Y}"}
    assert client.post(url, data | {"chosen": [many[3].pk]}).status_code == 422
    assert client.post(url, data | {"answer_by": f"{timezone.localdate():%d/%m/%Y}"}).status_code == 422
    assert not Letter.objects.exists()
    assert client.post(url, data).status_code == 302
    assert {letter.agency for letter in Letter.objects.all()} == {cast.khcn, cast.ngv}
    assert Document.objects.filter(kind="follow_up_letter").count() == 2
    for row in (many[5], many[6]):
        assert Event.objects.about(row).filter(action="urge").count() == 1
        assert "công văn đôn đốc" in client.get(row.get_absolute_url()).content.decode()
    listed = reverse("inspections:letter_list")
    assert len(client.get(listed).context["page"].object_list) == 2
    assert [letter.agency for letter in client_of(cast.tuan).get(listed).context["page"].object_list] == [cast.ngv]
    assert client_of(cast.lan).get(url).status_code == 403
    assert client_of(cast.lanhdao).post(url, data).status_code == 403


def test_handing_over_moves_the_right_to_verify(cast, client_of, team, make_recommendation):
    item = make_recommendation(S.ANSWERED)
    item.remedies.create(text="Đã làm", reported_by=cast.lan)
    after = Team.objects.create(name="Đoàn sau", kind=team.kind)
    url = reverse("inspections:hand_over")
    client = client_of(cast.quan)
    data = {"chosen": [item.pk], "team": after.pk, "reason": "Đoàn trước kết thúc"}
    assert client.post(url, data).status_code == 422  # nobody in it could verify
    after.members.create(person=cast.mai, role="head", joined_on=date(2026, 1, 1))
    assert client_of(cast.khoa).post(url, data).status_code == 403
    assert client.post(url, data | {"reason": ""}).status_code == 422
    assert client.post(url, data).status_code == 302
    step = item.hand_overs.get()
    assert (step.from_team, step.to_team, step.by) == (team, after, cast.quan)
    words = {"reason": "Đạt", "version": 2}
    assert client_of(cast.hoa).post(item.get_absolute_url() + "close_implemented/", words).status_code == 403
    assert client_of(cast.mai).post(item.get_absolute_url() + "close_implemented/", words).status_code == 302


def test_when_late_ones_go_up_is_data(cast, client_of):
    url = reverse("inspections:escalation")
    client = client_of(cast.quan)
    kind = "party_supervision"
    assert client.post(url, {"kind": kind, "days": 5, "unit": "calendar"}).status_code == 302
    rule = EscalationRule.objects.get()
    assert (rule.kind, rule.days, rule.unit) == (kind, 5, "calendar")
    assert client.post(url, {"kind": kind, "days": 7, "unit": "working", "seen": 1}).status_code == 302
    assert client.post(url, {"kind": kind, "days": 8, "unit": "working", "seen": 1}).status_code == 409
    assert client.post(url, {"kind": kind, "days": 999, "unit": "working", "seen": 2}).status_code == 422
    assert client.post(url, {"kind": "other", "days": 1, "unit": "working"}).status_code == 404
    assert client_of(cast.hoa).get(url).status_code == 403


def test_moving_a_deadline_keeps_its_history(cast, client_of, make_recommendation):
    due = timezone.localdate() + timedelta(days=7)
    item = make_recommendation(S.ACCEPTED, due=due)
    url = item.get_absolute_url() + "extend/"
    words = {"days": 5, "reason": "Chờ kinh phí", "version": 1}
    for name in ("lan", "minh", "quan"):
        assert client_of(getattr(cast, name)).post(url, words).status_code == 403
    khoa = client_of(cast.khoa)
    assert khoa.post(url, words | {"reason": ""}).status_code == 422
    assert khoa.post(url, words | {"due": f"{due:%d/%m/%Y}"}).status_code == 422
    assert khoa.post(url, {"due": f"{due:%d/%m/%Y}", "reason": "x", "version": 1}).status_code == 422
    assert khoa.post(url, words).status_code == 302
    change = item.due_changes.get()
    item.refresh_from_db()
    assert (change.before, change.after, change.by) == (due, item.due, cast.khoa)
    assert item.due >= due + timedelta(days=5)


@pytest.fixture
def everybody(cast, vinh, team):
    """The cast and people who wear two hats: a head of the owner, of its successor; a head who reports remedies."""
    people = [getattr(cast, name) for name in ("lan", "minh", "tuan", "hoa", "khoa", "quan", "lanhdao", "admin")]
    hats = (
        ("hai_vai", "approver", cast.khcn),
        ("cung_so", "team_head", cast.khcn),
        ("nguoi_ngoai", "reporter", cast.ngv),
    )
    for name, code, agency in hats:
        person = Person.objects.create_user(name, "cchc-demo-2026", full_name=name)
        Role.objects.create(person=person, code=code, agency=agency, valid_from=date(2020, 1, 1))
        TeamMember.objects.create(team=team, person=person, role="head", joined_on=date(2026, 1, 1))
        people.append(person)
    return [*people, vinh]


@pytest.mark.parametrize("owner", ["khcn", "tttt"])
def test_no_path_leads_to_closed_without_a_verifier_who_is_not_the_owner(cast, everybody, make_recommendation, owner):
    """Every state that can be reached from a draft, by every action of every person: who closes is never the owner.

    What matters to the rules is the state and who reported remedies; each such pair is searched once.
    """
    item = make_recommendation(agency=getattr(cast, owner))
    of_owner = {cast.lan.pk, cast.minh.pk} | {p.pk for p in everybody if p.username in ("hai_vai", "cung_so")}
    closers, seen, waiting = set(), set(), deque([()])
    while waiting:
        path = waiting.popleft()
        with transaction.atomic():
            mark = transaction.savepoint()
            _replayed(item.pk, path)
            for person in everybody:
                stands = Recommendation.objects.get(pk=item.pk)
                for action in [move.action for move in RECOMMENDATIONS.offered(person, stands)]:
                    thing = Recommendation.objects.get(pk=item.pk)
                    before, step = thing.state, transaction.savepoint()
                    if _made(thing, action, person):
                        reported = frozenset(thing.remedies.values_list("reported_by", flat=True))
                        if thing.state in CLOSED and before not in CLOSED:
                            assert thing.closed_by_id == person.pk
                            assert person.pk not in of_owner | reported, (path, action, person)
                            closers.add(person.username)
                        if (thing.state, reported) not in seen and len(reported) < 2:
                            seen.add((thing.state, reported))
                            waiting.append((*path, (action, person)))
                    transaction.savepoint_rollback(step)
            transaction.savepoint_rollback(mark)
    assert {state for state, _reported in seen} >= set(S.values) - {S.DRAFT}
    assert closers == {"hoa", "khoa", "nguoi_ngoai"}


def _replayed(pk, path):
    thing = Recommendation.objects.get(pk=pk)
    for action, person in path:
        assert _made(thing, action, person)
    return thing


def _made(thing, action, person) -> bool:
    due = timezone.localdate() + timedelta(days=30)
    given = {"reason": "đã xem xét", "text": "Nội dung"} | ({"due": due} if action == "amend" else {})
    try:
        RECOMMENDATIONS.perform(thing, action, by=person, **given)
    except (PermissionDenied, Conflict, Refused):
        return False
    return True


def test_the_list_keeps_working_beside_the_board(cast, client_of, many):
    page = client_of(cast.quan).get(reverse("inspections:recommendation_list") + "?" + urlencode({"only": "overdue"}))
    assert page.context["page"].paginator.count == 2

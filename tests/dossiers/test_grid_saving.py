"""One batch of the entry page has one effect, whoever is signed in meanwhile; what stands beside its lines."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from dossiers import rules
from dossiers.models import Line, Period
from records.models import Event
from tests.dossiers.returns import SOUND, edit, sound_return


@pytest.fixture
def draft(cast, period_q, procedures_khcn):
    return sound_return(cast, period_q)


def send(client, item, key, *lines, **more):
    url = reverse("dossiers:save_lines", args=[item.pk])
    body = json.dumps({"lines": list(lines), **more})
    return client.post(url, body, content_type="application/json", headers={"Idempotency-Key": key})


def test_a_batch_sent_again_after_a_later_one_changes_nothing(client_of, cast, draft):
    line, client = draft.lines.first(), client_of(cast.lan)
    first = send(client, draft, "one", edit(line, received_online=5))
    line.refresh_from_db()
    assert send(client, draft, "two", edit(line, received_online=6)).status_code == 200
    events = Event.objects.count()
    again = send(client, draft, "one", edit(line.__class__(pk=line.pk, version=1), received_online=5))
    assert (again.status_code, again.json()) == (200, first.json())
    assert Line.objects.get(pk=line.pk).received_online == 6
    assert Event.objects.count() == events


def test_a_key_stands_for_one_body_and_one_person(client_of, cast, draft):
    first, second = draft.lines.all()[:2]
    client = client_of(cast.lan)
    assert send(client, draft, "one", edit(first, received_online=5)).status_code == 200
    assert send(client, draft, "one", edit(second, received_online=5)).status_code == 400
    assert send(client, draft, "x" * 256, edit(second, received_online=5)).status_code == 400
    assert Line.objects.get(pk=second.pk).received_online == SOUND["received_online"]


def test_a_refused_batch_may_be_sent_again_under_its_key(client_of, cast, draft):
    line, client = draft.lines.first(), client_of(cast.lan)
    assert send(client, draft, "one", edit(line, received_online="5,441")).status_code == 422
    assert send(client, draft, "one", edit(line, received_online="5.441")).status_code == 200


def test_entries_of_one_person_are_not_saved_as_another(client_of, cast, draft):
    line = draft.lines.first()
    answer = send(client_of(cast.lan), draft, "one", edit(line, received_online=5), person=cast.tuan.pk)
    assert (answer.status_code, answer.json()["other_person"]) == (403, True)
    assert send(client_of(cast.lan), draft, "two", edit(line, received_online=5), person=cast.lan.pk).status_code == 200


def context_of(client, item):
    return client.get(reverse("dossiers:line_context", args=[item.pk]))


def earlier(cast, draft, number: int, **cells):
    """The accepted return of the quarter that lies `number` quarters back, every line alike."""
    day = draft.period.first_day
    for _ in range(number):
        day = (day - timedelta(days=80)).replace(day=15)
    last = (day + timedelta(days=95)).replace(day=14)
    labels = {3: "Q2", 6: "Q3", 9: "Q4", 12: "Q1"}
    period = Period.objects.create(
        label=f"{day.year + (day.month == 12)}-{labels[day.month]}",
        kind="quarter",
        first_day=day,
        last_day=last,
        due_at=draft.period.due_at,
        locks_at=draft.period.locks_at,
    )
    item = sound_return(cast, period, "draft")
    item.lines.update(**cells)
    type(item).objects.filter(pk=item.pk).update(state="accepted")
    return item


def test_context_holds_the_periods_before_and_what_is_usual(client_of, cast, draft):
    for number in range(1, 5):
        earlier(cast, draft, number, received_online=40 + number)
    answer = context_of(client_of(cast.lan), draft).json()
    line = str(draft.lines.first().pk)
    assert answer["previous"]["lines"][line]["received_online"] == 41
    assert answer["last_year"]["lines"][line]["received_online"] == 44
    usual = answer["usual"][line]["received_online"]
    assert (usual["low"], usual["high"], usual["periods"]) == (20, 88, 4)
    assert (usual["least"], usual["middle"], usual["most"]) == (41, 42, 44)


def test_context_of_a_first_return_is_empty_and_never_anothers(client_of, cast, draft):
    assert context_of(client_of(cast.lan), draft).json() == {"previous": None, "last_year": None, "usual": {}}
    assert context_of(client_of(cast.minh), draft).status_code == 403
    assert context_of(client_of(cast.tuan), draft).status_code == 404


@pytest.mark.parametrize(
    ("history", "quiet", "loud"),
    [
        ([0, 0, 1, 0], [0, 1, 2, 3, 4], [30]),
        ([3, 3, 3, 3], [0, 3, 8], [40]),
        ([60, 52, 55, 58], [30, 60, 110], [600, 5]),
        ([20, 400, 35, 380], [10, 800], [5000]),
    ],
)
def test_small_counts_do_not_shout_and_slips_of_a_digit_do(history, quiet, loud):
    low, high = rules.usual_range(history)
    assert all(low <= count <= high for count in quiet)
    assert not any(low <= count <= high for count in loud)


def test_a_short_history_says_nothing():
    assert rules.usual_range([5, 6, 7]) is None

"""Saving from the entry page: nothing lost, nothing half-saved, one event; the second of two clerks is told."""

import json
from datetime import date, datetime

import pytest
from django.urls import reverse

from agencies.choices import RoleCode
from agencies.models import Person, Role
from dossiers import rules
from dossiers.imports import saving
from dossiers.models import Explanation, LateReason, Line, Period
from dossiers.workflow import RETURNS
from records.models import Event
from tests.cast import HANOI
from tests.dossiers.returns import edit, save, sound_return


@pytest.fixture
def draft(cast, period_q, procedures_khcn):
    return sound_return(cast, period_q)


@pytest.fixture
def nga(cast):
    """A second clerk of Lan's agency."""
    person = Person.objects.create_user("nga", "cchc-demo-2026", full_name="Nga")
    Role.objects.create(person=person, code=RoleCode.REPORTER, agency=cast.khcn, valid_from="2020-01-01")
    return person


def cells_of(line) -> dict:
    return rules.Figures.from_stored(Line.objects.get(pk=line.pk)).to_json()


def test_saves_the_changed_cells_with_one_event(client_of, cast, draft):
    first, second = draft.lines.all()[:2]
    before = Event.objects.count()
    response = save(
        client_of(cast.lan), draft, edit(first, received_online="1.234", withdrawn=""), edit(second, carried_over=7)
    )
    assert response.status_code == 200
    answer = response.json()
    assert [(line["id"], line["version"]) for line in answer["lines"]] == [(first.pk, 2), (second.pk, 2)]
    assert answer["lines"][1]["breaches"] == ["R4"]
    assert (cells_of(first)["received_online"], cells_of(first)["withdrawn"]) == (1234, None)
    assert cells_of(first)["received_direct"] == 4
    event = Event.objects.latest("number")
    assert Event.objects.count() == before + 1
    assert json.loads(event.before)["lines"][str(first.pk)] == {"received_online": 8, "withdrawn": 1}
    assert json.loads(event.after)["lines"][str(first.pk)] == {"received_online": 1234, "withdrawn": None}
    draft.refresh_from_db()
    assert answer["version"] == draft.version == 2


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("", None), (None, None), ("0", 0), (0, 0), ("KAD", "NA"), ("kad", "NA"), ("NA", "NA"), (" 5 441 ", 5441)],
)
def test_blank_zero_and_not_applicable_survive_the_round_trip(client_of, cast, draft, sent, stored):
    line = draft.lines.first()
    client = client_of(cast.lan)
    assert save(client, draft, edit(line, received_online=sent)).status_code == 200
    assert cells_of(line)["received_online"] == stored
    line.refresh_from_db()
    assert save(client, draft, edit(line, received_online="12")).status_code == 200
    assert cells_of(line)["received_online"] == 12


@pytest.mark.parametrize(
    "bad", ["5,441", "-1", "10000001", "12a", "007", "1.5", 10_000_001, -1, 1.5, True, [], "٣", "9" * 400]
)
def test_a_bad_cell_is_named_and_nothing_is_half_saved(client_of, cast, draft, bad):
    first, second = draft.lines.all()[:2]
    events = Event.objects.count()
    response = save(client_of(cast.lan), draft, edit(first, received_direct="9"), edit(second, received_online=bad))
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert (error["line"], error["cell"]) == (second.pk, "received_online")
    assert error["message"]
    assert cells_of(first)["received_direct"] == 4
    assert Event.objects.count() == events


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"lines": 3}',
        '{"lines": [3]}',
        '{"lines": [{"id": "1", "version": 1}]}',
        '{"lines": [{"id": 1, "version": 1, "cells": {"received": 3}}]}',
        '{"lines": [{"id": 1, "version": 1, "cells": []}]}',
        '{"lines": [{"id": 99999, "version": 1, "cells": {"withdrawn": 1}}]}',
        '{"lines": [{"id": 9999999999999999999999, "version": 1, "cells": {"withdrawn": 1}}]}',
        '{"lines": [{"id": 1, "version": 1, "late_reasons": {"x": {}}}]}',
        '{"lines": [{"id": 1, "version": 1, "explanations": {"R1": "a"}}]}',
        "[" * 100_000,
    ],
)
def test_what_the_page_never_sends_is_refused(client_of, cast, draft, body):
    url = reverse("dossiers:save_lines", args=[draft.pk])
    response = client_of(cast.lan).post(url, body, content_type="application/json")
    assert response.status_code == 400
    draft.refresh_from_db()
    assert draft.version == 1


def two_clerks(client_of, cast, nga, draft):
    """Both read the page, then Lan and after her Nga save the same cell of one line; Nga saves another line too."""
    shared, other = draft.lines.all()[:2]
    assert save(client_of(cast.lan), draft, edit(shared, received_online="20")).status_code == 200
    response = save(
        client_of(nga), draft, edit(shared, received_online="30", withdrawn="2"), edit(other, received_online="40")
    )
    return shared, other, response


def test_second_of_two_clerks_sees_both_values_and_nothing_is_lost(client_of, cast, nga, draft):
    shared, other, response = two_clerks(client_of, cast, nga, draft)
    assert response.status_code == 409
    answer = response.json()
    (conflict,) = answer["conflicts"]
    assert (conflict["id"], conflict["who"], conflict["version"]) == (shared.pk, "Lan", 2)
    assert (conflict["theirs"]["received_online"], conflict["mine"]["received_online"]) == (20, 30)
    assert conflict["at"]
    assert [line["id"] for line in answer["lines"]] == [other.pk]
    assert (cells_of(shared)["received_online"], cells_of(other)["received_online"]) == (20, 40)
    cells = {"received_online": 30, "withdrawn": 2}
    chosen = {"id": shared.pk, "version": conflict["version"], "cells": cells}
    assert save(client_of(nga), draft, chosen).status_code == 200
    assert cells_of(shared)["received_online"] == 30


def test_a_clerk_overtaken_between_reading_and_writing_sees_both_values(client_of, cast, nga, draft, monkeypatch):
    """Lines are read before the transaction; here Nga's save goes through after Lan's has read them."""
    shared, other = draft.lines.all()[:2]
    first, second = client_of(cast.lan), client_of(nga)
    read, overtaken = saving.read_stored, []

    def read_and_be_overtaken(item, pks):
        found = read(item, pks)
        if not overtaken:
            overtaken.append(True)
            assert save(second, draft, edit(shared, received_online="30")).status_code == 200
        return found

    monkeypatch.setattr(saving, "read_stored", read_and_be_overtaken)
    response = save(first, draft, edit(shared, received_online="20"), edit(other, received_online="40"))
    assert response.status_code == 409
    (conflict,) = response.json()["conflicts"]
    assert (conflict["theirs"]["received_online"], conflict["mine"]["received_online"]) == (30, 20)
    assert (cells_of(shared)["received_online"], cells_of(other)["received_online"]) == (30, 40)
    mine, theirs = Event.objects.filter(action="save_lines").order_by("-number")[:2]
    assert list(json.loads(mine.after)["lines"]) == [str(other.pk)]
    assert list(json.loads(theirs.after)["lines"]) == [str(shared.pk)]


def test_without_the_version_check_the_first_clerks_entry_is_lost(client_of, cast, nga, draft, monkeypatch):
    monkeypatch.setattr(saving, "is_stale", lambda stored, seen: False)
    shared, _other, response = two_clerks(client_of, cast, nga, draft)
    assert response.status_code == 200
    assert cells_of(shared)["received_online"] == 30, "Lan's 20 is gone and nobody was told"


def test_a_save_whose_answer_was_lost_may_be_sent_again(client_of, cast, draft):
    line = draft.lines.first()
    client = client_of(cast.lan)
    events = Event.objects.count()
    for _attempt in range(2):
        response = save(client, draft, edit(line, received_online="21"))
        assert response.status_code == 200
        assert response.json()["lines"][0]["version"] == 2
    assert Event.objects.count() == events + 1


def test_a_submission_decided_on_an_older_sight_fails(client_of, cast, nga, draft):
    seen = draft.version
    save(client_of(nga), draft, edit(draft.lines.first(), received_online="20"))
    url = reverse("dossiers:return_action", args=[draft.pk, "submit"])
    assert client_of(cast.lan).post(url, {"version": seen}).status_code == 409
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_submitted_return_refuses_the_save_and_says_so(client_of, cast, draft):
    line = draft.lines.first()
    RETURNS.perform(draft, "submit", by=cast.lan)
    response = save(client_of(cast.lan), draft, edit(line, received_online="20"))
    assert response.status_code == 409
    assert response.json()["closed"]
    assert cells_of(line)["received_online"] == 8


def test_a_locked_period_refuses_the_save(client_of, cast, draft):
    Period.objects.update(due_at="2026-10-01T00:00Z", locks_at="2026-10-02T00:00Z")
    response = save(client_of(cast.lan), draft, edit(draft.lines.first(), received_online="20"))
    assert (response.status_code, response.json()["closed"]) == (409, True)


@pytest.mark.parametrize(("who", "status"), [("minh", 403), ("kiemtoan", 403), ("tuan", 404), ("quan", 404)])
def test_only_the_clerk_of_the_agency_saves(client_of, cast, draft, who, status):
    line = draft.lines.first()
    assert save(client_of(getattr(cast, who)), draft, edit(line, received_online="20")).status_code == status
    assert cells_of(line)["received_online"] == 8


def test_a_line_of_another_return_is_not_touched(client_of, cast, draft):
    other = sound_return(cast, Period.objects.create(**_earlier()))
    line = other.lines.first()
    assert save(client_of(cast.lan), draft, edit(line, received_online="20")).status_code == 400
    assert cells_of(line)["received_online"] == 8


def _earlier() -> dict:
    open_until = datetime(2099, 1, 1, tzinfo=HANOI)
    return {
        "label": "2026-Q2",
        "kind": "quarter",
        "first_day": date(2026, 3, 15),
        "last_day": date(2026, 6, 14),
        "due_at": open_until,
        "locks_at": open_until,
    }


def test_notes_reasons_and_explanations_are_kept_with_the_line(client_of, cast, draft):
    reason = LateReason.objects.create(code="thieu-nguoi", name="Thiếu người")
    line = draft.lines.first()
    sent = edit(line, resolved_on_time=5, resolved_overdue=1) | {
        "note": "Đã đối chiếu",
        "late_reasons": {str(reason.pk): {"count": "1", "text": ""}},
        "explanations": {"R4": "Một hồ sơ nhập trùng"},
    }
    client = client_of(cast.lan)
    assert save(client, draft, sent).status_code == 200
    line.refresh_from_db()
    assert line.note == "Đã đối chiếu"
    assert list(line.late_reasons.values_list("reason", "count")) == [(reason.pk, 1)]
    assert Explanation.objects.get(line=line).text == "Một hồ sơ nhập trùng"
    cleared = edit(line) | {"late_reasons": {}, "explanations": {"R4": ""}}
    assert save(client, draft, cleared).status_code == 200
    assert not line.late_reasons.exists()
    assert not Explanation.objects.exists()


def test_an_unknown_late_reason_is_refused_at_its_place(client_of, cast, draft):
    sent = edit(draft.lines.first()) | {"late_reasons": {"77": {"count": 1, "text": ""}}}
    response = save(client_of(cast.lan), draft, sent)
    assert response.status_code == 422
    assert response.json()["errors"][0]["cell"] == "late:77"


def test_queries_do_not_grow_with_the_lines(client_of, cast, draft, django_assert_max_num_queries):
    client = client_of(cast.lan)
    with django_assert_max_num_queries(25) as one:
        save(client, draft, edit(draft.lines.first(), received_online="9"))
    with django_assert_max_num_queries(len(one)):
        save(client, draft, *(edit(line, received_direct="5") for line in draft.lines.all()))


def test_get_is_not_allowed(client_of, cast, draft):
    assert client_of(cast.lan).get(reverse("dossiers:save_lines", args=[draft.pk])).status_code == 405

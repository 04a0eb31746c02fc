"""Whatever is done to a stored event behind the portal's back, the audit names the first bad one."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.models import ChainHead, Event

EVENTS = 8
TEXTS = ("action", "target_kind", "target_id", "before", "after", "reason", "previous_hash", "hash")


class Undo(Exception):
    """Takes an example's damage back."""


def verified():
    """None where the chain holds, else the number that is named."""
    out = StringIO()
    try:
        call_command("verify_trail", stdout=out)
    except SystemExit as stop:
        assert stop.code == 1
        words, number = out.getvalue().rsplit(" ", 1)
        assert words == "bad event"
        return int(number)
    assert out.getvalue() == ""
    return None


def run(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


@pytest.fixture
def trail(cast):
    for number in range(EVENTS):
        Event.objects.append(
            actor=cast.lan if number % 2 else None,
            action="save",
            target=cast.khcn,
            before={"version": number},
            after={"version": number + 1},
            reason=f"lý do {number}",
        )


def test_an_untouched_chain_holds(trail):
    assert verified() is None


def test_an_empty_trail_holds(db):
    assert verified() is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_is_found_and_the_first_bad_event_named(trail, cast, data):
    number = data.draw(st.integers(1, EVENTS))
    kind = data.draw(st.sampled_from((*TEXTS, "at", "actor_id", "drop", "cut", "swap", "head")))
    expected = number
    try:
        with transaction.atomic():
            if kind in TEXTS:
                [(stored,)] = Event.objects.filter(number=number).values_list(kind)
                put = data.draw(st.text("ab0đ{} ", max_size=8).filter(lambda text: text != stored))
                run(f"UPDATE records_event SET {kind} = %s WHERE number = %s", put, number)
            elif kind == "at":
                moment = datetime(2020, 1, 1, tzinfo=UTC)
                run(
                    "UPDATE records_event SET at = %s WHERE number = %s",
                    connection.ops.adapt_datetimefield_value(moment),
                    number,
                )
            elif kind == "actor_id":
                run("UPDATE records_event SET actor_id = %s WHERE number = %s", cast.tuan.pk, number)
            elif kind == "drop":
                run("DELETE FROM records_event WHERE number = %s", number)
            elif kind == "cut":
                run("DELETE FROM records_event WHERE number >= %s", number)
            elif kind == "swap":
                other = data.draw(st.integers(1, EVENTS).filter(lambda one: one != number))
                expected = min(number, other)
                for old, new in ((number, -1), (other, number), (-1, other)):
                    # SQLite's column cannot hold a negative number, so one is parked far above.
                    run(
                        "UPDATE records_event SET number = %s WHERE number = %s",
                        *(10**6 if one == -1 else one for one in (new, old)),
                    )
            else:
                expected = EVENTS + 1
                run("UPDATE records_chainhead SET hash = %s WHERE id = 1", "f" * 64)
            assert verified() == expected
            raise Undo
    except Undo:
        pass


def test_an_event_put_after_the_end_is_found(trail):
    last = Event.objects.get(number=EVENTS)
    forged = Event(number=EVENTS + 1, at=last.at, action="accept", previous_hash=last.hash)
    forged.seal()
    Event.objects.bulk_create([forged])
    assert verified() == EVENTS + 1


def test_a_lost_head_is_found(trail):
    ChainHead.objects.all().delete()
    assert verified() == 1


def test_a_value_that_cannot_be_read_back_is_a_bad_event(trail):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL stores only instants in this column")
    run("UPDATE records_event SET at = %s WHERE number = 3", "yesterday")
    assert verified() == 3

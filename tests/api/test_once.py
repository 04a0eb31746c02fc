"""One intention, one effect: replays, other bodies under a key, and many requests at the same instant."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from dossiers.models import Line, Return
from records.models import Event, IdempotencyKey
from records.models.idempotency import IdempotencyKeyQuerySet
from tests.api.conftest import KHCN, Caller

pytestmark = pytest.mark.django_db


def same(one, two):
    """Equal answers: status, body and what the API puts in the head."""
    assert (one.status_code, one.content) == (two.status_code, two.content)
    for name in ("ETag", "Content-Type"):
        assert one.headers.get(name) == two.headers.get(name)


def test_a_repeated_put_gets_its_first_answer_and_changes_nothing(lan, lines):
    tag = lan.get(KHCN)["ETag"]
    first = lan.put(lines, etag=tag, key="one")
    lan.put({"lines": []})
    same(first, lan.put(lines, etag=tag, key="one"))
    same(first, lan.put(lines, etag=None, key="one"))
    assert Event.objects.filter(action="replace_lines").count() == 2
    assert not Line.objects.filter(received_online__isnull=False).exists()


def test_another_body_or_address_under_the_same_key_is_422(lan, lines):
    lan.put(lines, key="one")
    for response in (lan.put({"lines": []}, key="one"), lan.submit(key="one")):
        assert (response.status_code, response.json()["code"]) == (422, "key_reused")
    assert Line.objects.filter(received_online=60).count() == 5


def test_refusals_are_repeated_too(lan, lines):
    for attempt in ({"etag": None}, {"etag": '"old"'}, {"body": {"lines": [{}]}}):
        body = attempt.pop("body", lines)
        key = f"key-{len(attempt)}-{attempt.get('etag')}"
        same(lan.put(body, key=key, **attempt), lan.put(body, key=key))
    assert not Return.objects.exists()


def test_a_repeated_submit_gets_its_first_answer(lan, lines):
    lan.put(lines)
    first = lan.submit(key="submit")
    assert first.json()["state"] == "submitted"
    same(first, lan.submit(key="submit"))
    assert lan.submit().status_code == 409
    assert Event.objects.filter(action="submit").count() == 1


def test_a_key_belongs_to_its_person(lan, lines, cast, token_of):
    first = lan.put(lines, key="shared")
    tuan = token_of(cast.tuan, cast.ngv)
    assert tuan.put(lines, key="shared", etag=first["ETag"]).status_code == 404
    assert IdempotencyKey.objects.count() == 1


def test_a_key_is_forgotten_after_seven_days(lan, lines):
    tag = lan.get(KHCN)["ETag"]
    lan.put(lines, etag=tag, key="one")
    row = IdempotencyKey.objects.get()
    row.created_at -= timedelta(days=7, seconds=1)
    row.save()
    assert lan.put(lines, etag=tag, key="one").status_code == 412
    assert IdempotencyKey.objects.count() == 1


def test_a_failure_keeps_neither_effect_nor_key(lan, lines, monkeypatch):
    """The answer cannot be written: the effect goes with it, and the same key does the work afterwards."""

    def full(self, **kwargs):
        raise OSError("disk full")

    tag = lan.get(KHCN)["ETag"]
    with monkeypatch.context() as patched:
        patched.setattr(IdempotencyKey, "answer", full)
        response = lan.put(lines, etag=tag, key="one")
        assert (response.status_code, response.json()["code"]) == (500, "failure")
        assert b"disk" not in response.content
    assert not Return.objects.exists() and not IdempotencyKey.objects.exists()
    assert lan.put(lines, etag=tag, key="one").status_code == 200


def at_once(count, work):
    """Runs `work(number)` in so many threads that start together, and returns what each gave."""
    gate, given = threading.Barrier(count), [None] * count

    def run(number):
        try:
            gate.wait(timeout=30)
            given[number] = work(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return given


@pytest.fixture
def callers(lan):
    """Eight connections of the same programme."""
    return [Caller(lan.secret, Client()) for _number in range(8)]


@pytest.mark.django_db(transaction=True)
def test_parallel_puts_with_one_key_have_one_effect_and_equal_answers(lan, lines, callers):
    tag = lan.get(KHCN)["ETag"]
    answers = at_once(8, lambda number: callers[number].put(lines, etag=tag, key="one"))
    assert {answer.status_code for answer in answers} == {200}
    for answer in answers:
        same(answers[0], answer)
    assert Event.objects.filter(action="replace_lines").count() == 1
    assert Return.objects.get().version == 2


@pytest.mark.django_db(transaction=True)
def test_parallel_submits_with_one_key_have_one_effect_and_equal_answers(lan, lines, callers):
    lan.put(lines)
    answers = at_once(8, lambda number: callers[number].submit(key="submit"))
    assert {answer.status_code for answer in answers} == {200}
    for answer in answers:
        same(answers[0], answer)
    assert Event.objects.filter(action="submit").count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_claim_answers_differ(lan, lines, callers, monkeypatch):
    """The control: with keys that claim nothing, the second submit is told that it came too late."""

    def unguarded(self, *, person, key, request_hash):
        return self.model(person=person, key=key, request_hash=request_hash), True

    monkeypatch.setattr(IdempotencyKeyQuerySet, "claim", unguarded)
    monkeypatch.setattr(IdempotencyKey, "answer", lambda self, **kept: None)
    lan.put(lines)
    answers = at_once(8, lambda number: callers[number].submit(key="submit"))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7


@pytest.mark.django_db(transaction=True)
def test_parallel_puts_with_keys_of_their_own_lose_nothing_silently(lan, lines, callers):
    lan.put(lines)
    tag = lan.get(KHCN)["ETag"]

    def put(number):
        return callers[number].put({"lines": [lines["lines"][0] | {"received_online": number}]}, etag=tag)

    answers = at_once(8, put)
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    winner = next(number for number, answer in enumerate(answers) if answer.status_code == 200)
    assert Line.objects.get(procedure__code=lines["lines"][0]["procedure"]).received_online == winner

"""One intention, one effect: parallel double submits and saves, and the lock against a submission at the same instant.

Each proof has a control in which the guard it is about is switched off, and which must fail now and then.
"""

import json
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from dossiers.imports import saving
from dossiers.models import Line, Period, Return
from dossiers.workflow import moves as return_moves
from proofs.world import World, signed_in
from records import moves
from records.models import Event
from tests.dossiers.returns import SOUND

# Nobody waits longer: seconds until all threads stand at the gate, and until they are through.
AT_THE_GATE, THROUGH = 30, 60
CONTROLS = 40


def together(*works: Callable[[], object]) -> list:
    """Run the works at the same instant in threads of their own; their results in order.

    Raises what one of them raised, and TimeoutError for one that does not come back.
    """
    gate, results, errors = threading.Barrier(len(works)), [None] * len(works), []

    def run(at: int) -> None:
        try:
            gate.wait(AT_THE_GATE)
            results[at] = works[at]()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[at], daemon=True) for at in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(THROUGH)
    if errors:
        raise errors[0]
    if any(thread.is_alive() for thread in threads):
        raise TimeoutError(f"not through after {THROUGH} s")
    return results


@contextmanager
def switched_off(module, name: str, instead: Callable) -> Iterator[None]:
    """The guard `name` of a module does what `instead` does."""
    guard = getattr(module, name)
    setattr(module, name, instead)
    try:
        yield
    finally:
        setattr(module, name, guard)


def submission(client: Client, item: Return, version: int) -> Callable[[], int]:
    return lambda: client.post(f"/returns/{item.pk}/submit/", {"version": version}).status_code


def sound(world: World, number: int) -> Return:
    """A draft whose lines keep every identity."""
    item = world.draft(number)
    Line.objects.filter(of=item).update(**SOUND)
    return item


def double_submit(world: World, number: int, clients: list[Client]) -> bool:
    """Is a submission sent twice at once one effect: one event, one answer that it is done, one that it was?

    The quarters taken do not adjoin, so that no opening balance is compared (R5).
    """
    item = sound(world, number)
    answers = together(*[submission(client, item, item.version) for client in clients])
    events = Event.objects.about(item).filter(action="submit").count()
    item.refresh_from_db()
    return events == 1 and item.state == "submitted" and sorted(answers) == [302, 409]


def double_save(item: Return, number: int, clients: list[Client], *, keyed: bool = True) -> bool:
    """Is a batch sent twice at once under its key saved once, with the same answer twice?"""
    line = item.lines.first()
    body = json.dumps({"lines": [{"id": line.pk, "version": line.version, "cells": {"withdrawn": number}}]})
    headers = {"Idempotency-Key": f"twice-{number}"} if keyed else {}

    def sent(client: Client) -> Callable[[], tuple]:
        def send():
            address = f"/returns/{item.pk}/lines/"
            answer = client.post(address, body, content_type="application/json", headers=headers)
            return answer.status_code, answer.content

        return send

    before = Event.objects.about(item).count()
    first, second = together(*map(sent, clients))
    return first == second and first[0] == 200 and Event.objects.about(item).count() == before + 1


def lock_against_submit(world: World, item: Return, rng: random.Random, client: Client) -> bool:
    """The period is locked while the clerk submits: one outcome.

    Either it was submitted, with its event, at a time when the lock was not yet in force; or it is a draft without one.
    """
    Period.objects.filter(pk=item.period_id).update(due_at="2099-01-01T00:00Z", locks_at="2099-01-01T00:00Z")
    Return.objects.filter(pk=item.pk).update(state="draft", submitted_at=None, submitted_by=None)
    item.refresh_from_db()
    before = Event.objects.about(item).filter(action="submit").count()
    pause = threading.Event()

    def lock():
        pause.wait(rng.random() * 0.03)
        now = timezone.now()
        Period.objects.filter(pk=item.period_id).update(due_at=now, locks_at=now)
        return timezone.now()

    answer, in_force = together(submission(client, item, item.version), lock)
    item.refresh_from_db()
    events = Event.objects.about(item).filter(action="submit").count() - before
    if item.state == "submitted":
        return answer == 302 and events == 1 and item.submitted_at <= in_force
    return (answer, item.state, events) == (409, "draft", 0)


def two_clients(world: World) -> list[Client]:
    """Two browsers of Lan's, each with a session of its own, warmed up."""
    clients = [signed_in(world.lan), signed_in(world.lan)]
    for client in clients:
        client.get("/")
    return clients


def prove_doubles(world: World, pairs: int, controls: int = CONTROLS) -> dict:
    """Submissions sent twice, and as many saves sent twice beside them."""
    clients, item = two_clients(world), sound(world, 1)
    good = [double_submit(world, 3 + 2 * number, clients) for number in range(pairs)]
    saved = [double_save(item, 100 + number, clients) for number in range(pairs)]
    with switched_off(moves, "as_seen", lambda thing: {}):
        control = [double_submit(world, 3 + 2 * (pairs + number), clients) for number in range(controls)]
    with switched_off(saving, "is_stale", lambda stored, seen: False):
        control += [double_save(item, 100 + pairs + number, clients, keyed=False) for number in range(controls)]
    connection.close()
    failed, control_failed = (good + saved).count(False), control.count(False)
    return {
        "tried": pairs,
        "saves": pairs,
        "failed": failed,
        "control_failed": control_failed,
        "control_tried": 2 * controls,
        "ok": failed == 0 and control_failed > 0,
    }


def prove_lock(world: World, interleavings: int, seed: int, controls: int = 5 * CONTROLS) -> dict:
    """The control decides by what the request knew of the lock when it began."""
    client, rng = signed_in(world.lan), random.Random(seed)
    item = sound(world, 0)
    client.get("/")
    good = [lock_against_submit(world, item, rng, client) for _ in range(interleavings)]
    with switched_off(return_moves, "hold_period", lambda item: None):
        control = [lock_against_submit(world, item, rng, client) for _ in range(controls)]
    return {
        "tried": interleavings,
        "failed": good.count(False),
        "control_failed": control.count(False),
        "control_tried": controls,
        "ok": all(good) and not all(control),
    }

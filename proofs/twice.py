"""One intention, one effect: parallel double submits, and the lock against a submission at the same instant."""

import json
import random
import threading
from collections.abc import Callable

from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from dossiers.models import Line, Period, Return
from proofs.world import World, signed_in
from records.models import Event
from tests.dossiers.returns import SOUND


def together(*works: Callable[[], object]) -> list:
    """Run the works at the same instant in threads of their own; their results in order."""
    gate, results = threading.Barrier(len(works)), [None] * len(works)

    def run(at: int) -> None:
        try:
            gate.wait()
            results[at] = works[at]()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[at]) for at in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def submission(client: Client, item: Return, version: int) -> Callable[[], int]:
    return lambda: client.post(f"/returns/{item.pk}/submit/", {"version": version}).status_code


def sound(world: World, number: int) -> Return:
    """A draft whose lines keep every identity."""
    item = world.draft(number)
    Line.objects.filter(of=item).update(**SOUND)
    return item


def double_submit(world: World, number: int, client: Client) -> bool:
    """Is a submission sent twice at once one effect: one event, one answer that it is done, one that it was?

    The quarters taken do not adjoin, so that no opening balance is compared (R5).
    """
    item = sound(world, number)
    answers = together(submission(client, item, item.version), submission(client, item, item.version))
    events = Event.objects.about(item).filter(action="submit").count()
    item.refresh_from_db()
    return events == 1 and item.state == "submitted" and sorted(answers) == [302, 409]


def double_save(world: World, item: Return, number: int, client: Client) -> bool:
    """Is a batch sent twice at once under its key saved once, with the same answer twice?"""
    line = item.lines.first()
    body = json.dumps({"lines": [{"id": line.pk, "version": line.version, "cells": {"withdrawn": number}}]})

    def send():
        headers = {"Idempotency-Key": f"twice-{number}"}
        answer = client.post(f"/returns/{item.pk}/lines/", body, content_type="application/json", headers=headers)
        return answer.status_code, answer.content

    before = Event.objects.about(item).count()
    first, second = together(send, send)
    return first == second and first[0] == 200 and Event.objects.about(item).count() == before + 1


def lock_against_submit(world: World, item: Return, rng: random.Random, client: Client) -> bool:
    """The period is locked while the clerk submits: either submitted with its event, or still a draft without one."""
    Period.objects.filter(pk=item.period_id).update(due_at="2099-01-01T00:00Z", locks_at="2099-01-01T00:00Z")
    Return.objects.filter(pk=item.pk).update(state="draft", submitted_at=None, submitted_by=None)
    item.refresh_from_db()
    before = Event.objects.about(item).filter(action="submit").count()
    pause = threading.Event()

    def lock():
        pause.wait(rng.random() * 0.02)
        now = timezone.now()
        return Period.objects.filter(pk=item.period_id).update(due_at=now, locks_at=now)

    answer, locked = together(submission(client, item, item.version), lock)
    item.refresh_from_db()
    events = Event.objects.about(item).filter(action="submit").count() - before
    return locked == 1 and (answer, item.state, events) in {(302, "submitted", 1), (409, "draft", 0)}


def prove_doubles(world: World, pairs: int) -> dict:
    client, item = signed_in(world.lan), sound(world, 1)
    client.get("/")
    half = pairs // 2
    good = [double_submit(world, 2 + 2 * number, client) for number in range(pairs - half)]
    good += [double_save(world, item, 100 + number, client) for number in range(half)]
    connection.close()
    return {"tried": pairs, "failed": good.count(False), "control_failed": None, "ok": all(good)}


def prove_lock(world: World, interleavings: int, seed: int) -> dict:
    client, rng = signed_in(world.lan), random.Random(seed)
    item = sound(world, 0)
    client.get("/")
    good = [lock_against_submit(world, item, rng, client) for _ in range(interleavings)]
    return {"tried": interleavings, "failed": good.count(False), "control_failed": None, "ok": all(good)}

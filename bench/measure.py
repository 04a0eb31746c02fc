"""Interleaved rounds, medians, and rows as `bench/results.json` holds them."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from statistics import median

from django.test import Client

from agencies.models import Person

ROUNDS = 9
AT_MOST, AT_LEAST = "at_most", "at_least"


@dataclass(frozen=True)
class Timed:
    """Something to be timed; `before` is run ahead of every round and not counted."""

    run: Callable[[], object]
    before: Callable[[], object] | None = None
    repeat: int = 1


@dataclass(frozen=True)
class Row:
    """One goal and how it came out; `value` is the ratio, or the figure itself where the goal is absolute."""

    name: str
    database: str
    unit: str
    median: float
    limit: str
    limit_median: float | None
    direction: str
    value: float
    goal: float
    ok: bool

    def as_json(self) -> dict:
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(self).items()}


_beside: dict[str, Timed] = {}
_found: dict[str, float] = {}


@contextmanager
def beside(**timed: Timed) -> Iterator[dict[str, float]]:
    """What is measured within is measured in turn with these too; gives their medians of the last measurement."""
    _beside.update(timed)
    try:
        yield _found
    finally:
        _beside.clear()


def milliseconds(rounds: int = ROUNDS, **timed: Timed) -> dict[str, float]:
    """The median of each, in milliseconds: one round to warm up, then all of them in turn, round by round."""
    timed |= _beside
    times: dict[str, list[float]] = {name: [] for name in timed}
    for number in range(rounds + 1):
        for name, one in timed.items():
            spent = _once(one)
            if number:
                times[name].append(spent)
    _found.update({name: median(values) * 1000 for name, values in times.items()})
    return {name: _found[name] for name in timed}


def _once(one: Timed) -> float:
    spent = 0.0
    for _ in range(one.repeat):
        if one.before:
            one.before()
        gc.collect(0)
        began = time.perf_counter()
        one.run()
        spent += time.perf_counter() - began
    return spent / one.repeat


def ratio(name: str, database: str, spent: float, limit: str, limit_spent: float, goal: float) -> Row:
    """A row whose goal is to stay within `goal` times the limit."""
    value = spent / limit_spent
    return Row(name, database, "ms", spent, limit, limit_spent, AT_MOST, value, goal, value <= goal)


def absolute(name: str, database: str, unit: str, value: float, goal: float, direction: str = AT_MOST) -> Row:
    """A row whose goal is a figure of its own."""
    ok = value <= goal if direction == AT_MOST else value >= goal
    return Row(name, database, unit, value, "", None, direction, value, goal, ok)


def signed_in(username: str) -> Client:
    """A browser of that person on this machine's own address."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(Person.objects.get(username=username))
    return client


def fetched(client: Client, address: str, **query):
    """A call of the page for the clock; a page that does not answer 200 is not measured."""

    def fetch():
        answer = client.get(address, query)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answers {answer.status_code}")

    return fetch

"""P7, P8, P9: lists with filters, pages deep in 100,000 rows, and searching everything."""

import random
import re
import time
from contextlib import contextmanager
from statistics import quantiles
from urllib.parse import parse_qs

from django.db import connection, transaction
from django.db.models import Max

from bench.measure import Row, Timed, absolute, fetched, milliseconds, ratio, signed_in
from bench.pages import EMPTY
from bench.rates import execute
from inspections.models import Recommendation
from procedures.models import Field

MANY, WORDS, SEED = 100_000, 60, 8
PAGE = 50
PAGES = {
    "first": "first page, filtered,",
    "next_one": "second page, filtered,",
    "middle": "page in the middle, filtered,",
    "last": "last page, filtered,",
    "everything": "first page",
    "end": "last page",
}


class Undone(Exception):
    """What was added for a measurement goes with its transaction."""


@contextmanager
def undone():
    """Whatever the block writes is gone after it."""
    try:
        with transaction.atomic():
            yield
            raise Undone
    except Undone:
        pass


def lists(database: str) -> list[Row]:
    """P7: the lists of agencies and procedures, filtered and searched, 50 rows a page."""
    client = signed_in("quan")
    field = Field.objects.order_by("pk").first()
    shown = {
        "P7 list of agencies": fetched(client, "/agencies/"),
        "P7 list of agencies, searched and filtered": fetched(client, "/agencies/", q="uy ban", kind="ward"),
        "P7 list of procedures": fetched(client, "/procedures/"),
        "P7 list of procedures, searched and filtered": fetched(client, "/procedures/", q="cap", field=field.code),
    }
    timed = {name: Timed(page, repeat=3) for name, page in shown.items()}
    spent = milliseconds(empty=Timed(fetched(client, EMPTY), repeat=3), **timed)
    return [ratio(name, database, spent[name], "empty signed-in view", spent["empty"], 4) for name in shown]


def _linked(client, address: str, state: str | None, rel: str, **query) -> str:
    """Where the page's link to its first, previous, next or last one leads."""
    answer = client.get(address, {"state": state, **query} if state else query).content.decode()
    link = re.search(rf'rel="{rel}" href="([^"]*)"', answer)[1]
    return parse_qs(link.partition("?")[2].replace("&amp;", "&"))["at"][0]


def _inside(client, address: str, state: str, number: int) -> str:
    """The place behind that many pages, as a reader would reach it who began at an old link by number."""
    return _linked(client, address, state, "next", page=number)


@contextmanager
def added():
    """The recommendations that the block adds are gone after it; committed meanwhile, as those of an office are."""
    last = Recommendation.objects.aggregate(last=Max("pk"))["last"]
    try:
        yield
    finally:
        execute(f"DELETE FROM {Recommendation._meta.db_table} WHERE id > %s", [last])


def _many(rng: random.Random) -> None:
    """100,000 recommendations like those that are there, each with words of its own."""
    words = [f"{one}{two}" for one in ("ra soat ", "bo tri ", "cong khai ", "xin loi ") for two in range(WORDS)]
    like = list(Recommendation.objects.order_by("pk")[:40])
    made = []
    for number in range(MANY):
        one = Recommendation.objects.model(
            **{field.attname: getattr(rng.choice(like), field.attname) for field in like[0]._meta.concrete_fields}
        )
        one.pk, one.repeats_id = None, None
        one.text = f"Kiến nghị {number}: {rng.choice(words)}, {rng.choice(words)}"
        made.append(one)
    Recommendation.objects.bulk_create(made, batch_size=1_000)
    execute("ANALYZE")


def deep(database: str) -> list[Row]:
    """P8 and P9: pages of 100,000 recommendations from the first to the last; then searching among them."""
    rng, rows = random.Random(SEED), []
    client = signed_in("quan")
    with added():
        _many(rng)
        state = Recommendation.objects.order_by("-pk").values_list("state", flat=True).first()
        middle = Recommendation.objects.filter(state=state).count() // PAGE // 2
        address, limit = "/recommendations/", "empty signed-in view"
        spent = milliseconds(
            empty=Timed(fetched(client, EMPTY), repeat=3),
            first=Timed(fetched(client, address, state=state)),
            next_one=Timed(fetched(client, address, state=state, at=_linked(client, address, state, "next"))),
            middle=Timed(fetched(client, address, state=state, at=_inside(client, address, state, middle))),
            last=Timed(fetched(client, address, state=state, at=_linked(client, address, state, "last"))),
            everything=Timed(fetched(client, address)),
            end=Timed(fetched(client, address, at=_linked(client, address, None, "last"))),
        )
        rows += [
            ratio(f"P8 {name} of 100,000", database, spent[key], limit, spent["empty"], 4)
            for key, name in PAGES.items()
        ]
        asked = [f"{rng.choice(('bố trí', 'xin lỗi', 'cong khai'))} {rng.randrange(WORDS)}" for _ in range(30)]
        asked += ["Sở Khoa học", "cấp giấy phép", "không có chữ này", "kiến nghị 99999", "thu tuc"] * 2
        times = []
        for words in asked:
            search = fetched(client, "/search/", q=words)
            began = time.perf_counter()
            search()
            times.append((time.perf_counter() - began) * 1000)
        rows.append(absolute("P9 search everything, p95", database, "ms", quantiles(times, n=20)[18], 100))
    if connection.vendor == "postgresql":
        execute(f"VACUUM ANALYZE {Recommendation._meta.db_table}")
    return rows


ROWS = (lists, deep)

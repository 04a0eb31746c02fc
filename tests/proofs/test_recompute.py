"""The plain-SQL recomputation against the portal's sums on small random forests, and its control."""

import random
from datetime import date

import pytest
from django.db import transaction

from agencies.models import Succession
from dossiers import tally
from procedures.models import Field
from proofs import recompute
from tests.builders import make_published
from tests.dossiers.test_tally import agency, periods_2025, random_return

INSIDE_Q1 = date(2025, 3, 1)


def grow(rng: random.Random) -> None:
    """A forest with mergers, splits and a closed unit in the middle of a quarter, and returns of every state."""
    field, forest = Field.objects.create(code="F", name="F"), []
    for number in range(9):
        kind = rng.choice(("department", "commune"))
        forest.append(agency(f"A{number}", rng.choice([None, *forest]), kind))
    for one, two in zip(rng.sample(forest, 4), rng.sample(forest, 4), strict=True):
        if one != two:
            kind = rng.choice(("merge", "rename", "split"))
            Succession.objects.create(predecessor=one, successor=two, effective_date=INSIDE_Q1, kind=kind)
    for period in periods_2025():
        for owner in forest:
            if rng.random() < 0.85:
                random_return(rng, owner, period, field)
    tally.recompute_all()


@pytest.mark.parametrize("seed", range(8))
def test_sums_rates_places_and_exports_are_what_plain_sql_says(db, seed):
    grow(random.Random(seed))
    one = recompute.compare()
    assert one["differences"] == {}
    assert one["tried"]["sums own"] > 100
    assert one["tried"]["places"] > 10


def test_the_overview_shows_what_plain_sql_says(cast, period_q):
    make_published(cast.ngv, period_q.label, received_online=4_719, stated_received=5_441)
    make_published(cast.khcn, period_q.label, stated_in_time=1_215, stated_resolved=1_242)
    tally.recompute_all()
    one = recompute.compare(cast.lanhdao)
    assert one["differences"] == {}
    assert one["tried"]["pages"] == 9
    assert one["tried"]["rows of pages"] == 2


def test_what_is_corrupted_is_noticed(db):
    grow(random.Random(1))
    with transaction.atomic():
        changed, noticed = recompute.corrupted(random.Random(2), 10)
    assert changed == noticed == 10

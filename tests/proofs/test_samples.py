"""A sample of each long proof, so that `make test` notices when one would fail; `make proofs` runs them in full."""

import random

import pytest

from proofs import capture, chaos, numbers, repairs, twice, unusual
from proofs.capture_world import make_site
from proofs.world import make_world, signed_in


@pytest.fixture
def proof_world(transactional_db):
    return make_world()


def test_numbers():
    assert numbers.prove()["ok"]


def test_repairs_beat_guessing():
    assert repairs.prove(40)["ok"]


def test_unusual_figures_are_the_wrong_ones():
    units, spoilt = 30, 6
    model = unusual.one_round(21, unusual.found_by_model, units, spoilt)
    control = unusual.one_round(21, unusual.found_by_z, units, spoilt)
    assert model["precision"] >= unusual.PRECISION > control["precision"]
    assert model["found"].total() >= spoilt - 2
    assert model["false"] <= 1 < control["false"]


def test_double_submits_and_saves_have_one_effect_each(proof_world):
    one = twice.prove_doubles(proof_world, 5, controls=2)
    assert one["failed"] == 0
    assert one["control_failed"] > 0


def test_a_lock_and_a_submission_have_one_outcome(proof_world):
    item, client, rng = twice.sound(proof_world, 0), signed_in(proof_world.lan), random.Random(1)
    assert all(twice.lock_against_submit(proof_world, item, rng, client) for _ in range(5))


def test_what_a_thread_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        twice.together(lambda: 1, lambda: 1 / 0)


def test_chaos_loses_and_doubles_nothing(live_server, proof_world, browser):
    one = chaos.journey(browser, live_server.url, proof_world, 3, number=0, cells=80, safeguards=True)
    assert one["cells"] >= 80
    assert (one["lost"], one["doubled"]) == (0, 0)


def test_recording_on_site_loses_and_doubles_nothing(live_server, proof_world, browser):
    runs = capture.log_runs(browser, live_server.url, 1, 8)
    assert (runs["runs"], runs["lost"], runs["doubled"], runs["theirs"]) == (8, 0, 0, 0)
    one = capture.journey(browser, live_server.url, make_site(proof_world.agency), 1)
    assert (one["lost"], one["doubled"]) == (0, 0)
    assert one["acknowledged"] > 10


def test_recording_on_site_without_the_log_loses(live_server, proof_world, browser):
    assert capture.log_runs(browser, live_server.url, 1, 8, control=True)["lost"] > 0

"""Signing in: one answer for whatever is wrong, guessing is slow, nobody can be locked out on purpose."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client, override_settings
from django.utils import timezone

from agencies.models import Person, SignInAttempt
from agencies.models.sign_in import ADDRESS_CEILING, FREE, LONG_WAIT
from agencies.views.sign_in import SignInForm

PASSWORD = "cchc-demo-2026"
OFFICE, ELSEWHERE = "10.0.0.7", "203.0.113.9"
START = timezone.now().replace(microsecond=0)
LONGEST_LOCK = 900


def tried(username="lan", password="wrong", address=OFFICE):
    return Client(REMOTE_ADDR=address).post("/login/", {"username": username, "password": password})


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def hashed(monkeypatch):
    """How often a password was hashed, whoever it belongs to."""
    calls = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *given: calls.append(1) or encode(*given))
    return calls


def test_the_right_password_leads_home_and_leaves_no_trace(cast):
    answer = tried(password=PASSWORD)
    assert (answer.status_code, answer.url) == (302, "/")
    assert not SignInAttempt.objects.exists()


def test_fields_are_called_username_and_password(db):
    assert list(SignInForm().fields) == ["username", "password"]
    page = Client().get("/login/").content.decode()
    assert 'name="username"' in page
    assert 'name="password"' in page


def error_of(answer):
    assert answer.status_code == 200
    (error,) = answer.context["form"].non_field_errors()
    return error


def test_wrong_password_unknown_and_closed_account_look_alike(cast, hashed):
    Person.objects.filter(pk=cast.minh.pk).update(is_active=False)
    told = set()
    for username, password in (("lan", "wrong"), ("nobody", "wrong"), ("minh", PASSWORD)):
        before = len(hashed)
        told.add(error_of(tried(username, password)))
        assert len(hashed) == before + 1, username
    assert len(told) == 1
    assert "chưa đúng" in told.pop()


def test_from_the_fifth_failure_on_one_waits(cast, clock, hashed):
    for _ in range(FREE):
        assert tried().status_code == 200
    spent = len(hashed)
    refused = tried(password=PASSWORD)
    assert refused.status_code == 429
    assert refused["Retry-After"] == "1"
    assert "thử lại sau 1 giây" in refused.content.decode()
    assert "_auth_user_id" not in refused.client.session
    assert len(hashed) == spent, "a refused try costs no hash"
    clock.shift(1)
    assert tried(password=PASSWORD).status_code == 302


def test_unknown_names_wait_as_well(db, clock):
    answers = [tried("nobody").status_code for _ in range(FREE + 1)]
    assert answers == [200] * FREE + [429]


def test_waits_grow_and_end(cast, clock):
    """Whoever comes back exactly when told, all day: the waits, and how many tries an hour that makes."""
    waits, tries = [], 0
    while timezone.now() < START + timedelta(hours=3):
        answer = tried()
        if answer.status_code == 429:
            waits.append(int(answer["Retry-After"]))
            clock.shift(waits[-1])
        else:
            tries += 1
    assert waits[:6] == [1, 2, 4, 8, 16, 25]
    assert max(waits) == LONG_WAIT < LONGEST_LOCK
    assert tries / 3 <= 40


def test_success_ends_the_count(cast, clock):
    for _ in range(FREE - 1):
        tried()
    assert tried(password=PASSWORD).status_code == 302
    assert [tried().status_code for _ in range(FREE)] == [200] * FREE


def test_an_hour_later_all_is_forgotten(cast, clock):
    for _ in range(FREE + 1):
        tried()
    clock.shift(timedelta(hours=1, seconds=1))
    assert tried().status_code == 200
    assert SignInAttempt.objects.count() == 1


def test_attacked_from_elsewhere_the_usual_place_stays_open(cast, clock):
    while tried(address=ELSEWHERE).status_code != 429:
        pass
    assert tried(password=PASSWORD, address=OFFICE).status_code == 302
    assert tried(password=PASSWORD, address=ELSEWHERE).status_code == 429


def test_thirty_clerks_behind_one_address_sign_in_beside_an_attack(cast, clock):
    for number in range(30):
        Person.objects.create_user(f"clerk{number}", PASSWORD, full_name=f"Cán bộ {number}")
    while tried("lanhdao").status_code != 429:
        pass
    for number in range(30):
        assert tried(f"clerk{number}", PASSWORD).status_code == 302
    assert tried("lanhdao", PASSWORD).status_code == 429


def test_one_address_has_a_ceiling_far_above_an_office(cast, clock):
    now = timezone.now()
    rows = [SignInAttempt(account=str(number), address=OFFICE, at=now) for number in range(ADDRESS_CEILING)]
    SignInAttempt.objects.bulk_create(rows)
    assert tried(password=PASSWORD).status_code == 429
    assert tried(password=PASSWORD, address=ELSEWHERE).status_code == 302
    clock.shift(60)
    assert tried(password=PASSWORD).status_code == 302


def test_what_was_typed_as_a_name_is_not_kept(db):
    tried("my-password-in-the-wrong-field")
    row = SignInAttempt.objects.get()
    assert "my-password" not in row.account
    assert len(row.account) == 40


@pytest.mark.parametrize(("https", "seen"), [(True, ELSEWHERE), (False, OFFICE)])
def test_only_behind_the_proxy_its_word_counts(db, https, seen):
    with override_settings(HTTPS=https):
        client = Client(REMOTE_ADDR=OFFICE, headers={"X-Forwarded-For": f"1.2.3.4, {ELSEWHERE}"})
        client.post("/login/", {"username": "lan", "password": "x"})
    assert SignInAttempt.objects.get().address == seen


def test_somebody_signed_in_is_led_home(cast, client_of):
    assert client_of(cast.lan).get("/login/").url == "/"


@pytest.mark.parametrize("data", [{}, {"username": "lan"}, {"password": "x"}, {"username": "a\0b", "password": "x"}])
def test_what_is_incomplete_costs_nothing(db, data):
    assert "chưa đúng" in error_of(Client().post("/login/", data))
    assert not SignInAttempt.objects.exists()

"""How often a token may call, HEAD as GET without a body, keys that are forgotten, exports into a pipe."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from agencies.models import ApiToken
from agencies.models.token import CALLS_A_MINUTE
from records.models import IdempotencyKey
from tests.api.conftest import KHCN

NOON = datetime(2026, 11, 20, 5, 0, 12, tzinfo=UTC)


def test_one_call_too_many_is_told_to_wait_for_the_next_minute(cast, lan, token_of):
    with time_machine.travel(NOON, tick=False) as clock:
        other = token_of(cast.lan, cast.khcn)
        assert lan.get("/api/v1/periods").status_code == 200
        ApiToken.objects.filter(calls=1).update(calls=CALLS_A_MINUTE - 1)
        assert lan.get(KHCN).status_code == 200
        response = lan.get(KHCN)
        assert (response.status_code, response["Retry-After"]) == (429, "48")
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "too_many_calls"
        assert "600 lần mỗi phút" in response.json()["detail"]
        assert other.get(KHCN).status_code == 200, "each token counts for itself"
        clock.shift(timedelta(seconds=48))
        assert lan.get(KHCN).status_code == 200


def test_a_write_that_is_one_too_many_changes_nothing(lan, lines):
    with time_machine.travel(NOON, tick=False):
        lan.get(KHCN)
        ApiToken.objects.update(calls=CALLS_A_MINUTE)
        assert lan.put(lines, etag='"x"').status_code == 429
        assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("path", [KHCN, "/api/v1/periods", "/api/v1/openapi.json", "/api/v1/returns/HN-X/2026-Q3"])
def test_head_is_get_without_the_body(lan, path):
    full = lan.get(path)
    head = lan.client.head(path, headers=lan.headers())
    assert (head.status_code, head.content) == (full.status_code, b"")
    assert head["Content-Length"] == str(len(full.content))
    for name in ("Content-Type", "ETag"):
        assert head.headers.get(name) == full.headers.get(name)


def test_head_needs_a_token_and_an_address_that_is_read(lan):
    assert lan.client.head(KHCN).status_code == 401
    response = lan.client.head(f"{KHCN}/submit", headers=lan.headers())
    assert response.status_code == 405
    allowed = lan.client.delete(KHCN, headers=lan.headers())["Allow"].replace(" ", "").split(",")
    assert sorted(allowed) == ["GET", "HEAD", "PUT"]


def test_old_keys_are_forgotten_by_the_clock(cast, capsys):
    now = timezone.now()
    for age, key in ((1, "new"), (8, "old"), (30, "older")):
        IdempotencyKey.objects.create(person=cast.lan, key=key, request_hash="x", created_at=now - timedelta(days=age))
    call_command("purge_keys")
    call_command("purge_keys")
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["new"]
    assert capsys.readouterr().out == "2 keys deleted\n"


WRITER = """
import sys
from django.core.management.base import OutputWrapper
from cchc_portal.lib.commands import write_out
write_out(OutputWrapper(sys.stdout), (f"{number},{'x' * 500}\\n" for number in range(20_000)))
"""


def test_a_reader_that_has_had_enough_ends_an_export_quietly(settings):
    with subprocess.Popen(
        [sys.executable, "-c", WRITER], cwd=settings.BASE_DIR, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as writer:
        assert writer.stdout.readline().startswith(b"0,")
        writer.stdout.close()
        assert writer.stderr.read() == b""
        assert writer.wait(timeout=30) == 0


def test_exports_still_say_everything(cast, period_q, capsys):
    call_command("export_periods")
    assert capsys.readouterr().out.splitlines()[1].startswith("2026-Q3,")
    call_command("export_rates", "--period", "2026-Q3", "--format", "json")
    assert json.loads(capsys.readouterr().out) == []

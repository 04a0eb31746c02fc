"""A one-stop programme of Lan's agency: its token, its requests, its lines."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from agencies.choices import TokenScope
from agencies.models import ApiToken
from tests.builders import GOOD

# A line on which every identity holds and no dossier is late, so that nothing is left to explain.
CLEAN = GOOD | {
    "resolved_on_time": 40,
    "resolved_overdue": 0,
    "pending_within": 10,
    "pending_overdue": 0,
    "resolved_overdue_with_apology": 0,
}
KHCN = "/api/v1/returns/HN-KHCN/2026-Q3"


class Caller:
    """A programme with a token; each write takes a new key unless the test names one."""

    def __init__(self, secret: str | None, client: Client | None = None):
        self.secret = secret
        self.client = client or Client()
        self.keys = 0

    def headers(self, **more) -> dict:
        given = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        return given | {name: value for name, value in more.items() if value is not None}

    def get(self, path: str, **headers):
        return self.client.get(path, headers=self.headers(**headers))

    def _key(self, key):
        self.keys += 1
        return f"{id(self)}-{self.keys}" if key == "new" else key

    def put(self, body, *, path=KHCN, etag="current", key="new", **headers):
        """`etag` and `key` None leave the header out; "current" reads the return first."""
        if etag == "current":
            etag = self.get(path).headers.get("ETag", '"none"')
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        named = self.headers(**{"If-Match": etag, "Idempotency-Key": self._key(key)}, **headers)
        return self.client.put(path, data, content_type="application/json", headers=named)

    def submit(self, *, path=KHCN, etag=None, key="new", data=""):
        named = self.headers(**{"If-Match": etag, "Idempotency-Key": self._key(key)})
        return self.client.post(f"{path}/submit", data, content_type="application/json", headers=named)


@pytest.fixture
def token_of():
    """A caller with a fresh token of the person at the agency."""

    def issue(person, agency, scope=TokenScope.RETURNS, days=30, **caller) -> Caller:
        expires = timezone.now() + timedelta(days=days)
        _token, secret = ApiToken.objects.issue(person=person, agency=agency, scope=scope, expires_at=expires, by=None)
        return Caller(secret, **caller)

    return issue


@pytest.fixture
def lan(cast, token_of, period_q, procedures_khcn) -> Caller:
    """Lan's programme at Sở KH&CN, with a period and five procedures."""
    return token_of(cast.lan, cast.khcn)


@pytest.fixture
def lines(procedures_khcn) -> dict:
    """A body that fills all five procedures with figures on which every identity holds."""
    return {"lines": [{"procedure": procedure.code, **CLEAN} for procedure in procedures_khcn]}

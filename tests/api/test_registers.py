"""The API's lists, who may ask for them, and what every answer has in common."""

import pytest
from django.test import Client

from agencies.choices import TokenScope
from agencies.models import ApiToken, Role
from dossiers import tally
from dossiers.models import Period
from tests.api.conftest import CLEAN, Caller
from tests.api.test_returns import problem
from tests.builders import make_return

pytestmark = pytest.mark.django_db
RATES = "/api/v1/rates?period=2026-Q3"
LISTS = ["/api/v1/periods", "/api/v1/late-reasons", "/api/v1/agencies", "/api/v1/procedures", RATES]


@pytest.fixture
def accepted(cast, period_q, procedures_khcn):
    item = make_return(cast.khcn, period_q, [CLEAN] * 5, procedures=procedures_khcn)
    tally.recompute_period(period_q.pk)
    return item


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("scope", TokenScope.values)
def test_both_scopes_read_every_list(path, scope, cast, token_of, lan):
    assert token_of(cast.lan, cast.khcn, scope).get(path).status_code == 200


@pytest.mark.parametrize("path", [*LISTS, "/api/v1/returns/HN-KHCN/2026-Q3"])
def test_without_a_token_401_and_never_a_redirect(path, lan, cast, client_of):
    """A session is no token: signed in or not, the answer is the same."""
    for caller in (Caller(None), Caller("cchc_wrong"), Caller(None, client_of(cast.lan))):
        response = caller.get(path)
        problem(response, 401, "unauthorized")
        assert response["WWW-Authenticate"].startswith("Bearer")
    assert "Set-Cookie" not in response.headers


def test_a_session_can_neither_write_nor_be_kept_alive(client_of, cast, lan):
    client = client_of(cast.lan)
    response = client.put("/api/v1/returns/HN-KHCN/2026-Q3", "{}", content_type="application/json")
    problem(response, 401)
    assert not response.cookies


@pytest.mark.parametrize(
    "change",
    [
        lambda token: setattr(token, "expires_at", token.created_at),
        lambda token: setattr(token, "revoked_at", token.created_at),
        lambda token: setattr(token.person, "is_active", False),
        lambda token: Role.objects.filter(person=token.person).update(valid_to="2020-01-02"),
    ],
    ids=["expired", "revoked", "deactivated", "no role left"],
)
def test_a_token_that_ended_is_401(change, lan):
    assert lan.get(LISTS[0]).status_code == 200
    token = ApiToken.objects.get()
    change(token)
    token.save()
    token.person.save()
    problem(lan.get(LISTS[0]), 401)


def test_the_use_of_a_token_is_noted(lan):
    lan.get(LISTS[0])
    assert ApiToken.objects.get().last_used_at is not None


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/api/v1", 404),
        ("get", "/api/v1/", 404),
        ("get", "/api/v1/nothing/here", 404),
        ("post", "/api/v1/nothing", 404),
        ("get", "/api/v1/returns/HN-KHCN/%00", 404),
        ("get", "/api/v1/returns/HN-KHCN/2026-Q9", 404),
        ("delete", "/api/v1/periods", 405),
        ("patch", "/api/v1/returns/HN-KHCN/2026-Q3", 405),
        ("get", "/api/v1/returns/HN-KHCN/2026-Q3/submit", 405),
        ("get", "/api/v1/agencies?page=0", 422),
        ("get", "/api/v1/agencies?on=31/12/2026", 422),
        ("get", "/api/v1/procedures?page_size=x", 422),
        ("get", "/api/v1/rates", 422),
        ("get", "/api/v1/rates?period=2031-Q1", 422),
        ("get", "/api/v1/rates?period=2026-Q3&formula=D9", 422),
    ],
)
def test_every_error_is_problem_details(method, path, status, lan):
    response = getattr(lan.client, method)(path, headers=lan.headers())
    body = problem(response, status)
    if status == 422:
        assert body["errors"][0]["field"] in path + "period"
    if status == 405:
        assert response["Allow"]


def test_periods_are_all_there(lan, period_q):
    Period.objects.create(label="2016-pub", kind="year", calendar="published")
    body = lan.get("/api/v1/periods").json()
    assert list(body) == ["items"]
    first = body["items"][0]
    assert list(first) == ["label", "kind", "calendar", "first_day", "last_day", "due_at", "locks_at"]
    assert (first["label"], first["first_day"], first["last_day"]) == ("2026-Q3", "2026-06-15", "2026-09-14")
    assert body["items"][1]["last_day"] is None


def test_agencies_by_page_and_day(lan):
    body = lan.get("/api/v1/agencies").json()
    assert body["count"] == len(body["items"]) == 6
    khcn = next(item for item in body["items"] if item["code"] == "HN-KHCN")
    assert (khcn["parent"], khcn["kind"], khcn["valid_to"]) == ("HN", "department", None)
    today = lan.get("/api/v1/agencies?on=2026-01-01").json()
    assert "HN-TTTT" not in [item["code"] for item in today["items"]]
    second = lan.get("/api/v1/agencies?page=2&page_size=4").json()
    assert second["items"] == body["items"][4:]
    assert lan.get("/api/v1/agencies?page=100000").json()["items"] == []


def test_procedures_by_agency(lan, procedures_khcn):
    body = lan.get("/api/v1/procedures?agency=HN-KHCN&on=2026-09-01").json()
    assert [item["code"] for item in body["items"]] == [one.code for one in procedures_khcn]
    assert lan.get("/api/v1/procedures?agency=HN-NGV").json()["items"] == []


def test_rates_name_their_formula_and_show_their_counts(lan, accepted):
    body = lan.get("/api/v1/rates?period=2026-Q3&formula=D1").json()
    assert (body["formula"], body["formula_version"]) == ("D1", 1)
    (rate,) = body["items"]
    assert (rate["agency"], rate["numerator"], rate["denominator"], rate["rate"]) == ("HN-KHCN", 450, 500, "0.900000")
    assert lan.get("/api/v1/rates?period=2026-Q3").json()["formula"] == "D2"


def test_rates_name_their_basis_and_the_version_of_the_data(lan, accepted):
    body = lan.get("/api/v1/rates?period=2026-Q3&formula=online_share").json()
    assert body["basis"] == {
        "returns": "accepted",
        "numerator": ["received_online"],
        "denominator": ["received_online", "received_direct"],
        "denominator_otherwise": ["stated_received"],
    }
    assert body["data_version"] == lan.get(RATES).json()["data_version"]


def test_rates_of_one_agency(cast, lan, accepted):
    assert [one["agency"] for one in lan.get(f"{RATES}&agency=HN-KHCN").json()["items"]] == ["HN-KHCN"]
    assert lan.get(f"{RATES}&agency=HN-NGV").json()["items"] == []


def test_rates_of_others_stay_hidden(cast, token_of, accepted):
    assert token_of(cast.tuan, cast.ngv).get(RATES).json()["items"] == []
    read = token_of(cast.kiemtoan, cast.ttr, TokenScope.READ)
    assert len(read.get(RATES).json()["items"]) == 1


def test_an_undefined_rate_is_null_with_the_reason(lan, cast, period_q):
    make_return(cast.khcn, period_q, [dict.fromkeys(CLEAN, 0)])
    tally.recompute_period(period_q.pk)
    (rate,) = lan.get(RATES).json()["items"]
    assert (rate["rate"], rate["undefined"]) == (None, "zero_denominator")


def test_the_address_without_https_or_cookies_sets_none(lan):
    response = lan.get(LISTS[0])
    assert not response.cookies
    assert response["Cache-Control"] == "no-store"
    assert Client().get("/api/v1/openapi.json").status_code == 200

"""The OpenAPI description: well formed, complete, and true of what the API answers."""

import json

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cchc_portal.wsgi import application
from dossiers import rules
from tests.api.conftest import KHCN

pytestmark = pytest.mark.django_db
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture
def description(client):
    response = client.get("/api/v1/openapi.json")
    assert response.status_code == 200
    return response.json()


def test_the_description_names_every_address(description):
    assert description["openapi"].startswith("3.1")
    assert {path: sorted(methods) for path, methods in description["paths"].items()} == {
        "/api/v1/periods": ["get"],
        "/api/v1/late-reasons": ["get"],
        "/api/v1/agencies": ["get"],
        "/api/v1/procedures": ["get"],
        "/api/v1/rates": ["get"],
        "/api/v1/returns/{agency}/{period}": ["get", "put"],
        "/api/v1/returns/{agency}/{period}/submit": ["post"],
    }
    operations = [one for methods in description["paths"].values() for one in methods.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    assert all({"401", "404", "422"} <= one["responses"].keys() and one["security"] for one in operations)


def test_the_write_names_its_headers_and_every_figure(description):
    put = description["paths"]["/api/v1/returns/{agency}/{period}"]["put"]
    required = {one["name"] for one in put["parameters"] if one["in"] == "header" and one["required"]}
    assert required == {"If-Match", "Idempotency-Key"}
    line = put["requestBody"]["content"]["application/json"]["schema"]["properties"]["lines"]["items"]
    assert set(rules.TYPED_NAMES) < line["properties"].keys()


def test_every_reference_leads_somewhere(description):
    def references(node):
        if isinstance(node, dict):
            yield from (value for name, value in node.items() if name == "$ref")
            node = list(node.values())
        if isinstance(node, list):
            for child in node:
                yield from references(child)

    known = description["components"]["schemas"]
    assert {one.removeprefix("#/components/schemas/") for one in references(description)} <= known.keys()


def test_the_description_does_not_change_by_being_read(description):
    assert json.dumps(Client().get("/api/v1/openapi.json").json()) == json.dumps(description)


@pytest.fixture
def served():
    """The server's entry, which here leaves the connection alone that holds the test's transaction."""

    def app(environ, start_response):
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        return application(environ, start_response)

    yield app
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_random_requests_are_answered_as_described(mode, lan, lines, served):
    """Requests as described and requests of the opposite kind, half of them at a real return: no answer surprises."""
    lan.put(lines)
    loaded = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", served)
    here = {"agency": "HN-KHCN", "period": "2026-Q3"}
    statuses = set()

    for operation in (found.ok() for found in loaded.get_all_operations()):

        @settings(
            max_examples=12, database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
        )
        @given(case=operation.as_strategy(generation_mode=mode), real=booleans(), fresh=booleans())
        def ask(case, real, fresh):
            if real and case.path_parameters:
                case.path_parameters = here
            headers = lan.headers()
            if real and fresh and case.method == "PUT":
                headers["If-Match"] = lan.get(KHCN)["ETag"]
            statuses.add(case.call_and_validate(headers=headers, checks=CHECKS).status_code)

        ask()
    assert 200 in statuses
    assert max(statuses) < 500

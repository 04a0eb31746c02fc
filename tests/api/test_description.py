"""The OpenAPI description: well formed, complete, and true of what the API answers."""

import json

import pytest
import schemathesis
from django.test import Client

from cchc_portal.wsgi import application
from dossiers import rules

pytestmark = pytest.mark.django_db


@pytest.fixture
def description(client):
    response = client.get("/api/v1/openapi.json")
    assert response.status_code == 200
    return response.json()


def test_the_description_names_every_address(description):
    assert description["openapi"].startswith("3.1")
    assert {path: sorted(methods) for path, methods in description["paths"].items()} == {
        "/api/v1/periods": ["get"],
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


@pytest.mark.slow
def test_random_requests_are_answered_as_described(lan, description, cast):
    """Schemathesis makes requests of the description's own and of its opposite; no answer may be a surprise."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    print(schema)

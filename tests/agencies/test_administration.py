"""The hub and the trail: each sees what the roles held today allow."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.views.trail import changes_of
from records.models import Event

pytestmark = pytest.mark.django_db

TRAIL = "/admin/trail/"


@pytest.fixture
def events(cast, procedures_khcn):
    """One event of each office: an agency, a role, a draft of a return, an import."""
    with transaction.atomic():
        Event.objects.append(
            actor=cast.quan, action="edit_agency", target=cast.khcn, before={"name": "A"}, after={"name": "B"}
        )
        Event.objects.append(actor=cast.admin, action="grant_role", target=cast.lan.roles.get(), after={"role": "x"})
        Event.objects.append(actor=cast.lan, action="submit", after={"received_online": 7}, reason="Đủ")
        Event.objects.append(actor=None, action="import_agencies", after={"HN": {"name": "Hà Nội"}})


def urls(answer):
    return {card.url for card in answer.context["cards"]}


def test_hub_offers_what_one_may_open(cast, client_of):
    officer = urls(client_of(cast.quan).get("/admin/"))
    assert {"dossiers:period_list", "procedures:holiday_list", "agencies:import_menu", "agencies:trail"} <= officer
    assert "dossiers:job_list" not in officer
    admin = urls(client_of(cast.admin).get("/admin/"))
    assert {"agencies:person_list", "agencies:trail", "dossiers:job_list"} <= admin
    assert not admin & {"dossiers:period_list", "procedures:field_list", "agencies:import_menu"}
    assert urls(client_of(cast.kiemtoan).get("/admin/")) == {"agencies:person_list", "agencies:trail"}
    for person in (cast.lan, cast.minh, cast.hoa, cast.lanhdao):
        assert client_of(person).get("/admin/").status_code == 403


def test_cards_lead_to_pages_that_open(cast, client_of):
    for person in (cast.quan, cast.admin, cast.kiemtoan):
        client = client_of(person)
        for link in client.get("/admin/").context["cards"]:
            assert client.get(reverse(link.url)).status_code == 200, link.url


@pytest.mark.parametrize(
    ("person", "actions"),
    [
        ("kiemtoan", {"edit_agency", "grant_role", "submit", "import_agencies"}),
        ("admin", {"grant_role"}),
        ("quan", {"edit_agency", "import_agencies"}),
    ],
)
def test_trail_shows_each_office_its_own(events, cast, client_of, person, actions):
    client = client_of(getattr(cast, person))
    assert {event.action for event in client.get(TRAIL).context["page"].object_list} == actions
    export = client.get(TRAIL, {"format": "csv"}).getvalue().decode("utf-8-sig")
    assert len(export.splitlines()) == len(actions) + 1


def test_trail_is_closed_to_others(events, cast, client_of, client):
    for person in (cast.lan, cast.minh, cast.hoa, cast.lanhdao):
        assert client_of(person).get(TRAIL).status_code == 403
    assert client.get(TRAIL).status_code == 302


@pytest.mark.parametrize(
    ("query", "actions"),
    [
        ({"action": "submit"}, ["submit"]),
        ({"actor": "quan"}, ["edit_agency"]),
        ({"kind": "agencies.agency"}, ["edit_agency"]),
        ({"since": "2999-01-01"}, []),
        ({"until": "1999-01-01"}, []),
    ],
)
def test_trail_filters(events, cast, client_of, query, actions):
    page = client_of(cast.kiemtoan).get(TRAIL, query).context["page"]
    assert [event.action for event in page.object_list] == actions


def test_trail_is_readable(events, cast, client_of):
    text = client_of(cast.kiemtoan).get(TRAIL).text
    assert "A → B" in text
    assert "Lý do: Đủ" in text
    assert Event.objects.first().hash[:12] in text


def test_changes_are_opened_level_by_level():
    rows, more = changes_of('{"HN": {"name": "Cũ", "kind": "city"}}', '{"HN": {"name": "Mới", "kind": "city"}}')
    assert rows == [("HN · name", "Cũ", "Mới")]
    assert more == 0
    assert changes_of("", "lời") == ([("", "–", "lời")], 0)


def test_same_queries_at_one_and_three_rows(events, cast, client_of):
    client = client_of(cast.kiemtoan)
    client.get(TRAIL)
    counts = []
    for query in ({"action": "submit"}, {}):
        with CaptureQueriesContext(connection) as queries:
            client.get(TRAIL, query)
        counts.append(len(queries))
    assert counts[0] == counts[1]

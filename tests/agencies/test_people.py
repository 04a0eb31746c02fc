"""People and dated roles: who keeps them, who reads them, what is refused."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.models import Person, Role
from records.models import Event

pytestmark = pytest.mark.django_db

LIST = "/admin/people/"
TODAY = timezone.localdate


def grant(agency, **changes):
    values = {"code": "reporter", "agency": agency.pk, "valid_from": TODAY().isoformat(), "valid_to": "", **changes}
    return {f"role-{name}": value for name, value in values.items()}


def test_who_reads_and_who_keeps(cast, client_of, client):
    detail = f"{LIST}{cast.lan.pk}/"
    for person in (cast.admin, cast.quan, cast.kiemtoan):
        assert client_of(person).get(LIST).status_code == 200
        assert client_of(person).get(detail).status_code == 200
    for person in (cast.lan, cast.minh, cast.hoa, cast.lanhdao):
        assert client_of(person).get(LIST).status_code == 403
        assert client_of(person).get(detail).status_code == 403
    for person in (cast.quan, cast.kiemtoan, cast.lan):
        other = client_of(person)
        assert other.get(f"{LIST}new/").status_code == 403
        assert other.post(detail, {"full_name": "X"}).status_code == 403
        assert other.post(f"{detail}roles/", grant(cast.ngv)).status_code == 403
        assert other.post(f"{detail}active/", {"active": "0"}).status_code == 403
        assert other.post(f"{detail}roles/{cast.lan.roles.get().pk}/revoke/").status_code == 403
    assert client.get(LIST).status_code == 302
    assert not Event.objects.exists()


def test_list_filters(cast, client_of):
    client = client_of(cast.admin)
    names = [person.username for person in client.get(LIST, {"role": "programme_officer"}).context["page"].object_list]
    assert sorted(names) == ["mai", "quan"]
    assert [person.username for person in client.get(LIST, {"q": "tuan"}).context["page"].object_list] == ["tuan"]
    assert "Sở KH&amp;CN" in client.get(LIST, {"q": "lan"}).text
    assert "lan," in client.get(LIST, {"q": "lan", "format": "csv"}).getvalue().decode()


def test_same_queries_at_one_and_three_rows(cast, client_of):
    client = client_of(cast.admin)
    client.get(LIST)
    counts = []
    for words in ("tuan", ""):
        with CaptureQueriesContext(connection) as queries:
            shown = len(client.get(LIST, {"q": words}).context["page"].object_list)
        counts.append((shown, len(queries)))
    assert counts[0][0] == 1
    assert counts[1][0] >= 3
    assert counts[0][1] == counts[1][1]


def test_first_password_is_shown_once_and_works(cast, client_of):
    client = client_of(cast.admin)
    answer = client.post(f"{LIST}new/", {"username": "Thu", "full_name": "Thu", "job_title": "", "email": ""})
    password = answer.context["password"]
    person = Person.objects.get(username="thu")
    assert password in answer.text
    assert answer["Cache-Control"] == "no-store"
    assert person.check_password(password)
    assert len(password) >= 20
    assert password not in client.get(f"{LIST}{person.pk}/").text
    event = Event.objects.get()
    assert event.action == "create_person"
    assert password not in event.after


def test_user_name_that_exists_keeps_what_was_typed(cast, client_of):
    answer = client_of(cast.admin).post(f"{LIST}new/", {"username": "LAN", "full_name": "Lan Anh"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["username"]
    assert "Lan Anh" in answer.text


def test_role_is_granted_with_one_event(cast, client_of):
    answer = client_of(cast.admin).post(f"{LIST}{cast.lan.pk}/roles/", grant(cast.ngv))
    assert answer.status_code == 302
    role = cast.lan.roles.get(agency=cast.ngv)
    assert role.granted_by == cast.admin
    event = Event.objects.get()
    assert (event.action, event.target_id) == ("grant_role", str(role.pk))


def test_nobody_changes_their_own_roles(cast, client_of):
    client = client_of(cast.admin)
    own = f"{LIST}{cast.admin.pk}/"
    assert client.post(f"{own}roles/", grant(cast.ngv, code="auditor")).status_code == 403
    assert client.post(f"{own}roles/{cast.admin.roles.get().pk}/revoke/").status_code == 403
    assert client.post(f"{own}active/", {"active": "0"}).status_code == 403
    assert cast.admin.roles.count() == 1
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("person", "changes", "field"),
    [
        ("lan", {"code": "administrator"}, "code"),
        ("lan", {"code": "auditor"}, "code"),
        ("kiemtoan", {"code": "leader"}, "code"),
        ("lan", {"valid_from": "2026-01-02", "valid_to": "2026-01-01"}, "valid_to"),
        ("lan", {"valid_from": "31/02/2026"}, "valid_from"),
        ("lan", {"code": "king"}, "code"),
    ],
)
def test_roles_that_are_refused(cast, client_of, person, changes, field):
    target = getattr(cast, person)
    answer = client_of(cast.admin).post(f"{LIST}{target.pk}/roles/", grant(cast.ngv, **changes))
    assert answer.status_code == 422
    assert answer.context["role_form"].errors[field]
    assert target.roles.count() == 1


def test_administrator_takes_no_business_role(cast, client_of):
    other = Person.objects.create_user("hai", "cchc-demo-2026", full_name="Hải")
    Role.objects.create(person=other, code="administrator", agency=cast.nv, valid_from=date(2020, 1, 1))
    answer = client_of(cast.admin).post(f"{LIST}{other.pk}/roles/", grant(cast.nv, code="programme_officer"))
    assert answer.context["role_form"].errors["code"]
    ended = TODAY() - timedelta(days=1)
    other.roles.update(valid_to=ended)
    assert client_of(cast.admin).post(f"{LIST}{other.pk}/roles/", grant(cast.nv, code="reporter")).status_code == 302


def test_overlapping_role_is_refused_and_the_next_day_is_not(cast, client_of):
    client = client_of(cast.admin)
    url = f"{LIST}{cast.lan.pk}/roles/"
    assert client.post(url, grant(cast.khcn)).context["role_form"].errors["valid_from"]
    cast.lan.roles.update(valid_to=date(2025, 12, 31))
    assert client.post(url, grant(cast.khcn, valid_from="2025-12-31")).status_code == 422
    assert client.post(url, grant(cast.khcn, valid_from="2026-01-01")).status_code == 302


def test_role_at_a_closed_agency_is_refused(cast, client_of):
    answer = client_of(cast.admin).post(f"{LIST}{cast.lan.pk}/roles/", grant(cast.tttt))
    assert answer.context["role_form"].errors["agency"]


def test_revoked_role_ends_at_once(cast, client_of):
    role = cast.lan.roles.get()
    client = client_of(cast.admin)
    assert client.post(f"{LIST}{cast.lan.pk}/roles/{role.pk}/revoke/").status_code == 302
    role.refresh_from_db()
    assert role.valid_to == TODAY() - timedelta(days=1)
    assert Event.objects.get().action == "revoke_role"
    client.post(f"{LIST}{cast.lan.pk}/roles/{role.pk}/revoke/")
    assert Event.objects.count() == 1


def test_role_of_today_goes_and_the_trail_keeps_it(cast, client_of):
    client = client_of(cast.admin)
    client.post(f"{LIST}{cast.lan.pk}/roles/", grant(cast.ngv))
    role = cast.lan.roles.get(agency=cast.ngv)
    client.post(f"{LIST}{cast.lan.pk}/roles/{role.pk}/revoke/")
    assert not cast.lan.roles.filter(agency=cast.ngv).exists()
    assert "HN-NGV" in Event.objects.get(action="revoke_role").before


def test_deactivated_person_is_out_with_the_next_click(cast, client_of):
    lan = client_of(cast.lan)
    assert lan.get("/agencies/").status_code == 200
    client = client_of(cast.admin)
    client.post(f"{LIST}{cast.lan.pk}/active/", {"active": "0"})
    assert lan.get("/agencies/").status_code == 302
    client.post(f"{LIST}{cast.lan.pk}/active/", {"active": "0"})
    assert Event.objects.filter(action="deactivate_person").count() == 1
    client.post(f"{LIST}{cast.lan.pk}/active/", {"active": "1"})
    assert Person.objects.get(pk=cast.lan.pk).is_active


def test_stale_details_are_refused(cast, client_of):
    client = client_of(cast.admin)
    url = f"{LIST}{cast.lan.pk}/"
    seen = client.get(url).context["form"]["version"].value()
    Person.objects.filter(pk=cast.lan.pk).update(full_name="Lan Một")
    typed = {"username": "lan", "full_name": "Lan Hai", "job_title": "", "email": "", "version": seen}
    answer = client.post(url, typed)
    assert answer.status_code == 409
    assert "Lan Một" in answer.text
    assert "Lan Hai" in answer.text
    assert client.get(f"{LIST}{cast.lan.pk}/active/").status_code == 405


def test_roles_read_by_hand_are_those_of_the_queryset(cast):
    """What every page asks by a statement of its own says the same as the model's queryset, on any day."""
    for person in Person.objects.all():
        for day in (date(2024, 1, 1), timezone.localdate(), date(2099, 1, 1)):
            asked = list(person.roles.on(day).select_related("agency").order_by("code", "valid_from", "pk"))
            read = sorted(Role.objects.held(person.pk, day), key=lambda role: (role.code, role.valid_from, role.pk))
            assert [state_of(role) for role in read] == [state_of(role) for role in asked]
            assert [state_of(role.agency) for role in read] == [state_of(role.agency) for role in asked]


def state_of(thing) -> dict:
    return {field.attname: getattr(thing, field.attname) for field in thing._meta.concrete_fields}

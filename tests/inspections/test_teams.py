"""Pages of teams: set by the programme office, members with dates, rights that end with them."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from inspections.models import Team
from inspections.permissions import agencies_with_figures_for
from records.models import Event


def test_set_up_a_team(cast, client_of):
    client = client_of(cast.quan)
    data = {"name": "Đoàn số 2", "kind": "council_supervision", "issuing_agency": cast.nv.pk}
    response = client.post(reverse("inspections:team_new"), data)
    team = Team.objects.get()
    url = reverse("inspections:team_detail", args=[team.pk])
    assert response["Location"] == url
    member = {"person": cast.khoa.pk, "role": "head", "joined_on": "2026-01-01"}
    assert client.post(url, member).status_code == 302
    assert client.post(url, member).status_code == 422  # the same person on the same day
    assert client.post(url, member | {"person": cast.hoa.pk, "left_on": "2025-01-01"}).status_code == 422
    assert [event.action for event in Event.objects.about(team)] == ["join_team", "found_team"]
    assert client_of(cast.khoa).get(url).status_code == 200
    assert client_of(cast.khoa).post(url, member).status_code == 403
    assert client_of(cast.hoa).post(reverse("inspections:team_new"), data).status_code == 403
    assert client_of(cast.lan).get(url).status_code == 404
    assert "Đoàn số 2" in client_of(cast.kiemtoan).get(reverse("inspections:team_list")).content.decode()
    assert "Đoàn số 2" not in client_of(cast.lan).get(reverse("inspections:team_list")).content.decode()


def test_leaving_ends_the_rights(cast, client_of, visit, team):
    page = reverse("inspections:visit_detail", args=[visit.pk])
    assert client_of(cast.khoa).get(page).status_code == 200
    member = team.members.get(person=cast.khoa)
    yesterday = timezone.localdate() - timedelta(days=1)
    url = reverse("inspections:team_detail", args=[team.pk])
    assert client_of(cast.quan).post(url, {"member": member.pk, "left_on": "2020-01-01"}).status_code == 422
    assert client_of(cast.quan).post(url, {"member": member.pk, "left_on": yesterday.isoformat()}).status_code == 302
    assert client_of(cast.khoa).get(page).status_code == 404


def test_a_team_reads_the_figures_of_those_it_visits(cast, visit, team):
    assert list(agencies_with_figures_for(cast.hoa)) == [visit.agency]
    assert not agencies_with_figures_for(cast.admin).exists()
    assert set(agencies_with_figures_for(cast.lan)) == {cast.khcn, cast.tttt}
    visit.state, visit.cancel_reason = "cancelled", "bão"
    visit.save()
    assert not agencies_with_figures_for(cast.hoa).exists()

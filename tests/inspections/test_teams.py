"""Pages of teams: set by the programme office, members with dates, rights that end with them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from agencies.models import Person
from inspections import permissions
from inspections.models import Finding, Recommendation, SelfCheck, Team, Visit
from inspections.papers.teams import closing_paper, founding_paper
from inspections.permissions import agencies_with_figures_for
from records.models import Document, Event


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


DAY = timedelta(days=1)


@pytest.mark.parametrize("first, last, holds", [(1, 9, False), (0, 9, True), (-9, 0, True), (-9, -1, False)])
def test_every_right_of_a_team_begins_on_the_first_day_and_ends_on_the_last(
    cast, client_of, visit, team, make_finding, make_recommendation, first, last, holds
):
    """The day before joining, the first day, the last day, the day after leaving."""
    today = timezone.localdate()
    member = team.members.filter(person=cast.hoa)
    member.update(joined_on=today + first * DAY, left_on=today + last * DAY)
    finding, task, user = make_finding(), make_recommendation(), Person.objects.get(pk=cast.hoa.pk)
    asked = SelfCheck(visit=visit, agency=visit.agency)
    told = [
        permissions.edits_visit(user, visit),
        permissions.moves_visit(user, visit),
        permissions.concludes_visit(user, visit),
        permissions.cancels_visit(user, visit),
        permissions.asks_report(user, visit),
        permissions.reads_reports(user, visit),
        permissions.prepares_visit(user, visit),
        permissions.handles_self_check(user, asked),
        permissions.records_findings(user, visit),
        permissions.edits_finding(user, finding),
        permissions.finalises_finding(user, finding),
        permissions.releases_finding(user, finding),
        permissions.withdraws_finding(user, finding),
        permissions.drafts_recommendations(user, visit),
        permissions.edits_recommendation(user, task),
        permissions.issues_recommendation(user, task),
        permissions.verifies_recommendation(user, task),
        permissions.records_proposals(user, visit),
        permissions.closes_team(user, team),
        permissions.asks_team_papers(user, team),
        permissions.plans_visits(user),
        permissions.writes_letters(user),
        permissions.hands_over(user, task),
        permissions.teams_to_plan_for(user).exists(),
        permissions.reads_plans(user),
        agencies_with_figures_for(user).filter(pk=visit.agency_id).exists(),
        Visit.objects.visible_to(user).exists(),
        Finding.objects.visible_to(user).exists(),
        Recommendation.objects.visible_to(user).exists(),
        Team.objects.visible_to(user).exists(),
    ]
    # Whoever ever belonged to a team goes on seeing that there is one.
    assert told == [holds] * (len(told) - 1) + [True]
    page = client_of(cast.hoa).get(reverse("inspections:visit_detail", args=[visit.pk]))
    assert page.status_code == (200 if holds else 404)


def close(client, team, **data):
    team.refresh_from_db()
    return client.post(reverse("inspections:team_action", args=[team.pk, "close"]), {"version": team.version} | data)


def test_a_closed_team_reads_and_writes_nothing(cast, client_of, visit, team, make_recommendation):
    client, note = client_of(cast.hoa), {"text": "Đã hoàn thành kế hoạch."}
    assert close(client_of(cast.khoa), team, **note).status_code == 403
    assert close(client, team, **note).status_code == 422  # its visit is still open
    task = make_recommendation(state="issued")
    visit.state = "closed"
    visit.save()
    assert "1 kiến nghị đang mở" in close(client, team, **note).content.decode()
    task.state = "closed_implemented"
    task.save()
    assert close(client, team).status_code == 422  # without a note
    assert close(client, team, **note).status_code == 302
    team.refresh_from_db()
    assert (team.state, team.closed_on) == ("closed", timezone.localdate())
    user = Person.objects.get(pk=cast.hoa.pk)
    assert permissions.team_roles(user) == {}
    assert permissions.reads_reports(user, visit)
    assert not permissions.records_findings(user, visit)
    page = reverse("inspections:team_detail", args=[team.pk])
    assert client.get(page).status_code == 200
    member = {"person": cast.mai.pk, "role": "member", "joined_on": "2026-01-01"}
    assert client_of(cast.quan).post(page, member).status_code == 409
    assert client_of(cast.quan).get(reverse("inspections:team_edit", args=[team.pk])).status_code == 409
    reopen = reverse("inspections:team_action", args=[team.pk, "reopen"])
    assert client.post(reopen, {"version": team.version, "reason": "x"}).status_code == 403
    assert client_of(cast.quan).post(reopen, {"version": team.version, "reason": "còn việc"}).status_code == 302
    assert Event.objects.about(team).first().action == "reopen"


def test_facts_and_documents_of_a_team(cast, client_of, visit, team):
    url = reverse("inspections:team_edit", args=[team.pk])
    data = {"name": team.name, "kind": team.kind, "seen": 1, "decision_number": "12/QĐ-SNV", "duties": "Kiểm tra"}
    assert client_of(cast.hoa).post(url, data).status_code == 403
    assert client_of(cast.quan).post(url, data).status_code == 302
    assert client_of(cast.quan).post(url, data | {"decision_number": "13"}).status_code == 409
    team.refresh_from_db()
    assert (team.decision_number, team.version) == ("12/QĐ-SNV", 2)
    for sort, kind in (("founding", "team_founding"), ("closing", "team_closing")):
        ask = reverse("inspections:ask_team_paper", args=[team.pk, sort])
        assert client_of(cast.kiemtoan).post(ask).status_code == 403
        assert client_of(cast.hoa).post(ask).status_code == 302
        assert Document.objects.visible_to(cast.khoa).filter(kind=kind, subject_id=team.pk).exists()
        assert not Document.objects.visible_to(cast.lan).filter(kind=kind).exists()
    founding = founding_paper(team, draft=False, address="")
    assert founding.name == "Quyết định"
    names = [row[1] for block in founding.blocks if block.kind == "table" for row in block.rows]
    assert names == ["Hoa", "Khoa", "Vinh"]
    assert "12/QĐ-SNV" in closing_paper(team, draft=True, address="").blocks[0].text


def test_teams_are_a_table_without_formulas(cast, client_of):
    Team.objects.create(name="=HYPERLINK(1)", kind="administrative_inspection")
    text = b"".join(client_of(cast.quan).get("/teams/?format=csv")).decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in text
    assert client_of(cast.quan).get("/teams/?format=xlsx").status_code == 200

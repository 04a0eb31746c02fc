"""The review page and extensions: who gets them, what they show, the same work for one agency and for three."""

import pytest
from django.urls import reverse

from agencies.models import Agency
from dossiers.models import Extension, Period
from procedures.models import AgencyProcedure
from records.models import Event
from tests.dossiers.returns import sound_return

REVIEW, EXTEND = "/review/", "/extensions/new/"


def row_of(response, agency) -> list:
    return next(cells for one, cells in response.context["rows"] if one == agency)


@pytest.mark.parametrize(
    ("who", "status"),
    [("quan", 200), ("mai", 200), ("kiemtoan", 200), ("lan", 403), ("minh", 403), ("tuan", 403), ("lanhdao", 403)],
)
def test_only_the_programme_office_and_the_auditor(client_of, cast, period_q, procedures_khcn, who, status):
    assert client_of(getattr(cast, who)).get(REVIEW).status_code == status


def test_anonymous_is_asked_to_sign_in(client, db):
    assert client.get(REVIEW).status_code == 302


@pytest.mark.parametrize(
    ("state", "readable"), [("draft", False), ("submitted", False), ("approved", True), ("accepted", True)]
)
def test_the_matrix_shows_the_state_and_links_what_was_sent(
    client_of, cast, period_q, procedures_khcn, state, readable
):
    item = sound_return(cast, period_q, state)
    response = client_of(cast.quan).get(REVIEW)
    (cell,) = row_of(response, cast.khcn)
    assert (cell.label, cell.readable) == (str(item.get_state_display()), readable)
    link = f'href="{reverse("dossiers:return_detail", args=[item.pk])}"'
    assert (link in response.content.decode()) == readable
    assert [one.pk for one in response.context["queue"]] == ([item.pk] if state == "approved" else [])


def test_what_is_missing_after_the_due_time_is_told(client_of, cast, period_q, procedures_khcn):
    Period.objects.update(due_at="2026-09-21T10:00Z")
    (cell,) = row_of(client_of(cast.quan).get(REVIEW), cast.khcn)
    assert cell.tone == "bad"


def test_one_agency_and_three_take_the_same_queries(
    client_of, cast, period_q, procedures_khcn, django_assert_num_queries, django_assert_max_num_queries
):
    sound_return(cast, period_q, "approved")
    client = client_of(cast.quan)
    client.get(REVIEW)
    with django_assert_max_num_queries(20) as one:
        client.get(REVIEW)
    for agency in (cast.ngv, cast.nv):
        AgencyProcedure.objects.create(agency=agency, procedure=procedures_khcn[0])
    with django_assert_num_queries(len(one)):
        assert len(client.get(REVIEW).context["rows"]) == 3


def test_an_officer_extends_a_period_for_one_agency(client_of, cast, period_q):
    client = client_of(cast.quan)
    assert client.get(f"{EXTEND}?agency=HN-KHCN&period=2026-Q3").status_code == 200
    sent = {"agency": "HN-KHCN", "period": "2026-Q3", "until": "2099-03-01", "reason": "Mất điện nhiều ngày"}
    assert client.post(EXTEND, sent).status_code == 302
    extension = Extension.objects.get()
    assert (extension.agency, extension.period, extension.granted_by) == (cast.khcn, period_q, cast.quan)
    event = Event.objects.latest("number")
    assert (event.action, event.reason) == ("grant_extension", "Mất điện nhiều ngày")


@pytest.mark.parametrize(
    "bad", [{"reason": ""}, {"until": "2020-01-01"}, {"until": "31/02/2099"}, {"until": "2027-01-01"}, {"agency": "x"}]
)
def test_a_bad_extension_is_refused_and_keeps_what_was_typed(client_of, cast, period_q, bad):
    sent = {"agency": "HN-KHCN", "period": "2026-Q3", "until": "2099-03-01", "reason": "Mất điện"} | bad
    response = client_of(cast.quan).post(EXTEND, sent)
    assert response.status_code == 422
    assert not Extension.objects.exists()
    assert sent["reason"] in response.content.decode()


@pytest.mark.parametrize("who", ["lan", "minh", "kiemtoan", "lanhdao", "admin"])
def test_nobody_else_extends(client_of, cast, period_q, who):
    assert client_of(getattr(cast, who)).get(EXTEND).status_code == 403


def test_closed_units_leave_the_matrix(client_of, cast, period_q, procedures_khcn):
    AgencyProcedure.objects.create(agency=cast.tttt, procedure=procedures_khcn[0])
    shown = {agency for agency, _cells in client_of(cast.quan).get(REVIEW).context["rows"]}
    assert shown == {cast.khcn}
    assert Agency.objects.filter(pk=cast.tttt.pk).exists()


def test_drafts_and_proposals_can_be_voided_from_here(client_of, cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q)
    propose = reverse("dossiers:return_action", args=[item.pk, "propose_void"])
    assert propose in client_of(cast.quan).get(REVIEW).content.decode()
    assert propose not in client_of(cast.kiemtoan).get(REVIEW).content.decode()
    client_of(cast.quan).post(propose, {"version": item.version, "reason": "Nhầm kỳ"})
    decide = reverse("dossiers:return_action", args=[item.pk, "void"])
    assert decide in client_of(cast.mai).get(REVIEW).content.decode()
    assert decide not in client_of(cast.quan).get(REVIEW).content.decode()

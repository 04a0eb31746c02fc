"""The entry page: who gets it, what it carries, when it is closed."""

import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from dossiers import rules
from dossiers.models import Extension, Period
from tests.dossiers.returns import sound_return


@pytest.fixture
def draft(cast, period_q, procedures_khcn):
    return sound_return(cast, period_q)


def data_of(response) -> dict:
    found = re.search(r'<script id="grid-data" type="application/json">(.*?)</script>', response.content.decode())
    return json.loads(found[1])


def page_of(client, item):
    return client.get(reverse("dossiers:grid", args=[item.pk]))


def test_clerk_gets_every_line_with_all_eleven_figures(client_of, cast, draft):
    data = data_of(page_of(client_of(cast.lan), draft))
    assert len(data["lines"]) == 5
    assert set(rules.TYPED_NAMES) <= set(data["table"]["cells"])
    assert all(len(line["cells"]) == len(data["table"]["cells"]) for line in data["lines"])
    assert [head["column"] for head in data["heads"]] == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, None, None, None]
    assert data["version"] == draft.version


def test_blank_zero_and_not_applicable_stay_apart(client_of, cast, draft):
    line = draft.lines.first()
    stored = rules.Figures({"received_online": None, "received_direct": 0, "carried_over": rules.NA}).to_stored()
    draft.lines.filter(pk=line.pk).update(**stored)
    data = data_of(page_of(client_of(cast.lan), draft))
    cells = dict(zip(data["table"]["cells"], data["lines"][0]["cells"], strict=True))
    assert (cells["received_online"], cells["received_direct"], cells["carried_over"]) == (None, 0, "NA")


def test_procedure_names_cannot_break_out_of_the_data(client_of, cast, draft, procedures_khcn):
    procedures_khcn[0].name = "</script><b>Thủ tục"
    procedures_khcn[0].save()
    response = page_of(client_of(cast.lan), draft)
    assert b"</script><b>" not in response.content
    assert any(line["name"] == "</script><b>Thủ tục" for line in data_of(response)["lines"])


@pytest.mark.parametrize(
    ("who", "status"), [("lan", 200), ("minh", 403), ("kiemtoan", 403), ("tuan", 404), ("quan", 404), ("lanhdao", 404)]
)
def test_only_the_clerk_of_the_agency_enters(client_of, cast, draft, who, status):
    assert page_of(client_of(getattr(cast, who)), draft).status_code == status


def test_anonymous_is_asked_to_sign_in(client, draft):
    response = page_of(client, draft)
    assert (response.status_code, response.url.split("?")[0]) == (302, reverse("login"))


@pytest.mark.parametrize("state", ["submitted", "approved", "accepted", "void"])
def test_a_return_that_is_no_draft_answers_409(client_of, cast, period_q, procedures_khcn, state):
    item = sound_return(cast, period_q, state)
    assert page_of(client_of(cast.lan), item).status_code == 409


def test_a_lock_says_why_and_who_can_open_it_and_an_extension_opens_it(client_of, cast, draft):
    locked = timezone.now() - timedelta(days=1)
    Period.objects.update(due_at=locked, locks_at=locked)
    response = page_of(client_of(cast.lan), draft)
    assert response.status_code == 409
    assert "Sở Nội vụ" in response.content.decode()
    until = timezone.now() + timedelta(days=2)
    Extension.objects.create(
        agency=cast.khcn, period=draft.period, until=until, reason="Mất điện", granted_by=cast.quan
    )
    assert page_of(client_of(cast.lan), draft).status_code == 200


def test_queries_do_not_grow_with_the_lines(client_of, cast, draft, django_assert_num_queries):
    client = client_of(cast.lan)
    page_of(client, draft)
    with django_assert_num_queries(9) as few:
        page_of(client, draft)
    for line in list(draft.lines.all())[1:]:
        line.delete()
    with django_assert_num_queries(len(few)):
        page_of(client, draft)


def test_the_clerk_of_the_successor_enters_for_the_absorbed_unit(client_of, cast, draft):
    draft.agency = cast.tttt
    draft.save()
    assert page_of(client_of(cast.lan), draft).status_code == 200
    assert page_of(client_of(cast.tuan), draft).status_code == 404

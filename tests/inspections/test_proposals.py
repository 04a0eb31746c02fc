"""Proposals of an agency to its superiors: forwarding, answers one by one, adding up by addressee, who sees what."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inspections.choices import ProposalState
from inspections.models import Proposal
from records.models import Event

LIST = "inspections:proposal_list"


@pytest.fixture
def propose(visit):
    def proposed(*names, text="Bổ sung biên chế", **values):
        proposal = Proposal.objects.create(visit=visit, agency=visit.agency, text=text, **values)
        for name in names:
            proposal.addressees.create(name=name)
        return proposal

    return proposed


def test_the_whole_way(cast, client_of, propose):
    proposal = propose("UBND Thành phố")
    url = proposal.get_absolute_url()
    khoa = client_of(cast.khoa)
    named = {"names": "Bộ Nội vụ\nUBND Thành phố", "day": "01/11/2026", "version": 1}
    assert khoa.post(url + "forward/", named).status_code == 302
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.FORWARDED
    first, second = proposal.addressees.order_by("pk")
    assert (first.name, second.name, second.forwarded_on) == ("UBND Thành phố", "Bộ Nội vụ", date(2026, 11, 1))
    words = {"addressee": first.pk, "text": "Đã giao Sở Nội vụ", "day": "10/11/2026", "version": 2}
    assert khoa.post(url + "answer/", words | {"day": "01/10/2026"}).status_code == 422
    assert khoa.post(url + "answer/", words | {"text": ""}).status_code == 422
    assert khoa.post(url + "answer/", words | {"addressee": 0}).status_code == 422
    assert khoa.post(url + "answer/", words).status_code == 302
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.FORWARDED
    assert khoa.post(url + "answer/", words).status_code == 409
    quan = client_of(cast.quan)
    last = {"addressee": second.pk, "text": "Đồng ý", "version": 3}
    assert quan.post(url + "answer/", last).status_code == 302
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.ANSWERED
    assert Event.objects.about(proposal).count() == 3
    assert "Đã giao Sở Nội vụ" in client_of(cast.lan).get(url).content.decode()


def test_nothing_is_forwarded_to_nobody(cast, client_of, propose):
    proposal = propose()
    response = client_of(cast.hoa).post(proposal.get_absolute_url() + "forward/", {"version": 1})
    assert response.status_code == 422
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.RECORDED


def test_who_sees_and_who_writes(cast, client_of, vinh, propose):
    proposal = propose("Bộ Nội vụ")
    url = proposal.get_absolute_url()
    for person in (cast.lan, cast.minh, cast.hoa, vinh, cast.quan, cast.lanhdao, cast.kiemtoan):
        assert client_of(person).get(url).status_code == 200
    for person in (cast.tuan, cast.admin):
        assert client_of(person).get(url).status_code == 404
        assert client_of(person).post(url + "forward/", {"version": 1}).status_code == 404
    for person in (cast.lan, cast.minh, vinh, cast.lanhdao, cast.kiemtoan):
        assert client_of(person).post(url + "forward/", {"version": 1}).status_code == 403
    assert client_of(cast.hoa).post(url + "unknown/", {"version": 1}).status_code == 404
    assert client_of(cast.tuan).get(reverse(LIST)).context["page"].paginator.count == 0


def test_counts_by_addressee_are_those_of_the_list_behind(cast, client_of, propose):
    today = timezone.localdate()
    propose("UBND Thành phố", "Bộ Nội vụ", state=ProposalState.FORWARDED)
    propose("Ubnd  thành phố", text="Nâng cấp phần mềm", state=ProposalState.FORWARDED)
    propose(text="Chưa có nơi nhận")
    Proposal.objects.first().addressees.filter(name="Bộ Nội vụ").update(answer="Đồng ý", answered_at=today)
    client = client_of(cast.quan)
    page = client.get(reverse(LIST))
    rows = list(page.context["by_addressee"])
    assert [(row["total"], row["waiting"], row["answered"]) for row in rows] == [(2, 2, 0), (1, 0, 1)]
    for row in rows:
        behind = client.get(reverse(LIST), {"to": row["key"]}).context["page"].paginator
        assert behind.count == row["total"]
        waiting = client.get(reverse(LIST), {"to": row["key"], "only": "waiting"}).context["page"].paginator
        assert waiting.count == row["waiting"]
    assert "Chưa có nơi nhận" in page.content.decode()
    assert client.get(reverse(LIST), {"q": "phan mem"}).context["page"].paginator.count == 1
    assert client.get(reverse(LIST), {"state": "answered"}).context["page"].paginator.count == 0
    assert client.get(reverse(LIST), {"agency": "HN-NGV"}).context["page"].paginator.count == 0


def test_export(cast, client_of, propose):
    propose("=cmd|x", text='=HYPERLINK("http://x")')
    exported = client_of(cast.quan).get(reverse(LIST), {"format": "csv"})
    text = b"".join(exported.streaming_content).decode()
    assert "'=HYPERLINK" in text
    assert "'=cmd" in text
    assert client_of(cast.quan).get(reverse(LIST), {"format": "xlsx"}).status_code == 200


def test_same_queries_at_one_and_three(cast, client_of, propose):
    client = client_of(cast.quan)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse(LIST))
        return len(captured)

    propose("A")
    queries()
    one = queries()
    for name in ("B", "C"):
        propose(name, text=f"Đề xuất {name}")
    assert queries() == one


def test_an_answer_of_tomorrow_is_refused(cast, client_of, propose):
    proposal = propose("Bộ Nội vụ", state=ProposalState.FORWARDED)
    to = proposal.addressees.get()
    day = timezone.localdate() + timedelta(days=1)
    data = {"addressee": to.pk, "text": "Đồng ý", "day": f"{day:%d/%m/%Y}", "version": 1}
    assert client_of(cast.hoa).post(proposal.get_absolute_url() + "answer/", data).status_code == 422

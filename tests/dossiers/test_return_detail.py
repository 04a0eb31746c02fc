"""The page of a return and its steps: figures, words, history, and who may do what from it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dossiers.models import Explanation, Line, Return
from dossiers.workflow import RETURNS
from tests.dossiers.returns import sound_return


def detail(client, item):
    return client.get(reverse("dossiers:return_detail", args=[item.pk]))


def step(client, item, action, **data):
    return client.post(reverse("dossiers:return_action", args=[item.pk, action]), {"version": item.version} | data)


@pytest.mark.parametrize(
    ("state", "who", "status"),
    [
        ("draft", "lan", 200),
        ("draft", "quan", 404),
        ("draft", "tuan", 404),
        ("draft", "lanhdao", 404),
        ("draft", "kiemtoan", 200),
        ("approved", "quan", 200),
        ("approved", "tuan", 404),
        ("accepted", "lanhdao", 200),
        ("accepted", "hoa", 404),
        ("accepted", "admin", 404),
        ("void", "lan", 200),
        ("void", "mai", 404),
    ],
)
def test_who_reads_it(client_of, cast, period_q, procedures_khcn, state, who, status):
    item = sound_return(cast, period_q, state)
    assert detail(client_of(getattr(cast, who)), item).status_code == status


def test_shows_figures_by_field_with_sums_gaps_and_their_reasons(client_of, cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q)
    line = item.lines.first()
    item.lines.filter(pk=line.pk).update(withdrawn=0, received_online=1008, received_direct=None)
    item.lines.filter(position=2).update(withdrawn=0)
    second = item.lines.get(position=2)
    Explanation.objects.create(of=item, line=second, identity="R4", text="Chuyển nhầm", by=cast.lan)
    response = detail(client_of(cast.lan), item)
    text = response.content.decode()
    assert "1.008" in text
    assert "Chuyển nhầm" in text
    assert len(response.context["groups"]) == 2
    heads = [column for _label, column in response.context["heads"]]
    assert response.context["totals"][heads.index(5)] == "–", "one line is blank, so the sum is not known"
    assert response.context["totals"][heads.index(4)] == "1.040"


def test_steps_and_history_belong_to_the_reader(client_of, cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q, "submitted")
    minh = detail(client_of(cast.minh), item)
    assert [move.action for move in minh.context["moves"]] == ["approve", "send_back", "withdraw"]
    assert {told["event"].action for told in minh.context["history"]} == {"open_return", "submit"}
    assert detail(client_of(cast.lan), item).context["moves"] == []
    RETURNS.perform(item, "approve", by=cast.minh)
    assert detail(client_of(cast.lanhdao), item).context["history"] == []


def test_a_step_without_the_version_it_saw_is_refused_and_keeps_the_words(client_of, cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q, "submitted")
    line = item.lines.first()
    for version in ({}, {"version": ""}, {"version": "1e3"}, {"version": "9" * 40}):
        url = reverse("dossiers:return_action", args=[item.pk, "send_back"])
        sent = {"reason": "Số liệu chưa khớp", f"line-{line.pk}": "Xem lại cột 4"} | version
        response = client_of(cast.minh).post(url, sent)
        page = response.content.decode()
        assert response.status_code == 422
        assert "được thực hiện trên phiên bản nào" in page
        assert "Số liệu chưa khớp" in page
        assert "Xem lại cột 4" in page
        assert f'name="version" value="{item.version}"' in page, "sent again it is taken"
    assert Return.objects.get(pk=item.pk).state == "submitted"


@pytest.mark.parametrize("moved", [True, False])
def test_a_step_that_comes_too_late_shows_both_sides(client_of, cast, period_q, procedures_khcn, moved):
    item = sound_return(cast, period_q, "submitted")
    line, seen = item.lines.first(), item.version
    if moved:
        RETURNS.perform(item, "withdraw", by=cast.minh, reason="Còn thiếu dòng 3")
    else:
        Return.objects.filter(pk=item.pk).update(version=seen + 1)
    url = reverse("dossiers:return_action", args=[item.pk, "send_back"])
    sent = {"version": seen, "reason": "Số liệu chưa khớp", f"line-{line.pk}": "Xem lại cột 4"}
    response = client_of(cast.minh).post(url, sent)
    page = response.content.decode()
    assert response.status_code == 409
    told = ["Số liệu chưa khớp", "Xem lại cột 4", "Trả lại", item.get_absolute_url()]
    told += ["Minh", "Còn thiếu dòng 3", "Đang nhập"] if moved else ["Lan", "chờ ký duyệt"]
    for words in told:
        assert words.lower() in page.lower(), words


def test_from_draft_to_accepted_through_the_pages(client_of, cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q)
    for action, person, state in [
        ("submit", cast.lan, "submitted"),
        ("approve", cast.minh, "approved"),
        ("accept", cast.quan, "accepted"),
    ]:
        assert step(client_of(person), item, action).status_code == 302
        item.refresh_from_db()
        assert item.state == state
    assert (item.submitted_by, item.approved_by, item.accepted_by) == (cast.lan, cast.minh, cast.quan)


@pytest.mark.parametrize(
    ("who", "action", "status"),
    [
        ("minh", "submit", 403),
        ("lan", "approve", 403),
        ("tuan", "submit", 404),
        ("tuan", "void", 404),
        ("quan", "submit", 404),
        ("quan", "propose_void", 302),
        ("kiemtoan", "submit", 403),
        ("lan", "no_such_step", 404),
        ("minh", "withdraw", 409),
    ],
)
def test_a_step_that_is_not_open_says_why(client_of, cast, period_q, procedures_khcn, who, action, status):
    item = sound_return(cast, period_q)
    assert step(client_of(getattr(cast, who)), item, action, reason="Nhầm kỳ").status_code == status
    item.refresh_from_db()
    assert item.state == "draft"


def test_problems_of_a_submission_lead_to_their_cells(client_of, cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q)
    line = item.lines.first()
    Line.objects.filter(pk=line.pk).update(withdrawn=0)
    response = step(client_of(cast.lan), item, "submit")
    assert response.status_code == 422
    assert f"{reverse('dossiers:grid', args=[item.pk])}#line-{line.pk}-received_online" in response.content.decode()


def test_sending_back_keeps_what_was_typed_when_it_is_refused(client_of, cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q, "approved")
    client = client_of(cast.quan)
    line = item.lines.first()
    page = client.get(reverse("dossiers:return_action", args=[item.pk, "send_back"]))
    assert f'name="line-{line.pk}"' in page.content.decode()
    refused = step(client, item, "send_back", **{"until": "2020-01-01", f"line-{line.pk}": "Xem lại cột 10"})
    assert refused.status_code == 422
    assert "Xem lại cột 10" in refused.content.decode()
    sent = step(client, item, "send_back", **{f"line-{line.pk}": "Xem lại cột 10"})
    assert sent.url == reverse("dossiers:review"), "the officer no longer reads the draft"
    assert "Xem lại cột 10" in detail(client_of(cast.lan), item).content.decode()


def test_two_officers_void_a_draft_they_do_not_read(client_of, cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q)
    assert step(client_of(cast.quan), item, "propose_void").status_code == 422, "the reason is missing"
    assert step(client_of(cast.quan), item, "propose_void", reason="Nhầm kỳ").status_code == 302
    item.refresh_from_db()
    assert step(client_of(cast.quan), item, "void", reason="Nhầm kỳ").status_code == 403
    assert step(client_of(cast.mai), item, "void", reason="Nhầm kỳ").status_code == 302
    assert Return.objects.get().state == "void"


def test_queries_do_not_grow_with_the_lines(client_of, cast, period_q, procedures_khcn):
    item = sound_return(cast, period_q, "approved")
    client = client_of(cast.quan)
    detail(client, item)
    with CaptureQueriesContext(connection) as five:
        detail(client, item)
    item.lines.exclude(position=1).delete()
    with CaptureQueriesContext(connection) as one:
        detail(client, item)
    assert len(one) == len(five)

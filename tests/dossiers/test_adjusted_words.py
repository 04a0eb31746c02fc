"""Late reasons and explanations adjusted along with figures; large returns; who hears of the outcome."""

import re
from html import escape

import pytest
from django.core import mail as outbox
from django.urls import reverse

from cchc_portal.lib.errors import Conflict
from dossiers import rules
from dossiers.choices import AdjustmentState
from dossiers.models import Adjustment, Edition, Explanation, LateReason, LateReasonCount, Line, Return
from dossiers.workflow import ADJUSTMENTS, propose_adjustment
from records.models import Event, Mail
from tests.dossiers.returns import SOUND, sound_return
from tests.steps import take


@pytest.fixture
def item(cast, period_q, procedures_khcn) -> Return:
    return sound_return(cast, period_q, "accepted")


@pytest.fixture
def reasons(db) -> list[LateReason]:
    return [
        LateReason.objects.create(code="supplement", name="Chờ bổ sung", order=1),
        LateReason.objects.create(code="other", name="Khác", order=2, needs_text=True),
    ]


def inputs(page: str) -> dict[str, str]:
    """What the page would send as it stands: every input with its value."""
    found = re.findall(r'<input [^>]*?name="([^"]+)"[^>]*?>', page)
    values = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', page))
    return {name: values.get(name, "") for name in found if name != "csrfmiddlewaretoken"}


def address(item) -> str:
    return reverse("dossiers:adjustment_new", args=[item.pk])


def test_words_alone_are_adjusted_and_restate_no_figure(cast, client_of, item, reasons):
    lan, first = client_of(cast.lan), item.lines.first()
    Explanation.objects.create(of=item, line=first, identity="R5", text="Sai", by=cast.lan)
    LateReasonCount.objects.create(line=first, reason=reasons[0], count=2)
    sent = inputs(lan.get(address(item)).content.decode()) | {"version": item.version, "reason": "Ghi nhầm lý do"}
    assert lan.post(address(item), sent).status_code == 422, "nothing was changed yet"
    sent |= {
        f"late-{first.pk}-{reasons[0].pk}-count": "",
        f"late-{first.pk}-{reasons[1].pk}-count": "3",
        f"explain-{first.pk}-R5": "Chuyển từ sổ giấy",
    }
    refused = lan.post(address(item), sent)
    assert refused.status_code == 422
    assert "Lý do quá hạn “Khác” cần" in refused.content.decode()
    sent[f"late-{first.pk}-{reasons[1].pk}-text"] = "Mất điện"
    assert lan.post(address(item), sent).status_code == 302
    adjustment = Adjustment.objects.get()
    assert not adjustment.cells.exists()
    page = lan.get(adjustment.get_absolute_url()).content.decode()
    for told in ("Chuyển từ sổ giấy", "3: Mất điện", "Sai"):
        assert told in page
    assert take(client_of(cast.minh), adjustment, "sign").status_code == 302
    assert LateReasonCount.objects.get().reason == reasons[0], "what stands counts until it is accepted"
    assert take(client_of(cast.quan), adjustment, "accept").status_code == 302
    counted = LateReasonCount.objects.get()
    assert (counted.reason, counted.count, counted.text) == (reasons[1], 3, "Mất điện")
    assert Explanation.objects.get(identity="R5").text == "Chuyển từ sổ giấy"
    assert not Edition.objects.exists()
    event = Event.objects.filter(action="accept", target_kind="dossiers.adjustment").get()
    assert "Mất điện" in event.after and "old_words" in event.after
    assert client_of(cast.quan).get(adjustment.get_absolute_url()).status_code == 200


def test_figures_and_their_late_reasons_go_together(cast, client_of, item, reasons):
    lan, first = client_of(cast.lan), item.lines.first()
    sent = inputs(lan.get(address(item)).content.decode()) | {
        "version": item.version,
        "reason": "Nhập thiếu hồ sơ quá hạn",
        f"cell-{first.pk}-resolved_on_time": "4",
        f"cell-{first.pk}-resolved_overdue": "2",
        f"late-{first.pk}-{reasons[0].pk}-count": "2",
    }
    assert lan.post(address(item), sent).status_code == 302
    adjustment = Adjustment.objects.get()
    take(client_of(cast.minh), adjustment, "sign")
    take(client_of(cast.quan), adjustment, "accept")
    first.refresh_from_db()
    assert (first.resolved_overdue, first.version) == (2, 2)
    assert LateReasonCount.objects.get(line=first).count == 2
    assert not Explanation.objects.exists(), "nothing was left to explain"


@pytest.mark.parametrize("typed", ["1,5", "-2", "KAD", "hai"])
def test_a_count_that_is_none_is_told_and_stays(cast, client_of, item, reasons, typed):
    lan, first = client_of(cast.lan), item.lines.first()
    sent = {"version": item.version, "reason": "Sửa", f"late-{first.pk}-{reasons[0].pk}-count": typed}
    response = lan.post(address(item), sent)
    assert response.status_code == 422
    assert f'value="{typed}"' in response.content.decode()
    assert not Adjustment.objects.exists()


def test_words_that_moved_meanwhile_are_a_conflict(cast, item, reasons):
    first = item.lines.first()
    adjustment = propose_adjustment(
        item, {}, words={first.pk: {reasons[0].pk: (2, "")}}, reason="Bổ sung lý do", by=cast.lan
    )
    LateReasonCount.objects.create(line=first, reason=reasons[0], count=9)
    with pytest.raises(Conflict):
        ADJUSTMENTS.perform(adjustment, "sign", by=cast.minh)


def test_a_late_proposal_shows_both_sides(cast, client_of, item, reasons):
    first = item.lines.first()
    sent = {"version": item.version, "reason": "Nhập thiếu sổ", f"cell-{first.pk}-received_direct": "1.014"}
    Return.objects.filter(pk=item.pk).update(version=item.version + 1)
    page = client_of(cast.lan).post(address(item), sent)
    assert page.status_code == 409
    for told in ("Nhập thiếu sổ", "1.014", "Quân", "Đề nghị điều chỉnh"):
        assert told in page.content.decode(), told
    no_version = {name: value for name, value in sent.items() if name != "version"}
    page = client_of(cast.lan).post(address(item), no_version)
    assert page.status_code == 422
    assert "1.014" in page.content.decode() and "phiên bản nào" in page.content.decode()


@pytest.fixture
def large(cast, item, reasons) -> Return:
    """The accepted return with 400 lines."""
    code = item.lines.first().procedure
    made = type(code).objects.bulk_create(
        type(code)(code=f"9.{n:06}", name=f"Thủ tục lớn {n}", field=code.field, level=code.level) for n in range(395)
    )
    Line.objects.bulk_create(Line(of=item, position=100 + n, procedure=one, **SOUND) for n, one in enumerate(made))
    assert item.lines.count() == 400
    return item


def test_of_400_lines_some_are_chosen_and_changed(cast, client_of, large, settings):
    lan = client_of(cast.lan)
    page = lan.get(address(large)).content.decode()
    assert page.count('name="line"') == 400
    assert "cell-" not in page
    pks = list(large.lines.values_list("pk", flat=True))
    assert lan.post(address(large), {"choose": "1"}).status_code == 422
    over = lan.post(address(large), {"choose": "1", "line": pks})
    assert over.status_code == 422
    most = int(re.search(r"nhiều nhất (\d+) dòng", over.content.decode())[1])
    assert over.content.decode().count("checked") == 400, "what was ticked stays ticked"
    chosen = pks[-most:]
    page = lan.post(address(large), {"choose": "1", "line": chosen}).content.decode()
    sent = inputs(page) | {"version": large.version, "reason": "Sổ thiếu", "line": chosen}
    assert len(sent) - 1 + most < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    sent |= {f"cell-{pk}-received_direct": "14" for pk in chosen}
    sent |= {f"cell-{pk}-resolved_on_time": "16" for pk in chosen}
    assert lan.post(address(large), sent).status_code == 302
    adjustment = Adjustment.objects.get()
    assert adjustment.cells.count() == 2 * most
    assert {cell.line_id for cell in adjustment.cells.all()} == set(chosen)
    take(client_of(cast.minh), adjustment, "sign")
    assert take(client_of(cast.quan), adjustment, "accept").status_code == 302
    assert large.lines.filter(received_direct=14).count() == most
    assert len(Edition.objects.get().lines) == 400


def test_lines_of_another_return_are_none_of_this(cast, client_of, large):
    page = client_of(cast.lan).post(address(large), {"choose": "1", "line": ["999999999", "x", "１"]})
    assert page.status_code == 422
    assert "cell-" not in page.content.decode()


def in_state(cast, item, *steps) -> Adjustment:
    first = item.lines.first()
    cells = {"received_direct": 14, "resolved_on_time": 16}
    adjustment = propose_adjustment(item, {first.pk: cells}, reason="Nhập thiếu sổ", by=cast.lan)
    for action, person, words in steps:
        ADJUSTMENTS.perform(adjustment, action, by=person, reason=words)
    return adjustment


def test_refused_is_told_at_once_accepted_is_not(cast, item, client_of, django_capture_on_commit_callbacks):
    cast.lan.email = "lan@khcn.example.vn"
    cast.lan.save()
    with django_capture_on_commit_callbacks(execute=True):
        adjustment = in_state(cast, item, ("sign", cast.minh, ""), ("refuse", cast.quan, "Chưa có sổ gốc"))
    written = {mail.person.username: mail for mail in Mail.objects.all()}
    assert set(written) == {"lan", "minh"}
    body = written["lan"].body
    assert "> Chưa có sổ gốc" in body
    assert f"\n{adjustment.get_absolute_url()}\n" in body
    assert len(outbox.outbox) == 1, "Minh has no address and reads it in the portal"
    shown = client_of(cast.minh).get(reverse("records:message_list")).content.decode()
    assert escape(written["minh"].subject) in shown
    with django_capture_on_commit_callbacks(execute=True):
        in_state(cast, item, ("sign", cast.minh, ""), ("accept", cast.quan, ""))
    assert Mail.objects.count() == 2, "what was accepted stands in the digest of the next morning"


def test_withdrawn_by_another_is_told_by_oneself_is_not(cast, item, client_of):
    mine = in_state(cast, item)
    take(client_of(cast.lan), mine, "withdraw")
    assert not Mail.objects.exists()
    theirs = in_state(cast, item)
    page = client_of(cast.minh).get(theirs.get_absolute_url()).content.decode()
    assert 'id="reason-withdraw"' in page
    take(client_of(cast.minh), theirs, "withdraw", reason="Số cũ đúng")
    theirs.refresh_from_db()
    assert theirs.state == AdjustmentState.WITHDRAWN
    mail = Mail.objects.get()
    assert (mail.person, "> Số cũ đúng" in mail.body) == (cast.lan, True)


def test_every_figure_of_the_page_is_one_of_the_form(cast, client_of, item, reasons):
    page = client_of(cast.lan).get(address(item)).content.decode()
    first = item.lines.first()
    assert all(f"cell-{first.pk}-{name}" in page for name in rules.TYPED_NAMES)

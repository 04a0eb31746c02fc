"""Nothing typed is lost: killed tab, no network, failing server, ended session, another person, two tabs, no store."""

import csv
import io
import re

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from dossiers.models import Line
from records.models import Event
from tests.dossiers.entry import cell, draft, kill, open_grid, state

__all__ = ["draft", "open_grid"]
pytestmark = pytest.mark.django_db(transaction=True)
SAVED = re.compile(r"Đã lưu \d\d:\d\d")
SAVES = "**/lines/"


def stored(line) -> int:
    return Line.objects.get(pk=line.pk).received_online


def end_sessions(person):
    """The server knows the person's sessions no more: whatever a page of theirs sends is not taken."""
    for session in Session.objects.all():
        if session.get_decoded().get("_auth_user_id") == str(person.pk):
            session.delete()


def test_a_killed_tab_has_lost_nothing_not_even_what_is_no_count(open_grid, cast, draft):
    first, second = draft.lines.all()[:2]
    page = open_grid(cast.lan)
    page.context.route(SAVES, lambda route: route.abort())
    cell(page, first, "received_online").fill("77")
    cell(page, second, "received_online").fill("5,441")
    page.locator(f'[data-cchc-open="{first.pk}"]').click()
    page.locator("[data-note]").fill("Chờ đối chiếu")
    context = page.context
    kill(page)
    context.unroute(SAVES)
    again = open_grid(cast.lan, context)
    expect(cell(again, first, "received_online")).to_have_value("77")
    expect(cell(again, second, "received_online")).to_have_value("5,441")
    expect(again.locator("[data-cchc-said]")).to_have_text("Đã khôi phục số liệu bạn nhập trước đó mà chưa gửi được.")
    cell(again, second, "received_online").fill("5441")
    expect(state(again)).to_have_text(SAVED)
    assert (stored(first), stored(second)) == (77, 5441)
    assert Line.objects.get(pk=first.pk).note == "Chờ đối chiếu"
    kill(again)
    expect(open_grid(cast.lan, context).locator("[data-cchc-said]")).to_be_empty()


SLOW_DISK = """Object.defineProperty(IDBTransaction.prototype, 'oncomplete', {set(heard) {
  if (!this.objectStoreNames.contains('batches')) this.addEventListener('complete', heard);
}});"""


def test_what_was_restored_is_told_as_unsaved_from_the_first_moment(open_grid, cast, draft):
    page = open_grid(cast.lan)
    context = page.context
    context.route(SAVES, lambda route: route.abort())
    cell(page, draft.lines.first(), "received_online").fill("77")
    kill(page)
    context.add_init_script(SLOW_DISK)
    again = open_grid(cast.lan, context)
    # "typing" where the page died before it sent anything, as it does unless the machine is very slow.
    assert state(again).get_attribute("data-state") in ("typing", "saving", "unsent")


def test_an_answer_lost_with_the_tab_doubles_nothing(open_grid, cast, draft):
    line = draft.lines.first()
    page = open_grid(cast.lan)

    def saved_but_unheard(route):
        route.fetch()
        route.abort()

    page.context.route(SAVES, saved_but_unheard)
    cell(page, line, "received_online").fill("77")
    expect(state(page)).to_contain_text("Chưa gửi được: giữ trên máy")
    cell(page, line, "received_direct").fill("6")
    events, context = Event.objects.filter(action="save_lines").count(), page.context
    assert (stored(line), events) == (77, 1)
    kill(page)
    context.unroute(SAVES)
    again = open_grid(cast.lan, context)
    expect(state(again)).to_have_text(SAVED)
    expect(again.locator("[data-conflict]")).to_have_count(0)
    assert Line.objects.get(pk=line.pk).received_direct == 6
    assert Event.objects.filter(action="save_lines").count() == 2


@pytest.mark.parametrize(
    ("status", "body"), [(500, "<h1>Lỗi</h1>"), (401, "{}"), (409, "<h1>Xung đột</h1>"), (200, "<h1>Đăng nhập</h1>")]
)
def test_a_failing_answer_is_tried_again(open_grid, cast, draft, status, body):
    line = draft.lines.first()
    page = open_grid(cast.lan)
    page.route(SAVES, lambda route: route.fulfill(status=status, body=body), times=1)
    cell(page, line, "received_online").fill("77")
    expect(state(page)).to_contain_text("Phiên" if status == 401 else "Chưa gửi được")
    expect(page.locator("[data-cchc-cell-state]")).to_have_text("Ô này: chưa gửi được, giữ trên máy")
    page.locator("[data-cchc-save-now]").click()
    expect(state(page)).to_have_text(SAVED)
    expect(page.locator("[data-cchc-cell-state]")).to_have_text("")
    assert stored(line) == 77
    assert Event.objects.filter(action="save_lines").count() == 1


def test_after_signing_in_again_in_another_tab_the_entry_is_sent(open_grid, live_server, cast, draft):
    line = draft.lines.first()
    page = open_grid(cast.lan)
    end_sessions(cast.lan)
    cell(page, line, "received_online").fill("77")
    link = state(page).get_by_role("link")
    expect(link).to_have_attribute("target", "_blank")
    with page.context.expect_page() as opened:
        link.click()
    other = opened.value
    other.locator("[name=username]").fill("lan")
    other.locator("[name=password]").fill("cchc-demo-2026")
    other.keyboard.press("Enter")
    other.wait_for_url(f"**/returns/{draft.pk}/grid/")
    expect(state(page)).to_have_text(SAVED, timeout=20_000)
    assert stored(line) == 77
    expect(page.locator("[data-conflict]")).to_have_count(0)


def test_the_next_person_neither_sees_nor_sends_what_another_left(open_grid, client_of, live_server, cast, draft):
    line = draft.lines.first()
    page = open_grid(cast.lan)
    end_sessions(cast.lan)
    cell(page, line, "received_online").fill("77")
    expect(state(page)).to_contain_text("Phiên")
    context = page.context
    kill(page)
    nga = type(cast.lan).objects.create_user("nga", "cchc-demo-2026", full_name="Nga")
    nga.roles.create(code="reporter", agency=cast.khcn, valid_from="2020-01-01")

    def sign_in(person):
        key = client_of(person).cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": live_server.url}])

    sign_in(nga)
    second = open_grid(nga, context)
    expect(cell(second, line, "received_online")).to_have_value("8")
    kill(second)
    assert stored(line) == 8
    sign_in(cast.lan)
    third = open_grid(cast.lan, context)
    expect(cell(third, line, "received_online")).to_have_value("77")
    expect(state(third)).to_have_text(SAVED)
    assert Line.objects.get(pk=line.pk).changed_by == cast.lan


def test_two_tabs_of_one_person_know_of_each_other(open_grid, cast, draft):
    first, second = draft.lines.all()[:2]
    one = open_grid(cast.lan)
    two = open_grid(cast.lan, one.context)
    cell(one, first, "received_online").fill("21")
    expect(cell(two, first, "received_online")).to_have_value("21")
    cell(two, first, "received_direct").fill("6")
    cell(one, second, "received_online").fill("31")
    expect(state(two)).to_have_text(SAVED)
    expect(cell(one, first, "received_direct")).to_have_value("6")
    expect(cell(two, second, "received_online")).to_have_value("31")
    expect(two.locator("[data-conflict]")).to_have_count(0)
    assert (stored(first), stored(second)) == (21, 31)


def noted_by_nga(cast, client_of, draft, line):
    """Another clerk of the agency writes the line's note, so that its version moves."""
    nga = type(cast.lan).objects.create_user("nga", "cchc-demo-2026", full_name="Nga")
    nga.roles.create(code="reporter", agency=cast.khcn, valid_from="2020-01-01")
    noted = {"lines": [{"id": line.pk, "version": line.version, "note": "Ghi chú"}]}
    answer = client_of(nga).post(f"/returns/{draft.pk}/lines/", noted, content_type="application/json")
    assert answer.status_code == 200


def test_an_open_choice_names_what_is_typed_into_its_line_meanwhile(open_grid, cast, draft, client_of):
    line = draft.lines.first()
    page = open_grid(cast.lan)
    noted_by_nga(cast, client_of, draft, line)
    cell(page, line, "received_online").fill("77")
    card = page.locator(f'[data-conflict="{line.pk}"]')
    expect(card).to_contain_text("77")
    cell(page, line, "received_direct").fill("1234")
    expect(card).to_contain_text("1.234")
    card.get_by_role("button", name="Giữ số của tôi").click()
    expect(state(page)).to_have_text(SAVED)
    kept = Line.objects.get(pk=line.pk)
    assert (kept.received_online, kept.received_direct, kept.note) == (77, 1234, "Ghi chú")


def test_a_tab_that_is_asked_about_a_line_keeps_the_newer_entry_of_another(open_grid, cast, draft, client_of):
    line = draft.lines.first()
    one = open_grid(cast.lan)
    one.context.route(SAVES, lambda route: route.abort())
    cell(one, line, "received_online").fill("77")
    expect(state(one)).to_contain_text("Chưa gửi được: giữ trên máy")
    two = open_grid(cast.lan, one.context)
    expect(cell(two, line, "received_online")).to_have_value("77")
    cell(two, line, "received_online").fill("78")
    noted_by_nga(cast, client_of, draft, line)
    one.route(SAVES, lambda route: route.continue_())
    one.locator("[data-cchc-save-now]").click()
    expect(one.locator("[data-conflict]")).to_have_count(1)
    kill(two)
    kill(one)
    three = open_grid(cast.lan, one.context)
    expect(cell(three, line, "received_online")).to_have_value("78")


NO_DATABASE = "Object.defineProperty(window, 'indexedDB', {value: {open() { throw new Error('blocked'); }}})"
FULL = """const put = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = function () { throw new DOMException('full', 'QuotaExceededError'); };"""


@pytest.mark.parametrize("trouble", [NO_DATABASE, FULL])
def test_a_browser_that_keeps_nothing_is_told_and_still_saves(open_grid, cast, draft, trouble):
    line = draft.lines.first()
    page = open_grid(cast.lan)
    page.add_init_script(trouble)
    page.reload()
    expect(page.locator("[data-cchc-grid][data-ready]")).to_be_attached()
    cell(page, line, "received_online").fill("77")
    expect(page.get_by_role("alert").filter(has_text="không lưu được dữ liệu trên máy")).to_be_visible()
    expect(state(page)).to_have_text(SAVED)
    assert stored(line) == 77


def test_a_wrong_clock_changes_nothing(open_grid, cast, draft):
    line = draft.lines.first()
    page = open_grid(cast.lan)
    page.add_init_script(
        "Date.now = () => 0; const R = Date; window.Date = class extends R { constructor() { super(0); } }"
    )
    page.reload()
    expect(page.locator("[data-cchc-grid][data-ready]")).to_be_attached()
    cell(page, line, "received_online").fill("77")
    expect(state(page)).to_have_text(SAVED)
    assert stored(line) == 77


def test_what_is_entered_can_be_downloaded_without_a_network(open_grid, cast, draft):
    first, second = draft.lines.all()[:2]
    page = open_grid(cast.lan)
    page.context.set_offline(True)
    cell(page, first, "received_online").fill("77")
    cell(page, second, "received_online").fill("5,441")
    cell(page, second, "withdrawn").fill("kad")
    with page.expect_download() as got:
        page.get_by_role("button", name="Tải bản đang nhập").click()
    assert got.value.suggested_filename == "HN-KHCN-2026-Q3.csv"
    rows = list(csv.reader(io.StringIO(got.value.path().read_text(encoding="utf-8-sig"))))
    typed = {row[0]: row[2:] for row in rows}
    assert (typed[first.procedure.code][0], typed[second.procedure.code][0]) == ("77", "5,441")
    assert typed[second.procedure.code][8] == "KAD"

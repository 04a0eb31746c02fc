"""Entries that wait in the browser are told of: on My work, at signing out, and when the return was closed."""

import csv
import io

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dossiers.models import Line, Period, Return
from dossiers.workflow import RETURNS
from tests.dossiers.entry import cell, draft, kill, open_grid, state

__all__ = ["draft", "open_grid"]
pytestmark = pytest.mark.django_db(transaction=True)
SAVES = "**/lines/"
TOLD = "đã nhập trên máy này mà chưa gửi"


def leave_unsent(open_grid, person, line, **cells):
    """Two figures typed, the answers refused, the tab gone: the person's browser keeps them."""
    page = open_grid(person)
    page.context.route(SAVES, lambda route: route.fulfill(status=500, body=""))
    for name, value in cells.items():
        cell(page, line, name).fill(value)
    expect(state(page)).to_contain_text("Chưa gửi được")
    return page


def test_my_work_tells_of_entries_left_in_this_browser_and_leads_to_them(open_grid, live_server, cast, draft):
    line = draft.lines.first()
    page = leave_unsent(open_grid, cast.lan, line, received_online="77", received_direct="5,441")
    context = page.context
    kill(page)
    home = context.new_page()
    home.goto(live_server.url)
    told = home.locator("[data-cchc-unsent]")
    expect(told).to_contain_text(f"Sở KH&CN · {draft.period}: còn 2 ô {TOLD}")
    context.unroute(SAVES)
    told.get_by_role("link").click()
    expect(cell(home, line, "received_online")).to_have_value("77")
    cell(home, line, "received_direct").fill("5")
    expect(state(home)).to_contain_text("Đã lưu")
    home.goto(live_server.url)
    expect(home.get_by_role("heading", level=1)).to_be_visible()
    expect(told).to_be_hidden()
    assert Line.objects.get(pk=line.pk).received_online == 77


def test_my_work_says_nothing_of_another_persons_entries(open_grid, live_server, cast, draft, client_of):
    page = leave_unsent(open_grid, cast.lan, draft.lines.first(), received_online="77")
    context = page.context
    kill(page)
    key = client_of(cast.minh).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": key, "url": live_server.url}])
    home = context.new_page()
    home.goto(live_server.url)
    home.wait_for_function("indexedDB.databases().then((all) => all.length > 0)")
    expect(home.locator("[data-cchc-unsent]")).to_be_hidden()


def test_signing_out_asks_once_while_entries_wait(open_grid, cast, draft):
    page = leave_unsent(open_grid, cast.lan, draft.lines.first(), received_online="77")
    page.locator(".person-menu summary").click()
    page.get_by_role("button", name="Đăng xuất").click()
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text("Còn 1 ô bạn nhập chưa gửi được")
    asked.locator("[value=no]").click()
    expect(asked).to_be_hidden()
    expect(cell(page, draft.lines.first(), "received_online")).to_have_value("77")
    page.get_by_role("button", name="Đăng xuất").click()
    asked.get_by_role("button", name="Đăng xuất").click()
    page.wait_for_url("**/login/**")


def test_signing_out_asks_nothing_when_all_is_sent(open_grid, cast, draft):
    page = open_grid(cast.lan)
    page.locator(".person-menu summary").click()
    page.get_by_role("button", name="Đăng xuất").click()
    page.wait_for_url("**/login/**")


def submitted(item, cast):
    RETURNS.perform(Return.objects.get(pk=item.pk), "submit", by=cast.lan)


def locked(item, cast):
    Period.objects.filter(pk=item.period_id).update(due_at=timezone.now(), locks_at=timezone.now())


def exported(page):
    with page.expect_download() as got:
        page.get_by_role("button", name="Tải các ô này về").click()
    assert got.value.suggested_filename == "HN-KHCN-2026-Q3-chua-gui.csv"
    return list(csv.reader(io.StringIO(got.value.path().read_text(encoding="utf-8-sig"))))[1:]


@pytest.mark.parametrize(("closed", "why"), [(submitted, "chờ"), (locked, "khóa")])
def test_what_came_too_late_is_shown_and_exported(open_grid, cast, draft, closed, why):
    line = draft.lines.first()
    page = leave_unsent(open_grid, cast.lan, line, received_online="77", received_direct="5,441")
    closed(draft, cast)
    page.context.unroute(SAVES)
    page.locator("[data-cchc-save-now]").click()
    expect(state(page)).to_contain_text("Chưa lưu")
    shown = page.locator("[data-cchc-left]")
    expect(shown).to_contain_text("Có 2 ô bạn nhập chưa gửi được")
    expect(cell(page, line, "received_online")).to_have_value("77")
    expect(cell(page, line, "received_online")).to_have_attribute("readonly", "")
    rows = exported(page)
    assert [row[0] for row in rows] == [line.procedure.code] * 2
    assert [row[3:] for row in rows] == [["8", "77"], ["4", "5,441"]]
    assert Line.objects.get(pk=line.pk).received_online == 8

    context = page.context
    kill(page)
    later = context.new_page()
    later.goto(page.url)
    expect(later.locator("[data-cchc-closed-grid][data-ready]")).to_be_attached()
    expect(later.locator("[data-cchc-left]")).to_contain_text("Có 2 ô bạn nhập chưa gửi được")
    assert [row[3:] for row in exported(later)] == [["8", "77"], ["4", "5,441"]]
    later.get_by_role("button", name="Xóa khỏi máy này").click()
    later.get_by_role("dialog").get_by_role("button", name="Xóa khỏi máy này").click()
    expect(later.locator("[data-cchc-left]")).to_be_empty()
    later.reload()
    expect(later.locator("[data-cchc-closed-grid][data-ready]")).to_be_attached()
    expect(later.locator("[data-cchc-left]")).to_be_empty()


def test_a_closed_return_without_entries_says_only_why(open_grid, live_server, cast, draft):
    page = open_grid(cast.lan)
    submitted(draft, cast)
    page.reload()
    expect(page.locator("[data-cchc-closed-grid][data-ready]")).to_be_attached()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("[data-cchc-left]")).to_be_empty()
    expect(page.get_by_role("button", name="Xóa khỏi máy này")).to_be_hidden()

"""Blocks from Excel and LibreOffice: a verdict per cell before it counts, undo and redo, fill down, ranges, keys."""

import json
import re

import pytest
from playwright.sync_api import expect

from dossiers.models import Line
from tests.dossiers.entry import cell, draft, open_grid, state

__all__ = ["draft", "open_grid"]
pytestmark = pytest.mark.django_db(transaction=True)
SAVED = re.compile(r"Đã lưu \d\d:\d\d")

# As Excel puts a block on the clipboard: a whole document with its styles, the fragment marked.
EXCEL = """<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:x="urn:schemas-microsoft-com:office:excel">
<head><meta http-equiv=Content-Type content="text/html; charset=utf-8"><meta name=ProgId content=Excel.Sheet>
<style>.xl65{mso-number-format:"\\#\\,\\#\\#0";}</style></head><body link="#0563C1">
<table border=0 cellpadding=0 cellspacing=0 width=192 style='border-collapse:collapse;width:144pt'>
<!--StartFragment-->
 <col width=64 span=3 style='width:48pt'>
 <tr height=19 style='height:14.4pt'>
  <td height=19 class=xl65 align=right width=64 style='height:14.4pt' x:num="5441">5,441</td>
  <td align=right width=64>12</td><td align=right width=64>KAD</td></tr>
 <tr height=19><td height=19 align=right>5.441</td><td align=right>1,5</td><td colspan=1>&nbsp;</td></tr>
 <tr height=19><td colspan=2 height=19 align=center>7</td><td align=right>3</td></tr>
<!--EndFragment--></table></body></html>"""
EXCEL_TEXT = "5,441\t12\tKAD\r\n5.441\t1,5\t \r\n7\t\t3\r\n"
# LibreOffice names the value beside what it shows.
LIBRE = """<!DOCTYPE html><html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"/></head><body>
<table cellspacing="0" border="0"><colgroup span="2" width="85"></colgroup>
<tr><td height="17" align="right" sdval="5441" sdnum="1066;0;#.##0">5.441</td>
<td align="right" sdval="8" sdnum="1066;">8</td></tr>
<tr><td height="17" align="left">5 441</td><td align="left"><br></td></tr></table></body></html>"""
LIBRE_TEXT = "5.441\t8\n5 441\t\n"
PASTE = """([text, html]) => { const data = new DataTransfer(); data.setData('text/plain', text);
if (html) data.setData('text/html', html);
const began = performance.now();
const event = new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true});
document.activeElement.dispatchEvent(event);
return performance.now() - began; }"""
READ = """async (text) => { const {parseText} = await import('/static/js/clipboard.js');
return parseText(text).map((row) => row.map((one) => one.text)); }"""


def paste(page, at, text, html=""):
    at.focus()
    return page.evaluate(PASTE, [text, html])


def panel(page):
    return page.get_by_role("region", name="Khối vừa dán")


def columns(line, *names):
    stored = Line.objects.get(pk=line.pk)
    return tuple(getattr(stored, name) for name in names)


def test_excels_block_is_judged_cell_by_cell_before_it_counts(open_grid, cast, draft):
    page = open_grid(cast.lan)
    first, second, third = draft.lines.all()[:3]
    paste(page, cell(page, first, "received_online"), EXCEL_TEXT, EXCEL)
    told = panel(page)
    expect(told.get_by_role("status")).to_contain_text("6 ô sẽ nhận")
    expect(told.get_by_role("status")).to_contain_text("1 ô không nhận")
    expect(told).to_contain_text("“1,5”")
    expect(told).to_contain_text("nằm dưới một ô gộp")
    expect(cell(page, first, "received_online")).to_have_value("8")
    expect(told.get_by_role("button", name=re.compile("Nhận"))).to_be_focused()
    page.keyboard.press("Enter")
    expect(told).to_be_hidden()
    expect(state(page)).to_have_text(SAVED)
    names = ("received_online", "received_direct", "carried_over")
    assert columns(first, *names, "not_applicable") == (5441, 12, 0, 4)
    assert columns(second, *names) == (5441, 4, None)
    assert columns(third, *names) == (7, 4, 3)
    page.keyboard.press("Control+z")
    expect(cell(page, first, "received_online")).to_have_value("8")
    expect(cell(page, second, "carried_over")).to_have_value("0")
    page.keyboard.press("Control+y")
    expect(cell(page, first, "received_online")).to_have_value("5441")


def test_libreoffices_block_may_be_left(open_grid, cast, draft):
    page = open_grid(cast.lan)
    first, second = draft.lines.all()[:2]
    at = cell(page, first, "pending_within")
    paste(page, at, LIBRE_TEXT, LIBRE)
    page.keyboard.press("Escape")
    expect(panel(page)).to_have_count(0)
    expect(at).to_be_focused()
    expect(at).to_have_value("2")
    paste(page, at, LIBRE_TEXT, LIBRE)
    page.keyboard.press("Enter")
    expect(state(page)).to_have_text(SAVED)
    assert columns(first, "pending_within", "pending_overdue") == (5441, 8)
    assert columns(second, "pending_within", "pending_overdue") == (5441, None)


def test_a_block_with_totals_is_put_under_the_columns_of_the_form(open_grid, cast, draft):
    page = open_grid(cast.lan)
    first, second = draft.lines.all()[:2]
    # columns (6)–(10): carried over, the total resolved, its three parts
    paste(page, cell(page, first, "carried_over"), "1\t6\t1\t2\t3\n2\t15\t4\t5\t6\n")
    expect(panel(page).get_by_label("các cột của biểu, có cả cột tổng")).to_be_checked()
    page.keyboard.press("Enter")
    expect(state(page)).to_have_text(SAVED)
    names = ("carried_over", "resolved_early", "resolved_on_time", "resolved_overdue")
    assert (columns(first, *names), columns(second, *names)) == ((1, 1, 2, 3), (2, 4, 5, 6))


def test_what_lies_outside_the_table_is_said_and_not_taken(open_grid, cast, draft):
    page = open_grid(cast.lan)
    last = draft.lines.last()
    paste(page, cell(page, last, "pending_overdue_with_apology"), "0\t9\n5\t6\n")
    expect(panel(page)).to_contain_text("“9” nằm ngoài bảng")
    expect(panel(page).get_by_role("button", name=re.compile("Nhận"))).to_be_disabled()


def test_quoted_cells_hold_tabs_and_line_ends(open_grid, cast, draft):
    page = open_grid(cast.lan)
    read = page.evaluate(READ, '1\t"a\tb"\r\n"c\n""d"""\t2\r\n')
    assert read == [["1", "a\tb"], ['c\n"d"', "2"]]
    assert page.evaluate(READ, "1\t\t\n\t2\t\n") == [["1", "", ""], ["", "2", ""]]
    assert page.evaluate(READ, '5"\t6') == [['5"', "6"]]


def test_ranges_are_selected_copied_filled_and_cleared(open_grid, cast, draft):
    page = open_grid(cast.lan)
    first, second, third = draft.lines.all()[:3]
    cell(page, first, "received_online").fill("1.234")
    for key in ("Shift+ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator("td.is-selected")).to_have_count(4)
    expect(page.locator("[data-cchc-said]")).to_have_text("Đã chọn 2 × 2 ô")
    copied = page.evaluate(
        """() => { const data = new DataTransfer();
        document.activeElement.dispatchEvent(new ClipboardEvent('copy', {clipboardData: data, bubbles: true}));
        return [data.getData('text/plain'), data.getData('text/html')]; }"""
    )
    assert copied[0] == "1234\t4\r\n8\t4"
    assert "<td>1234</td><td>4</td>" in copied[1]
    page.keyboard.press("Control+d")
    expect(cell(page, second, "received_online")).to_have_value("1.234")
    cell(page, third, "received_online").click(modifiers=["Shift"])
    expect(page.locator("td.is-selected")).to_have_count(3)
    page.keyboard.press("Delete")
    expect(cell(page, third, "received_online")).to_have_value("")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(cell(page, second, "received_online")).to_have_value("8")
    page.keyboard.press("Control+z")
    expect(cell(page, first, "received_online")).to_have_value("8")


def test_forty_by_nine_are_saved_in_one_request(open_grid, cast, draft):
    page = open_grid(cast.lan)
    first = draft.lines.first()
    requests = []
    page.on("request", lambda request: requests.append(request.url) if request.url.endswith("/lines/") else None)
    block = "\n".join("\t".join(str(100 + row + column) for column in range(9)) for row in range(5))
    paste(page, cell(page, first, "received_online"), block)
    page.keyboard.press("Enter")
    expect(state(page)).to_have_text(SAVED)
    assert len(requests) <= 2
    assert columns(first, "received_online", "withdrawn") == (100, 108)


def test_keys_move_and_an_input_method_is_left_alone(open_grid, cast, draft):
    page = open_grid(cast.lan)
    first, last = draft.lines.first(), draft.lines.last()
    cell(page, first, "received_direct").focus()
    page.keyboard.press("End")
    expect(cell(page, first, "pending_overdue_with_apology")).to_be_focused()
    page.keyboard.press("Control+ArrowDown")
    expect(cell(page, last, "pending_overdue_with_apology")).to_be_focused()
    page.keyboard.press("Control+Home")
    top = cell(page, page_first(page, draft), "received_online")
    expect(top).to_be_focused()
    composing = page.context.new_cdp_session(page)
    composing.send("Input.imeSetComposition", {"text": "1", "selectionStart": 1, "selectionEnd": 1})
    page.evaluate(
        """() => document.activeElement.dispatchEvent(
        new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"""
    )
    expect(top).to_be_focused()
    composing.send("Input.insertText", {"text": "12"})
    expect(top).to_have_value("12")
    expect(state(page)).to_have_text(SAVED)


def page_first(page, item):
    data = json.loads(page.locator("#grid-data").text_content())
    shown = page.locator("[data-cell=received_online]").first.get_attribute("data-line")
    assert any(str(line["id"]) == shown for line in data["lines"])
    return item.lines.get(pk=shown)


def accessible(page) -> list[tuple[str, str, dict]]:
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    return [
        (
            node["role"]["value"],
            node.get("name", {}).get("value", ""),
            {one["name"]: one["value"].get("value") for one in node.get("properties", [])},
        )
        for node in nodes
        if not node["ignored"]
    ]


def test_names_roles_states_and_live_messages(open_grid, cast, draft):
    page = open_grid(cast.lan)
    line = draft.lines.first()
    cell(page, line, "resolved_overdue_with_apology").fill("3")
    expect(state(page)).to_have_text(SAVED)
    tree = accessible(page)
    name = f"{line.procedure.code} {line.procedure.name}"
    boxes = {told: states for role, told, states in tree if role == "textbox" and told.startswith(name)}
    assert len(boxes) == 11
    assert [told for told, states in boxes.items() if states.get("invalid") == "true"] != []
    assert all("(4)" not in told or "Tiếp nhận trực tuyến" in told for told in boxes)
    roles = [(role, states.get("live")) for role, _told, states in tree]
    assert ("status", "polite") in roles
    assert any(role == "columnheader" for role, _ in roles)
    assert any(role == "rowheader" and told.startswith(name) for role, told, _states in tree)
    assert any(role == "region" and told == "Số liệu" for role, told, _states in tree)


def test_a_quarter_without_a_mouse(live_server, browser, browser_context_args, cast, draft):
    context = browser.new_context(**browser_context_args)
    page = context.new_page()
    page.goto(f"{live_server.url}/login/?next=/returns/{draft.pk}/grid/")
    expect(page.locator("[name=username]")).to_be_focused()
    page.keyboard.type("lan")
    page.keyboard.press("Tab")
    page.keyboard.type("cchc-demo-2026")
    page.keyboard.press("Enter")
    expect(page.locator("[data-cchc-grid][data-ready]")).to_be_attached()
    pressed_until(page, "[data-cell=received_online]")
    for _line in range(draft.lines.count()):
        page.keyboard.type("9")
        page.keyboard.press("Tab")
        page.keyboard.type("3")
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
    cell_now = page.locator("*:focus")
    page.keyboard.type("9,5")
    expect(page.locator(".breach")).to_contain_text(["“9,5”"])
    page.keyboard.type("0")
    page.keyboard.press("F2")
    for _key in range(4):
        page.keyboard.press("Backspace")
    page.keyboard.type("12")
    expect(page.locator(".breach").filter(has_text="R4")).not_to_have_count(0)
    page.keyboard.press("Escape")
    expect(cell_now).to_have_value("9")
    expect(page.locator(".breach")).to_have_count(0)
    expect(state(page)).to_have_text(SAVED)
    for _step in range(60):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("Boolean(document.activeElement.closest('[data-cchc-submit-return]'))"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    pressed_until(page, "[data-cchc-confirm-yes]")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/returns/{draft.pk}/")
    draft.refresh_from_db()
    assert draft.state == "submitted"
    context.close()


def pressed_until(page, selector):
    """Tab until something of that kind has the focus."""
    for _step in range(60):
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} cannot be reached with Tab")

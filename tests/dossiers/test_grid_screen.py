"""The entry page as a screen: forty lines, the mouse, 200 % zoom, input methods, what a screen reader is told."""

import re

import pytest
from playwright.sync_api import expect

from dossiers.models import Line
from procedures.models import AgencyProcedure, Field, Procedure
from tests.dossiers.entry import cell, open_grid, state
from tests.dossiers.returns import sound_return

__all__ = ["open_grid"]
pytestmark = pytest.mark.django_db(transaction=True)
SAVED = re.compile(r"Đã lưu \d\d:\d\d")
# A laptop of 1366 × 768 at 200 %.
ZOOMED = {"viewport": {"width": 683, "height": 384}, "device_scale_factor": 2}
LONG = "Thủ tục cấp giấy phép tiến hành công việc bức xạ sử dụng thiết bị X-quang chẩn đoán trong y tế, lần thứ {}"


def procedures(agency, count):
    """So many more procedures of the agency with names as long as real ones, in five fields."""
    fields = Field.objects.bulk_create(
        Field(code=f"LV{number}", name=f"Lĩnh vực quản lý số {number} của cơ quan") for number in range(1, 6)
    )
    made = Procedure.objects.bulk_create(
        Procedure(code=f"1.{number:06d}", name=LONG.format(number), field=fields[number % 5], level="province")
        for number in range(1, count + 1)
    )
    AgencyProcedure.objects.bulk_create(AgencyProcedure(agency=agency, procedure=one) for one in made)


@pytest.fixture
def draft(cast, period_q, request):
    procedures(cast.khcn, getattr(request, "param", 45))
    return sound_return(cast, period_q)


def shown(page, draft):
    """The lines in the order of the page."""
    order = page.locator("[data-cell=received_online]").evaluate_all("all => all.map((one) => one.dataset.line)")
    lines = {str(line.pk): line for line in draft.lines.select_related("procedure")}
    return [lines[pk] for pk in order]


def dragged(page, start, end):
    """The mouse goes down in one cell, over to the other, and up there."""
    from_box, to_box = start.bounding_box(), end.bounding_box()
    page.mouse.move(from_box["x"] + 20, from_box["y"] + 10)
    page.mouse.down()
    page.mouse.move(to_box["x"] + 20, to_box["y"] + 10, steps=6)
    page.mouse.up()


COPIED = """() => { const data = new DataTransfer();
document.activeElement.dispatchEvent(new ClipboardEvent('copy', {clipboardData: data, bubbles: true}));
return data.getData('text/plain'); }"""


def test_a_block_dragged_with_the_mouse_is_copied_and_cleared(open_grid, cast, draft):
    page = open_grid(cast.lan)
    first, second, third = shown(page, draft)[:3]
    dragged(page, cell(page, first, "received_online"), cell(page, second, "received_direct"))
    expect(page.locator("td.is-selected")).to_have_count(4)
    expect(page.locator("[data-cchc-said]")).to_have_text("Đã chọn 2 × 2 ô")
    assert page.evaluate(COPIED) == "8\t4\r\n8\t4"
    page.keyboard.press("Delete")
    for line in (first, second):
        expect(cell(page, line, "received_online")).to_have_value("")
    expect(cell(page, third, "received_online")).to_have_value("8")
    expect(cell(page, first, "carried_over")).to_have_value("0")
    expect(state(page)).to_have_text(SAVED)
    assert Line.objects.get(pk=second.pk).received_direct is None
    page.keyboard.press("Control+z")
    expect(cell(page, second, "received_direct")).to_have_value("4")
    # Upwards and to the left as well; a click gives the block up.
    dragged(page, cell(page, third, "received_direct"), cell(page, first, "received_online"))
    expect(page.locator("td.is-selected")).to_have_count(6)
    cell(page, second, "carried_over").click()
    expect(page.locator("td.is-selected")).to_have_count(0)


SEEN = """() => { const box = document.activeElement.getBoundingClientRect();
const at = (x, y) => document.elementFromPoint(x, y) === document.activeElement;
return at(box.left + 4, box.top + 4) && at(box.right - 4, box.bottom - 4); }"""


def test_at_200_percent_heads_stay_and_hide_no_cell_one_goes_to(open_grid, cast, draft):
    page = open_grid(cast.lan, **ZOOMED)
    lines = shown(page, draft)
    cell(page, lines[0], "received_online").focus()
    for key in ["ArrowDown"] * 9 + ["ArrowRight"] * 9 + ["ArrowUp"] * 7 + ["ArrowLeft"] * 8 + ["End", "Home"]:
        page.keyboard.press(key)
        assert page.evaluate(SEEN), f"hidden after {key}"
    for key in ("Control+End", "Control+Home", "Control+ArrowDown", "Control+ArrowUp"):
        page.keyboard.press(key)
        assert page.evaluate(SEEN), f"hidden after {key}"
    overflow = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
    assert page.evaluate(overflow) == 0
    page.keyboard.press("Control+End")
    scroll = page.locator(".grid-scroll").bounding_box()
    head = page.locator(".grid thead th").first.bounding_box()
    name = page.locator(f"#name-{lines[-1].pk}").bounding_box()
    assert abs(head["y"] - scroll["y"]) <= 2
    assert abs(name["x"] - scroll["x"]) <= 2
    assert scroll["width"] - name["width"] >= 2 * 84, "two figures fit beside the name"
    assert page.locator(".grid-scroll").evaluate("(one) => one.scrollWidth > one.clientWidth")


PASTE = """(text) => { const data = new DataTransfer(); data.setData('text/plain', text);
const event = new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true});
document.activeElement.dispatchEvent(event); }"""


@pytest.mark.parametrize("draft", [200], indirect=True)
def test_forty_by_nine_into_two_hundred_lines_are_saved_in_two_requests(open_grid, cast, draft):
    page = open_grid(cast.lan)
    lines = shown(page, draft)
    assert len(lines) == 200
    requests = []
    page.on("request", lambda request: requests.append(request.method) if "/static/" not in request.url else None)
    block = "\n".join("\t".join(str(1000 + 9 * row + column) for column in range(9)) for row in range(40))
    cell(page, lines[100], "received_online").focus()
    page.evaluate(PASTE, block)
    told = page.get_by_role("region", name="Khối vừa dán")
    expect(told.get_by_role("status")).to_contain_text("360 ô sẽ nhận")
    page.keyboard.press("Enter")
    expect(state(page)).to_have_text(SAVED)
    assert requests.count("POST") <= 2
    stored = Line.objects.in_bulk([line.pk for line in lines[100:140]])
    for row, line in enumerate(lines[100:140]):
        assert (stored[line.pk].received_online, stored[line.pk].withdrawn) == (1000 + 9 * row, 1008 + 9 * row)
    assert Line.objects.get(pk=lines[140].pk).received_online == 8


def composed(session, *texts):
    """What an input method shows under the caret, step by step."""
    for text in texts:
        session.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})


@pytest.mark.parametrize("draft", [3], indirect=True)
@pytest.mark.parametrize("steps", [("C", "Ch", "Cho", "Chơ", "Chờ"), ("C", "Ch", "Cho", "Cho7", "Chơ", "Chờ")])
def test_telex_and_vni_compose_words_and_leave_numbers_alone(open_grid, cast, draft, steps):
    page = open_grid(cast.lan)
    first, second = shown(page, draft)[:2]
    typing = page.context.new_cdp_session(page)
    page.locator(f'[data-cchc-open="{first.pk}"]').click()
    page.locator("[data-note]").focus()
    composed(typing, *steps)
    typing.send("Input.insertText", {"text": "Chờ"})
    page.keyboard.type(" bù")
    # Digits pass through an input method as a composition of their own; its keys are not the table's.
    cell(page, first, "received_online").focus()
    composed(typing, "1", "12", "123")
    for key in ("Enter", "ArrowDown", "Delete", "Escape"):
        page.evaluate(
            "(key) => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', "
            "{key, keyCode: 229, isComposing: true, bubbles: true, cancelable: true}))",
            key,
        )
    expect(cell(page, first, "received_online")).to_be_focused()
    typing.send("Input.insertText", {"text": "123"})
    page.keyboard.press("Enter")
    expect(cell(page, second, "received_online")).to_be_focused()
    # KAD by Telex: the word is built letter by letter and taken whole.
    composed(typing, "K", "KA")
    typing.send("Input.insertText", {"text": "KAD"})
    page.keyboard.press("Tab")
    expect(state(page)).to_have_text(SAVED)
    expect(page.locator(".breach").filter(has_text="KA”")).to_have_count(0)
    stored = Line.objects.get(pk=first.pk)
    assert (stored.received_online, stored.note) == (123, "Chờ bù")
    assert Line.objects.get(pk=second.pk).not_applicable == 1


def tree(page):
    """(role, name, properties) of what Chromium tells a screen reader."""
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


def properties(page, role, name):
    return next(states for one, told, states in tree(page) if one == role and told.startswith(name))


@pytest.mark.parametrize("draft", [3], indirect=True)
def test_a_screen_reader_is_told_states_and_live_messages(open_grid, cast, draft):
    page = open_grid(cast.lan)
    line = shown(page, draft)[0]
    name = f"Thông tin: {line.procedure.code}"
    assert properties(page, "button", name)["expanded"] is False
    page.locator(f'[data-cchc-open="{line.pk}"]').click()
    assert properties(page, "button", name)["expanded"] is True
    assert any(role == "textbox" and told == "Ghi chú" for role, told, _states in tree(page))
    assert any(role == "group" and told.startswith("Lý do quá hạn") for role, told, _states in tree(page))
    assert properties(page, "button", "Xem kỳ trước")["pressed"] == "false"
    box = f"{line.procedure.code} {line.procedure.name}: "
    field = cell(page, line, "received_online")
    field.fill("5,4")
    found = [(told, states) for role, told, states in tree(page) if role == "textbox" and told.startswith(box)]
    assert [states["invalid"] for told, states in found if "(4)" in told] == ["true"]
    assert page.locator(f"#{field.get_attribute('aria-describedby')}").text_content().count("5,4") == 1
    live = [states["live"] for _role, _told, states in tree(page) if "live" in states]
    assert "polite" in live
    field.fill("9")
    expect(page.locator("[data-cchc-breaches]")).to_contain_text("R4")
    assert page.locator("[data-cchc-breaches]").get_attribute("aria-live") == "polite"
    page.context.route("**/lines/", lambda route: route.fulfill(status=401, body="{}"))
    page.locator("[data-cchc-save-now]").click()
    expect(state(page)).to_contain_text("Phiên")
    assert any(role == "link" and told == "Đăng nhập" for role, told, _states in tree(page))

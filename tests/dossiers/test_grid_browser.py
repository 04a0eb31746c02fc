"""The entry page in Chromium: keys, live sums and checks, saving in words, two clerks on one line."""

import re

import pytest
from playwright.sync_api import expect

from agencies.choices import RoleCode
from agencies.models import Person, Role
from dossiers.models import Line
from tests.dossiers.entry import cell, draft, open_grid, state
from tests.dossiers.returns import SOUND

__all__ = ["draft", "open_grid"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_a_clerk_types_with_the_keyboard_and_it_is_saved(open_grid, cast, draft):
    page = open_grid(cast.lan)
    first, second = draft.lines.all()[:2]
    cell(page, first, "received_online").focus()
    page.keyboard.type("1.234")
    page.keyboard.press("Enter")
    expect(cell(page, second, "received_online")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(cell(page, second, "received_direct")).to_be_focused()
    page.keyboard.type("99")
    page.keyboard.press("Escape")
    expect(cell(page, second, "received_direct")).to_have_value("4")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    expect(cell(page, first, "carried_over")).to_be_focused()
    page.keyboard.press("Alt+k")
    expect(cell(page, first, "carried_over")).to_have_value("KAD")
    expect(page.locator(f"#line-{first.pk} td.is-computed").first).to_have_text("1.238")
    expect(state(page)).to_have_text(re.compile(r"Đã lưu \d\d:\d\d"))
    stored = Line.objects.get(pk=first.pk)
    assert (stored.received_online, stored.carried_over, stored.not_applicable) == (1234, 0, 4)


def test_a_broken_rule_is_named_and_mended_in_one_click(open_grid, cast, draft):
    page = open_grid(cast.lan)
    line = draft.lines.first()
    cell(page, line, "resolved_overdue_with_apology").fill("3")
    breach = page.locator(f"#breaches-{line.pk} .breach").filter(has_text="R8")
    expect(breach).to_be_visible()
    expect(cell(page, line, "resolved_overdue_with_apology")).to_have_attribute("aria-invalid", "true")
    cell(page, line, "received_online").focus()
    breach.get_by_role("button", name="Đến ô").click()
    expect(cell(page, line, "resolved_overdue")).to_be_focused()
    cell(page, line, "resolved_overdue_with_apology").fill("")
    expect(breach).to_have_count(0)
    cell(page, line, "withdrawn").fill("4")
    gap = page.locator(f"#breaches-{line.pk} .breach").filter(has_text="R4")
    gap.get_by_role("button", name="Sửa").first.click()
    expect(gap).to_have_count(0)


def test_what_is_no_count_stays_in_its_cell_and_is_not_sent(open_grid, cast, draft):
    page = open_grid(cast.lan)
    line = draft.lines.first()
    cell(page, line, "received_online").fill("5,441")
    expect(page.locator(f"#breaches-{line.pk}")).to_contain_text("5,441")
    cell(page, line, "received_direct").fill("7")
    expect(cell(page, line, "received_online")).to_have_value("5,441")
    expect(state(page)).to_have_text("Chưa lưu hết: hãy sửa các ô được đánh dấu")
    stored = Line.objects.get(pk=line.pk)
    assert (stored.received_online, stored.received_direct) == (SOUND["received_online"], 7)


def test_a_gap_takes_a_reason_and_late_dossiers_theirs(open_grid, cast, draft):
    page = open_grid(cast.lan)
    line = draft.lines.first()
    cell(page, line, "resolved_on_time").fill("5")
    cell(page, line, "resolved_overdue").fill("1")
    cell(page, line, "withdrawn").fill("0")
    page.locator(f"#breaches-{line.pk}").get_by_role("button", name="Giải trình R4").click()
    page.locator('[data-explain="R4"]').fill("Một hồ sơ chuyển nhầm")
    page.get_by_label("Thiếu người").fill("1")
    expect(page.locator(f"#breaches-{line.pk} .breach")).to_have_count(1)
    expect(state(page)).to_have_text(re.compile("Đã lưu"))
    assert line.explanations.get().text == "Một hồ sơ chuyển nhầm"
    assert line.late_reasons.get().count == 1


def test_second_of_two_clerks_chooses_between_both_values(open_grid, cast, draft):
    nga = Person.objects.create_user("nga", "cchc-demo-2026", full_name="Nga")
    Role.objects.create(person=nga, code=RoleCode.REPORTER, agency=cast.khcn, valid_from="2020-01-01")
    line = draft.lines.first()
    lan, second = open_grid(cast.lan), open_grid(nga)
    cell(lan, line, "received_online").fill("20")
    expect(state(lan)).to_have_text(re.compile("Đã lưu"))
    cell(second, line, "received_online").fill("30")
    card = second.locator(f'[data-conflict="{line.pk}"]')
    expect(card).to_contain_text("Lan")
    expect(card).to_contain_text("20")
    expect(card).to_contain_text("30")
    assert Line.objects.get(pk=line.pk).received_online == 20
    card.get_by_role("button", name="Giữ số của tôi").click()
    expect(state(second)).to_have_text(re.compile("Đã lưu"))
    assert Line.objects.get(pk=line.pk).received_online == 30
    cell(lan, line, "received_online").fill("40")
    lan.get_by_role("button", name="Lấy số kia").click()
    expect(cell(lan, line, "received_online")).to_have_value("30")
    assert Line.objects.get(pk=line.pk).received_online == 30


def test_what_could_not_be_sent_is_sent_when_the_network_is_back(open_grid, cast, draft):
    page = open_grid(cast.lan)
    line = draft.lines.first()
    page.context.set_offline(True)
    cell(page, line, "received_online").fill("77")
    expect(state(page)).to_contain_text("Chưa gửi được")
    page.context.set_offline(False)
    expect(state(page)).to_have_text(re.compile("Đã lưu"), timeout=10_000)
    assert Line.objects.get(pk=line.pk).received_online == 77


def test_submitting_saves_first(open_grid, cast, draft):
    page = open_grid(cast.lan)
    line = draft.lines.first()
    cell(page, line, "received_online").fill("9")
    cell(page, line, "received_direct").fill("3")
    page.get_by_role("button", name="Nộp lãnh đạo duyệt").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Nộp lãnh đạo duyệt").click()
    page.wait_for_url(f"**/returns/{draft.pk}/")
    draft.refresh_from_db()
    stored = Line.objects.get(pk=line.pk)
    assert (draft.state, stored.received_online, stored.received_direct) == ("submitted", 9, 3)

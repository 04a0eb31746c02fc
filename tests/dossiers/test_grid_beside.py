"""What stands beside the lines: opening balances, periods before, what is unusual; lines by field and whole agency."""

import io
import re
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from playwright.sync_api import expect

from dossiers.choices import LineSort
from dossiers.models import Line, Period, Return
from dossiers.workflow import ADJUSTMENTS, open_return, propose_adjustment
from procedures.models import Field
from tests.dossiers.entry import cell, draft, open_grid, state
from tests.dossiers.returns import sound_return
from tests.dossiers.test_grid_saving import earlier

__all__ = ["draft", "open_grid"]
pytestmark = pytest.mark.django_db(transaction=True)
SAVED = re.compile(r"Đã lưu \d\d:\d\d")


@pytest.fixture
def accepted_before(cast, period_q, procedures_khcn):
    """The accepted return of the quarter before; every line ends with 2 pending."""
    last = period_q.first_day - timedelta(days=1)
    before = Period.objects.create(
        label="2026-Q2",
        kind="quarter",
        first_day=last.replace(day=15, month=3),
        last_day=last,
        due_at=period_q.due_at,
        locks_at=period_q.locks_at,
    )
    return sound_return(cast, before, "accepted")


def adjusted(cast, item, procedure, **cells):
    """Other figures for one line of the accepted return, through all hands."""
    line = item.lines.get(procedure=procedure)
    adjustment = propose_adjustment(item, {line.pk: cells}, reason="Nhập thiếu sổ", by=cast.lan)
    ADJUSTMENTS.perform(adjustment, "sign", by=cast.minh)
    ADJUSTMENTS.perform(adjustment, "accept", by=cast.quan)


def test_a_fresh_return_begins_with_the_last_closing_balance(open_grid, cast, accepted_before, period_q):
    item, _opened = open_return(cast.khcn, period_q, by=cast.lan)
    first, second = item.lines.all()[:2]
    page = open_grid(cast.lan, item=item)
    expect(cell(page, first, "carried_over")).to_have_value("2")
    expect(page.locator("[data-cchc-remarks]")).to_contain_text("Đã điền sẵn tồn kỳ trước vào 5 ô")
    expect(state(page)).to_have_text(SAVED)
    assert list(item.lines.values_list("carried_over", flat=True)) == [2] * 5
    # Changed, the cell is marked and a reason is asked; undone, it is quiet again.
    cell(page, second, "carried_over").fill("3")
    expect(page.locator(f"#breaches-{second.pk}")).to_contain_text("R5")
    expect(cell(page, second, "carried_over").locator("xpath=..")).to_have_class(re.compile("is-gap"))
    page.keyboard.press("Control+z")
    expect(page.locator(f"#breaches-{second.pk}")).not_to_contain_text("R5")


def test_the_button_fills_blank_opening_balances_and_no_others(open_grid, cast, accepted_before, draft):
    first, second = draft.lines.all()[:2]
    draft.lines.update(carried_over=7)
    draft.lines.filter(pk=first.pk).update(carried_over=None)
    page = open_grid(cast.lan)
    expect(cell(page, first, "carried_over")).to_have_value("")
    page.get_by_role("button", name="Lấy tồn cuối kỳ trước").click()
    expect(cell(page, first, "carried_over")).to_have_value("2")
    expect(cell(page, second, "carried_over")).to_have_value("7")
    expect(page.locator("[data-cchc-said]")).to_contain_text("1")
    expect(state(page)).to_have_text(SAVED)
    assert Line.objects.get(pk=first.pk).carried_over == 2


def test_an_adjustment_of_the_return_before_is_told_beside_the_line(
    open_grid, cast, accepted_before, draft, procedures_khcn, client_of, django_assert_max_num_queries
):
    moved = draft.lines.get(procedure=procedures_khcn[0])
    other = draft.lines.get(procedure=procedures_khcn[1])
    draft.lines.update(carried_over=2)
    adjusted(cast, accepted_before, procedures_khcn[0], pending_within=5, received_direct=7)
    client = client_of(cast.lan)
    client.get(f"/returns/{draft.pk}/grid/")
    with django_assert_max_num_queries(19):
        client.get(f"/returns/{draft.pk}/grid/")
    page = open_grid(cast.lan)
    told = page.locator(f"#restated-{moved.pk}")
    expect(told).to_contain_text("Tồn cuối kỳ trước đã được điều chỉnh từ 2 thành 5")
    expect(page.locator(f"#restated-{other.pk}")).to_have_count(0)
    assert f"restated-{moved.pk}" in cell(page, moved, "carried_over").get_attribute("aria-describedby")
    expect(page.locator(f"#breaches-{moved.pk}")).to_contain_text("R5")
    page.locator(f"#breaches-{moved.pk}").get_by_role("button", name="thành 5").click()
    expect(cell(page, moved, "carried_over")).to_have_value("5")
    expect(told).to_be_visible()


def test_an_adjustment_before_the_draft_was_opened_is_no_news(
    open_grid, cast, accepted_before, period_q, procedures_khcn
):
    adjusted(cast, accepted_before, procedures_khcn[0], pending_within=5, received_direct=7)
    item = sound_return(cast, period_q)
    page = open_grid(cast.lan, item=item)
    expect(page.locator("[id^=restated-]")).to_have_count(0)


def test_periods_before_stand_under_the_lines_and_go_again(open_grid, cast, draft):
    for number in range(1, 5):
        earlier(cast, draft, number, received_online=40 + number)
    page = open_grid(cast.lan)
    button = page.get_by_role("button", name="Xem kỳ trước")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    rows = page.locator(".grid-before")
    expect(rows).to_have_count(10)
    line = draft.lines.first()
    under = page.locator(f"#line-{line.pk} + tr, #line-{line.pk} + tr + tr")
    expect(under.nth(0).locator("td").nth(1)).to_have_text("41")
    expect(under.nth(1).locator("td").nth(1)).to_have_text("44")
    expect(under.nth(0).locator("th")).to_have_text("Quý II/2026")
    expect(under.nth(1).locator("th")).to_have_text("Quý III/2025")
    button.click()
    expect(rows).to_have_count(0)


def test_a_slip_of_a_digit_is_asked_about_in_a_sentence_and_small_counts_are_not(open_grid, cast, draft):
    for number in range(1, 5):
        earlier(cast, draft, number, received_online=40 + number, withdrawn=number % 2)
    page = open_grid(cast.lan)
    line = draft.lines.first()
    cell(page, line, "withdrawn").fill("3")
    cell(page, line, "received_online").fill("430")
    told = page.locator(f"#breaches-{line.pk} .breach--note")
    expect(told).to_have_count(1)
    expect(told).to_contain_text("430")
    expect(told).to_contain_text("41")
    expect(told).to_contain_text("44")
    cell(page, line, "received_online").fill("43")
    expect(told).to_have_count(0)
    cell(page, line, "received_online").fill("430")
    told.get_by_role("button", name="Ghi chú").click()
    page.keyboard.type("Đợt cấp đổi giấy phép")
    expect(told).to_have_count(0)
    expect(state(page)).to_have_text(SAVED)
    assert Line.objects.get(pk=line.pk).note == "Đợt cấp đổi giấy phép"


def by_field(cast, period):
    item = Return.objects.create(agency=cast.khcn, period=period, line_sort=LineSort.FIELD, created_by=cast.lan)
    for position, field in enumerate(Field.objects.order_by("code"), start=1):
        Line.objects.create(of=item, position=position, field=field, level="province")
    return item


def whole(cast, period):
    item = Return.objects.create(agency=cast.khcn, period=period, line_sort=LineSort.AGENCY, created_by=cast.lan)
    Line.objects.create(of=item, position=1)
    return item


# Columns D–P of the workbook but for its sums: a line that adds up.
FIGURES = dict(zip("DEFHIJLMNOP", (60, 30, 10, 40, 30, 10, 12, 5, 3, 4, 1), strict=True))


def filled(client, item):
    """The return's own workbook with figures typed into every line."""
    answer = client.get(reverse("dossiers:return_workbook", args=[item.pk]))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    sheet = book["II.06a"]
    for row in range(1, sheet.max_row + 1):
        if re.match("field:|agency$", str(sheet.cell(row, 17).value)):
            for column, value in FIGURES.items():
                sheet[f"{column}{row}"] = value
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("made", "names"),
    [(by_field, ["Hoạt động khoa học và công nghệ", "Sở hữu trí tuệ"]), (whole, ["Toàn đơn vị"])],
)
def test_lines_by_field_and_of_the_whole_agency_are_entered_and_imported(
    open_grid, client_of, cast, period_q, procedures_khcn, made, names
):
    item = made(cast, period_q)
    page = open_grid(cast.lan, item=item)
    line = item.lines.first()
    expect(page.locator("tbody th[scope=row] .grid-name")).to_have_text(names)
    for name, value in (("received_online", "9"), ("received_direct", "3")):
        cell(page, line, name).fill(value)
    expect(page.locator(f"#line-{line.pk} td.is-computed").first).to_have_text("–")
    cell(page, line, "carried_over").fill("0")
    expect(page.locator(f"#line-{line.pk} td.is-computed").first).to_have_text("12")
    expect(state(page)).to_have_text(SAVED)
    assert Line.objects.get(pk=line.pk).received_online == 9

    client = client_of(cast.lan)
    file = SimpleUploadedFile("a.xlsx", filled(client, item))
    url = reverse("dossiers:return_import", args=[item.pk])
    answer = client.post(url, {"file": file})
    assert answer.status_code == 200, answer.content.decode()
    client.post(url, {"plan": answer.context["sealed"]})
    assert list(item.lines.values_list("received_online", "withdrawn")) == [(60, 3)] * len(names)
    page.reload()
    expect(cell(page, line, "received_online")).to_have_value("60")

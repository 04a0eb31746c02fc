"""The page used on site, in Chromium: it opens and records without a connection and loses nothing on the way."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from playwright.sync_api import expect

from inspections.models import CapturedPhoto, Finding, Operation
from tests.dossiers.entry import kill
from tests.inspections.site import (
    FULL,
    OPERATIONS,
    Way,
    all_sent,
    answer,
    kept,
    line,
    listed,
    note,
    phone,
    picture,
    queue,
    refusal,
    send,
    sign_in,
    values,
)

__all__ = ["listed", "phone"]
pytestmark = pytest.mark.django_db(transaction=True)


def reason(page):
    return page.locator("[data-cchc-reason-words]")


def test_it_opens_and_records_offline_from_the_first_load_on(phone, listed, cast):
    page = phone(cast.hoa, listed)
    context = page.context
    context.set_offline(True)
    answer(page, "A1", "Đạt")
    page.reload()
    expect(line(page, "A1").get_by_label("Đạt", exact=True)).to_be_checked()
    note(page, "A2", "Bảng cũ")
    expect(queue(page)).to_contain_text("2 mục")
    expect(reason(page)).to_contain_text("Không có mạng")
    assert Operation.objects.count() == 0
    context.set_offline(False)
    all_sent(page)
    assert values("answer:A1") == [{"result": "conform"}]
    assert values("note:A2") == [{"text": "Bảng cũ"}]
    assert kept(page) == []


def test_a_killed_tab_has_lost_nothing(phone, listed, cast):
    page = phone(cast.hoa, listed)
    context = page.context
    way = Way(context)
    answer(page, "A1", "Chưa đạt")
    note(page, "A1", "Thiếu 2 người")
    expect(queue(page)).to_contain_text("2 mục")
    kill(page)
    way.cut = False
    again = phone(cast.hoa, listed, context)
    all_sent(again)
    expect(line(again, "A1").locator("textarea")).to_have_value("Thiếu 2 người")
    assert values("note:A1") == [{"text": "Thiếu 2 người"}]


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {"signed_out": True}, "Phiên đăng nhập đã hết"),
        (403, {"other_person": True}, "Người khác đang đăng nhập"),
        (409, {"message": "Xung đột"}, "Máy chủ trả lời: Xung đột"),
        (500, {}, "Máy chủ chưa nhận được"),
    ],
)
def test_a_refusal_is_said_and_nothing_leaves_the_phone(status, body, words, phone, listed, cast):
    page = phone(cast.hoa, listed)
    page.context.route(OPERATIONS, refusal(status, **body))
    answer(page, "A1", "Đạt")
    expect(reason(page)).to_contain_text(words)
    assert len(kept(page)) == 1
    page.context.unroute(OPERATIONS)
    send(page)
    all_sent(page)
    assert values("answer:A1") == [{"result": "conform"}]


def test_too_much_at_once_is_sent_in_parts(phone, listed, cast):
    page = phone(cast.hoa, listed)
    sizes = []

    def small_only(route):
        sizes.append(len(json.loads(route.request.post_data)["operations"]))
        if sizes[-1] > 1:
            route.fulfill(status=413, body="{}", content_type="application/json")
        else:
            route.continue_()

    page.context.set_offline(True)
    for code in ("A1", "A2"):
        answer(page, code, "Đạt")
        note(page, code, "Đủ")
    page.context.route(OPERATIONS, small_only)
    page.context.set_offline(False)
    send(page)
    all_sent(page)
    assert max(sizes) > 1
    assert Operation.objects.count() == 4


def test_an_answer_that_was_not_heard_doubles_nothing(phone, listed, cast):
    page = phone(cast.hoa, listed)

    def unheard(route):
        route.fetch()
        route.abort()

    page.context.route(OPERATIONS, unheard)
    answer(page, "A1", "Đạt")
    expect(reason(page)).to_contain_text("Không có mạng")
    page.context.unroute(OPERATIONS)
    send(page)
    all_sent(page)
    assert Operation.objects.count() == 1


def test_two_tabs_are_one_writer(phone, listed, cast):
    first = phone(cast.hoa, listed)
    second = phone(cast.hoa, listed, first.context)

    def heard():
        """The tab that writes for both has had its answer."""
        return first.context.expect_event("response", lambda response: response.url.endswith("/operations/"))

    with heard():
        answer(first, "A1", "Đạt")
    expect(line(second, "A1").get_by_label("Đạt", exact=True)).to_be_checked()
    with heard():
        answer(second, "A1", "Chưa đạt")
    expect(line(first, "A1").get_by_label("Chưa đạt", exact=True)).to_be_checked()
    with heard():
        answer(first, "A1", "Đạt một phần")
    all_sent(first)
    all_sent(second)
    assert values("answer:A1") == [{"result": "partly"}], "never beside oneself"


def test_what_one_tab_has_in_memory_alone_the_other_comes_after(phone, listed, cast):
    """A full disk keeps the older value off the store: the newer one, typed in the other tab, still follows it."""
    first = phone(cast.hoa, listed)
    second = phone(cast.hoa, listed, first.context)
    first.context.set_offline(True)
    first.evaluate(FULL)
    first.evaluate("window.diskFull = true")
    note(first, "A1", "Cũ")
    expect(first.locator("[data-cchc-trouble-words]")).to_contain_text("đã đầy")
    note(second, "A1", "Mới")
    expect(queue(second)).to_contain_text("1 mục")
    first.evaluate("window.diskFull = false")
    first.context.set_offline(False)
    for page in (second, first):
        send(page)
    all_sent(first)
    all_sent(second)
    assert Operation.objects.filter(subject="note:A1").count() == 2
    assert values("note:A1") == [{"text": "Mới"}]


def test_receipts_that_a_full_disk_could_not_take_down_are_not_forgotten(phone, listed, cast):
    page = phone(cast.hoa, listed)
    page.evaluate(FULL)
    way = Way(page.context)
    note(page, "A1", "Cũ")
    expect(queue(page)).to_contain_text("1 mục")
    page.evaluate("window.diskFull = true")
    way.cut = False
    send(page)
    all_sent(page)
    page.evaluate("window.diskFull = false")
    note(page, "A1", "Mới")
    send(page)
    all_sent(page)
    assert kept(page) == []
    assert values("note:A1") == [{"text": "Mới"}]


def test_two_members_keep_both_and_choose(phone, listed, cast):
    hoa, khoa = phone(cast.hoa, listed), phone(cast.khoa, listed)
    answer(hoa, "A1", "Đạt")
    all_sent(hoa)
    answer(khoa, "A1", "Chưa đạt")
    all_sent(khoa)
    conflict = khoa.locator("[data-conflict='answer:A1']")
    expect(conflict).to_contain_text("Hai thành viên ghi giá trị khác nhau")
    conflict.locator(".site-side", has_text="Chưa đạt").get_by_role("button").click()
    expect(conflict).to_have_count(0)
    all_sent(khoa)
    assert values("answer:A1") == [{"result": "not"}]


def test_another_person_neither_sees_nor_sends_what_waits(phone, listed, cast, client_of, live_server):
    page = phone(cast.hoa, listed)
    context = page.context
    way = Way(context)
    note(page, "A1", "Của Hoa")
    expect(queue(page)).to_contain_text("1 mục")
    kill(page)
    way.cut = False
    sign_in(context, client_of(cast.khoa), live_server.url)
    theirs = phone(cast.khoa, listed, context)
    all_sent(theirs)
    expect(line(theirs, "A1").locator("textarea")).to_have_value("")
    assert theirs.evaluate("caches.keys()") == [f"cchc-capture-{cast.khoa.pk}"]
    assert Operation.objects.count() == 0
    sign_in(context, client_of(cast.hoa), live_server.url)
    all_sent(phone(cast.hoa, listed, context))
    assert Operation.objects.get().person == cast.hoa


def test_a_full_phone_is_said_and_the_entry_stays_on_the_page(phone, listed, cast):
    page = phone(cast.hoa, listed)
    page.evaluate(FULL)
    page.context.set_offline(True)
    page.evaluate("window.diskFull = true")
    note(page, "A1", "Không còn chỗ")
    expect(page.locator("[data-cchc-trouble-words]")).to_contain_text("đã đầy")
    expect(line(page, "A1").locator("textarea")).to_have_value("Không còn chỗ")
    page.context.set_offline(False)
    send(page)
    all_sent(page)
    assert values("note:A1") == [{"text": "Không còn chỗ"}]


def test_a_finding_with_a_photo_from_a_line(phone, listed, cast):
    page = phone(cast.hoa, listed)
    answer(page, "A1", "Chưa đạt")
    expect(line(page, "A1")).to_contain_text("Mục này cần có ghi chú")
    line(page, "A1").get_by_role("button", name="Lập phát hiện").click()
    dialog = page.locator("[data-cchc-finding]")
    expect(dialog.locator("[name=text]")).to_have_value("Quyết định bố trí nhân sự: Chưa đạt.")
    dialog.locator("[data-cchc-camera]").set_input_files(picture())
    dialog.get_by_role("button", name="Vẽ lên ảnh").click()
    box = page.locator("[data-cchc-canvas] svg").bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 90, steps=4)
    page.mouse.up()
    page.locator("[data-cchc-marking] [value=done]").click()
    dialog.locator("[value=done]").click()
    all_sent(page)
    finding = Finding.objects.get()
    assert (finding.item_code, finding.kind, finding.photos.count()) == ("A1", "limitation", 1)
    told = Operation.objects.filter(kind="photo").last().value
    assert [mark["kind"] for mark in told["marks"]] == ["arrow"]
    assert CapturedPhoto.objects.get().sha256 == told["sha256"]


def test_a_file_handed_in_is_the_same_as_sending(phone, listed, cast, client_of):
    page = phone(cast.hoa, listed)
    page.context.set_offline(True)
    note(page, "A1", "Trong tệp")
    line(page, "A1").locator("input[type=file]").set_input_files(picture())
    expect(queue(page)).to_contain_text("3 mục")
    page.get_by_role("tab", name="Chờ gửi").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Lưu mọi mục chưa gửi ra tệp").click()
    data = Path(saved.value.path()).read_bytes()
    assert sorted(zipfile.ZipFile(io.BytesIO(data)).namelist())[0] == "operations.json"
    url = reverse("inspections:capture_hand_in", args=[listed.pk])

    def hand_in(person):
        upload = SimpleUploadedFile("phone.zip", data, content_type="application/zip")
        return client_of(person).post(url, {"bundle": upload})

    assert hand_in(cast.khoa).status_code == 422, "another person's"
    assert hand_in(cast.hoa).status_code == hand_in(cast.hoa).status_code == 302
    assert (Operation.objects.count(), CapturedPhoto.objects.count()) == (2, 1)
    page.context.set_offline(False)
    send(page)
    all_sent(page)
    assert (Operation.objects.count(), CapturedPhoto.objects.count()) == (2, 1)


def test_signing_out_takes_the_kept_page_along(phone, listed, cast):
    page = phone(cast.hoa, listed)
    page.locator("details.person-menu > summary").click()
    page.get_by_role("button", name="Đăng xuất").click()
    page.wait_for_url("**/login/**")
    assert page.evaluate("caches.keys()") == []


def test_an_ended_session_keeps_everything(phone, listed, cast):
    page = phone(cast.hoa, listed)
    Session.objects.all().delete()
    answer(page, "A1", "Đạt")
    expect(reason(page)).to_contain_text("Phiên đăng nhập đã hết")
    assert len(kept(page)) == 1

"""The page used on site in Chromium: a visit with a checklist, phones of its members, what befalls them."""

import io
import json

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from inspections import checklists
from inspections.models import Operation, Template, Visit

PHONE = {"width": 390, "height": 844}
OPERATIONS = "**/operations/"
# A write that finds the disk full, as the browser reports it; reading and erasing go on.
FULL = """window.diskFull = false;
for (const name of ["put", "add"]) {
  const usual = IDBObjectStore.prototype[name];
  IDBObjectStore.prototype[name] = function (...all) {
    if (!window.diskFull) return usual.apply(this, all);
    Object.defineProperty(this.transaction, "error", { value: new DOMException("full", "QuotaExceededError") });
    this.transaction.abort();
    return {};
  };
}
null;"""


@pytest.fixture
def listed(visit, area) -> Visit:
    """The visit with three lines to answer."""
    template = Template.objects.create(code="desk", name="Bộ phận một cửa", area=area, desk=True)
    first = {"section": "A. Tổ chức và nhân sự", "legal_basis": "Điều 9 Nghị định 61/2018/NĐ-CP"}
    template.items.create(code="A1", text="Quyết định bố trí nhân sự", order=1, note_needed="not_met", **first)
    template.items.create(code="A2", text="Niêm yết họ tên, số điện thoại", order=2, photo_needed="always", **first)
    template.items.create(code="G1", section="G. Số liệu", text="Số hồ sơ tiếp nhận", order=3, kind="number")
    checklists.freeze(visit, [template])
    return visit


@pytest.fixture
def phone(live_server, browser, browser_context_args, client_of):
    """Opens the page as a person on a phone of that person's own, or on the phone given; faults of scripts fail."""
    contexts, faults = [], []

    def opened(person, visit, context: BrowserContext | None = None, *, ready=True) -> Page:
        if context is None:
            context = browser.new_context(**browser_context_args | {"viewport": PHONE})
            contexts.append(context)
            sign_in(context, client_of(person), live_server.url)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda told: faults.append(told.text) if "Content Security" in told.text else None)
        page.goto(f"{live_server.url}/visits/{visit.pk}/capture/")
        if ready:
            expect(page.locator("[data-cchc-capture][data-offline=ready]")).to_be_attached()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def sign_in(context: BrowserContext, client, url: str) -> None:
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": url}])


def line(page: Page, code: str):
    return page.locator(f'[data-item="{code}"]')


def answer(page: Page, code: str, words: str) -> None:
    line(page, code).get_by_text(words, exact=True).click()


def note(page: Page, code: str, text: str) -> None:
    box = line(page, code).locator("textarea")
    if not box.is_visible():
        line(page, code).get_by_role("button", name="Ghi chú").click()
    box.fill(text)


def queue(page: Page):
    return page.locator("[data-cchc-queue-words]")


def all_sent(page: Page) -> None:
    expect(queue(page)).to_have_text("Đã gửi hết lên máy chủ.", timeout=20_000)


def send(page: Page) -> None:
    page.get_by_role("tab", name="Chờ gửi").click()
    page.get_by_role("button", name="Gửi ngay").click()
    page.get_by_role("tab", name="Mục kiểm tra").click()


def kept(page: Page) -> list[dict]:
    """The operations in the phone's own store."""
    return page.evaluate(
        """() => new Promise((done) => { indexedDB.open("cchc-capture").onsuccess = ({ target: { result: db } }) => {
        db.transaction("operations").objectStore("operations").getAll().onsuccess = ({ target }) => {
          db.close(); done(target.result); }; }; })"""
    )


def picture(colour=(30, 90, 160), size=(900, 600), **options) -> dict:
    drawn = io.BytesIO()
    Image.new("RGB", size, colour).save(drawn, "JPEG", **options)
    return {"name": "quay.jpg", "mimeType": "image/jpeg", "buffer": drawn.getvalue()}


def values(subject: str) -> list:
    """What the server has of the subject and what of it stands."""
    return list(Operation.objects.filter(subject=subject, stands=True).values_list("value", flat=True))


class Way:
    """The way of operations and photos to the server, cut until it is opened again.

    A tab that crashes takes its service worker along; after that Chromium is not told to go offline or online any more,
    so where a tab is killed the requests are stopped instead.
    """

    def __init__(self, context: BrowserContext):
        self.cut = True
        for path in (OPERATIONS, "**/photos/**"):
            context.route(path, lambda route: route.abort() if self.cut else route.continue_())


def refusal(status: int, **body):
    """A handler that answers in the server's place."""
    return lambda route: route.fulfill(status=status, body=json.dumps(body), content_type="application/json")

"""The main job from end to end in Chromium, on `make run`'s own processes: web, worker and queue of one machine.

Lan enters and submits, Minh approves, Quân accepts, the worker sums, the leader sees the rate; Hoa records a visit and
downloads its report; Tuấn, of another agency, sees nothing of it.
"""

import io
import json
import re
import subprocess
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from cchc_portal.lib.numbers import format_count
from tests.running import Run, copied_checkout
from tests.services import free_port

PASSWORD = "cchc-demo-2026"
AGENCY = "Sở KH&CN"
FINDING = "Niêm yết thiếu 12 thủ tục hành chính; quầy số 3 không có hướng dẫn nộp hồ sơ trực tuyến."
REMEDY = "Niêm yết đầy đủ thủ tục thuộc thẩm quyền, hoàn thành trước đợt kiểm tra sau."
SECONDS = 1000  # Playwright counts in milliseconds
pytestmark = pytest.mark.slow


@dataclass
class Entered:
    """What Lan typed, and the addresses that others try."""

    title: str = ""
    url: str = ""
    in_time: int = 0
    resolved: int = 0
    paths: list[str] = field(default_factory=list)

    @property
    def basis(self) -> str:
        return f"{format_count(self.in_time)}/{format_count(self.resolved)}"

    @property
    def rate(self) -> str:
        return percent(self.in_time, self.resolved)


def percent(numerator: int, denominator: int) -> str:
    """The rate with one decimal, a half rounded up, in Vietnamese."""
    tenths = (2000 * numerator + denominator) // (2 * denominator)
    return f"{tenths // 10},{tenths % 10}%"


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    """The portal with the small demo, as `make run` starts it; nothing of it is left afterwards."""
    run = Run(copied_checkout(tmp_path_factory.mktemp("journey")), free_port())
    try:
        run.until(run.announced, "the start")
        yield run
        run.interrupt()
        assert run.left_over() == []
        assert " ERROR " not in run.output()
    finally:
        run.end()


@pytest.fixture
def sign_in(portal, new_context):
    """Signs a person in by the page, in a browser of its own; errors of scripts fail the test."""
    errors = []

    def signed_in(username):
        page = new_context(base_url=portal.url).new_page()
        page.set_default_timeout(20 * SECONDS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda told: errors.append(told.text) if "Content Security Policy" in told.text else None)
        page.goto("/login/")
        page.locator("[name=username]").fill(username)
        page.locator("[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{portal.url}/")
        return page

    yield signed_in
    assert errors == []


def forced_post(page, path, **fields):
    """What a person sends who knows the address but is not offered the button."""
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    headers = {"Referer": page.url, "Origin": "{0.scheme}://{0.netloc}".format(urlsplit(page.url))}
    return page.request.post(path, form={"csrfmiddlewaretoken": token, **fields}, headers=headers, max_redirects=0)


def confirmed(page, label):
    """Presses the button and says yes in the dialog."""
    page.locator("main").get_by_role("button", name=label, exact=True).first.click()
    page.get_by_role("dialog").get_by_role("button", name=label, exact=True).click()


def figures_of(number, carried_over):
    """Figures for line `number` on which every identity holds; the first line has two late dossiers."""
    late = 0 if number else 2
    online, direct, withdrawn, pending = 20 + number % 9, number % 4, number % 2, 3
    resolved = online + direct + carried_over - withdrawn - pending
    early = resolved // 2
    return [online, direct, carried_over, early, resolved - early - late, late, pending, 0, withdrawn, late, 0]


def enter(page):
    """Lan's part: every line by keyboard, the sums and states she sees, submitting. Returns what was entered."""
    entry = page.locator("main a.worklist-link", has_text="Báo cáo Quý").first
    entered = Entered(title=entry.inner_text())
    entry.click()
    expect(page.locator("[data-cchc-grid][data-ready]")).to_be_attached()
    data = json.loads(page.locator("#grid-data").text_content())
    entered.url = urlsplit(page.url).path.removesuffix("grid/")
    rows = [figures_of(number, line["previous"] or 0) for number, line in enumerate(data["lines"])]
    assert len(rows) > 30

    first, columns = data["lines"][0]["id"], list(zip(*rows, strict=True))
    for name, column in zip(data["table"]["typed"], columns, strict=True):
        page.locator(f'[data-line="{first}"][data-cell="{name}"]').focus()
        page.keyboard.type("".join(f"{number}\n" for number in column))  # Enter goes down
    page.keyboard.press("Control+s")

    sums = [sum(column) for column in columns]
    entered.in_time, entered.resolved = sums[3] + sums[4], sums[3] + sums[4] + sums[5]
    total = page.locator("tfoot")
    for number in (*sums, sum(sums[:3]), entered.resolved):
        expect(total.get_by_text(format_count(number), exact=True).first).to_be_visible()
    breaches = page.locator("[data-cchc-breaches] .breach:not(.breach--note)")
    expect(breaches).to_have_count(1)
    expect(breaches).to_contain_text("R10")
    page.locator("[data-cchc-open]").first.press("Enter")
    page.get_by_label("Thiếu hoặc thay đổi nhân sự").first.fill("2")
    expect(breaches).to_have_count(0)
    expect(page.locator("[data-cchc-save-state]")).to_have_text(re.compile(r"Đã lưu \d\d:\d\d"))
    confirmed(page, "Nộp lãnh đạo duyệt")
    page.wait_for_url(f"**{entered.url}")
    expect(page.locator("main")).to_contain_text("chờ ký duyệt")
    expect(page.locator("tfoot")).to_contain_text(format_count(entered.resolved))
    return entered


def approves_not(page, entered):
    """Lan is offered no approval, and is refused it when she sends it all the same."""
    expect(page.get_by_role("button", name="Duyệt và gửi")).to_have_count(0)
    refused = forced_post(page, f"{entered.url}approve/", version="99")
    assert refused.status == 403
    assert "Tài khoản chưa được mở trang này" in refused.text()
    page.reload()
    expect(page.locator("main")).to_contain_text("chờ ký duyệt")


def moves_on(page, entered, label, state):
    """The next person finds the return among the own work and moves it on."""
    page.locator("main a.worklist-link", has_text=entered.title).click()
    confirmed(page, label)
    expect(page.locator("main .lead")).to_contain_text(state)


def city_basis(page):
    """Numerator and denominator of the city's headline."""
    words = page.locator(".overview-headline .tile-basis").first.inner_text()
    return [int(number.replace(".", "")) for number in re.search(r"([\d.]+)/([\d.]+)", words).groups()]


def sees_the_rate(page, entered, before):
    """The leader's overview shows the new city figures and the agency's, once the worker has summed them."""
    city = page.locator(".overview-headline")
    numerator, denominator = before[0] + entered.in_time, before[1] + entered.resolved
    awaited = f"{format_count(numerator)}/{format_count(denominator)}"
    for _ in range(60):
        page.reload()
        if awaited in city.inner_text():
            break
        page.wait_for_timeout(0.25 * SECONDS)
    expect(city).to_contain_text(awaited)
    expect(city).to_contain_text(percent(numerator, denominator))
    ranked = page.locator("tr", has=page.get_by_role("link", name=AGENCY, exact=True)).first
    expect(ranked).to_contain_text(entered.basis)
    expect(ranked).to_contain_text(entered.rate)


def picture() -> bytes:
    """A photo as a camera makes it."""
    image = Image.new("RGB", (1600, 1200), "#d8e4f0")
    drawing = ImageDraw.Draw(image)
    for row in range(6):
        drawing.rectangle((200, 150 + row * 160, 1400, 270 + row * 160), fill="white", outline="#204060", width=6)
    kept = io.BytesIO()
    image.save(kept, "JPEG", quality=85)
    return kept.getvalue()


def records_a_visit(page, entered, tmp_path):
    """Hoa's part: the visit, a finding with a photo, a recommendation, the report. Returns the downloaded file."""
    quarter = re.search(r"Quý \w+/\d+", entered.title).group()
    page.goto("/visits/")
    page.get_by_role("link", name="Lập kế hoạch").first.click()
    page.locator("[name=kind]").select_option("administrative_inspection")
    page.locator("[name=agency]").select_option(label=AGENCY)
    page.locator("[name=team]").select_option(index=1)
    page.locator("[name=period]").select_option(label=quarter)
    page.locator("[name=date]").fill(page.evaluate("new Date().toLocaleDateString('en-GB')"))
    page.locator("[name=place]").fill("Bộ phận một cửa")
    page.locator("[name=themes]").fill("Giải quyết thủ tục hành chính\nNiêm yết công khai")
    page.get_by_role("button", name="Lưu").click()
    for label in ("Đã chuẩn bị xong", "Bắt đầu làm việc tại đơn vị"):
        page.get_by_role("button", name=label).click()
    expect(page.locator("main .cluster").first).to_contain_text("đang tiến hành")
    entered.paths.append(urlsplit(page.url).path)

    page.get_by_role("link", name="Thêm phát hiện").click()
    page.get_by_label("Hạn chế").check()
    page.locator("[name=area]").select_option(index=1)
    page.locator("[name=text]").fill(FINDING)
    photo = {"name": "quầy số 3.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    page.locator("[name=photos]").set_input_files(photo)
    page.locator("[name=caption]").fill("Bảng niêm yết tại quầy số 3")
    page.get_by_role("button", name="Lưu").click()
    found = page.get_by_role("link", name=FINDING)
    expect(found).to_be_visible()
    entered.paths.append(found.get_attribute("href"))
    shown = page.locator("main .finding img").first
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0

    page.get_by_role("link", name="Thêm kiến nghị").click()
    page.locator("[name=agency]").select_option(label=AGENCY)
    page.locator("[name=text]").fill(REMEDY)
    page.locator("[name=due]").fill("31/12/2099")
    page.get_by_role("button", name="Lưu").click()
    entered.paths.append(page.get_by_role("link", name=REMEDY).get_attribute("href"))

    page.get_by_role("button", name="Lập dự thảo: Báo cáo kết quả").click()
    made = page.locator(".document-status").first
    expect(made).to_contain_text("sẵn sàng", timeout=40 * SECONDS)
    link = made.get_by_role("link", name="Tải tệp PDF")
    entered.paths += [link.get_attribute("href"), link.get_attribute("href").removesuffix("download/")]
    with page.expect_download() as download:
        link.click()
    file = tmp_path / "report.pdf"
    download.value.save_as(file)
    return file


def reads_right(file, entered):
    """Text, figures, diacritics and fonts of the report."""
    text = subprocess.run(["pdftotext", "-raw", file, "-"], capture_output=True, check=True, text=True).stdout
    words = " ".join(text.split())
    row = f"{format_count(entered.in_time)} {format_count(entered.resolved)} {entered.rate}"
    for expected in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", FINDING, REMEDY, row):
        assert expected in words
    fonts = subprocess.run(["pdffonts", file], capture_output=True, check=True, text=True).stdout.splitlines()[2:]
    assert fonts
    assert all(re.search(r" (yes|no) +(yes|no) +(yes|no) +\d+ +\d+$", font).group(1) == "yes" for font in fonts)
    images = subprocess.run(["pdfimages", "-list", file], capture_output=True, check=True, text=True).stdout
    assert " image " in images


def sees_nothing(page, entered):
    """Tuấn gets 404 for everything of Lan's agency, and finds none of it in lists, exports and the search."""
    for path in (entered.url, f"{entered.url}grid/", f"{entered.url}workbook/", *entered.paths):
        assert page.request.get(path).status == 404, path
    for path in ("lines/", "form/", "submit/", "approve/"):
        assert forced_post(page, f"{entered.url}{path}", version="1").status == 404, path
    for path in ("/returns/", "/visits/", "/recommendations/", "/documents/", "/search/?q=quầy số 3"):
        page.goto(path)
        body = page.locator("main").inner_text()
        assert FINDING[:40] not in body, path
        assert REMEDY[:40] not in body, path
        for hidden in (entered.url, *entered.paths):
            expect(page.locator(f'main a[href="{hidden}"]')).to_have_count(0)
    for path in ("/returns/?format=csv", "/visits/?format=csv", "/recommendations/?format=csv"):
        answer = page.request.get(path)
        assert answer.status == 200
        assert AGENCY not in answer.text(), path


def test_from_the_clerk_to_the_leader_and_the_inspection_report(sign_in, tmp_path):
    leader = sign_in("lanhdao")
    lan = sign_in("lan")
    entered = enter(lan)
    approves_not(lan, entered)
    leader.goto("/overview/")
    before = city_basis(leader)
    moves_on(sign_in("minh"), entered, "Duyệt và gửi", "đã gửi, chờ tiếp nhận")
    moves_on(sign_in("quan"), entered, "Tiếp nhận", "đã tiếp nhận")
    sees_the_rate(leader, entered, before)
    reads_right(records_a_visit(sign_in("hoa"), entered, tmp_path), entered)
    sees_nothing(sign_in("tuan"), entered)

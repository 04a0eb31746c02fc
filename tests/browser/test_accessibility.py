"""Every main page with data, on an office screen and on a phone: axe finds nothing, the policy stops nothing.

One browser with one page per person; signing in is a session cookie, since the sign-in has tests of its own.
"""

import json
from datetime import date
from itertools import chain
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.urls import resolve
from django.utils import timezone

from agencies.models import Succession
from dossiers.models import Adjustment, Consolidation, LateReason
from inspections import checklists, photos
from inspections.models import Plan, Template
from inspections.workflow import write_letters
from inspections.workflow.briefs import freeze_brief
from procedures.models import Holiday, StatedLevelCount
from records.models import Mail
from reports.models import OpenDataSet, Report, Target
from tests.builders import make_flag
from tests.routes import NO_PAGES, all_routes
from tests.world import ready_document

AXE = Path(__file__).resolve().parent.parent / "vendor" / "axe.min.js"
SCREENS = {"office": (1366, 768), "phone": (390, 844)}
# Colours are told by contrast and the rest of WCAG 2.2 A and AA.
RUN = """async () => {
  const told = await axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    resultTypes: ["violations"],
  });
  const shown = (found) => found.nodes.map((node) => node.html.slice(0, 160)).join(" | ");
  return told.violations.map((found) => `${found.id}: ${shown(found)}`);
}"""
WATCH = """
window.stopped = [];
document.addEventListener("securitypolicyviolation", (event) => window.stopped.push(
  `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`
));
"""
# The rate of 404 among the pages is on purpose.
NOT_FOUND = "the server responded with a status of 404"


def addresses(world) -> dict[str, list[str]]:
    """Pages by the person who looks at them; None is nobody."""
    returns = world.returns
    made = Report.objects.create(scope="city", agency=world.cast.hn, period=returns["accepted"].period)
    city_report = ready_document("city_report", made, world.cast.quan)
    flag = make_flag(returns["accepted"])
    adjustment = Adjustment.objects.create(
        of=returns["accepted"], number=1, reason="Đếm lại", state="refused", proposed_by=world.cast.lan
    )
    message = Mail.objects.create(
        person=world.cast.lan, kind="reminders", slot="2026-10-01", subject="Nhắc việc", body="Một việc", state="ready"
    )
    opened = OpenDataSet.objects.create(
        period=made.period,
        number=1,
        licence="CC BY 4.0",
        data_hash="0" * 64,
        content_hash="0" * 64,
        rows=1,
        proposed_by=world.cast.quan,
    )
    level = world.procedures[0].online_levels.create(scale="level_2011", value="3")
    official = world.cast.khcn.official_codes.create(code="H26.12")
    report = {"lines": 2, "changed": 1, "sums": {"received": 100}, "errors": 1}
    report["problems"] = [["bao-cao.xlsx", "II.06a", 12, "C", "năm", "Không phải số", "Gõ chữ số"]]
    report["files"] = [["bao-cao.xlsx", "Sở Khoa học và Công nghệ", 2, 1, 1, ["Thiếu một dòng"]]]
    consolidation = Consolidation.objects.create(
        period=made.period, asked_by=world.cast.quan, state="ready", total=1, done=1, report=report
    )
    target = Target.objects.create(
        measure="on_time_rate", agency=world.cast.khcn, value=98, unit="percent", due=date(2026, 12, 14)
    )
    return {
        "lan": [
            "/",
            "/returns/",
            f"/returns/{returns['draft'].pk}/",
            f"/returns/{returns['draft'].pk}/grid/",
            f"/returns/{returns['draft'].pk}/import/",
            f"/returns/{returns['draft'].pk}/submit/",
            f"/recommendations/{world.issued.pk}/",
            f"/findings/{world.released.pk}/",
            f"/returns/{returns['accepted'].pk}/adjust/",
            f"/adjustments/{adjustment.pk}/",
            f"/review/unusual/{flag.pk}/",
            "/messages/",
            f"/messages/{message.pk}/",
            "/search/?q=quay",
            "/nothing-here/",
        ],
        "quan": [
            "/review/",
            "/review/unusual/",
            f"/review/unusual/{flag.pk}/",
            f"/returns/{returns['approved'].pk}/",
            f"/returns/{returns['approved'].pk}/send_back/",
            "/claims/",
            "/claims/contradictions/",
            f"/claims/{world.claim.pk}/",
            "/claims/targets/",
            "/claims/sources/",
            "/open-data/",
            "/open-data/new/",
            f"/open-data/{opened.pk}/",
            "/claims/new/",
            "/claims/targets/new/",
            f"/claims/targets/{target.pk}/",
            "/claims/sources/new/",
            f"/claims/sources/{world.claim.source_id}/",
            "/documents/",
            f"/documents/{world.report.pk}/",
            "/documents/reports/new/",
            f"/documents/{city_report.pk}/differences/",
            "/agencies/",
            "/agencies/?view=tree",
            "/agencies/HN-KHCN/edit/",
            "/agencies/HN-KHCN/codes/new/",
            "/agencies/new/",
            "/procedures/",
            "/procedures/0.000001/",
            "/procedures/0.000001/edit/",
            "/procedures/0.000001/levels/new/",
            "/procedures/new/",
            "/procedures/stated-levels/",
            "/procedures/stated-levels/new/",
            "/periods/",
            "/periods/new/",
            f"/periods/{returns['draft'].period_id}/",
            "/periods/generate/",
            "/review/consolidate/",
            "/extensions/new/",
            "/admin/",
            "/admin/successions/",
            "/admin/successions/new/",
            "/admin/import/",
            "/admin/import/agencies/",
            "/admin/import/successions/",
            "/admin/import/procedures/",
            "/admin/fields/",
            "/admin/fields/new/",
            f"/admin/fields/{world.procedures[0].field_id}/",
            f"/admin/successions/{Succession.objects.first().pk}/edit/",
            f"/admin/holidays/{Holiday.objects.get().pk}/",
            f"/admin/late-reasons/{LateReason.objects.get().pk}/",
            f"/procedures/stated-levels/{StatedLevelCount.objects.get().pk}/",
            f"/procedures/0.000001/levels/{level.pk}/",
            f"/agencies/HN-KHCN/codes/{official.pk}/",
            f"/review/consolidate/{consolidation.pk}/",
            "/admin/holidays/",
            "/admin/holidays/new/",
            "/admin/late-reasons/",
            "/admin/late-reasons/new/",
        ],
        "lanhdao": [
            "/",
            "/overview/",
            "/changes/?since=2026-01-01",
            "/series/",
            "/agencies/HN-KHCN/series/",
            "/agencies/HN-KHCN/",
            "/agencies/HN/",
            "/procedures/0.000001/figures/",
            f"/fields/{world.procedures[0].field_id}/",
            "/periods/2026-Q3/figures/",
        ],
        "admin": [
            "/admin/people/",
            "/admin/people/new/",
            f"/admin/people/{world.cast.lan.pk}/",
            "/admin/tokens/",
            "/admin/trail/",
            "/admin/jobs/",
        ],
        "nobody": ["/login/", f"/check/{world.report.check_token}/"],
    }


def addresses_of_supervision(world) -> dict[str, list[str]]:
    """The same for plans, teams, visits, findings, recommendations and what surrounds them."""
    visit, quan = world.visit, world.cast.quan
    plan = Plan.objects.create(
        year=2026, kind=visit.kind, title="Kế hoạch kiểm tra năm 2026", issuing_agency=world.cast.nv, created_by=quan
    )
    plan.units.create(agency=world.cast.khcn, team=visit.team, month=10)
    self_check = visit.self_checks.create(
        agency=visit.agency, outline="Tình hình tiếp nhận hồ sơ", due=date(2026, 10, 1), asked_by=quan
    )
    proposal = visit.proposals.create(agency=visit.agency, text="Bổ sung biên chế cho bộ phận một cửa")
    brief = freeze_brief(visit, by=quan)
    template = Template.objects.create(code="desk", name="Bộ phận một cửa", area=world.draft.area, desk=True)
    template.items.create(code="A1", section="A. Tổ chức", text="Quyết định bố trí nhân sự", order=1)
    checklists.freeze(visit, [template])
    visit.operations.create(
        uuid=uuid4(),
        seq=1,
        kind="answer",
        subject="answer:A1",
        value={"result": "conform"},
        person=world.cast.khoa,
        device=uuid4(),
        at=timezone.now(),
        outcome="applied",
        stands=True,
    )
    shown = world.photos["draft"]
    captured = visit.captured.create(
        sha256="1" * 64,
        picture=shown.picture,
        thumbnail=shown.thumbnail,
        width=640,
        height=480,
        received_from=world.cast.khoa,
    )
    visit.shots.create(
        subject="photo:1",
        sha256="1" * 64,
        captured=captured,
        item=visit.items.get(),
        caption="Bảng tên",
        taken_by=world.cast.khoa,
        taken_at=timezone.now(),
    )
    write_letters([world.issued], by=quan, issuing_agency=world.cast.nv, answer_by=date(2099, 1, 5), now=timezone.now())
    remedy = world.issued.remedies.create(text="Đã niêm yết lại", reported_by=world.cast.lan)
    remedy.files.create(file=photos.store("bang.jpg", b"x", "image/jpeg", by=world.cast.lan))
    return {
        "hoa": [
            "/visits/",
            f"/visits/{world.visit.pk}/",
            f"/visits/{world.visit.pk}/edit/",
            f"/visits/{world.visit.pk}/capture/",
            f"/visits/{world.visit.pk}/capture/hand-in/",
            f"/visits/{world.visit.pk}/checklist/",
            f"/visits/{world.visit.pk}/recounts/new/",
            f"/visits/{world.visit.pk}/findings/merge/",
            "/checklists/",
            f"/checklists/{template.pk}/",
            f"/visits/{visit.pk}/checklist/log/?subject=answer:A1",
            f"/visits/{world.visit.pk}/findings/new/",
            f"/visits/{world.visit.pk}/recommendations/new/",
            "/recommendations/",
            "/recommendations/board/",
            "/recommendations/letters/new/",
            "/recommendations/hand-over/",
            "/recommendations/proposals/",
            "/teams/",
            "/plans/",
            f"/visits/{world.visit.pk}/self-check/",
            f"/teams/{world.visit.team_id}/",
            f"/findings/{world.draft.pk}/",
            f"/findings/{world.draft.pk}/edit/",
            f"/recommendations/{world.issued.pk}/",
            f"/recommendations/{world.unissued.pk}/edit/",
            f"/visits/{visit.pk}/proposals/new/",
            f"/visits/{visit.pk}/checklist/templates/",
        ],
        "quan": [
            "/visits/new/",
            "/teams/new/",
            f"/teams/{visit.team_id}/edit/",
            "/checklists/new/",
            f"/checklists/{template.pk}/version/",
            f"/plans/{plan.pk}/units/{plan.units.get().pk}/",
            f"/recommendations/{world.issued.pk}/",
            "/plans/new/",
            "/plans/coverage/",
            "/plans/own/2026/",
            f"/plans/{plan.pk}/",
            f"/plans/{plan.pk}/edit/",
            f"/plans/{plan.pk}/units/new/",
            f"/briefs/{brief.pk}/",
            f"/self-checks/{self_check.pk}/",
            f"/recommendations/proposals/{proposal.pk}/",
            "/recommendations/escalation/",
            "/recommendations/letters/",
            "/recommendations/board/",
        ],
        "lan": [f"/recommendations/{world.issued.pk}/", f"/findings/{world.released.pk}/"],
    }


def session_cookie(client, url: str) -> dict:
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": url,
    }


def faults_of(pages, screen, cast, client_of, live_server, browser, browser_context_args) -> list[str]:
    """What is wrong with the pages, each looked at by its person on a screen of that size."""
    width, height = SCREENS[screen]
    given = browser_context_args | {"viewport": {"width": width, "height": height}, "base_url": live_server.url}
    context = browser.new_context(**given)
    context.add_init_script(WATCH)
    axe, faults = AXE.read_text(encoding="utf-8"), []
    page = context.new_page()
    told = []
    page.on("console", lambda message: told.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    for name, paths in pages.items():
        context.clear_cookies()
        if name != "nobody":
            context.add_cookies([session_cookie(client_of(getattr(cast, name)), live_server.url)])
        for path in paths:
            told.clear()
            answer = page.goto(path, wait_until="load")
            wanted = 404 if path == "/nothing-here/" else 200
            found = [] if answer.status == wanted else [f"status {answer.status}"]
            found += [line for line in told if wanted == 200 or NOT_FOUND not in line]
            page.evaluate(axe)
            found += page.evaluate(RUN)
            found += page.evaluate("window.stopped")
            wide = page.evaluate("document.documentElement.scrollWidth")
            found += [f"{wide} pixels wide"] if wide > width else []
            faults += [f"{name} {path}: {fault}" for fault in found]
    context.close()
    return faults


def test_no_page_is_forgotten(world):
    """Every address that answers with a page is looked at; a new one is listed here, or named above as none."""
    lists = [*addresses(world).values(), *addresses_of_supervision(world).values()]
    paths = {path.partition("?")[0] for path in chain.from_iterable(lists)} - {"/nothing-here/"}
    seen = {resolve(path).view_name for path in paths}
    named = {route.name for route in all_routes() if not route.name.startswith("api:") and route.pattern != "api/v1"}
    assert sorted(named - seen - NO_PAGES) == []
    assert sorted(NO_PAGES - named) == []


@pytest.fixture
def looked_at(screen, world, client_of, live_server, browser, browser_context_args):
    """Walks over pages by person; gives what is wrong with them."""

    def look(pages: dict[str, list[str]]) -> list[str]:
        return faults_of(pages, screen, world.cast, client_of, live_server, browser, browser_context_args)

    return look


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("screen", SCREENS)
def test_every_main_page(screen, world, looked_at):
    faults = looked_at(addresses(world))
    assert faults == [], json.dumps(faults, ensure_ascii=False, indent=1)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("screen", SCREENS)
def test_every_page_of_supervision(screen, world, looked_at):
    faults = looked_at(addresses_of_supervision(world))
    assert faults == [], json.dumps(faults, ensure_ascii=False, indent=1)

"""Every main page with data, on an office screen and on a phone: axe finds nothing, the policy stops nothing.

One browser with one page per person; signing in is a session cookie, since the sign-in has tests of its own.
"""

import json
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from inspections.models import Plan
from inspections.workflow.briefs import freeze_brief
from reports.models import Report
from tests.builders import make_flag
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
            "/documents/",
            f"/documents/{world.report.pk}/",
            "/documents/reports/new/",
            f"/documents/{city_report.pk}/differences/",
            "/agencies/",
            "/agencies/?view=tree",
            "/agencies/HN-KHCN/edit/",
            "/procedures/",
            "/procedures/0.000001/",
            "/periods/",
            "/periods/generate/",
            "/extensions/new/",
            "/admin/",
            "/admin/holidays/",
            "/admin/late-reasons/",
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
        "admin": ["/admin/people/", f"/admin/people/{world.cast.lan.pk}/", "/admin/trail/", "/admin/jobs/"],
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

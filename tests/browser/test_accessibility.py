"""Every main page with data, on an office screen and on a phone: axe finds nothing, the policy stops nothing.

One browser with one page per person; signing in is a session cookie, since the sign-in has tests of its own.
"""

import json
from pathlib import Path

import pytest
from django.conf import settings

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
        ],
        "quan": [
            "/plans/new/",
            "/plans/coverage/",
            "/plans/own/2026/",
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
            "/changes/?since=mai",
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


def session_cookie(client, url: str) -> dict:
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": url,
    }


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("screen", SCREENS)
def test_every_main_page(screen, world, client_of, live_server, browser, browser_context_args):
    width, height = SCREENS[screen]
    given = browser_context_args | {"viewport": {"width": width, "height": height}, "base_url": live_server.url}
    context = browser.new_context(**given)
    context.add_init_script(WATCH)
    axe, faults = AXE.read_text(encoding="utf-8"), []
    page = context.new_page()
    told = []
    page.on("console", lambda message: told.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    for name, paths in addresses(world).items():
        context.clear_cookies()
        if name != "nobody":
            context.add_cookies([session_cookie(client_of(getattr(world.cast, name)), live_server.url)])
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
    assert faults == [], json.dumps(faults, ensure_ascii=False, indent=1)

"""Who may do what: every person of the cast against every page and step of one agency's case.

The table below is the second opinion: it is written from the rules (reading flows down the tree, entering does not;
what is not yours does not exist; nobody signs what he entered; the team's notes are its own until they are released),
never from the code that decides. Whoever a row does not name gets 404 where things are hidden, 403 where a page is
refused.
"""

import re

import pytest
from django.apps import apps
from django.db import transaction

from agencies.choices import TokenScope
from agencies.models import ApiToken
from dossiers import tally
from dossiers.models import Return
from inspections.models import Brief, Plan, SelfCheck, Team
from inspections.tally.briefing import brief_on
from reports.models import Report
from tests.builders import make_flag
from tests.world import SECRET, World, make_returns, make_visit, ready_document

PEOPLE = ("lan", "minh", "tuan", "hoa", "khoa", "quan", "mai", "lanhdao", "kiemtoan", "admin")
OFFICE = "quan mai"
AGENCY = "lan minh"
TEAM = "hoa khoa"
OVERSIGHT = "quan mai lanhdao kiemtoan"
HIDDEN, REFUSED = 404, 403

# method, address, {status: persons}, status of everybody else
MATRIX = [
    # A return not yet sent is known to those who write and sign it, and to the auditor.
    ("get", "/returns/{draft}/", {200: "lan minh kiemtoan"}, HIDDEN),
    ("get", "/returns/{submitted}/", {200: "lan minh kiemtoan"}, HIDDEN),
    ("get", "/returns/{approved}/", {200: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("get", "/returns/{accepted}/", {200: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("get", "/returns/{draft}/workbook/", {200: "lan minh kiemtoan"}, HIDDEN),
    ("get", "/returns/{accepted}/workbook/", {200: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("post", "/returns/{draft}/form/", {302: "lan minh kiemtoan"}, HIDDEN),
    # Only its reporter enters, only while it is a draft.
    ("get", "/returns/{draft}/grid/", {200: "lan", 403: "minh kiemtoan"}, HIDDEN),
    ("get", "/returns/{submitted}/grid/", {409: "lan", 403: "minh kiemtoan"}, HIDDEN),
    ("get", "/returns/{accepted}/grid/", {409: "lan", 403: f"minh {OVERSIGHT}"}, HIDDEN),
    ("get", "/returns/{draft}/import/", {200: "lan", 403: "minh kiemtoan"}, HIDDEN),
    ("get", "/returns/{accepted}/import/", {409: "lan", 403: f"minh {OVERSIGHT}"}, HIDDEN),
    # The steps of its life.
    ("post", "/returns/{draft}/submit/", {422: "lan", 403: "minh kiemtoan"}, HIDDEN),
    ("post", "/returns/{draft}/approve/", {409: "minh", 403: "lan kiemtoan"}, HIDDEN),
    ("post", "/returns/{submitted}/submit/", {409: "lan", 403: "minh kiemtoan"}, HIDDEN),
    ("post", "/returns/{submitted}/approve/", {302: "minh", 403: "lan kiemtoan"}, HIDDEN),
    ("post", "/returns/{submitted}/send_back/", {302: "minh", 403: "lan kiemtoan"}, HIDDEN),
    ("post", "/returns/{submitted}/withdraw/", {302: "minh", 403: "lan kiemtoan"}, HIDDEN),
    ("post", "/returns/{approved}/accept/", {302: OFFICE, 403: f"{AGENCY} lanhdao kiemtoan"}, HIDDEN),
    ("post", "/returns/{approved}/send_back/", {302: OFFICE, 403: f"{AGENCY} lanhdao kiemtoan"}, HIDDEN),
    ("post", "/returns/{approved}/withdraw/", {302: "minh", 403: f"lan {OVERSIGHT}"}, HIDDEN),
    ("post", "/returns/{accepted}/accept/", {409: OFFICE, 403: f"{AGENCY} lanhdao kiemtoan"}, HIDDEN),
    ("post", "/returns/{accepted}/submit/", {409: "lan", 403: f"minh {OVERSIGHT}"}, HIDDEN),
    ("post", "/returns/{accepted}/withdraw/", {409: "minh", 403: f"lan {OVERSIGHT}"}, HIDDEN),
    ("post", "/returns/{accepted}/propose_void/", {302: OFFICE, 403: f"{AGENCY} lanhdao kiemtoan"}, HIDDEN),
    ("post", "/returns/{accepted}/void/", {403: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    # Voiding is the office's even for drafts, of which it knows without reading them.
    ("post", "/returns/{draft}/propose_void/", {302: OFFICE, 403: "lan minh kiemtoan"}, HIDDEN),
    # Unusual figures stand where the return stands; the office decides, the agency may have its own looked through.
    ("get", "/review/unusual/", {200: OVERSIGHT}, REFUSED),
    ("get", "/review/unusual/{flag}/", {200: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("post", "/review/unusual/{flag}/explain/", {302: OFFICE, 403: f"{AGENCY} lanhdao kiemtoan"}, HIDDEN),
    ("post", "/review/unusual/{flag}/put_aside/", {422: OFFICE, 403: f"{AGENCY} lanhdao kiemtoan"}, HIDDEN),
    ("post", "/review/unusual/{flag}/correct/", {422: OFFICE, 403: f"{AGENCY} lanhdao kiemtoan"}, HIDDEN),
    ("post", "/review/unusual/{flag}/ask_again/", {409: OFFICE, 403: f"{AGENCY} lanhdao kiemtoan"}, HIDDEN),
    # Its own agency speaks to it as long as the office has not decided, on a draft too.
    ("post", "/review/unusual/{flag}/say_right/", {302: AGENCY, 403: OVERSIGHT}, HIDDEN),
    ("post", "/review/unusual/{flag}/say_wrong/", {302: AGENCY, 403: OVERSIGHT}, HIDDEN),
    ("post", "/review/unusual/{draft_flag}/say_right/", {302: AGENCY, 403: "kiemtoan"}, HIDDEN),
    ("get", "/review/unusual/{draft_flag}/", {200: "lan minh kiemtoan"}, HIDDEN),
    ("post", "/review/unusual/{draft_flag}/explain/", {403: "lan minh kiemtoan"}, HIDDEN),
    ("post", "/returns/{draft}/unusual/", {302: AGENCY, 403: "kiemtoan"}, HIDDEN),
    ("post", "/returns/{accepted}/unusual/", {302: f"{AGENCY} {OFFICE}", 403: "lanhdao kiemtoan"}, HIDDEN),
    # A visit belongs to its team and to oversight; the agency is told once it is prepared.
    ("get", "/visits/{visit}/", {200: f"{AGENCY} {TEAM} {OVERSIGHT}"}, HIDDEN),
    ("get", "/visits/{visit}/edit/", {200: f"{TEAM} {OFFICE}", 403: f"{AGENCY} lanhdao kiemtoan"}, HIDDEN),
    ("get", "/visits/{visit}/capture/", {200: TEAM, 403: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("get", "/visits/{visit}/capture/hand-in/", {200: TEAM, 403: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("get", "/visits/{visit}/capture/state/", {200: TEAM, 403: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("post", "/visits/{visit}/operations/", {400: TEAM, 403: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("post", "/visits/{visit}/photos/00/", {422: TEAM, 403: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    # The checklist and its answers are the team's notes: the agency meets what is released of them.
    ("get", "/visits/{visit}/checklist/", {200: f"{TEAM} {OVERSIGHT}", 403: AGENCY}, HIDDEN),
    ("post", "/visits/{visit}/checklist/", {302: TEAM, 403: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("get", "/visits/{visit}/checklist/templates/", {200: TEAM, 403: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("post", "/visits/{visit}/checklist/resolve/", {404: TEAM, 403: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("get", "/visits/{visit}/recounts/new/", {200: TEAM, 403: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("get", "/visits/{visit}/findings/merge/", {200: TEAM, 403: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("post", "/findings/{unreleased}/evidence/", {302: TEAM, 403: OVERSIGHT}, HIDDEN),
    ("post", "/findings/{unreleased}/repeat/", {409: TEAM, 403: OVERSIGHT}, HIDDEN),
    ("post", "/findings/{unreleased}/keep/", {409: TEAM, 403: OVERSIGHT}, HIDDEN),
    ("post", "/findings/{unreleased}/withdraw/photo/1/", {404: f"{TEAM} {OFFICE}", 403: "lanhdao kiemtoan"}, HIDDEN),
    ("get", "/checklists/", {200: f"{TEAM} {OVERSIGHT}"}, REFUSED),
    ("get", "/checklists/new/", {200: OFFICE}, REFUSED),
    ("get", "/visits/{visit}/findings/new/", {200: TEAM, 403: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("get", "/visits/{visit}/recommendations/new/", {200: TEAM, 403: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("get", "/visits/{visit}/proposals/new/", {200: TEAM, 403: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("post", "/visits/{visit}/record/", {302: TEAM, 403: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("post", "/visits/{visit}/conclude/", {409: "hoa", 403: f"{AGENCY} khoa {OVERSIGHT}"}, HIDDEN),
    ("post", "/visits/{visit}/documents/report/", {302: f"{TEAM} {OFFICE}", 403: f"{AGENCY} lanhdao kiemtoan"}, HIDDEN),
    (
        "post",
        "/visits/{visit}/documents/minutes/",
        {302: f"{TEAM} {OFFICE}", 403: f"{AGENCY} lanhdao kiemtoan"},
        HIDDEN,
    ),
    (
        "post",
        "/visits/{visit}/documents/notice/",
        {409: f"hoa {OFFICE}", 403: f"{AGENCY} khoa lanhdao kiemtoan"},
        HIDDEN,
    ),
    # What is found stays with the team until it is released.
    ("get", "/findings/{released}/", {200: f"{AGENCY} {TEAM} {OVERSIGHT}"}, HIDDEN),
    ("get", "/findings/{unreleased}/", {200: f"{TEAM} {OVERSIGHT}"}, HIDDEN),
    ("get", "/findings/{unreleased}/edit/", {200: TEAM, 403: OVERSIGHT}, HIDDEN),
    ("post", "/findings/{unreleased}/finalise/", {302: "hoa", 403: f"khoa {OVERSIGHT}"}, HIDDEN),
    ("post", "/findings/{unreleased}/release/", {409: f"hoa {OFFICE}", 403: "khoa lanhdao kiemtoan"}, HIDDEN),
    ("post", "/findings/{released}/finalise/", {409: "hoa", 403: f"{AGENCY} khoa {OVERSIGHT}"}, HIDDEN),
    ("post", "/findings/{released}/answer/", {302: AGENCY, 403: f"{TEAM} {OVERSIGHT}"}, HIDDEN),
    ("get", "/visits/photos/{photo}/", {200: f"{AGENCY} {TEAM} {OVERSIGHT}"}, HIDDEN),
    ("get", "/visits/photos/{draft_photo}/", {200: f"{TEAM} {OVERSIGHT}"}, HIDDEN),
    # Recommendations are the agency's from the day they are issued; only its approver accepts, only the team verifies.
    ("get", "/recommendations/{issued}/", {200: f"{AGENCY} {TEAM} {OVERSIGHT}"}, HIDDEN),
    ("get", "/recommendations/{unissued}/", {200: f"{TEAM} {OVERSIGHT}"}, HIDDEN),
    ("get", "/recommendations/{unissued}/edit/", {200: TEAM, 403: OVERSIGHT}, HIDDEN),
    ("post", "/recommendations/{unissued}/issue/", {302: "hoa", 403: f"khoa {OVERSIGHT}"}, HIDDEN),
    ("post", "/recommendations/{issued}/accept/", {302: "minh", 403: f"lan {TEAM} {OVERSIGHT}"}, HIDDEN),
    ("post", "/recommendations/{issued}/dispute/", {302: "minh", 403: f"lan {TEAM} {OVERSIGHT}"}, HIDDEN),
    ("post", "/recommendations/{issued}/close_implemented/", {409: TEAM, 403: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    # Documents go with what they are about.
    ("get", "/documents/{report}/", {200: f"{TEAM} {OVERSIGHT}"}, HIDDEN),
    ("get", "/documents/{report}/status/", {200: f"{TEAM} {OVERSIGHT}"}, HIDDEN),
    ("get", "/documents/{report}/download/", {200: f"{TEAM} {OVERSIGHT}"}, HIDDEN),
    ("get", "/documents/{form}/", {200: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("get", "/documents/{form}/download/", {200: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    # A city report is for those who read the city, the page on an agency for those who read its figures.
    ("get", "/documents/reports/new/", {200: f"{AGENCY} tuan {OVERSIGHT}"}, REFUSED),
    ("post", "/documents/reports/new/", {422: f"{AGENCY} tuan {OVERSIGHT}"}, REFUSED),
    ("get", "/documents/{city_report}/", {200: OVERSIGHT}, HIDDEN),
    ("get", "/documents/{city_report}/download/", {200: OVERSIGHT}, HIDDEN),
    ("get", "/documents/{city_report}/differences/", {200: OVERSIGHT}, HIDDEN),
    ("get", "/documents/{agency_report}/", {200: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("get", "/documents/{agency_report}/download/", {200: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("get", "/documents/{agency_report}/differences/", {200: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    # Pages of an office.
    ("get", "/overview/", {200: OVERSIGHT}, REFUSED),
    ("get", "/series/", {200: OVERSIGHT}, REFUSED),
    # What changed is told to whoever reads figures or follows up recommendations; the brief to those it is written for.
    ("get", "/changes/?since=2026-01-01", {200: f"{AGENCY} tuan {TEAM} {OVERSIGHT}"}, REFUSED),
    ("get", "/changes/card/", {200: f"{AGENCY} tuan {TEAM} {OVERSIGHT}"}, REFUSED),
    ("post", "/changes/seen/", {400: f"{AGENCY} tuan {TEAM} {OVERSIGHT}"}, REFUSED),
    ("get", "/changes/?agency=HN&since=2026-01-01", {200: f"{TEAM} {OVERSIGHT}", 403: "admin"}, HIDDEN),
    ("post", "/changes/brief/", {302: f"{OFFICE} lanhdao"}, REFUSED),
    ("get", "/agencies/HN-KHCN/series/", {200: f"{AGENCY} {TEAM} {OVERSIGHT}"}, REFUSED),
    # Whoever reads some agency's figures opens them, and finds the rows of those agencies alone.
    ("get", "/procedures/0.000001/figures/", {200: f"{AGENCY} tuan {TEAM} {OVERSIGHT}"}, REFUSED),
    ("get", "/fields/{field}/", {200: f"{AGENCY} tuan {TEAM} {OVERSIGHT}"}, REFUSED),
    ("get", "/periods/2026-Q3/figures/", {200: f"{AGENCY} tuan {TEAM} {OVERSIGHT}"}, REFUSED),
    ("get", "/review/", {200: f"{OFFICE} kiemtoan"}, REFUSED),
    ("get", "/extensions/new/", {200: OFFICE}, REFUSED),
    ("get", "/review/consolidate/", {200: OFFICE}, REFUSED),
    ("get", "/recommendations/hand-over/", {200: f"hoa {OFFICE}"}, REFUSED),
    ("get", "/recommendations/escalation/", {200: OFFICE}, REFUSED),
    ("get", "/recommendations/letters/new/", {200: f"{TEAM} {OFFICE}"}, REFUSED),
    ("post", "/recommendations/{issued}/set_condition/", {422: TEAM, 403: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    ("post", "/recommendations/{issued}/extend/", {422: TEAM, 403: f"{AGENCY} {OVERSIGHT}"}, HIDDEN),
    (
        "post",
        "/recommendations/{issued}/hand_over/",
        {422: f"hoa {OFFICE}", 403: "lan minh khoa lanhdao kiemtoan"},
        HIDDEN,
    ),
    ("get", "/visits/new/", {200: f"hoa {OFFICE}"}, REFUSED),
    ("get", "/teams/new/", {200: OFFICE}, REFUSED),
    ("get", "/teams/{team}/", {200: f"{TEAM} {OVERSIGHT}"}, HIDDEN),
    ("get", "/teams/{team}/edit/", {200: OFFICE, 403: f"{TEAM} lanhdao kiemtoan"}, HIDDEN),
    ("post", "/teams/{team}/close/", {422: f"hoa {OFFICE}", 403: "khoa lanhdao kiemtoan"}, HIDDEN),
    ("post", "/teams/{team}/reopen/", {409: OFFICE, 403: f"{TEAM} lanhdao kiemtoan"}, HIDDEN),
    ("post", "/teams/{team}/documents/founding/", {302: f"{TEAM} {OFFICE}", 403: "lanhdao kiemtoan"}, HIDDEN),
    ("post", "/teams/{team}/documents/closing/", {302: f"{TEAM} {OFFICE}", 403: "lanhdao kiemtoan"}, HIDDEN),
    # What precedes a visit: the brief stays with the team and the oversight, the agency answers for itself.
    ("post", "/visits/{visit}/brief/", {302: f"{TEAM} {OFFICE}", 403: f"{AGENCY} lanhdao kiemtoan"}, HIDDEN),
    ("get", "/visits/{visit}/self-check/", {200: f"{TEAM} {OFFICE}", 403: f"{AGENCY} lanhdao kiemtoan"}, HIDDEN),
    ("get", "/briefs/{brief}/", {200: f"{TEAM} {OVERSIGHT}"}, HIDDEN),
    ("get", "/self-checks/{self_check}/", {200: f"{AGENCY} {TEAM} {OVERSIGHT}"}, HIDDEN),
    ("post", "/self-checks/{self_check}/answer/", {302: AGENCY, 403: f"{TEAM} {OVERSIGHT}"}, HIDDEN),
    (
        "post",
        "/self-checks/{self_check}/withdraw/",
        {302: f"{TEAM} {OFFICE}", 403: f"{AGENCY} lanhdao kiemtoan"},
        HIDDEN,
    ),
    (
        "post",
        "/self-checks/{self_check}/send_back/",
        {409: f"{TEAM} {OFFICE}", 403: f"{AGENCY} lanhdao kiemtoan"},
        HIDDEN,
    ),
    # Plans are the office's; teams read what is issued.
    ("get", "/plans/new/", {200: OFFICE}, REFUSED),
    ("get", "/plans/coverage/", {200: OVERSIGHT}, REFUSED),
    ("get", "/plans/own/2026/", {200: OFFICE}, REFUSED),
    ("get", "/plans/{plan}/", {200: f"{TEAM} {OVERSIGHT}"}, HIDDEN),
    ("get", "/plans/{draft_plan}/", {200: OVERSIGHT}, HIDDEN),
    ("get", "/plans/{draft_plan}/edit/", {200: OFFICE, 403: "lanhdao kiemtoan"}, HIDDEN),
    ("get", "/plans/{plan}/edit/", {409: OFFICE, 403: f"{TEAM} lanhdao kiemtoan"}, HIDDEN),
    ("get", "/plans/{plan}/units/new/", {200: OFFICE, 403: f"{TEAM} lanhdao kiemtoan"}, HIDDEN),
    ("get", "/plans/{plan}/units/{plan_unit}/", {200: OFFICE, 403: f"{TEAM} lanhdao kiemtoan"}, HIDDEN),
    ("post", "/plans/{draft_plan}/issue/", {422: OFFICE, 403: "lanhdao kiemtoan"}, HIDDEN),
    ("post", "/plans/{plan}/make_visits/", {302: OFFICE, 403: f"{TEAM} lanhdao kiemtoan"}, HIDDEN),
    ("post", "/plans/{plan}/close/", {302: OFFICE, 403: f"{TEAM} lanhdao kiemtoan"}, HIDDEN),
    ("post", "/plans/{plan}/documents/", {302: OFFICE, 403: f"{TEAM} lanhdao kiemtoan"}, HIDDEN),
    ("get", "/agencies/new/", {200: OFFICE}, REFUSED),
    ("get", "/agencies/HN-KHCN/edit/", {200: OFFICE}, REFUSED),
    ("get", "/procedures/new/", {200: OFFICE}, REFUSED),
    ("get", "/procedures/0.000001/edit/", {200: OFFICE}, REFUSED),
    ("get", "/periods/new/", {200: OFFICE}, REFUSED),
    ("get", "/periods/generate/", {200: OFFICE}, REFUSED),
    ("get", "/claims/new/", {200: OFFICE}, REFUSED),
    # What two officers published is for everyone who signs in; proposing is the office's.
    ("get", "/open-data/", {200: " ".join(PEOPLE)}, REFUSED),
    ("get", "/open-data/new/", {200: OFFICE}, REFUSED),
    ("get", "/admin/holidays/new/", {200: OFFICE}, REFUSED),
    ("get", "/admin/fields/new/", {200: OFFICE}, REFUSED),
    ("get", "/admin/late-reasons/new/", {200: OFFICE}, REFUSED),
    ("get", "/admin/import/agencies/", {200: OFFICE}, REFUSED),
    ("get", "/admin/", {200: f"{OFFICE} kiemtoan admin"}, REFUSED),
    ("get", "/admin/people/", {200: f"{OFFICE} kiemtoan admin"}, REFUSED),
    ("get", "/admin/people/new/", {200: "admin"}, REFUSED),
    ("post", "/admin/people/{lan}/active/", {302: "admin"}, REFUSED),
    ("post", "/admin/people/{lan}/roles/", {422: "admin"}, REFUSED),
    ("get", "/admin/trail/", {200: f"{OFFICE} kiemtoan admin"}, REFUSED),
]
# Lists answer everybody; what they show differs.
LISTS = (
    "/", "/returns/", "/visits/", "/recommendations/", "/documents/", "/claims/", "/claims/targets/",
    "/claims/contradictions/", "/agencies/", "/procedures/", "/periods/", "/search/?q=quay+so+ba", "/search/?q=KHCN",
    "/returns/?format=csv", "/visits/?format=csv",
    "/recommendations/?format=csv", "/agencies/HN-KHCN/", "/teams/", "/plans/", "/plans/?format=csv",
)  # fmt: skip
SENT = {"version": "1", "reason": "Đã xem", "response": "Đã xem", "text": "Đã xem", "answer": "Đã xem"}


def prepared(world: World) -> dict[str, object]:
    """A plan issued and one in draft, a brief and a self-check report of the visit."""
    values = {"year": 2026, "kind": world.visit.kind}
    plan = Plan.objects.create(title="Kế hoạch 2026", state="issued", **values)
    unit = plan.units.create(agency=world.cast.ngv, month=5, team=world.visit.team)
    draft = Plan.objects.create(title="Dự thảo kế hoạch", **values)
    brief = Brief.objects.create(visit=world.visit, content=brief_on(world.visit, world.visit.date), sha256="0" * 64)
    asked = {"outline": SECRET, "due": world.visit.date, "asked_by": world.cast.hoa}
    self_check = SelfCheck.objects.create(visit=world.visit, agency=world.visit.agency, **asked)
    told = {"plan": plan, "plan_unit": unit, "draft_plan": draft, "brief": brief, "self_check": self_check}
    return {name: thing.pk for name, thing in told.items()}


def issued_reports(world: World) -> dict[str, object]:
    """A city report and the page on the agency, each with its document."""
    period = world.returns["accepted"].period
    made = {}
    for scope, agency in (("city", world.cast.hn), ("agency", world.cast.khcn)):
        report = Report.objects.create(scope=scope, agency=agency, period=period)
        made[f"{scope}_report"] = ready_document(f"{scope}_report", report, world.cast.quan).pk
    return made


def addresses(world: World) -> dict[str, object]:
    """What the table's braces stand for."""
    return {
        **prepared(world),
        **issued_reports(world),
        **{state: item.pk for state, item in world.returns.items()},
        "flag": make_flag(world.returns["accepted"]).pk,
        "draft_flag": make_flag(world.returns["draft"]).pk,
        "visit": world.visit.pk,
        "team": world.visit.team_id,
        "released": world.released.pk,
        "unreleased": world.draft.pk,
        "issued": world.issued.pk,
        "unissued": world.unissued.pk,
        "photo": world.photos["released"].picture_id,
        "draft_photo": world.photos["draft"].thumbnail_id,
        "report": world.report.pk,
        "form": world.form.pk,
        "lan": world.cast.lan.pk,
        "field": world.procedures[0].field_id,
    }


def expected(row, name: str) -> int:
    _method, _path, told, otherwise = row
    return next((status for status, people in told.items() if name in people.split()), otherwise)


def counts() -> dict[str, int]:
    """Rows of every table but the sessions'."""
    return {
        model._meta.label: model._base_manager.count()
        for model in apps.get_models()
        if model._meta.app_label not in ("sessions", "contenttypes", "auth")
    }


class Undone(Exception):
    """Ends a transaction whose effects are not wanted."""


def answered(client, method: str, path: str) -> int:
    """The status; what an allowed step does is taken back."""
    status = 0
    try:
        with transaction.atomic():
            status = getattr(client, method)(path, SENT if method == "post" else {}).status_code
            raise Undone
    except Undone:
        return status


@pytest.mark.parametrize("name", PEOPLE)
def test_matrix(name, world, client_of):
    client = client_of(getattr(world.cast, name))
    client.get("/")
    places, before, faults = addresses(world), counts(), []
    for row in MATRIX:
        method, path = row[0], row[1].format(**places)
        wanted = expected(row, name)
        if wanted in (200, 302, 422):
            status = answered(client, method, path)
        else:
            status = getattr(client, method)(path, SENT if method == "post" else {}).status_code
            if counts() != before:
                faults.append(f"{method} {row[1]}: refused, and yet something was written")
        if status != wanted:
            faults.append(f"{method} {row[1]}: {status} instead of {wanted}")
    assert faults == []


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: f"{row[0]} {row[1]}")
def test_table_is_well_written(row):
    """Nobody stands in a row twice, everybody is one of the cast."""
    named = [name for people in row[2].values() for name in people.split()]
    assert len(named) == len(set(named))
    assert set(named) <= set(PEOPLE)


def words_of(answer) -> str:
    """A page without the marks round what was found: they stand in the midst of words."""
    return re.sub("</?mark[^>]*>", "", answer.getvalue().decode())


@pytest.mark.parametrize("name", ["tuan", "admin"])
def test_lists_exports_and_search_do_not_mention_it(name, world, client_of):
    client = client_of(getattr(world.cast, name))
    hidden = [f"/returns/{item.pk}/" for item in world.returns.values()]
    hidden += [f"/visits/{world.visit.pk}/", f"/findings/{world.released.pk}/", f"/recommendations/{world.issued.pk}/"]
    hidden += [f"/documents/{world.report.pk}/", f"/documents/{world.form.pk}/"]
    for path in LISTS:
        answer = client.get(path)
        assert answer.status_code == 200, path
        page = words_of(answer)
        assert SECRET not in page, path
        assert not [place for place in hidden if f'"{place}' in page], path


@pytest.mark.parametrize("name", ["lan", "hoa", "quan", "kiemtoan"])
def test_control_insiders_find_it(name, world, client_of):
    """Success and refusal share one set-up: the same search finds the case for those who may read it."""
    assert SECRET in words_of(client_of(getattr(world.cast, name)).get("/search/?q=quay+so+ba"))


@pytest.mark.parametrize("state", ["draft", "submitted", "approved", "accepted"])
def test_hidden_and_absent_look_alike(state, world, client_of):
    client = client_of(world.cast.tuan)
    hidden, absent = f"/returns/{world.returns[state].pk}/", "/returns/999999/"
    assert masked(client.get(hidden)) == masked(client.get(absent))


@pytest.mark.parametrize(
    ("name", "agency", "seen"),
    [
        ("lan", "khcn", {"draft": 200, "accepted": 200}),
        ("tuan", "ngv", {"draft": 404, "accepted": 404}),
        ("quan", "nv", {"draft": 404, "accepted": 200}),
        ("kiemtoan", "ttr", {"draft": 200, "accepted": 200}),
        ("admin", "nv", {"draft": 404, "accepted": 404}),
    ],
)
def test_api_answers_like_the_pages(name, agency, seen, world, client):
    expires = "2099-01-01T00:00:00+07:00"
    person, at = getattr(world.cast, name), getattr(world.cast, agency)
    _token, secret = ApiToken.objects.issue(
        person=person, agency=at, scope=TokenScope.READ, expires_at=expires, by=None
    )
    for state, status in seen.items():
        path = f"/api/v1/returns/HN-KHCN/{world.returns[state].period.label}"
        assert client.get(path, headers={"authorization": f"Bearer {secret}"}).status_code == status, state


# Somebody else's case changes nothing on an outsider's pages


TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value=|"X-CSRFToken": )"[^"]+"')
CLOCK = re.compile(rb"\d\d:\d\d(:\d\d)?")


def masked(answer) -> tuple[int, bytes]:
    path = answer.request["PATH_INFO"].encode()
    return answer.status_code, CLOCK.sub(b"", TOKEN.sub(b"", answer.getvalue())).replace(path, b"")


OUTSIDERS_PAGES = (
    *LISTS,
    "/agencies/?q=khoa",
    "/agencies/HN/",
    "/agencies/HN-NGV/",
    "/procedures/0.000001/",
    "/returns/1/",
)


def test_an_outsiders_pages_do_not_change_by_it(cast, period_q, procedures_khcn, client_of):
    client = client_of(cast.tuan)
    made = make_returns(cast, period_q, procedures_khcn)
    Return.objects.all().delete()
    tally.recompute_all()
    without = {path: masked(client.get(path)) for path in OUTSIDERS_PAGES}
    returns = make_returns(cast, period_q, procedures_khcn)
    visit = make_visit(cast, period_q)
    ready_document("inspection_report", visit, cast.hoa)
    ready_document("return_form", returns["accepted"], cast.minh)
    assert set(made) == set(returns)
    assert Team.objects.exists()
    changed = [path for path in OUTSIDERS_PAGES if masked(client.get(path)) != without[path]]
    assert changed == []
    insider = client_of(cast.lan)
    assert f'"/visits/{visit.pk}/"' in insider.get("/visits/").content.decode()

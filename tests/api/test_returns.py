"""The API of a return through its address: reading, replacing, submitting, and the order of the checks."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.choices import RoleCode, TokenScope
from agencies.models import Role
from dossiers import permissions, rules
from dossiers.choices import ReturnState
from dossiers.models import LateReason, Line, Return
from procedures.models import AgencyProcedure, Procedure
from records.models import Event
from tests.api.conftest import CLEAN, KHCN, Caller
from tests.builders import make_return

pytestmark = pytest.mark.django_db


def problem(response, status, code=None):
    """The body of a refusal, whose shape is that of RFC 9457."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert {"type", "title", "detail", "errors"} <= body.keys()
    assert all({"line", "field", "code", "message"} <= one.keys() for one in body["errors"])
    if code:
        assert body["code"] == code
    return body


def test_a_return_that_nobody_opened_lists_every_offered_procedure_blank(lan, procedures_khcn):
    response = lan.get(KHCN)
    shown = response.json()
    assert response.status_code == 200
    assert (shown["state"], shown["version"]) == ("not_opened", 0)
    assert {line["procedure"] for line in shown["lines"]} == {one.code for one in procedures_khcn}
    for line in shown["lines"]:
        assert {name: line[name] for name in rules.TYPED_NAMES} == dict.fromkeys(rules.TYPED_NAMES)
    assert response["ETag"].startswith('"')
    assert response["Cache-Control"] == "no-store"
    assert "content-security-policy" in {name.lower() for name in response.headers}


def test_put_opens_the_draft_and_tells_one_event(lan, lines, cast):
    response = lan.put(lines)
    assert response.status_code == 200, response.content
    item = Return.objects.get()
    assert (item.state, item.created_by) == (ReturnState.DRAFT, cast.lan)
    assert response.json() == lan.get(KHCN).json()
    assert response["ETag"] == lan.get(KHCN)["ETag"]
    assert response.json()["lines"][0]["received_online"] == 60
    event = Event.objects.about(item).get()
    assert (event.action, event.actor) == ("replace_lines", cast.lan)
    assert len(json.loads(event.after)["lines"]) == 5


def test_put_replaces_all_lines(lan, lines, procedures_khcn):
    first = lan.put(lines)
    code = procedures_khcn[0].code
    second = lan.put({"lines": [{"procedure": code, "received_online": 7, "carried_over": "NA", "withdrawn": None}]})
    assert second["ETag"] != first["ETag"]
    shown = {line["procedure"]: line for line in second.json()["lines"]}
    assert (shown[code]["received_online"], shown[code]["carried_over"], shown[code]["withdrawn"]) == (7, "NA", None)
    assert shown[code]["resolved_early"] is None
    assert shown[procedures_khcn[1].code]["received_online"] is None
    assert Event.objects.about(Return.objects.get()).count() == 2
    stored = Line.objects.get(procedure=procedures_khcn[0])
    assert (stored.carried_over, stored.not_applicable) == (0, 1 << 2)


def test_what_was_read_can_be_sent_back(lan, lines):
    lan.put(lines)
    read = lan.get(KHCN)
    response = lan.put(read.json(), etag=read["ETag"])
    assert response.status_code == 200, response.content
    assert response.json()["lines"] == read.json()["lines"]
    assert response["ETag"] != read["ETag"]


def test_a_procedure_linked_after_the_opening_is_offered_and_can_be_filled(lan, lines, cast, procedures_khcn):
    lan.put(lines)
    late = Procedure.objects.create(
        code="0.000099", name="Thủ tục mới", field=procedures_khcn[0].field, level="province"
    )
    AgencyProcedure.objects.create(agency=cast.khcn, procedure=late)
    assert lan.get(KHCN).json()["lines"][-1]["procedure"] == "0.000099"
    lines["lines"].append({"procedure": "0.000099", **CLEAN})
    assert lan.put(lines).status_code == 200
    assert Line.objects.get(procedure=late).received_online == 60


def test_an_open_entry_page_keeps_the_lines_that_did_not_change(lan, lines):
    lan.put(lines)
    before = dict(Line.objects.values_list("procedure__code", "version"))
    lines["lines"][0]["received_online"] = 61
    lan.put(lines)
    after = dict(Line.objects.values_list("procedure__code", "version"))
    assert {code for code in after if after[code] != before[code]} == {lines["lines"][0]["procedure"]}


# The order of the checks: each row breaks its own rule and everything that is asked later.


def test_rights_come_before_everything(lan, cast, token_of, lines):
    assert problem(Caller(None).put(lines, etag=None, key=None), 401)
    assert "WWW-Authenticate" in Caller(None).get(KHCN)
    tuan = token_of(cast.tuan, cast.ngv)
    missing = tuan.get("/api/v1/returns/HN-KHONGCO/2026-Q3")
    lan.put(lines)
    hidden = tuan.get(KHCN)
    assert (hidden.status_code, hidden.content) == (404, missing.content)
    problem(tuan.put("no json", etag=None, key=None), 404)
    problem(tuan.submit(key=None), 404)


def test_a_token_that_reads_does_not_write(cast, token_of, lan, lines):
    reading = token_of(cast.lan, cast.khcn, TokenScope.READ)
    lan.put(lines)
    assert reading.get(KHCN).status_code == 200
    problem(reading.put("no json", etag=None, key=None), 403, "scope")
    problem(reading.submit(key=None), 403, "scope")


def test_key_then_version_then_state_then_figures(lan, lines, cast):
    problem(lan.put("no json", etag=None, key=None), 400, "key_missing")
    problem(lan.put("no json", etag=None, key="two words"), 400, "key_malformed")
    problem(lan.put("no json", etag=None), 428, "if_match_missing")
    problem(lan.put("no json", etag="*"), 428, "if_match_missing")
    problem(lan.put("no json", etag='"old"'), 412, "stale")
    problem(lan.put("no json"), 400, "malformed_json")
    problem(lan.put({"lines": [{"procedure": "1"}]}), 422, "invalid_figures")
    assert not Return.objects.exists()
    lan.put(lines)
    assert lan.submit().json()["state"] == "submitted"
    problem(lan.put("no json", etag='"old"'), 412, "stale")
    problem(lan.put("no json"), 409, "conflict")
    problem(lan.submit(), 409, "conflict")


def test_a_stale_put_changes_nothing_and_names_both_versions(lan, lines):
    first = lan.put(lines)
    lan.put({"lines": []})
    stale = problem(lan.put(lines, etag=first["ETag"]), 412)
    assert (stale["sent"], stale["current"]) == (first["ETag"], lan.get(KHCN)["ETag"])
    assert Line.objects.filter(received_online__isnull=False).count() == 0


def test_a_locked_period_refuses_with_409(lan, lines, period_q):
    period_q.locks_at = period_q.due_at = timezone.now()
    period_q.save()
    problem(lan.put(lines), 409)
    assert not Return.objects.exists()


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("3", "not_a_count"),
        ("", "not_a_count"),
        ("KAD", "not_a_count"),
        (3.0, "not_a_count"),
        (2.5, "not_a_count"),
        (True, "not_a_count"),
        ([1], "not_a_count"),
        ({}, "not_a_count"),
        (-1, "out_of_range"),
        (10_000_001, "out_of_range"),
        (10**30, "out_of_range"),
    ],
)
def test_what_is_no_count_is_refused_with_its_place(lan, lines, value, code):
    lines["lines"][1]["resolved_early"] = value
    refused = problem(lan.put(lines), 422)
    (one,) = refused["errors"]
    assert (one["line"], one["field"], one["code"]) == (lines["lines"][1]["procedure"], "resolved_early", code)
    assert one["pointer"] == "/lines/1/resolved_early"
    assert not Line.objects.exists()


@pytest.mark.parametrize("value", [0, 10_000_000, None, "NA"])
def test_what_is_a_count_is_taken_as_it_is(lan, lines, value):
    lines["lines"][1]["resolved_early"] = value
    response = lan.put(lines)
    shown = {line["procedure"]: line for line in response.json()["lines"]}
    assert shown[lines["lines"][1]["procedure"]]["resolved_early"] == value


def test_every_fault_is_told_at_once(lan, procedures_khcn):
    code = procedures_khcn[0].code
    body = {
        "lines": [
            {"procedure": code, "recieved_online": 1},
            {"procedure": code},
            {"procedure": "0.999999"},
            {"procedure": 3, "withdrawn": "x"},
            {},
            "line",
            {"procedure": code + "\ud800\0", "stated_received": "NA"},
        ],
        "note": "x",
    }
    refused = problem(lan.put(body), 422)
    assert [(one["line"], one["field"], one["code"]) for one in refused["errors"]] == [
        (None, "note", "unknown_field"),
        (code, "recieved_online", "unknown_field"),
        (code, "procedure", "duplicate"),
        ("0.999999", "procedure", "not_offered"),
        ("#4", "procedure", "procedure_missing"),
        ("#4", "withdrawn", "not_a_count"),
        ("#5", "procedure", "procedure_missing"),
        ("#6", None, "not_an_object"),
        (code + "\ud800\0", "stated_received", "not_a_count"),
        (code + "\ud800\0", "procedure", "not_offered"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        b"\xff\xfe",
        '{"lines": [], "lines": []}',
        '{"lines": NaN}',
        "[" * 100_000,
        '{"lines": [{"received_online": ' + "9" * 5000 + "}]}",
    ],
)
def test_what_is_no_json_is_400(lan, body):
    problem(lan.put(body), 400, "malformed_json")


@pytest.mark.parametrize("body", ["null", "[]", "3", "{}", '{"lines": null}', '{"lines": {}}'])
def test_json_without_lines_is_422(lan, body):
    problem(lan.put(body), 422, "invalid_figures")


def test_too_large_is_413(lan):
    problem(lan.put(b'{"lines": [' + b" " * 5_000_001 + b"]}"), 413, "too_large")


def test_submit_needs_figures_that_add_up(lan, lines, procedures_khcn):
    problem(lan.submit(), 409, "not_opened")
    lines["lines"][2]["resolved_overdue_with_apology"] = 3
    lan.put(lines)
    refused = problem(lan.submit(), 422, "cannot_submit")
    (one,) = refused["errors"]
    assert (one["line"], one["code"]) == (lines["lines"][2]["procedure"], "R8")
    assert one["field"] in rules.CELL_NAMES
    assert Return.objects.get().state == ReturnState.DRAFT
    lines["lines"][2]["resolved_overdue_with_apology"] = 0
    tag = lan.put(lines)["ETag"]
    problem(lan.submit(etag='"old"'), 412)
    response = lan.submit(etag=tag)
    assert (response.status_code, response.json()["state"]) == (200, "submitted")
    assert response["ETag"] == lan.get(KHCN)["ETag"] != tag


def test_late_dossiers_are_submitted_with_their_reasons(lan, lines):
    LateReason.objects.create(code="staff", name="Thiếu nhân sự")
    LateReason.objects.create(code="other", name="Khác", needs_text=True)
    LateReason.objects.create(code="old", name="Không dùng nữa", active=False)
    line = lines["lines"][0]
    line |= {"resolved_on_time": 38, "resolved_overdue": 2}
    lan.put(lines)
    (one,) = problem(lan.submit(), 422)["errors"]
    assert (one["line"], one["code"]) == (line["procedure"], "R10")
    line["late_reasons"] = {"staff": {"count": 1}, "other": {"count": 1, "text": "Mất điện"}}
    tag = lan.put(lines)["ETag"]
    shown = {one["procedure"]: one for one in lan.get(KHCN).json()["lines"]}[line["procedure"]]
    assert shown["late_reasons"] == {"staff": {"count": 1, "text": ""}, "other": {"count": 1, "text": "Mất điện"}}
    del line["late_reasons"]
    line["explanations"] = {"R4": "Hồ sơ đang chờ phân loại"}
    response = lan.put(lines, etag=tag)
    shown = {one["procedure"]: one for one in response.json()["lines"]}[line["procedure"]]
    assert "late_reasons" in shown and shown["explanations"] == {"R4": "Hồ sơ đang chờ phân loại"}
    assert lan.put(response.json(), etag=response["ETag"]).status_code == 200
    assert lan.submit().status_code == 200
    events = Event.objects.about(Return.objects.get())
    assert [event.action for event in events] == ["submit", *["replace_lines"] * 4]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("late_reasons", {"old": {"count": 1}}, "unknown_reason"),
        ("late_reasons", {"staff": 1}, "not_a_count"),
        ("late_reasons", {"staff": {"count": "1"}}, "not_a_count"),
        ("late_reasons", {"staff": {"count": 1, "text": 5}}, "not_a_text"),
        ("late_reasons", [], "not_an_object"),
        ("explanations", {"R9": "x"}, "unknown_identity"),
        ("explanations", {"R4": "x" * 2001}, "not_a_text"),
        ("explanations", "x", "not_an_object"),
    ],
)
def test_reasons_that_are_none_are_refused(lan, lines, name, value, code):
    LateReason.objects.create(code="staff", name="Thiếu nhân sự")
    lines["lines"][0][name] = value
    (one,) = problem(lan.put(lines), 422)["errors"]
    assert (one["line"], one["code"]) == (lines["lines"][0]["procedure"], code)
    assert one["field"].startswith(name)
    assert not Return.objects.exists()


def test_the_person_of_a_token_approves_nothing_of_it(lan, lines, cast):
    """Lan also becomes approver: what came in by her token is what she entered."""
    Role.objects.create(person=cast.lan, code=RoleCode.APPROVER, agency=cast.khcn, valid_from="2020-01-01")
    lan.put(lines)
    lan.submit()
    item = Return.objects.get()
    assert permissions.has_entered(cast.lan, item)
    assert not permissions.may_approve(type(cast.lan).objects.get(pk=cast.lan.pk), item)
    assert permissions.may_approve(cast.minh, item)


def test_a_token_acts_at_its_own_agency_only(cast, token_of, lan, lines):
    """Lan holds a role at Sở Ngoại vụ as well; her token of that agency does not open Sở KH&CN."""
    Role.objects.create(person=cast.lan, code=RoleCode.REPORTER, agency=cast.ngv, valid_from="2020-01-01")
    problem(token_of(cast.lan, cast.ngv).get(KHCN), 404)
    assert lan.get(KHCN).status_code == 200


def test_returns_of_other_sorts_are_read_and_not_replaced(lan, cast, period_q):
    make_return(cast.khcn, period_q, [{"stated_received": 1242}], state=ReturnState.DRAFT)
    shown = lan.get(KHCN).json()
    assert shown["line_sort"] == "agency"
    assert shown["lines"][0] == {"procedure": None, **dict.fromkeys(rules.TYPED_NAMES), "stated_received": 1242}
    problem(lan.put({"lines": []}), 409)


def test_reading_costs_the_same_at_one_line_and_at_many(lan, cast, period_q, procedures_khcn):
    def queries():
        with CaptureQueriesContext(connection) as counted:
            assert lan.get(KHCN).status_code == 200
        return len(counted)

    item = make_return(cast.khcn, period_q, [CLEAN], procedures=procedures_khcn, state=ReturnState.DRAFT)
    lan.get(KHCN)
    one = queries()
    Line.objects.bulk_create(
        Line(of=item, position=number, procedure=procedure, **CLEAN)
        for number, procedure in enumerate(procedures_khcn[1:], start=1)
    )
    assert queries() == one


@pytest.mark.parametrize(
    ("name", "agency", "state", "status"),
    [
        ("quan", "nv", ReturnState.DRAFT, 404),
        ("quan", "nv", ReturnState.APPROVED, 200),
        ("lanhdao", "hn", ReturnState.SUBMITTED, 404),
        ("kiemtoan", "ttr", ReturnState.DRAFT, 200),
        ("minh", "khcn", ReturnState.DRAFT, 200),
        ("admin", "nv", ReturnState.ACCEPTED, 404),
    ],
)
def test_others_read_what_their_pages_show_them(name, agency, state, status, cast, token_of, lan, period_q):
    make_return(cast.khcn, period_q, [CLEAN], state=state)
    reading = token_of(getattr(cast, name), getattr(cast, agency), TokenScope.READ)
    assert reading.get(KHCN).status_code == status
    problem(reading.put({"lines": []}, etag='"x"'), 403 if status == 200 else 404)


def test_a_period_that_has_not_begun_is_409(lan, lines, period_q):
    period_q.first_day, period_q.last_day = "2098-12-15", "2099-01-02"
    period_q.save()
    problem(lan.put(lines), 409, "cannot_open")
    assert not Return.objects.exists()

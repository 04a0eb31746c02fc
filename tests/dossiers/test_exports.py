"""What the export commands print, to the letter of the contract."""

import csv
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from dossiers import tally
from dossiers.models import Line, Period, Return
from dossiers.rules import TYPED_NAMES

RATES_HEADER = (
    "agency,period,received,received_online,in_time,resolved,resolved_early,resolved_on_time,resolved_overdue,pending,"
    "pending_overdue,withdrawn,d1,d2,d3,d4,d5,online_share,lines,complete"
)
LINES_HEADER = (
    "agency,line,counted,received_online,received_direct,carried_over,resolved_early,resolved_on_time,resolved_overdue,"
    "pending_within,pending_overdue,withdrawn,resolved_overdue_with_apology,pending_overdue_with_apology,"
    "stated_received,stated_in_time,stated_resolved,stated_pending"
)


def printed(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def table(text):
    return list(csv.DictReader(StringIO(text)))


@pytest.fixture
def filed(cast, period_q, procedures_khcn):
    """HN-KHCN accepted with two lines, HN-NGV accepted with stated totals, HN-NV still a draft."""
    khcn = Return.objects.create(agency=cast.khcn, period=period_q, state="accepted")
    counts = {"received_online": 1, "received_direct": 2, "resolved_on_time": 2, "resolved_overdue": 1}
    for position, procedure in enumerate(procedures_khcn[:2]):
        Line.objects.create(
            of=khcn,
            position=position,
            procedure=procedure,
            not_applicable=1 << TYPED_NAMES.index("withdrawn") if position else 0,
            **dict.fromkeys(TYPED_NAMES, 0) | counts,
        )
    ngv = Return.objects.create(
        agency=cast.ngv, period=period_q, state="accepted", line_sort="agency", form_version="published"
    )
    Line.objects.create(of=ngv, stated_resolved=1242, stated_in_time=1215)
    draft = Return.objects.create(agency=cast.nv, period=period_q, line_sort="field")
    Line.objects.create(of=draft, field=procedures_khcn[0].field, level="province", received_online=7)
    tally.recompute_all()
    return period_q


def test_rates_have_the_columns_and_counts_of_the_contract(filed):
    text = printed("export_rates", "--period", "2026-Q3")
    assert text.splitlines()[0] == RATES_HEADER
    khcn, ngv = table(text)
    assert (khcn["agency"], khcn["period"], khcn["received"], khcn["resolved"]) == ("HN-KHCN", "2026-Q3", "6", "6")
    assert (khcn["in_time"], khcn["withdrawn"], khcn["lines"], khcn["complete"]) == ("4", "0", "2", "1")
    assert (khcn["d2"], khcn["online_share"], khcn["d3"]) == ("0.666667", "0.333333", "")
    assert (ngv["resolved"], ngv["resolved_overdue"], ngv["d2"], ngv["d1"]) == ("1242", "", "0.978261", "")
    assert ngv["complete"] == "0"


def test_rates_of_the_tree_sum_what_is_below(filed):
    rows = {row["agency"]: row for row in table(printed("export_rates", "--period", "2026-Q3", "--tree"))}
    assert list(rows) == ["HN", "HN-KHCN", "HN-NGV"]
    assert (rows["HN"]["resolved"], rows["HN"]["resolved_overdue"], rows["HN"]["lines"]) == ("1248", "", "3")
    assert rows["HN"]["d2"] == f"{(1215 + 4) / 1248:.6f}"


def test_rates_as_json_say_the_same(filed):
    rows = json.loads(printed("export_rates", "--period", "2026-Q3", "--format", "json"))
    assert list(rows[0]) == RATES_HEADER.split(",")
    assert (rows[0]["resolved"], rows[0]["d2"], rows[0]["d3"], rows[0]["complete"]) == (6, "0.666667", None, True)


def test_rates_above_one_and_close_to_one_are_not_clamped(filed):
    Line.objects.filter(stated_resolved=1242).update(stated_resolved=100_000, stated_in_time=100_001)
    tally.recompute_all()
    assert table(printed("export_rates", "--period", "2026-Q3"))[1]["d2"] == "1.000010"


def test_what_was_just_accepted_is_in_the_file(cast, filed):
    Return.objects.filter(agency=cast.nv).update(state="accepted")
    tally.mark_stale(cast.nv.pk, filed.pk)
    assert [row["agency"] for row in table(printed("export_rates", "--period", "2026-Q3"))] == [
        "HN-KHCN",
        "HN-NGV",
        "HN-NV",
    ]


def test_lines_tell_blank_from_not_applicable_and_counted_from_not(filed):
    text = printed("export_lines", "--period", "2026-Q3")
    assert text.splitlines()[0] == LINES_HEADER
    one, two, ngv, draft = table(text)
    assert (one["line"], one["counted"], one["withdrawn"], one["stated_resolved"]) == ("0.000001", "1", "0", "")
    assert two["withdrawn"] == "NA"
    assert (ngv["line"], ngv["resolved_early"], ngv["stated_resolved"]) == ("agency", "", "1242")
    assert (draft["line"], draft["counted"], draft["received_online"]) == ("field:SHTT:province", "0", "7")


def test_periods_are_listed_with_their_days_and_instants(period_q):
    Period.objects.create(label="2016-pub", kind="year", calendar="published")
    assert printed("export_periods") == (
        "label,kind,calendar,first_day,last_day,due_at,locks_at\n"
        "2026-Q3,quarter,default,2026-06-15,2026-09-14,2099-01-08T17:00:00+07:00,2099-02-07T17:00:00+07:00\n"
        "2016-pub,year,published,,,,\n"
    )


@pytest.mark.parametrize("command", ["export_rates", "export_lines"])
def test_an_unknown_period_is_refused(db, command):
    with pytest.raises(CommandError, match="2031-Q9"):
        call_command(command, "--period", "2031-Q9")

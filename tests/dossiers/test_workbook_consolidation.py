"""Many workbooks at once: all or nothing, sums verified, twice as good as once."""

import io

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from dossiers import rules
from dossiers.models import Line, Return
from dossiers.permissions import may_accept
from dossiers.workbooks.consolidating import consolidate
from dossiers.workflow import open_return
from procedures.models import AgencyProcedure
from records.models import Event
from tests.dossiers.workbook_making import GOOD, line, packed, with_cell

META = {"form_version": "II.06a", "period": "2026-Q3"}


@pytest.fixture
def folder(tmp_path, cast, period_q, procedures_khcn):
    """Workbooks of two agencies: one has a draft already, one has none."""
    for procedure in procedures_khcn[:2]:
        AgencyProcedure.objects.create(agency=cast.ngv, procedure=procedure)
    item, _opened = open_return(cast.khcn, period_q, by=cast.lan)
    Line.objects.filter(of=item, procedure=procedures_khcn[4]).update(withdrawn=7)
    rows = [line("1", "0.000001"), line("2", "0.000002")]
    (tmp_path / "a.xlsx").write_bytes(packed(rows, meta={**META, "agency": "HN-KHCN", "return_version": item.version}))
    (tmp_path / "HN-NGV.xlsx").write_bytes(packed(rows))
    return tmp_path


def files(folder):
    return folder.glob("*.xlsx")


def test_all_are_saved_and_add_up(folder, cast, period_q, django_assert_max_num_queries):
    with django_assert_max_num_queries(40):
        done = consolidate(files(folder), period_q, by=cast.quan, write=True)
    assert done.saved and done.problems == 0
    assert [(one.agency, one.lines, one.changed) for one in done.files] == [("HN-NGV", 2, 2), ("HN-KHCN", 2, 2)]
    assert done.sums["received_online"] == 4 * GOOD[1]
    assert Return.objects.count() == 2
    for line_ in Line.objects.filter(procedure__code__in=["0.000001", "0.000002"]):
        assert rules.Figures.from_stored(line_).number("received") == 100
    assert Line.objects.get(of__agency=cast.khcn, procedure__code="0.000005").withdrawn == 7
    event = Event.objects.get(action="consolidate_returns")
    assert "HN-NGV" in event.after and "HN-KHCN" in event.after


def test_twice_is_once(folder, cast, period_q):
    consolidate(files(folder), period_q, by=cast.quan, write=True)
    events, versions = Event.objects.count(), list(Return.objects.values_list("version", flat=True))
    again = consolidate(files(folder), period_q, by=cast.quan, write=True)
    assert (again.problems, again.changed, again.saved) == (0, 0, False)
    assert (Event.objects.count(), list(Return.objects.values_list("version", flat=True))) == (events, versions)


def test_one_bad_file_saves_none(folder, cast, period_q):
    (folder / "HN-NGV.xlsx").write_bytes(packed([with_cell("J", "1,5")]))
    events = Event.objects.count()
    done = consolidate(files(folder), period_q, by=cast.quan, write=True)
    bad = next(one for one in done.files if one.problems)
    assert (bad.name, bad.problems[0].row, bad.problems[0].column) == ("HN-NGV.xlsx", 5, "J")
    assert not done.saved
    assert Event.objects.count() == events
    assert not Line.objects.filter(received_online__isnull=False).exists()


def test_dry_run_counts_and_saves_nothing(folder, cast, period_q):
    done = consolidate(files(folder), period_q, by=cast.quan)
    assert done.changed == 4 and not done.saved
    assert Return.objects.count() == 1


@pytest.mark.parametrize("name", ["unknown.xlsx", "HN-TTR.xlsx"])  # no agency of that name; an agency that owes nothing
def test_a_workbook_of_nobody_is_refused(folder, cast, period_q, name):
    (folder / name).write_bytes(packed([line("1", "0.000001")]))
    done = consolidate(files(folder), period_q, by=cast.quan, write=True)
    assert [one.name for one in done.files if one.problems] == [name]


def test_two_workbooks_of_one_agency_are_refused(folder, cast, period_q):
    (folder / "b.xlsx").write_bytes((folder / "a.xlsx").read_bytes())
    done = consolidate(files(folder), period_q, by=cast.quan, write=True)
    assert done.problems == 1 and not done.saved


def test_a_sent_return_is_refused(folder, cast, period_q):
    Return.objects.update(state="approved")
    assert consolidate(files(folder), period_q, by=cast.quan, write=True).problems == 1


def test_only_officers_may_and_they_accept_none_of_it(folder, cast, period_q):
    for person in (cast.lan, cast.minh, cast.kiemtoan, cast.lanhdao, cast.admin):
        with pytest.raises(PermissionDenied):
            consolidate(files(folder), period_q, by=person)
    consolidate(files(folder), period_q, by=cast.quan, write=True)
    for item in Return.objects.all():
        assert not may_accept(cast.quan, item)
        assert may_accept(cast.mai, item)


def test_the_command(folder, cast, period_q):
    out, err = io.StringIO(), io.StringIO()
    call_command(
        "consolidate_returns", str(folder), "--period=2026-Q3", "--user=quan", "--write", stdout=out, stderr=err
    )
    assert err.getvalue() == ""
    assert Return.objects.count() == 2
    (folder / "c.xlsx").write_bytes(b"nothing")
    with pytest.raises(CommandError):
        call_command("consolidate_returns", str(folder), "--period=2026-Q3", "--user=quan", stdout=out, stderr=err)
    assert "c.xlsx" in err.getvalue()

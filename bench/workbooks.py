"""P10: workbooks of 633 agencies, 60 lines each, taken over at once, beside reading and summing them with pandas."""

import os
import random
import shutil
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

from agencies.models import Agency, Person
from bench.city import KEPT
from bench.measure import AT_LEAST, Row, Timed, milliseconds
from cchc_portal.lib import periods
from dossiers import rules
from dossiers.models import Line, Period, Return
from dossiers.workbooks.consolidating import consolidate
from dossiers.workbooks.export import Form, FormLine, write_form
from procedures.models import AgencyProcedure, Procedure
from tests.cast import HANOI

AGENCIES, LINES, ROUNDS, SEED = 633, 60, 3, 10
FOLDER = KEPT / "workbooks"
PACKAGES = KEPT / "packages"
LABEL = "2009-Q1-cal"
# As the command does it.
PROCESSES = os.cpu_count() or 1
# The other way: every workbook read whole into a table of pandas' by openpyxl, its columns of figures added up.
PANDAS = """
import sys, time, pathlib, pandas
files = sorted(pathlib.Path(sys.argv[1]).glob("*.xlsx"))
for _line in sys.stdin:
    began = time.perf_counter()
    totals = 0
    for file in files:
        table = pandas.read_excel(file, engine="openpyxl", header=None)
        totals = totals + table.iloc[:, 2:16].apply(pandas.to_numeric, errors="coerce").sum()
    print(time.perf_counter() - began, flush=True)
"""


def consistent(rng: random.Random) -> dict:
    """The cells of a line that adds up, the totals left to the formulas."""
    cells = {name: rng.randint(0, 400) for name in rules.TYPED_NAMES}
    cells["resolved_overdue_with_apology"] = rng.randint(0, cells["resolved_overdue"])
    cells["pending_overdue_with_apology"] = rng.randint(0, cells["pending_overdue"])
    done = sum(cells[name] for name in ("resolved_early", "resolved_on_time", "resolved_overdue"))
    pending, withdrawn = cells["pending_within"] + cells["pending_overdue"], cells["withdrawn"]
    cells["received_online"] = rng.randint(0, done)
    cells["received_direct"] = done - cells["received_online"] + withdrawn
    cells["carried_over"] = pending
    return cells


def make_returns() -> Period:
    """Agencies that owe a return of 60 lines for one period, and their blank drafts."""
    first, open_until = date(2009, 1, 1), datetime(2099, 1, 1, tzinfo=HANOI)
    period, _made = Period.objects.get_or_create(
        label=LABEL,
        defaults={
            "kind": "quarter",
            "calendar": "calendar",
            "first_day": first,
            "last_day": date(2009, 3, 31),
            "due_at": open_until,
            "locks_at": open_until,
        },
    )
    officer = Person.objects.get(username="quan")
    procedures = list(Procedure.objects.order_by("pk").values_list("pk", flat=True)[:LINES])
    agencies = Agency.objects.bulk_create(
        Agency(code=f"B{n:03d}", name=f"Đơn vị đo {n}", short_name=f"Đơn vị đo {n}", kind="department")
        for n in range(AGENCIES)
    )
    AgencyProcedure.objects.bulk_create(
        AgencyProcedure(agency=agency, procedure_id=pk) for agency in agencies for pk in procedures
    )
    returns = Return.objects.bulk_create(
        Return(agency=agency, period=period, line_sort="procedure", created_by=officer) for agency in agencies
    )
    Line.objects.bulk_create(
        [
            Line(of=item, procedure_id=pk, position=position)
            for item in returns
            for position, pk in enumerate(procedures, start=1)
        ],
        batch_size=2_000,
    )
    return period


def write_workbooks(period: Period) -> list[Path]:
    """The filled workbooks as the portal itself exports them; written once, the same ones for both databases."""
    made = FOLDER / "made"
    rng = random.Random(SEED)
    procedures = Procedure.objects.select_related("field").order_by("pk")[:LINES]
    names = [(one.field.name, one.name, one.code) for one in procedures]
    said = repr((names, SEED, AGENCIES))
    if not made.exists() or made.read_text(encoding="utf-8") != said:
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        for number in range(AGENCIES):
            code = f"B{number:03d}"
            lines = [FormLine(*name, rules.Figures(consistent(rng))) for name in names]
            meta = {"form_version": "II.06a", "agency": code, "period": LABEL, "return_version": "1"}
            heading = (f"Đơn vị đo {number}", "UBND TP Hà Nội", periods.title(LABEL), period.first_day, period.last_day)
            write_form(FOLDER / f"{code}.xlsx", Form(*heading, lines, meta))
        made.write_text(said, encoding="utf-8")
    return sorted(FOLDER.glob("*.xlsx"))


class Pandas:
    """A process of its own that has pandas loaded and reads the folder once for every line it is sent."""

    def __init__(self):
        if not (PACKAGES / "pandas").is_dir():
            raise RuntimeError("pandas is missing; `make bench` installs it from requirements-bench.txt")
        self.process = subprocess.Popen(
            [sys.executable, "-c", PANDAS, str(FOLDER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(PACKAGES)},
        )

    def __call__(self) -> None:
        print(file=self.process.stdin, flush=True)
        if not self.process.stdout.readline():
            raise RuntimeError("the process with pandas has ended")

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(30)


def consolidating(database: str) -> list[Row]:
    """All files checked and saved in one transaction, their sums verified, by as many processes as there are cores."""
    period = Period.objects.filter(label=LABEL).first() or make_returns()
    paths, officer = write_workbooks(period), Person.objects.get(username="quan")

    def blank():
        lines = Line.objects.filter(of__period=period)
        lines.update(**dict.fromkeys(rules.CELL_NAMES), not_applicable=0)
        Return.objects.filter(period=period).update(version=1)

    def run():
        done = consolidate(paths, period, by=officer, write=True, processes=PROCESSES)
        if not done.saved or done.changed != AGENCIES * LINES:
            raise RuntimeError(f"{done.problems} problems, {done.changed} lines changed")

    pandas = Pandas()
    try:
        spent = milliseconds(ROUNDS, run=Timed(run, before=blank), pandas=Timed(pandas))
    finally:
        pandas.close()
    faster = spent["pandas"] / spent["run"]
    limit = "pandas + openpyxl reading and summing the same files"
    name = f"P10 consolidating {AGENCIES} workbooks of {LINES} lines"
    return [Row(name, database, "ms", spent["run"], limit, spent["pandas"], AT_LEAST, faster, 9, faster >= 9)]


ROWS = (consolidating,)

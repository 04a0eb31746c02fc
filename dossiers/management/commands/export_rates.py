"""The sums and rates of one period, a row per agency."""

import json
from datetime import date

from django.core.management.base import BaseCommand, CommandError

from cchc_portal.lib.commands import write_out
from cchc_portal.lib.numbers import rate_decimal6
from cchc_portal.lib.tables import csv_lines
from dossiers import tally
from dossiers.models import Period, StaleFigure
from dossiers.tasks import run_now

FIGURES = (
    "received",
    "received_online",
    "in_time",
    "resolved",
    "resolved_early",
    "resolved_on_time",
    "resolved_overdue",
    "pending",
    "pending_overdue",
    "withdrawn",
)
RATES = ("D1", "D2", "D3", "D4", "D5", "online_share")
COLUMNS = ("agency", "period", *FIGURES, *(code.lower() for code in RATES), "lines", "complete")


def exported(row: dict, label: str) -> dict:
    """A summary row as exported; a rate is text with six decimals, not clamped, None where undefined."""
    rates = {code: tally.rate_of(row, code) for code in RATES}
    return {
        "agency": row["agency__code"],
        "period": label,
        **{name: row[name] for name in FIGURES},
        **{code.lower(): rate_decimal6(rate.numerator, rate.denominator) or None for code, rate in rates.items()},
        "lines": row["lines"],
        "complete": row["complete"],
    }


class Command(BaseCommand):
    help = "Prints sums and rates of the accepted returns of a period, a row per agency, as CSV or JSON."

    def add_arguments(self, parser):
        parser.add_argument("--period", metavar="LABEL", required=True)
        parser.add_argument("--format", choices=("csv", "json"), default="csv")
        parser.add_argument(
            "--known-on",
            metavar="DATE",
            type=date.fromisoformat,
            help="as known at the end of that day (YYYY-MM-DD), before what was accepted or adjusted later",
        )
        parser.add_argument("--tree", action="store_true", help="sum each agency with all below it")

    def handle(self, *args, period, tree, **options):
        found = Period.objects.filter(label=period).first()
        if found is None:
            raise CommandError(f"no period is labelled {period}")
        rows = [exported(row, period) for row in self._sums(found, tree, options["known_on"])]
        rows.sort(key=lambda row: row["agency"])
        if options["format"] == "json":
            write_out(self.stdout, [json.dumps(rows, ensure_ascii=False, indent=1), "\n"])
            return
        write_out(self.stdout, csv_lines(COLUMNS, (row.values() for row in rows), bom=False))

    def _sums(self, period: Period, tree: bool, day: date | None) -> list[dict]:
        if day is not None:
            return tally.known_on(period, day, tree=tree)
        # What was accepted a moment ago is in the file, whether or not the worker has come to it.
        if StaleFigure.objects.filter(period=period).exists():
            run_now()
        return tally.summary_rows(period, tree=tree)

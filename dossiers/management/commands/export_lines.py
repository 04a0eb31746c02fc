"""Every line of one period's returns, whatever their state."""

from django.core.management.base import BaseCommand, CommandError

from cchc_portal.lib.commands import write_out
from cchc_portal.lib.tables import csv_lines
from dossiers.choices import COUNTED_STATES
from dossiers.models import Line, Period
from dossiers.rules import STATED, TYPED_NAMES
from dossiers.rules.figures import NA_WRITTEN

COLUMNS = ("agency", "line", "counted", *TYPED_NAMES, *STATED)


def named(procedure: str | None, field: str | None, level: str) -> str:
    """What a line is about: a procedure's code, `field:CODE` or `field:CODE:LEVEL`, or `agency`."""
    if procedure is not None:
        return procedure
    if field is not None:
        return ":".join(filter(None, ("field", field, level)))
    return "agency"


def rows_of(period: Period):
    """The lines of a period in the order of their agencies, as exported."""
    lines = (
        Line.objects.filter(of__period=period)
        .order_by("of__agency__code", "of_id", "position", "pk")
        .values_list(
            "of__agency__code",
            "of__state",
            "procedure__code",
            "field__code",
            "level",
            "not_applicable",
            *TYPED_NAMES,
            *STATED,
        )
    )
    for agency, state, procedure, field, level, mask, *cells in lines.iterator(2000):
        shown = [NA_WRITTEN if mask >> bit & 1 else cell for bit, cell in enumerate(cells)]
        yield (agency, named(procedure, field, level), int(state in COUNTED_STATES), *shown)


class Command(BaseCommand):
    help = "Prints the lines of a period's returns as CSV; counted is 1 where rates count them."

    def add_arguments(self, parser):
        parser.add_argument("--period", metavar="LABEL", required=True)

    def handle(self, *args, period, **options):
        found = Period.objects.filter(label=period).first()
        if found is None:
            raise CommandError(f"no period is labelled {period}")
        write_out(self.stdout, csv_lines(COLUMNS, rows_of(found), bom=False))

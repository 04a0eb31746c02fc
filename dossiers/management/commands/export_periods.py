"""The periods with their days and instants."""

from django.core.management.base import BaseCommand

from cchc_portal.lib.commands import write_out
from cchc_portal.lib.tables import csv_lines
from dossiers.models import Period

COLUMNS = ("label", "kind", "calendar", "first_day", "last_day", "due_at", "locks_at")


class Command(BaseCommand):
    help = "Prints every period as CSV; days as ISO dates, instants with Hanoi's offset."

    def handle(self, *args, **options):
        rows = Period.objects.order_by("calendar", "first_day", "label").values_list(*COLUMNS)
        write_out(self.stdout, csv_lines(COLUMNS, rows.iterator(), bom=False))

"""Sum the accepted returns by hand, as the worker does."""

from django.core.management.base import BaseCommand, CommandError

from dossiers import tally
from dossiers.models import Period


class Command(BaseCommand):
    help = "Sums again what is stale; with --period that whole period, with --all everything."

    def add_arguments(self, parser):
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--period", metavar="LABEL")
        which.add_argument("--all", action="store_true")

    def handle(self, *args, period, **options):
        if options["all"]:
            rows = tally.recompute_all()
        elif period:
            found = Period.objects.filter(label=period).first()
            if found is None:
                raise CommandError(f"no period is labelled {period}")
            rows = tally.recompute_period(found.pk)
        else:
            rows = tally.recompute_stale()
        self.stdout.write(f"{rows} rows changed")

"""Sum the accepted returns by hand, as the worker does."""

from django.core.management.base import BaseCommand, CommandError

from dossiers.models import Period, StaleFigure
from dossiers.tasks import run_now
from records.choices import JobState


class Command(BaseCommand):
    help = "Sums again what is stale; with --period that whole period, with --all everything."

    def add_arguments(self, parser):
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--period", metavar="LABEL")
        which.add_argument("--all", action="store_true")

    def handle(self, *args, period, **options):
        found = Period.objects.filter(label=period).first() if period else None
        if period and found is None:
            raise CommandError(f"no period is labelled {period}")
        if not period and not options["all"] and not StaleFigure.objects.exists():
            self.stdout.write("nothing is stale")
            return
        run = run_now(period=found, everything=options["all"])
        if run.state != JobState.READY:
            raise CommandError(run.error)
        self.stdout.write(f"{run.rows} rows changed")

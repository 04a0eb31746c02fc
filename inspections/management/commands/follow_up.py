"""Hold closing conditions against the figures and send up what is long overdue."""

from datetime import datetime

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from inspections.workflow import escalate, settle_conditions


class Command(BaseCommand):
    help = "Proposes closing where accepted figures meet a condition, warns of relapses, sends up what is long overdue."

    def add_arguments(self, parser):
        parser.add_argument("--now", type=datetime.fromisoformat, help="the instant that stands for now, with its zone")

    def handle(self, *args, **options):
        now = options["now"] or timezone.now()
        told = settle_conditions(now)
        counts = {"proposed": told.get("propose_closing", 0), "relapsed": told.get("warn_relapse", 0)}
        self.stdout.write(
            _("%(proposed)s closings proposed, %(relapsed)s relapses, %(raised)s recommendations sent up.")
            % (counts | {"raised": escalate(now)})
        )

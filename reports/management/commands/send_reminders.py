"""Remind everybody of what is due, in one mail a day."""

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from reports.workflow import reminders_due, write_reminders


class Command(BaseCommand):
    help = "Writes today's reminders, one mail a person and day; without --write it says who would get one."

    def add_arguments(self, parser):
        parser.add_argument("--write", action="store_true", help="write and send; without it nothing is changed")

    def handle(self, *args, **options):
        now = timezone.now()
        if options["write"]:
            self.stdout.write(_("%(count)s mails written.") % {"count": write_reminders(now)})
            return
        for person, items in reminders_due(now):
            self.stdout.write(f"{person.username}: {len(items)}")
        self.stdout.write(_("This was a dry run; add --write to save."))

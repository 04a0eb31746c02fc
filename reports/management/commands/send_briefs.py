"""Write the weekly brief to everybody who has none of this week yet."""

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from reports.workflow import write_briefs


class Command(BaseCommand):
    help = "Writes this week's brief to leaders and programme officers, one each; run again it adds nothing."

    def handle(self, *args, **options):
        self.stdout.write(_("%(count)s briefs written.") % {"count": write_briefs(timezone.now())})

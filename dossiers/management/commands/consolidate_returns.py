import os
from pathlib import Path

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from agencies.models import Person
from cchc_portal.lib.errors import Conflict, Refused
from cchc_portal.lib.numbers import format_count
from dossiers.choices import FIGURE_LABELS
from dossiers.models import Period
from dossiers.workbooks.consolidating import consolidate


class Command(BaseCommand):
    help = "Takes over a folder of filled workbooks, one per agency, into drafts of one period. Dry run unless --write."

    def add_arguments(self, parser):
        parser.add_argument("folder", help="folder of XLSX files")
        parser.add_argument("--period", required=True, metavar="LABEL")
        parser.add_argument("--user", required=True, metavar="NAME", help="a programme officer")
        parser.add_argument("--write", action="store_true", help="save; without it nothing is changed")

    def handle(self, *args, **options):
        period = Period.objects.filter(label=options["period"]).first()
        person = Person.objects.filter(username=options["user"], is_active=True).first()
        if period is None or person is None:
            raise CommandError(_("There is no such period or person."))
        folder = Path(options["folder"])
        # "~$…" are the lock files of a workbook that is open in Excel.
        paths = [path for path in folder.glob("*.xlsx") if not path.name.startswith("~$")]
        if not paths:
            raise CommandError(_("There is no .xlsx file in %(folder)s.") % {"folder": folder})
        try:
            done = consolidate(paths, period, by=person, write=options["write"], processes=os.cpu_count() or 1)
        except PermissionDenied:
            raise CommandError(_("%(person)s may not consolidate workbooks.") % {"person": person}) from None
        except (Conflict, Refused) as error:
            raise CommandError(str(error)) from error
        for one in done.files:
            if options["verbosity"] > 1 or one.notes:
                self.stdout.write(
                    _("%(file)s: %(agency)s, %(lines)s lines, %(changed)s changed.")
                    % {"file": one.name, "agency": one.agency, "lines": one.lines, "changed": one.changed}
                )
            for note in one.notes if options["verbosity"] > 1 else []:
                self.stdout.write(f"  {note}")
            for problem in one.problems:
                self.stderr.write(f"{one.name}: {problem}")
        if done.problems:
            raise CommandError(_("%(errors)s errors; nothing was saved.") % {"errors": done.problems})
        for name, total in done.sums.items():
            self.stdout.write(f"{FIGURE_LABELS[name]}: {format_count(total)}")
        self.stdout.write(
            _("%(files)s workbooks, %(lines)s lines, %(changed)s changed.")
            % {"files": len(done.files), "lines": format_count(done.lines), "changed": format_count(done.changed)}
        )
        if done.saved:
            self.stdout.write(_("Saved."))
        elif options["write"]:
            self.stdout.write(_("Nothing to change."))
        else:
            self.stdout.write(_("This was a dry run; add --write to save."))

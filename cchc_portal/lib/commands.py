"""What commands share: reading a register from a file, a dry run unless told to write; writing to a pipe."""

import os
from collections.abc import Iterable
from types import ModuleType

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from cchc_portal.lib.importing import error_line
from cchc_portal.lib.xlsx import SheetError, read_rows


def write_out(stdout, pieces: Iterable[str]) -> None:
    """Write the pieces as they come; where the reader has had enough, as `head` has, stop without a word."""
    try:
        for piece in pieces:
            stdout.write(piece, ending="")
        stdout.flush()
    except BrokenPipeError:
        # What Python still holds of it is flushed when it ends: into nothing, or it would complain then.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stdout.fileno())
        os.close(nowhere)


class ImportCommand(BaseCommand):
    """`FILE [--write]`: says what each row would change, reports every error by row, saves all or nothing."""

    importer: ModuleType

    def add_arguments(self, parser):
        parser.add_argument("file", help="CSV or XLSX")
        parser.add_argument("--write", action="store_true", help="save; without it nothing is changed")

    def handle(self, *args, **options):
        try:
            rows = read_rows(options["file"], self.importer.COLUMNS, self.importer.REQUIRED)
        except (SheetError, OSError) as error:
            raise CommandError(str(error)) from error
        plan = self.importer.plan_import(rows)
        for error in plan.errors:
            self.stderr.write(error_line(error))
        if plan.errors:
            raise CommandError(_("%(errors)s errors; nothing was saved.") % {"errors": len(plan.errors)})
        if options["verbosity"] > 1:
            for change in plan.changes:
                self.stdout.write(f"{'+' if change.new else '~'} {change.label}: {', '.join(change.fields)}")
        self.stdout.write(
            _("%(rows)s rows: %(new)s new, %(changed)s changed, %(same)s unchanged.")
            % {"rows": len(rows), "new": len(plan.created), "changed": len(plan.updated), "same": plan.same}
        )
        if not options["write"]:
            self.stdout.write(_("This was a dry run; add --write to save."))
            return
        self.importer.apply(plan, None)
        self.stdout.write(_("Saved."))

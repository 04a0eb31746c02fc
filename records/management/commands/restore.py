"""Put the whole portal back from one file."""

from datetime import datetime
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from cchc_portal.lib.numbers import format_count
from records.backup.layout import Unusable
from records.backup.reading import restore_backup
from records.management.commands.verify_trail import first_bad_event


class Command(BaseCommand):
    help = "Restores a file of `backup` into an empty, migrated database; stop web, worker and clock before."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--replace", action="store_true", help="discard what the database holds")

    def handle(self, *args, **options):
        file = options["file"]
        try:
            manifest = restore_backup(file, replace=options["replace"])
        except Unusable as error:
            raise CommandError(str(error)) from error
        for name in manifest.missing:
            self.stderr.write(_("Stored file %(name)s was missing when the backup was made.") % {"name": name})
        made = timezone.localtime(datetime.fromisoformat(manifest.created_at))
        self.stdout.write(
            _("Restored %(file)s of %(made)s: %(tables)s tables, %(rows)s rows, %(files)s files.")
            % {
                "file": file,
                "made": made.strftime("%d/%m/%Y %H:%M"),
                "tables": format_count(len(manifest.tables())),
                "rows": format_count(manifest.rows()),
                "files": format_count(len(manifest.files())),
            }
        )
        bad = first_bad_event()
        if bad is not None:
            raise CommandError(
                _("The restored trail is broken at event %(number)s; it was so in the backup.") % {"number": bad}
            )
        self.stdout.write(_("The trail is unbroken."))

"""Write the whole portal to one file."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from cchc_portal.lib.numbers import format_count
from records.backup.layout import Unusable
from records.backup.writing import write_backup


class Command(BaseCommand):
    help = "Writes database and stored files to one ZIP file with checksums; the portal may go on running."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *args, **options):
        file = options["file"]
        try:
            manifest = write_backup(file)
        except Unusable as error:
            raise CommandError(str(error)) from error
        for name in manifest.missing:
            self.stderr.write(_("Stored file %(name)s is missing; the backup goes without it.") % {"name": name})
        self.stdout.write(
            _("Backup written to %(file)s: %(tables)s tables, %(rows)s rows, %(files)s files, %(size)s bytes.")
            % {
                "file": file,
                "tables": format_count(len(manifest.tables())),
                "rows": format_count(manifest.rows()),
                "files": format_count(len(manifest.files())),
                "size": format_count(file.stat().st_size),
            }
        )

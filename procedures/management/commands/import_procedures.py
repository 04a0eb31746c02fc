"""import_procedures FILE [--write]: the register of procedures from CSV or XLSX."""

from cchc_portal.lib.commands import ImportCommand
from procedures import imports


class Command(ImportCommand):
    help = "Read the register of procedures from a CSV or XLSX file; a dry run unless --write."
    importer = imports

"""import_successions FILE [--write]: who followed whom from CSV or XLSX."""

from agencies.imports import succession
from cchc_portal.lib.commands import ImportCommand


class Command(ImportCommand):
    help = "Read who followed whom from a CSV or XLSX file; a dry run unless --write."
    importer = succession

"""import_agencies FILE [--write]: the agency forest from CSV or XLSX."""

from agencies.imports import agency
from cchc_portal.lib.commands import ImportCommand


class Command(ImportCommand):
    help = "Read the agency forest from a CSV or XLSX file; a dry run unless --write."
    importer = agency

import shutil
import time

from django.core.management.base import BaseCommand

from dossiers.models import Consolidation

KEPT_SECONDS = 7 * 24 * 3600


class Command(BaseCommand):
    help = "Throws away workbooks uploaded for consolidation a week ago; what was saved of them stays."

    def handle(self, *args, **options):
        shelf, cleared = Consolidation.shelf(), 0
        for folder in shelf.iterdir() if shelf.is_dir() else []:
            if folder.stat().st_mtime < time.time() - KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
                cleared += 1
        if cleared:
            self.stdout.write(f"{cleared} uploads thrown away")

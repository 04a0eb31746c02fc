"""Forget what programmes may not repeat any more."""

from django.core.management.base import BaseCommand

from records.models import IdempotencyKey


class Command(BaseCommand):
    help = "Deletes idempotency keys of the API that are older than seven days, with the answers kept for them."

    def handle(self, *args, **options):
        if gone := IdempotencyKey.objects.purge():
            self.stdout.write(f"{gone} keys deleted")

"""load_checklists: the checklists that come with the portal, where the portal does not have them yet."""

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from inspections.imports.checklists import load_shipped
from inspections.models import Area


class Command(BaseCommand):
    help = (
        "Publish the checklists of data/checklists/ that are not in the portal yet; those there are stay as they are."
    )

    def handle(self, **options):
        try:
            with transaction.atomic():
                made = load_shipped()
        except Area.DoesNotExist as missing:
            raise CommandError(f"Chưa có lĩnh vực “{missing}” trong danh mục lĩnh vực cải cách.") from missing
        self.stdout.write(f"Đã nạp {len(made)} bộ câu hỏi kiểm tra.")

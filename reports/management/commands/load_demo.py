"""load_demo [--scale small|city] [--seed N] [--today DATE]: fill an empty database with demo data."""

from datetime import date

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from reports.demo.load import CITY, SEED, SMALL, load
from reports.demo.people import ACCOUNTS, PASSWORD


class Command(BaseCommand):
    help = "Fill an empty database with demo data; a database that holds anything real is refused."

    def add_arguments(self, parser):
        parser.add_argument("--scale", choices=(SMALL, CITY), default=SMALL)
        parser.add_argument("--seed", type=int, default=SEED, help="another seed gives other figures")
        parser.add_argument("--today", help="the day it is loaded, as 2026-12-31; without it, today")

    def handle(self, *args, **options):
        try:
            today = date.fromisoformat(options["today"]) if options["today"] else timezone.localdate()
        except ValueError:
            raise CommandError("Ngày phải viết theo dạng 2026-12-31.") from None
        quiet = options["verbosity"] < 1
        say = (lambda text: None) if quiet else self.stdout.write
        if load(scale=options["scale"], seed=options["seed"], today=today, say=say) and not quiet:
            names = ", ".join(username for username, *_rest in ACCOUNTS)
            self.stdout.write(f"Tài khoản: {names}. Mật khẩu: {PASSWORD}")

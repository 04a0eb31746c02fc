"""A token for one-stop software, printed once."""

from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from agencies.choices import RoleCode, TokenScope
from agencies.models import Agency, ApiToken, Person
from records.models import Event

DAYS = 365
DAYS_AT_MOST = 1_825


class Command(BaseCommand):
    help = "Prints a new API token once; only its hash is stored. The person must hold a role at the agency today."

    def add_arguments(self, parser):
        parser.add_argument("user", metavar="USER")
        parser.add_argument("--agency", metavar="CODE", required=True)
        parser.add_argument("--scope", choices=TokenScope.values, required=True)
        parser.add_argument("--days", type=int, default=DAYS, help=f"valid for so many days (default {DAYS})")

    def handle(self, *args, user, agency, scope, days, **options):
        if not 1 <= days <= DAYS_AT_MOST:
            raise CommandError(f"--days is a number from 1 to {DAYS_AT_MOST}")
        person = Person.objects.filter(username=user, is_active=True).first()
        if person is None:
            raise CommandError(f"no active person signs in as {user}")
        place = Agency.objects.filter(code=agency).first()
        if place is None:
            raise CommandError(f"no agency has the code {agency}")
        codes = [RoleCode.REPORTER] if scope == TokenScope.RETURNS else RoleCode.values
        if not person.has_role(*codes, agency_id=place.pk):
            needed = "reporter" if scope == TokenScope.RETURNS else "member"
            raise CommandError(f"{user} is no {needed} of {agency} today")
        expires_at = timezone.now() + timedelta(days=days)
        with transaction.atomic():
            token, secret = ApiToken.objects.issue(
                person=person, agency=place, scope=scope, expires_at=expires_at, by=None
            )
            told = {"person": user, "agency": agency, "scope": scope, "expires_at": expires_at}
            Event.objects.append(actor=None, action="issue_token", target=token, after=told)
        self.stdout.write(secret)

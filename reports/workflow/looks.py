"""A person has seen what changed up to an instant."""

from datetime import datetime, timedelta

from django.utils import timezone

from agencies.models import Agency, Person
from reports.models import Look

# What was being written while the page was read carries an earlier instant: rather told twice than never.
SETTLED = timedelta(seconds=5)


def look(person: Person, agency: Agency, until: datetime) -> None:
    """Note that the person has been shown what changed until then, the last seconds before now left open.

    It only moves on: what was seen later stays seen.
    """
    until = min(until, timezone.now() - SETTLED)
    row, fresh = Look.objects.get_or_create(person=person, agency=agency, defaults={"at": until})
    if not fresh:
        Look.objects.filter(pk=row.pk, at__lt=until).update(at=until)

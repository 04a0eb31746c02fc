"""A person has seen what changed up to an instant."""

from datetime import datetime

from django.utils import timezone

from agencies.models import Agency, Person
from reports.models import Look


def look(person: Person, agency: Agency, until: datetime) -> None:
    """Note that the person has been shown what changed until then; what was seen later stays seen, nothing is ahead."""
    until = min(until, timezone.now())
    row, fresh = Look.objects.get_or_create(person=person, agency=agency, defaults={"at": until})
    if not fresh:
        Look.objects.filter(pk=row.pk, at__lt=until).update(at=until)

"""Answers of a checklist that were recorded elsewhere, taken in as devices on site would have sent them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from agencies.models import Person
from inspections import capture, checklists
from inspections.choices import VisitState
from inspections.models import Operation, Template, Visit


def freeze(visit: Visit, templates: Iterable[Template]) -> None:
    """Copy the lines of these checklists onto the visit."""
    checklists.freeze(visit, templates)


def take(visit: Visit, recorded: Mapping[Person, list[dict]], *, device: UUID, at: datetime) -> None:
    """Keep what each person recorded on the visit at that hour, also where the visit is over by now.

    An operation has the shape that docs/capture.md describes.
    """
    state = visit.state
    Visit.objects.filter(pk=visit.pk).update(state=VisitState.UNDER_WAY)
    for person, operations in recorded.items():
        capture.take(visit, operations, by=person, device=device)
    Operation.objects.filter(visit=visit).update(received_at=at)
    Visit.objects.filter(pk=visit.pk).update(state=state)

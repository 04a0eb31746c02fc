"""What is unfinished of what teams record on site: values on which people disagree, lines without what they ask for."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count

from inspections import checklists
from inspections.capture.standing import sides
from inspections.choices import Outcome
from inspections.models import Operation, Visit


@dataclass(frozen=True)
class Unfinished:
    """A visit under way: subjects with two values, lines that lack a note or a photo, lines not answered."""

    visit: Visit
    disputed: int
    lacking: int
    open: int


def _disputed(visits: list[int]) -> dict[int, int]:
    """By visit how many subjects wait for a decision: two different values, or one that the desk writes otherwise."""
    standing = Operation.objects.standing().filter(visit__in=visits)
    several = standing.values("visit", "subject").annotate(n=Count("pk")).filter(n__gt=1).order_by()
    subjects = {row["subject"] for row in several}
    by_subject = defaultdict(list)
    for operation in standing.filter(subject__in=subjects):
        by_subject[operation.visit_id, operation.subject].append(operation)
    waiting = {key for key, operations in by_subject.items() if len(sides(operations)) > 1}
    beside = standing.filter(subject__startswith="finding:", outcome=Outcome.BESIDE).values_list("visit", "subject")
    found: dict[int, int] = defaultdict(int)
    for visit, _subject in waiting | set(beside):
        found[visit] += 1
    return found


def unfinished(visits: Iterable[Visit]) -> list[Unfinished]:
    """Those of the visits under way that are not finished, in the order given."""
    visits = list(visits)
    disputed = _disputed([visit.pk for visit in visits])
    found = []
    for visit in visits:
        counts, _missing = checklists.progress(visit)
        left = counts["items"] - counts["answered"] if counts["answered"] else 0
        one = Unfinished(visit, disputed[visit.pk], counts["missing"], left)
        if one.disputed or one.lacking or one.open:
            found.append(one)
    return found

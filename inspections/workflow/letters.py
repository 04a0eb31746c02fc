"""Writing letters about what is overdue: one to each agency, told to each recommendation it is about."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from inspections.choices import FOLLOW_UP_LETTER, InspectionKind
from inspections.letters import letter_title
from inspections.models import Letter, Recommendation
from inspections.rules import working_days_between
from inspections.workflow.following import holidays
from records.models import Event
from records.workflow import ask_document


def _origin(item: Recommendation) -> str:
    return f"{item.visit.get_kind_display()}, {item.visit.date_text}"


def write_letters(
    items: list[Recommendation], *, by, issuing_agency, answer_by: date, now: datetime, address: str = ""
) -> list[Letter]:
    """One letter for each agency (those of Party bodies apart, which go without the letterhead) and its document.

    `items` are overdue ones that the caller has checked. Every recommendation has one event that names the letter.
    """
    today, days_off, letters = timezone.localdate(now), holidays(), {}
    with transaction.atomic():
        for item in sorted(items, key=lambda one: (one.agency.sort_key, one.due, one.pk)):
            about = item.agency_id, item.visit.kind == InspectionKind.PARTY
            if about not in letters:
                letters[about] = Letter.objects.create(
                    agency=item.agency,
                    issuing_agency=issuing_agency or item.team.issuing_agency,
                    answer_by=answer_by,
                    written_by=by,
                    written_at=now,
                )
            late = working_days_between(item.due, today, days_off)
            letters[about].lines.create(
                recommendation=item, text=item.text, origin=_origin(item), due=item.due, late=late
            )
            told = {"letter": letters[about].pk, "due": item.due, "working_days": late, "answer_by": answer_by}
            Event.objects.append(actor=by, action="urge", target=item, after=told)
        for letter in letters.values():
            ask_document(FOLLOW_UP_LETTER, letter.pk, title=letter_title(letter), by=by, draft=False, address=address)
    return list(letters.values())

"""What the register says of agencies: their facts for the profile, and their number on a day."""

from datetime import date

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from agencies.models import Agency


def with_children_count(agencies: QuerySet[Agency], day: date | None) -> QuerySet[Agency]:
    """Adds `children_count`: units directly below that exist on the day (all of them where no day is named)."""
    children = Agency.objects.filter(parent=OuterRef("pk")).order_by()
    if day:
        children = children.valid_on(day)
    counted = children.values("parent").annotate(number=Count("pk")).values("number")
    return agencies.annotate(children_count=Coalesce(Subquery(counted), 0))


def register_facts(agency: Agency, day: date) -> dict:
    """Context of `agencies/_facts.html`: the register's facts about an agency, open to everyone who is signed in.

    Level counts and document reviews belong to the floor above; `procedures.tally.stated_facts` gives them.
    """
    steps = agency.origins.select_related("predecessor").order_by("effective_date", "predecessor__sort_key")
    followed = agency.successions.select_related("successor").order_by("effective_date", "successor__sort_key")
    return {
        "agency": agency,
        "parent": agency.parent,
        "children_count": Agency.objects.filter(parent=agency).valid_on(day).count(),
        "official_codes": list(agency.official_codes.all()),
        "predecessors": list(steps),
        "successors": list(followed),
        "day": day,
    }


def covering(day: date | None) -> Q:
    """Condition of a dated row that covers the day; everything where no day is named."""
    if day is None:
        return Q()
    return Q(Q(valid_from__isnull=True) | Q(valid_from__lte=day), Q(valid_to__isnull=True) | Q(valid_to__gte=day))

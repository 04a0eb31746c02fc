"""What the register says of agencies: their facts for the profile, their number on a day, and who acts for them."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from agencies.models import Agency, Role, Succession

_reckoners: list[Callable[[], None]] = []


def reckons_over_forest(again: Callable[[], None]) -> None:
    """Told by a floor above that adds up over the forest: `again` is called whenever its shape changes."""
    _reckoners.append(again)


def forest_changed() -> None:
    """A unit came under another, or who followed whom was recorded; called in the transaction of that change."""
    for again in _reckoners:
        again()


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


class Staff:
    """Who holds which role where on a day, read at once for many agencies: the reverse of `Person.agency_ids_as`."""

    def __init__(self, day: date):
        self._holders: dict[tuple[str, int], set[int]] = defaultdict(set)
        held = Role.objects.on(day).filter(person__is_active=True).order_by()
        for code, agency, person in held.values_list("code", "agency_id", "person_id"):
            self._holders[code, agency].add(person)
        self._successor = Succession.objects.steps_into(Q())

    def of(self, agency_id: int, *codes: str) -> set[int]:
        """Keys of the active persons in one of these roles at the agency or at what absorbed it whole."""
        found: set[int] = set()
        passed: set[int] = set()
        here: int | None = agency_id
        while here is not None and here not in passed:
            passed.add(here)
            for code in codes:
                found |= self._holders.get((code, here), set())
            here = self._successor.get(here)
        return found

    def anywhere(self, *codes: str) -> set[int]:
        """Keys of the active persons in one of these roles, wherever they hold it."""
        return {person for (code, _agency), people in self._holders.items() if code in codes for person in people}

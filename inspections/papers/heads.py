"""The letterhead of a body that issues a plan, a decision or a brief."""

from agencies.models import Agency
from cchc_portal.lib.paper import Letterhead


def _place_of(agency: Agency) -> str:
    """The place before the date: the name of the city at the root ("UBND Thành phố Hà Nội" → "Hà Nội")."""
    root = Agency.objects.filter(pk=(agency.ancestor_ids or [agency.pk])[0]).first()
    name = root.name if root else ""
    for before in ("Thành phố ", "thành phố ", "Tỉnh ", "tỉnh "):
        if before in name:
            return name.split(before, 1)[1]
    return ""


def letterhead_of(agency: Agency | None, otherwise: str = "") -> Letterhead:
    """Who issues and under whom; `otherwise` stands in where no body is known."""
    if agency is None:
        return Letterhead(otherwise, "", "")
    return Letterhead(agency.name, agency.parent.name if agency.parent else "", _place_of(agency))

"""The letterhead of a body that issues a document of supervision."""

from agencies.models import Agency
from cchc_portal.lib.paper import Letterhead, place_of


def letterhead_of(agency: Agency | None, otherwise: str = "") -> Letterhead:
    """Who issues and under whom; `otherwise` stands in where no body is known."""
    if agency is None:
        return Letterhead(otherwise, "", "")
    root = Agency.objects.filter(pk=(agency.ancestor_ids or [agency.pk])[0]).first()
    return Letterhead(
        issuing=agency.name,
        superior=agency.parent.name if agency.parent else "",
        place=place_of(root.name) if root else "",
    )

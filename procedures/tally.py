"""What sources state of an agency's procedures and documents: never computed, always with where it was read."""

from agencies.models import Agency
from procedures.choices import level_name


def named(counts):
    """Stated level counts as a list, each with `level_name`, the value as people call it."""
    rows = list(counts)
    for row in rows:
        row.level_name = level_name(row.scale, row.value)
    return rows


def stated_facts(agency: Agency) -> dict:
    """`stated` of `agencies/_facts.html`: level counts per scale and date, and document reviews, with their sources."""
    counts = agency.stated_level_counts.select_related("agency", "source").order_by("as_of", "scale", "value")
    return {"level_counts": named(counts), "reviews": list(agency.document_reviews.select_related("source"))}

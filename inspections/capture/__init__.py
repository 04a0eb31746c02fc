"""Recording on site: reading operations, what stands of them, what follows from it (see docs/capture.md)."""

from inspections.capture.effects import beside_finding, desk_value, standing_keys
from inspections.capture.reading import LONGEST_REQUEST, MOST_OPERATIONS, Unreadable
from inspections.capture.state import full_state, short_state
from inspections.capture.taking import DESK, desk_operation, take
from inspections.capture.uploading import MOST_PHOTOS, keep_photo

__all__ = [
    "DESK",
    "LONGEST_REQUEST",
    "MOST_OPERATIONS",
    "MOST_PHOTOS",
    "Unreadable",
    "beside_finding",
    "desk_operation",
    "desk_value",
    "full_state",
    "keep_photo",
    "short_state",
    "standing_keys",
    "take",
]

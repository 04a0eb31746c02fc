"""What stands of a subject: a question about the set of its operations, whatever the order in which they came."""

import json
from collections.abc import Iterable

from inspections.models import Operation


def standing_of(operations: Iterable[Operation]) -> list[Operation]:
    """Those that no other names as its base or settles. All of them, should they name each other in a ring."""
    known = list(operations)
    followed = {operation.base for operation in known}
    settled = {key for operation in known for key in operation.settles}
    left = [item for item in known if item.uuid not in followed and str(item.uuid) not in settled]
    return left or known


def sides(standing: Iterable[Operation]) -> list[Operation]:
    """One operation for each different value that stands: more than one is a conflict."""
    found: dict[str, Operation] = {}
    for operation in standing:
        found[json.dumps(operation.value, sort_keys=True)] = operation
    return list(found.values())


def agreed(standing: Iterable[Operation]) -> Operation | None:
    """The operation whose value holds; None where there is none or two different ones stand."""
    different = sides(standing)
    return different[0] if len(different) == 1 else None

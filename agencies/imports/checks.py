"""What must hold of agencies and successions, whether they are typed or imported: problems as (column, sentence)."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from django.utils.translation import gettext as _

from agencies.choices import AgencyKind, SuccessionKind

CODE = re.compile(r"[A-Za-z0-9ĐđÀ-ỹ][A-Za-z0-9ĐđÀ-ỹ._-]*")
# The path that the register's own pages take.
RESERVED_CODES = ("new",)
# Which kinds may stand directly above a kind; None: it may stand at the root.
PARENT_KINDS = {
    AgencyKind.CITY: (None,),
    AgencyKind.DEPARTMENT: (AgencyKind.CITY,),
    AgencyKind.DISTRICT: (AgencyKind.CITY,),
    AgencyKind.COMMUNE: (AgencyKind.CITY, AgencyKind.DISTRICT),
    AgencyKind.DIVISION: (AgencyKind.CITY, AgencyKind.DEPARTMENT, AgencyKind.DISTRICT, AgencyKind.COMMUNE),
}
# After these the predecessor exists no more.
CLOSING = (SuccessionKind.MERGE, SuccessionKind.SPLIT, SuccessionKind.RENAME, SuccessionKind.DISSOLVED)


def code_problem(code: str) -> str | None:
    """Why the text cannot be an agency's code (it is part of an address), or None."""
    if code and (not CODE.fullmatch(code) or code in RESERVED_CODES):
        return _("A code holds letters, digits, full stops and hyphens, without spaces.")
    return None


def in_cycle(code: str, parents: Mapping[str, str]) -> bool:
    """Does the way up from `code` lead into a circle? `parents` maps a code to its parent's, "" at the root."""
    seen = set()
    while code:
        if code in seen:
            return True
        seen.add(code)
        code = parents.get(code, "")
    return False


def kind_problem(kind: str, parent_kind: str | None) -> str | None:
    """Why a unit of the kind cannot stand under that kind of parent (None: at the root), or None."""
    allowed = PARENT_KINDS.get(kind, ())
    if not kind or parent_kind in allowed:
        return None
    if parent_kind is None:
        return _("A unit of this kind needs a parent.")
    if allowed == (None,):
        return _("A city or province stands at the root and has no parent.")
    return _("A unit of this kind cannot stand under this parent.")


def succession_problems(
    *,
    kind: str,
    effective: date | None,
    predecessor: str,
    predecessor_last_day: date | None,
    successor: str,
    successor_first_day: date | None,
) -> Iterator[tuple[str, str]]:
    """What speaks against the step (domain.md §2): to itself, without successor, or against the dates of the units."""
    if successor and successor == predecessor:
        yield "successor", _("A unit cannot follow itself.")
    if kind == SuccessionKind.DISSOLVED and successor:
        yield "successor", _("Nobody follows a unit that is dissolved; leave the successor empty.")
    if kind and kind != SuccessionKind.DISSOLVED and not successor:
        yield "successor", _("Name the successor, or choose “dissolved”.")
    if effective and kind in CLOSING and (predecessor_last_day is None or predecessor_last_day >= effective):
        yield "effective_date", _("The predecessor is still open on this day; close it the day before first.")
    if effective and successor_first_day and successor_first_day > effective:
        yield "effective_date", _("The successor does not exist yet on this day.")

"""What changed since a person last looked: only what he may read, and nothing where there is nothing to say."""

from dataclasses import dataclass
from datetime import datetime

from agencies.models import Agency
from dossiers import rules
from reports.tally.changes import promised, ranks, rates, restated, returns
from reports.tally.changes.looking import SHOWN, Change, Looking, Section, looked_until, scopes

__all__ = ["Change", "Changes", "Section", "changes_for", "looked_until", "scopes"]

FIGURES = (returns.fell_due, returns.sent_back, returns.arrived, rates.moved, ranks.changed, restated.restated)


@dataclass(frozen=True)
class Changes:
    """Everything that is told, section by section; empty means silence."""

    root: Agency
    since: datetime
    now: datetime
    sections: tuple[Section, ...]
    formula: str = rules.DEFAULT_FORMULA

    @property
    def total(self) -> int:
        return sum(section.total for section in self.sections)


def changes_for(
    user,
    root: Agency,
    since: datetime,
    now: datetime,
    *,
    shown: int = SHOWN,
    formula: str = rules.DEFAULT_FORMULA,
) -> Changes:
    """What changed at the agency and below it after `since` up to `now`, as the person may read it.

    Rates and places are those of the formula, one of `rules.COMPARED_FORMULAS`.
    """
    look = Looking(user, root, since, now, shown, formula)
    found = [promised.fell_due(look)]
    if look.reads_figures:
        found += [section(look) for section in FIGURES]
    found.append(promised.issued(look))
    return Changes(root, since, now, tuple(section for section in found if section and section.lines), formula)

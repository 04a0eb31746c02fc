"""Lines of sent returns that break a blocking identity: sifted by SQL from the same table, judged by `rules`."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from dossiers import rules
from dossiers.choices import LOCKED_STATES
from dossiers.models import Line
from dossiers.rules import BLOCK, CELL_NAMES, IDENTITIES, MAX_COUNT, Breach, Figures
from dossiers.rules.identities import COMPUTED, EQUALS, RANGE
from dossiers.tally.statements import LINE, PUBLISHED, RETURN, per_line

LINES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A breach of a line that its return should never have been submitted with."""

    agency: str
    period: str
    line: str
    breach: Breach


def _breaks(identity) -> str:
    """The condition that line `l` breaks a blocking identity; not true where a figure it names is not known."""
    if identity.relation == RANGE:
        return " OR ".join(f"l.{name} NOT BETWEEN 0 AND {MAX_COUNT}" for name in CELL_NAMES)
    total, parts = per_line(identity.total), " + ".join(f"({per_line(part)})" for part in identity.parts)
    broken = f"{parts} {'<>' if identity.relation == EQUALS else '>'} ({total})"
    if identity.unless_known:
        broken += f" AND ({per_line(identity.unless_known)}) IS NULL"
    # In a published row both values stay and the gap is only shown.
    return f"NOT {PUBLISHED} AND {broken}"


def suspects() -> list[int]:
    """Keys of the lines of submitted, approved and accepted returns that break a blocking identity."""
    blocking = [one for one in IDENTITIES if one.severity == BLOCK and one.relation != COMPUTED]
    states = ", ".join(f"'{state}'" for state in LOCKED_STATES)
    broken = " OR ".join(f"({_breaks(identity)})" for identity in blocking)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT l.id FROM {LINE} l JOIN {RETURN} r ON r.id = l.of_id WHERE r.state IN ({states}) AND ({broken})"
        )
        return [pk for (pk,) in cursor.fetchall()]


def broken_lines() -> Iterator[BrokenLine]:
    """Each blocking breach of a sent return's line, with what the rule says about it."""
    keys = suspects()
    for start in range(0, len(keys), LINES_AT_ONCE):
        lines = Line.objects.filter(pk__in=keys[start : start + LINES_AT_ONCE])
        for line in lines.select_related("of__agency", "of__period", "procedure", "field").order_by("pk"):
            figures = Figures.from_stored(line, published=line.of.published)
            about = line.procedure or line.field
            for breach in rules.check(figures):
                if breach.blocks:
                    name = about.code if about else "agency"
                    yield BrokenLine(line.of.agency.code, line.of.period.label, name, breach)

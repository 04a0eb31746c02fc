"""Where published figures cannot be true: against the counts, against each other, against their own row."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from django.utils.translation import gettext as _

from reports.choices import Clash, Verdict
from reports.models import Claim
from reports.rules import refute_each_other
from reports.tally.claims import JudgedClaim, judged


@dataclass(frozen=True)
class Contradiction:
    """A published figure that something speaks against: the counts, `other`, or its own row; `why` says it in words."""

    kind: Clash
    row: JudgedClaim
    why: list[str]
    other: JudgedClaim | None = None

    @property
    def claims(self) -> tuple[Claim, ...]:
        return (self.row.claim, self.other.claim) if self.other else (self.row.claim,)


def _against_counts(rows: list[JudgedClaim]) -> Iterable[Contradiction]:
    for row in rows:
        if row.verdict == Verdict.CONTRADICTS:
            yield Contradiction(Clash.COUNTS, row, row.sentences)


def _against_own_row(rows: list[JudgedClaim]) -> Iterable[Contradiction]:
    for row in rows:
        if row.gaps:
            yield Contradiction(Clash.ROW, row, row.gaps)


def _agree(row: JudgedClaim) -> bool:
    return row.verdict in (Verdict.AGREES, Verdict.AGREES_TRUNCATED)


def _against_each_other(rows: list[JudgedClaim]) -> Iterable[Contradiction]:
    """Pairs of one agency, period and measure that leave no number for both; two that the counts bear out are none."""
    alike = defaultdict(list)
    for row in rows:
        claim = row.claim
        alike[claim.agency_id, claim.period_id, claim.period_text, claim.measure].append(row)
    for group in alike.values():
        for first, second in combinations(group, 2):
            if refute_each_other(first.claim, second.claim) and not (_agree(first) and _agree(second)):
                words = {"text": second.claim.text, "source": str(second.claim.source)}
                why = _("“%(text)s” (%(source)s) leaves no number that both could mean") % words
                yield Contradiction(Clash.CLAIM, first, [why], second)


def contradictions(claims: list[Claim]) -> list[Contradiction]:
    """Every contradiction among these claims, by kind and then in the order of the claims."""
    rows = judged(claims)
    return [*_against_counts(rows), *_against_each_other(rows), *_against_own_row(rows)]

"""Published statements beside what the counts give."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from cchc_portal.lib import numbers
from dossiers import rules
from dossiers.choices import FORMULA_LABELS, IDENTITY_MESSAGES, ReturnState
from dossiers.models import Line
from reports.choices import Verdict
from reports.models import Claim
from reports.rules import HALF_UP, Judgement, in_no_class, judge, row_gaps, row_rates

BADGES = {
    Verdict.AGREES: "done",
    Verdict.AGREES_TRUNCATED: "warning",
    Verdict.CANNOT_BE_CHECKED: "open",
    Verdict.CONTRADICTS: "refused",
}

TOLD_AT_MOST = 60


@dataclass(frozen=True)
class JudgedClaim:
    """A claim, its verdict, the sentences that say what the verdict rests on, and where its own row does not add up."""

    claim: Claim
    verdict: Verdict
    judgement: Judgement
    sentences: list[str]
    gaps: list[str] = field(default_factory=list)

    @property
    def badge(self) -> str:
        """The state whose icon and tone the verdict is shown with."""
        return BADGES[self.verdict]


def lines_of(keys: set[tuple[int, int]]) -> dict[tuple[int, int], list[rules.Figures]]:
    """Lines of the accepted returns of these (agency, period) keys, in two queries however many there are."""
    found = defaultdict(list)
    if not keys:
        return found
    rows = Line.objects.filter(
        of__state=ReturnState.ACCEPTED,
        of__agency_id__in={agency for agency, _period in keys},
        of__period_id__in={period for _agency, period in keys},
    ).select_related("of")
    for line in rows:
        key = (line.of.agency_id, line.of.period_id)
        if key in keys:
            found[key].append(rules.Figures.from_stored(line, published=line.of.published))
    return found


def _sentences(claim: Claim, judgement: Judgement) -> list[str]:
    said = []
    for fit in judgement.fits:
        rounding = _("rounded") if HALF_UP in fit.roundings else _("truncated")
        said.append(
            _("%(formula)s: %(numerator)s/%(denominator)s = %(rate)s; %(rounding)s to %(decimals)s decimals it fits")
            % {
                "formula": fit.rate.formula,
                "numerator": numbers.format_count(fit.rate.numerator),
                "denominator": numbers.format_count(fit.rate.denominator),
                "rate": fit.rate.printed,
                "rounding": rounding,
                "decimals": fit.decimals,
            }
        )
    if not judgement.fits:
        for rate in judgement.rates:
            said.append(
                _("%(formula)s from the counts: %(rate)s (%(numerator)s/%(denominator)s)")
                % {
                    "formula": rate.formula,
                    "rate": rate.printed,
                    "numerator": numbers.format_count(rate.numerator),
                    "denominator": numbers.format_count(rate.denominator),
                }
            )
    for hidden in judgement.hidden:
        if hidden.exists:
            fewest, most = hidden.rest
            said.append(
                _("%(value)s%% of %(denominator)s, %(rounding)s, would mean %(fewest)s to %(most)s not on time")
                % {
                    "value": claim.value.replace(".", ","),
                    "denominator": numbers.format_count(hidden.denominator),
                    "rounding": _("rounded") if hidden.rounding == HALF_UP else _("truncated"),
                    "fewest": numbers.format_count(fewest),
                    "most": numbers.format_count(most),
                }
            )
    if judgement.count is not None:
        said.append(_("the counts give %(count)s") % {"count": numbers.format_count(judgement.count)})
    return said


def row_of(claim: Claim) -> rules.Figures | None:
    """The row that was published with the claim, as figures that a source stated."""
    return rules.Figures.from_json(claim.row, published=True) if claim.row else None


def gap_sentences(row: rules.Figures) -> list[str]:
    """Where a published row does not add up: each identity with its gap, and the dossiers in no class."""
    said = []
    for gap in row_gaps(row):
        params = {name: numbers.format_count(value) for name, value in gap.params.items()}
        said.append(str(IDENTITY_MESSAGES[gap.key]) % params)
    rest = in_no_class(row)
    if rest:
        said.append(_("%(count)s dossiers are in no class") % {"count": numbers.format_count(rest)})
    return said


def rate_sentences(row: rules.Figures) -> list[str]:
    """What the one published row gives under every on-time formula: the spread that a bare percentage hides."""
    return [
        _("%(formula)s (%(words)s) from its row: %(rate)s (%(numerator)s/%(denominator)s)")
        % {
            "formula": rate.formula,
            "words": FORMULA_LABELS[rate.formula],
            "rate": rate.printed,
            "numerator": numbers.format_count(rate.numerator),
            "denominator": numbers.format_count(rate.denominator),
        }
        for rate in row_rates(row)
    ]


def judged(claims: list[Claim]) -> list[JudgedClaim]:
    """Each claim with its verdict from the agency's accepted return of the claim's period, else from its own row."""
    lines = lines_of({(claim.agency_id, claim.period_id) for claim in claims if claim.period_id})
    result = []
    for claim in claims:
        row = row_of(claim)
        judgement = judge(claim, lines.get((claim.agency_id, claim.period_id), []), row=row)
        said, gaps = _sentences(claim, judgement), []
        if row is not None:
            said += [] if claim.unit == "percent" else rate_sentences(row)
            gaps = gap_sentences(row)
        result.append(JudgedClaim(claim, Verdict(judgement.verdict), judgement, said, gaps))
    return result


def told_of(agency_ids: list[int]) -> list[dict]:
    """Published statements about these agencies with their verdicts, as plain values for the brief of a visit."""
    rows = Claim.objects.filter(agency__in=agency_ids).for_list().select_related("period").order_by("agency_id", "pk")
    return [
        {
            "text": one.claim.text,
            "period": one.claim.period_shown,
            "source": str(one.claim.source),
            "code": str(one.verdict),
            "verdict": str(one.verdict.label),
            "sentences": one.sentences + one.gaps,
        }
        for one in judged(list(rows[:TOLD_AT_MOST]))
    ]

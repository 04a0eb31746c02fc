"""Published statements beside what the counts give."""

from collections import defaultdict
from dataclasses import dataclass

from django.utils.translation import gettext as _

from cchc_portal.lib import numbers
from dossiers import rules
from dossiers.choices import ReturnState
from dossiers.models import Line
from reports.choices import Verdict
from reports.models import Claim
from reports.rules import HALF_UP, Judgement, judge

BADGES = {
    Verdict.AGREES: "done",
    Verdict.AGREES_TRUNCATED: "warning",
    Verdict.CANNOT_BE_CHECKED: "open",
    Verdict.CONTRADICTS: "refused",
}

TOLD_AT_MOST = 60


@dataclass(frozen=True)
class JudgedClaim:
    """A claim, its verdict, and the sentences that say what the verdict rests on."""

    claim: Claim
    verdict: Verdict
    judgement: Judgement
    sentences: list[str]

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


def judged(claims: list[Claim]) -> list[JudgedClaim]:
    """Each claim with its verdict from the agency's accepted return of the claim's period."""
    lines = lines_of({(claim.agency_id, claim.period_id) for claim in claims if claim.period_id})
    result = []
    for claim in claims:
        judgement = judge(claim, lines.get((claim.agency_id, claim.period_id), []))
        result.append(JudgedClaim(claim, Verdict(judgement.verdict), judgement, _sentences(claim, judgement)))
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
            "sentences": one.sentences,
        }
        for one in judged(list(rows[:TOLD_AT_MOST]))
    ]

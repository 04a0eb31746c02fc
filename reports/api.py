"""The API's rates: numerator and denominator of a named formula, an agency a row."""

import hashlib
from datetime import datetime
from typing import Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema

from agencies.models import Agency
from cchc_portal.lib.api import Problem, fault
from cchc_portal.lib.numbers import rate_decimal6
from dossiers import rules, tally
from dossiers.models import Period
from reports.tally.overview import data_version

router = Router(tags=["rates"])
FormulaCode = Literal[tuple(rules.FORMULAS)]


class RateOut(Schema):
    """A rate over accepted returns. `rate` has six decimals, rounded once, and is null where `undefined` says why.

    `lines_left_out` counts lines whose numerator or denominator is not known; `few` marks a denominator under 30.
    """

    agency: str
    numerator: int | None
    denominator: int | None
    rate: str | None
    undefined: Literal["not_known", "zero_denominator", "above_one"] | None
    few: bool
    lines: int
    lines_used: int
    lines_left_out: int
    complete: bool
    as_of: datetime


class BasisOut(Schema):
    """What a rate is made of: the figures that are added up above and below, and the returns they come from.

    `denominator_otherwise` stands in where the first denominator is not known; empty where nothing does.
    """

    returns: Literal["accepted"]
    numerator: list[str]
    denominator: list[str]
    denominator_otherwise: list[str]


class RateList(Schema):
    """`data_version` is another as soon as any figure behind any rate is."""

    period: str
    formula: FormulaCode
    formula_version: int
    basis: BasisOut
    data_version: str
    tree: bool
    items: list[RateOut]


def shaped(row: dict, formula: str) -> dict:
    rate = tally.rate_of(row, formula)
    return {
        "agency": row["agency__code"],
        "numerator": rate.numerator,
        "denominator": rate.denominator,
        "rate": None if rate.undefined else rate_decimal6(rate.numerator, rate.denominator),
        "undefined": rate.undefined,
        "few": rules.is_few(rate),
        "lines": row["lines"],
        "lines_used": rate.used,
        "lines_left_out": rate.left_out,
        "complete": row["complete"],
        "as_of": row["computed_at"],
    }


def basis_of(formula: rules.Formula) -> dict:
    """The figures of a formula by the names that the other calls of the API use."""
    return {
        "returns": "accepted",
        "numerator": list(formula.numerator),
        "denominator": list(formula.denominator),
        "denominator_otherwise": list(formula.otherwise),
    }


@router.get("/rates", response=RateList, operation_id="list_rates")
def list_rates(
    request: HttpRequest,
    period: str,
    formula: FormulaCode = rules.DEFAULT_FORMULA,
    tree: bool = False,
    agency: str | None = None,
):
    """Rates of the agencies whose figures the token's person may read; with `tree` summed with all below each.

    `agency` leaves the one with this code; none is left where its figures may not be read.
    """
    found = Period.objects.visible_to(request.user).filter(label=period.replace("\0", "")).first()
    if found is None:
        error = fault("unknown", _("No period has this label."), field="period", pointer="query/period")
        raise Problem(422, "invalid_parameters", error["message"], errors=[error])
    agencies = Agency.objects.with_figures_for(request.user)
    if agency is not None:
        agencies = agencies.filter(code=agency.replace("\0", ""))
    version = hashlib.sha256(data_version().encode()).hexdigest()[:16]
    rows = tally.summary_rows(found, tree=tree, agencies=agencies)
    items = sorted((shaped(row, formula) for row in rows), key=lambda item: item["agency"])
    return {
        "period": found.label,
        "formula": formula,
        "formula_version": rules.FORMULAS[formula].version,
        "basis": basis_of(rules.FORMULAS[formula]),
        "data_version": version,
        "tree": tree,
        "items": items,
    }

"""What the pages of procedures, fields and periods share: the period and formula of the URL, the download."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from agencies.choices import AgencyKind
from cchc_portal.lib.tables import Column
from dossiers import rules, tally
from dossiers.choices import FIGURE_LABELS, FORMULA_LABELS
from dossiers.models import Period
from reports.tally.slices import FIGURES_SHOWN, TREND_PERIODS, Slice, SliceRow, agencies_read_by, periods_read, rates_of

FIGURES_OUT = (*rules.DERIVED_NAMES, *rules.TYPED_NAMES)
# What an address may hold of a name of the portal.
LONGEST = 40
# Heads of a table that is handed out, and its rows.
Table = tuple[list[Column], Iterable[tuple]]


def chosen_formula(request: HttpRequest) -> str:
    """The formula that the URL names, the default one where it names none; Http404 for one that does not exist."""
    formula = request.GET.get("formula", "")[:LONGEST] or rules.DEFAULT_FORMULA
    if formula not in rules.FORMULAS:
        raise Http404
    return formula


def chosen_slice(request: HttpRequest, *, label: str | None = None) -> Slice | None:
    """The period (`label`, else the URL's, else the latest with figures) and formula, for what the person reads.

    None where nothing was accepted yet. Raises PermissionDenied for somebody who reads no agency's figures, Http404 for
    a period that the person has no figures of.
    """
    agencies = agencies_read_by(request.user)
    if agencies is not None and not agencies.exists():
        raise PermissionDenied
    formula = chosen_formula(request)
    periods = periods_read(agencies)
    asked = label if label is not None else request.GET.get("period", "")[:LONGEST]
    if not periods and not asked:
        return None
    period = next((one for one in periods if one.label == asked), None) if asked else periods[0]
    if period is None:
        raise Http404
    return Slice(period, periods, formula, agencies)


def latest_told(request: HttpRequest, chosen: Slice, profile_of: Callable[[Slice], Any]) -> tuple[Slice, Any]:
    """The profile of the chosen period; where the URL names none, of the latest one in which there is anything to tell.

    None stands for a profile where nothing was reported in the period, or in any of the last `TREND_PERIODS`.
    """
    found = profile_of(chosen)
    if found is not None or request.GET.get("period"):
        return chosen, found
    for period in chosen.periods[:TREND_PERIODS]:
        earlier = replace(chosen, period=period)
        if (found := profile_of(earlier)) is not None:
            return earlier, found
    return chosen, None


def slice_context(chosen: Slice, total: dict) -> dict:
    """What the shared templates print of a slice."""
    return {
        "chosen": chosen,
        "formulas": [(code, FORMULA_LABELS[code]) for code in rules.FORMULAS],
        "formula_label": FORMULA_LABELS[chosen.formula],
        "figure_labels": [FIGURE_LABELS[name] for name in FIGURES_SHOWN],
        "headline": tally.rate_of(total, chosen.formula),
        "counts": [(FIGURE_LABELS[name], total[name]) for name in FIGURES_SHOWN],
        "rates": [(code, FORMULA_LABELS[code], rate) for code, rate in rates_of(total)],
        "total": total,
        "narrowed": chosen.agencies is not None,
    }


def kind_choices(kinds: Iterable[str]) -> list[tuple[str, str]]:
    """Kinds of agency among those given, in their order, with their names."""
    kinds = set(kinds)
    return [(kind.value, kind.label) for kind in AgencyKind if kind in kinds]


def basis_columns() -> list[Column]:
    """Heads of what says how a rate was made."""
    heads = (_("Formula"), _("Formula version"), _("Meaning"), _("Numerator"), _("Denominator"), _("Rate"))
    return [*(Column(head) for head in heads), Column(_("Lines used")), Column(_("Lines left out"))]


def basis_of(rate: rules.Rate | None) -> tuple:
    """The cells under `basis_columns`; blank where nothing was reported."""
    if rate is None:
        return ("",) * len(basis_columns())
    return (
        rate.formula,
        rate.version,
        str(FORMULA_LABELS[rate.formula]),
        rate.numerator,
        rate.denominator,
        rate,
        rate.used,
        rate.left_out,
    )


def figure_columns() -> list[Column]:
    return [Column(FIGURE_LABELS[name]) for name in FIGURES_OUT]


def figures_of(sums: dict | None) -> tuple:
    return tuple(sums[name] if sums else None for name in FIGURES_OUT)


def rows_table(period: Period, parts: list[tuple[str, list[SliceRow]]]) -> Table:
    """The tables of a profile one below the other, each row with its formula and what it rests on."""
    columns = [Column(_("Period")), Column(_("Table"), 20), Column(_("Code"), 18), Column(_("Name"), 60)]
    rows = (
        (period.label, part, row.detail, row.label, *figures_of(row.sums), *basis_of(row.rate))
        for part, found in parts
        for row in found
    )
    return [*columns, *figure_columns(), *basis_columns()], rows


def rates_table(rates: Iterable[tuple[Period, rules.Rate | None]]) -> Table:
    """Rates one below the other, each with its period and what it rests on."""
    return [Column(_("Period")), *basis_columns()], ((period.label, *basis_of(rate)) for period, rate in rates)


def tables_beside(chosen: Slice, total: dict, trend: Iterable[tuple[Period, rules.Rate | None]]) -> dict:
    """What `hand_out_table` hands out of the parts that every profile has: all formulas, and the trend."""
    return {
        "formulas": lambda: rates_table((chosen.period, rate) for _code, rate in rates_of(total)),
        "trend": lambda: rates_table(trend),
    }

"""The sections of the overview, each kept under the very figures it shows: what has not changed is not drawn again."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from urllib.parse import urlencode

from django.utils.safestring import SafeString

from agencies.choices import AgencyKind
from agencies.models import Agency
from cchc_portal.lib.kept import fixed, kept, kept_rows
from cchc_portal.lib.tables import CONTENT_TYPES
from dossiers import rules
from dossiers.choices import FIGURE_LABELS, FORMULA_LABELS
from dossiers.models import Period
from reports.tally import overview as tally
from reports.tally.completeness import Completeness, completeness
from reports.tally.field import most_late
from reports.views.figures import trend_figure


@dataclass(frozen=True)
class Choice:
    """What the page is about; every part of it stands in the URL."""

    city: tally.City
    period: Period
    formula: str
    kind: str
    roots: list[Agency]
    kinds: list[tuple[str, int]]

    @property
    def root(self) -> Agency:
        return self.city.root

    @property
    def periods(self) -> list[Period]:
        return self.city.periods_with_sums

    @property
    def whole(self) -> Agency | None:
        """The city that is ranked; None where there is only one, and nothing to leave out."""
        return self.root if len(self.roots) > 1 else None

    def query(self, **other: str) -> str:
        """The query that shows this choice, with the named parts replaced."""
        parts = {"city": self.root.code, "period": self.period.label, "formula": self.formula, "kind": self.kind}
        return _encoded(tuple((parts | other).items()))

    def downloads(self, rows: str) -> SafeString:
        """The links that give one of the page's tables as a file (`overview_export.tables_of`)."""
        queries = {fmt: self.query(rows=rows, format=fmt) for fmt in CONTENT_TYPES}
        return fixed("reports/_overview_downloads.html", **queries)


@lru_cache(maxsize=1_024)  # one page links to itself twenty times
def _encoded(parts: tuple[tuple[str, str], ...]) -> str:
    return urlencode(parts)


def ranking_context(choice: Choice, everything: bool) -> dict:
    """The ranking of the chosen group, its first rows or `everything`, with the links of the section."""
    ranking = tally.ranking(
        choice.period,
        choice.whole,
        choice.kind,
        choice.formula,
        everything=everything,
    )
    kind_label = AgencyKind(choice.kind).label if choice.kind else ""
    rows = kept_rows("reports/_overview_ranked.html", ranking.rows, period=choice.period.label)
    return {
        "choice": choice,
        "ranking": ranking,
        "rows": rows,
        "kind_label": kind_label,
        "everything": choice.query(ranking="all"),
        "downloads": choice.downloads(""),
    }


def overview_parts(choice: Choice, today: date) -> dict[str, SafeString]:
    """The finished sections by the names that `_overview.html` gives them, for somebody who oversees everything."""
    visits = tally.visits(choice.root, choice.period)
    promises = tally.promises(choice.root, today)
    return {
        "filter": _filter(choice),
        "ranking": _ranking(choice),
        "late": _late(choice),
        "visits": kept("reports/_overview_visits.html", visits, {"visits": visits}),
        "promises": kept("reports/_overview_promises.html", promises, {"promises": promises}),
    } | _figures(choice)


def _filter(choice: Choice) -> SafeString:
    roots = [(root.code, root.short_name) for root in choice.roots]
    values = (choice.query(), roots, [period.label for period in choice.periods], choice.kinds)
    context = {
        "choice": choice,
        "formulas": [(code, FORMULA_LABELS[code]) for code in rules.FORMULAS],
        "kinds": [(kind, AgencyKind(kind).label, number) for kind, number in choice.kinds],
    }
    return kept("reports/_overview_filter.html", values, context)


def _late(choice: Choice) -> SafeString:
    found = most_late(choice.period, choice.root)
    context = {"choice": choice, "most_late": found, "downloads": choice.downloads("late")}
    return kept("reports/_overview_late.html", (choice.query(), found), context)


def _ranking(choice: Choice) -> SafeString:
    context = ranking_context(choice, everything=False)
    ranking = context["ranking"]
    return kept(
        "reports/_overview_ranking.html", (choice.query(), context["rows"], ranking.size, ranking.apart), context
    )


def _figures(choice: Choice) -> dict[str, SafeString]:
    """What is told of the city as a whole: its rates, how they went, who has reported."""
    city, period = choice.city, choice.period
    rates, previous = city.rates(period), city.before(period)
    reported = completeness(period, choice.root)
    summary, whole = city.sums[period.pk], reported.everyone_counts
    headline = tally.compare(rates[choice.formula], city.rates(previous).get(choice.formula), comparable=whole)
    context = {
        "choice": choice,
        "headline": headline,
        "formula_label": FORMULA_LABELS[choice.formula],
        "previous": previous,
        "completeness": reported,
        "spread": tally.spread(rates),
        "returns": summary["returns"],
        "computed_at": tally.computed_at(choice.root, period),
        "counts": [(FIGURE_LABELS[name], summary[name]) for name in tally.HEADLINE],
        "online": rates["online_share"],
    }
    values = (
        choice.query(),
        headline,
        previous and previous.label,
        reported,
        rates,
        summary,
        context["computed_at"],
    )
    return {
        "headline": kept("reports/_overview_headline.html", values, context),
        "formulas": _formulas(choice, rates),
        "completeness": _completeness(choice, reported),
        "trend": _trend(choice, whole) if period.first_day else "",
    }


def _completeness(choice: Choice, found: Completeness) -> SafeString:
    context = {"completeness": found, "downloads": choice.downloads("completeness")}
    return kept("reports/_overview_completeness.html", (choice.query(), found), context)


def _formulas(choice: Choice, rates: dict[str, rules.Rate]) -> SafeString:
    told = [(code, str(FORMULA_LABELS[code]), rate, choice.query(formula=code)) for code, rate in rates.items()]
    rows = kept_rows("reports/_overview_formula.html", told)
    context = {"rows": rows, "downloads": choice.downloads("formulas")}
    return kept("reports/_overview_formulas.html", (choice.query(), rows), context)


def _trend(choice: Choice, whole: bool) -> SafeString:
    points = choice.city.trend(choice.period, choice.formula)
    changed = tally.days_of_change(below=choice.whole)
    figure = trend_figure(choice.root.short_name, choice.formula, points, comparable=whole, changed=changed)
    # Under what is drawn: one return of six hundred moves the line by less than a tenth of a pixel.
    context = {"figure": figure, "downloads": choice.downloads("trend")}
    return kept("reports/_overview_trend.html", (choice.query(), figure), context)

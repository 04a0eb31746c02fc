"""Series across changes of structure: one agency over time, and a whole city in two periods."""

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from agencies.models import Agency
from agencies.permissions import oversees
from cchc_portal.lib import tables
from cchc_portal.lib.charts import Datum, Series, line_chart
from cchc_portal.lib.forms import day_typed
from dossiers import rules
from dossiers.choices import FIGURE_LABELS, FORMULA_LABELS, FORMULA_NAMES, Calendar, PeriodKind
from dossiers.models import Period
from inspections.permissions import agencies_with_figures_for
from reports.tally import overview
from reports.tally import series as tally
from reports.views.figures import short_label

MEASURES = ("resolved", "received", "pending")
LINES_IN_CHART = 4


@dataclass(frozen=True)
class Asked:
    """What the URL asks for; every part of it stands there."""

    way: str
    on: date
    formula: str

    @property
    def in_words(self) -> str:
        return way_words(self.way, self.on)


def way_words(way: str, on: date) -> str:
    """How the structure is called in a sentence and in an export."""
    if way == tally.AS_REPORTED:
        return pgettext("structure", "as reported")
    if way == tally.TODAY:
        return pgettext("structure", "today's structure")
    return pgettext("structure", "structure of %(day)s") % {"day": f"{on:%d/%m/%Y}"}


def _asked(request: HttpRequest) -> Asked:
    """The way, the day and the formula; today's structure and the default formula where none is named.

    Raises Http404 for what does not exist: another way or formula, a day that is none.
    """
    way = request.GET.get("structure") or tally.TODAY
    formula = request.GET.get("formula") or rules.DEFAULT_FORMULA
    typed = request.GET.get("on", "")
    on = day_typed(typed) if typed else timezone.localdate()
    if on is None or way not in tally.WAYS or formula not in rules.FORMULAS:
        raise Http404
    return Asked(way, on if way == tally.ON_DATE else timezone.localdate(), formula)


def _choices(asked: Asked) -> dict:
    """What the filter bars of both pages offer."""
    return {
        "asked": asked,
        "ways": [
            (tally.AS_REPORTED, _("As reported")),
            (tally.TODAY, _("In today's structure")),
            (tally.ON_DATE, _("In the structure of a day")),
        ],
        "formulas": [(code, FORMULA_LABELS[code]) for code in rules.FORMULAS],
    }


def agency_context(request: HttpRequest, agency: Agency, asked: Asked) -> dict:
    """Context of `reports/_series.html` for an agency whose figures the person may read."""
    kind, _dash, calendar = request.GET.get("periods", "").partition("-")
    found = tally.agency_series(
        agency,
        agencies_with_figures_for(request.user),
        timezone.localdate(),
        way=asked.way,
        on=asked.on,
        formula=asked.formula,
        sequence=(kind, calendar),
    )
    return _choices(asked) | {
        "agency": agency,
        "series": found,
        "series_chart": _chart(found, asked) if len(found.periods) > 1 else None,
        "figure_labels": [FIGURE_LABELS[name] for name in tally.SHOWN_FIGURES],
        "sequences": [
            (f"{kind}-{calendar}", f"{PeriodKind(kind).label} · {Calendar(calendar).label}")
            for kind, calendar in found.sequences
        ],
        "sequence": "-".join(found.sequence or ()),
    }


def profile_context(request: HttpRequest, agency: Agency) -> dict:
    """Context of `reports/_series.html` inside another page; today's structure where the URL asks for none."""
    return agency_context(request, agency, _asked(request))


def _chart(found: tally.AgencySeries, asked: Asked):
    """The main line, broken where it cannot be compared, and beside it what may not be put together with it."""
    shown = [found.main, *(strand for strand in found.apart if strand.with_figures)][:LINES_IN_CHART]
    lines = [
        Series(
            strand.agency.short_name,
            [Datum.of_rate(short_label(point.period.label), point.rate) for point in strand.points],
        )
        for strand in shown
    ]
    breaks = {index: _break_words(events) for index, events in found.breaks().items() if index}
    title = _("%(formula)s of %(agency)s, %(structure)s") % {
        "formula": FORMULA_NAMES.get(asked.formula, asked.formula),
        "agency": found.main.agency.short_name,
        "structure": asked.in_words,
    }
    left_out = len([strand for strand in found.apart if strand.with_figures]) + 1 - len(shown)
    note = _("%(number)s more units are in the tables only.") % {"number": left_out} if left_out else ""
    return line_chart(lines, title=title, desc=f"{title}. {FORMULA_LABELS[asked.formula]}.", breaks=breaks, note=note)


def _break_words(events: list[tally.SeenEvent]) -> str:
    """Day and kind of what changed, short enough for a chart."""
    kinds = list(dict.fromkeys(str(event.what) for event in events))
    return f"{events[0].day:%d/%m/%Y}: {', '.join(kinds)}"


@require_safe
def agency_series(request: HttpRequest, code: str) -> HttpResponse:
    """One agency's figures over time: as reported, in today's structure, or in that of a chosen day."""
    agency = get_object_or_404(Agency.objects.visible_to(request.user), code=code)
    if not agencies_with_figures_for(request.user).filter(pk=agency.pk).exists():
        raise PermissionDenied
    asked = _asked(request)
    context = agency_context(request, agency, asked)
    if request.GET.get("format") in tables.CONTENT_TYPES:
        return _export_series(context["series"], asked, request.GET["format"])
    return render(request, "reports/series.html", context)


def _export_series(found: tally.AgencySeries, asked: Asked, fmt: str) -> HttpResponse:
    columns = [_("structure"), _("agency"), _("standing"), _("period"), _("put together of")]
    columns += [FIGURE_LABELS[name] for name in tally.SHOWN_FIGURES]
    columns += [_("formula"), _("formula version"), _("rate"), _("numerator"), _("denominator"), _("events")]
    version = rules.FORMULAS[asked.formula].version
    lines = (
        [
            asked.in_words,
            strand.agency.code,
            standing_words(strand.standing),
            point.period.label,
            ", ".join(unit.code for unit in point.units),
            *point.figures,
            asked.formula,
            version,
            point.rate,
            point.rate.numerator,
            point.rate.denominator,
            "; ".join(event_words(event) for event in point.events),
        ]
        for strand in (found.main, *found.apart)
        for point in strand.with_figures
    )
    name = _("Series of %(agency)s") % {"agency": found.main.agency.code}
    return tables.table_response(name, columns, lines, fmt)


def standing_words(standing: str) -> str:
    """How a group of figures stands in a structure."""
    return {
        tally.STANDING: pgettext("standing", "unit of the structure"),
        tally.ENDED: pgettext("standing", "ended, went on in none whole"),
        tally.LATER: pgettext("standing", "came later"),
    }[standing]


def event_words(event: tally.SeenEvent) -> str:
    """An event of the succession as a line of text."""
    after = f" → {event.after.short_name}" if event.after else ""
    return f"{event.day:%d/%m/%Y}: {event.before.short_name}{after} ({event.what})"


@require_safe
def comparison(request: HttpRequest) -> HttpResponse:
    """Every unit of a city in two periods, in one structure: the totals are the same whatever structure is taken."""
    if not oversees(request.user):
        raise PermissionDenied
    asked = _asked(request)
    roots = overview.top_agencies()
    root = next((one for one in roots if one.code == request.GET.get("city")), _home(request, roots))
    periods = [one for one in overview.city(root).periods_with_sums if one.last_day] if root else []
    context = _choices(asked) | {"root": root, "roots": roots, "periods": periods}
    if periods:
        measure = request.GET.get("measure") or MEASURES[0]
        if measure not in MEASURES:
            raise Http404
        first, second = _two(request, periods)
        found = tally.city_comparison(
            root,
            (first, second),
            timezone.localdate(),
            way=asked.way,
            on=asked.on,
            formula=asked.formula,
            measure=measure,
        )
        if request.GET.get("format") in tables.CONTENT_TYPES:
            return _export_comparison(found, (first, second), asked, measure, request.GET["format"])
        context |= {
            "found": found,
            "first": first,
            "second": second,
            "measure": measure,
            "measures": [(name, FIGURE_LABELS[name]) for name in MEASURES],
            "measure_label": FIGURE_LABELS[measure],
            "sections": _sections(found),
            "totals": [one[measure] if one else None for one in found.totals],
        }
    return render(request, "reports/series_comparison.html", context)


def _home(request: HttpRequest, roots: list[Agency]) -> Agency | None:
    """The city of the person's own agency, else the first there is; None where nothing has been summed."""
    own = {role.agency.path.split("/")[1] for role in request.user.current_roles()}
    return next((root for root in roots if str(root.pk) in own), roots[0] if roots else None)


def _two(request: HttpRequest, periods: list[Period]) -> tuple[Period, Period]:
    """The periods asked for; else the latest, and the oldest of its kind. Raises Http404 for an unknown label."""
    labels = {one.label: one for one in periods}
    asked = [request.GET.get(name, "") for name in ("from", "to")]
    if any(label and label not in labels for label in asked):
        raise Http404
    second = labels.get(asked[1], periods[0])
    alike = [one for one in periods if (one.kind, one.calendar) == (second.kind, second.calendar)]
    return labels.get(asked[0], alike[-1]), second


def _sections(found: tally.CityComparison) -> list[tuple[str, list]]:
    """The rows by how they stand in the structure, with a heading each."""
    headings = (
        (tally.STANDING, _("Units of the structure")),
        (tally.ENDED, _("Ended and gone on in no unit whole: shown apart, never apportioned")),
        (tally.LATER, _("Later units that hold what the structure has apart: shown apart, never divided")),
    )
    sections = [(heading, [row for row in found.rows if row.standing == which]) for which, heading in headings]
    return [(heading, rows) for heading, rows in sections if rows]


def _export_comparison(found: tally.CityComparison, periods, asked: Asked, measure: str, fmt: str) -> HttpResponse:
    columns = [_("structure"), _("agency"), _("name"), _("standing"), _("period"), _("put together of")]
    columns += [FIGURE_LABELS[measure], _("formula"), _("formula version"), _("rate"), _("numerator"), _("denominator")]
    version = rules.FORMULAS[asked.formula].version
    lines = (
        [
            asked.in_words,
            row.agency.code,
            row.agency.name,
            standing_words(row.standing),
            period.label,
            ", ".join(unit.code for unit in row.units[index]),
            row.counts[index],
            asked.formula,
            version,
            row.rates[index],
            row.rates[index].numerator,
            row.rates[index].denominator,
        ]
        for row in found.rows
        for index, period in enumerate(periods)
        if row.rates[index] is not None
    )
    return tables.table_response(_("Before and after a change of structure"), columns, lines, fmt)

"""Charts of this floor's pages, from what `tally` read."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from django.utils.translation import gettext as _

from cchc_portal.lib import periods
from cchc_portal.lib.charts import Datum, Series, line_chart
from cchc_portal.lib.numbers import format_day
from dossiers import rules
from dossiers.choices import FORMULA_LABELS, FORMULA_NAMES
from dossiers.models import Period


def short_label(label: str) -> str:
    """A period as an axis has room for: "III/2026" for a quarter, the label itself for other kinds."""
    parsed = periods.parse_label(label)
    if parsed.kind != "quarter":
        return label
    return f"{('I', 'II', 'III', 'IV')[parsed.number - 1]}/{parsed.year}"


def finding(points: list[tuple[Period, rules.Rate | None]], code: str, comparable: bool) -> str:
    """What the trend shows, in a sentence: the last rate against the one before, or that it cannot be said."""
    named = FORMULA_NAMES.get(code, code)
    rates = [rate for _period, rate in points if rate is not None and rate.value is not None]
    if not comparable or len(rates) < 2 or rates[-1] is not points[-1][1]:
        return _("%(formula)s over the last periods") % {"formula": named}
    before, last = rates[-2:]
    sentence = {
        rules.RISE: _("%(formula)s rose from %(before)s to %(now)s"),
        rules.FALL: _("%(formula)s fell from %(before)s to %(now)s"),
    }.get(rules.change(before, last), _("%(formula)s shows no clear change: %(before)s, then %(now)s"))
    return sentence % {"formula": named, "before": before.printed, "now": last.printed}


def _days_between(periods: list[Period], days: Sequence[date]) -> dict[int, str]:
    """By the place of a period, the first of the days since the period before it ended, as printed."""
    found = {}
    for place, (before, after) in enumerate(pairwise(periods), start=1):
        if between := [day for day in days if before.last_day < day <= after.last_day]:
            found[place] = format_day(min(between))
    return found


def trend_figure(
    about: str,
    code: str,
    points: list[tuple[Period, rules.Rate | None]],
    *,
    comparable: bool = True,
    changed: Sequence[date] = (),
    parted: bool = False,
):
    """The line of one rate over periods, of what it is about; a period without a rate is a gap.

    `comparable` is False while the last period rests on fewer agencies than the one before; a note says so. `changed`
    are days on which agencies merged, split or were dissolved, marked between the periods; `parted` where the line
    cannot be compared across them, as that of one agency that took another in.
    """
    days = _days_between([period for period, _rate in points], changed)
    notes = [] if comparable else [_("Not every return of the last period has been accepted yet.")]
    if parted and len(points) - 1 in days:
        comparable = False
        notes.append(_("The agency is not what it was in the period before."))
    if days:
        notes.append(_("Dashed: the day on which agencies merged, split or were dissolved."))
    rate_name = FORMULA_NAMES.get(code) or _("On-time rate %(formula)s") % {"formula": code}
    name = f"{rate_name}, {about}"
    data = [Datum.of_rate(short_label(period.label), rate) for period, rate in points]
    return line_chart(
        [Series(name, data)],
        **{"breaks" if parted else "marks": days},
        title=finding(points, code, comparable),
        desc=f"{name}. {FORMULA_LABELS[code]}.",
        note=" ".join(notes),
        height=200,
    )

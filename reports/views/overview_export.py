"""The tables of the overview as files: each figure with its formula and what it rests on."""

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from agencies.choices import AgencyKind
from agencies.models import Agency
from cchc_portal.lib.tables import Column
from dossiers import rules, tally
from dossiers.models import Period
from reports.tally.completeness import completeness
from reports.tally.field import by_field
from reports.views.overview_parts import Choice
from reports.views.slices import Table, basis_columns, basis_of, rates_table, rows_table

PLACED_UNDER = rules.COMPARED_FORMULAS


def tables_of(choice: Choice) -> dict[str, Callable[[], Table]]:
    """What `hand_out_table` hands out of the overview, by the names in its links; the ranking where none is named."""
    period, city = choice.period, choice.city
    return {
        "": lambda: _ranking(period, choice.whole, choice.kind, choice.formula),
        "formulas": lambda: rates_table((period, rate) for rate in city.rates(period).values()),
        "trend": lambda: rates_table(city.trend(period, choice.formula) if period.first_day else []),
        "completeness": lambda: _completeness(choice),
        "late": lambda: _late(choice),
    }


def _completeness(choice: Choice) -> Table:
    columns = [Column(_("Period")), Column(_("Group"), 20), pgettext("returns", "owed")]
    columns += [pgettext("returns", "accepted"), pgettext("returns", "waiting")]
    columns += [pgettext("returns", "being written"), pgettext("returns", "not begun")]
    columns.append(pgettext("return", "sent late"))
    kinds = completeness(choice.period, choice.root).kinds
    return columns, (
        (
            choice.period.label,
            str(one.label),
            one.owed,
            one.accepted,
            one.approved,
            one.draft + one.submitted,
            one.missing,
            one.late,
        )
        for one in kinds
    )


def _late(choice: Choice) -> Table:
    """Every field and procedure with anything overdue; the page shows the first of them."""
    found = by_field(choice.period, Agency.objects.under(choice.root), rules.DEFAULT_FORMULA)
    fields, procedures = ([row for row in rows if row.late] for rows in found)
    return rows_table(choice.period, [(_("Fields"), fields), (_("Procedures"), procedures)])


def _ranking(period: Period, root: Agency | None, kind: str, code: str) -> Table:
    """All agencies of the kind below the root (None: of the whole forest), those without a place at the end."""
    inside = None if root is None else list(Agency.objects.under(root).values_list("pk", flat=True))
    groups = tally.ranking(period, code, kinds=[kind], agencies=inside)
    rows = [row for group in groups for row in (*group.ranked, *group.apart)]
    standings = tally.standings(groups[0], period, code) if groups else {}
    columns = [
        Column(_("Period")),
        Column(_("Group"), 20),
        Column(pgettext("ranking", "Place")),
        Column(_("Size of the group")),
        Column(_("Code"), 18),
        Column(_("Agency"), 50),
        *basis_columns(),
        Column(_("few dossiers")),
        Column(_("Rate in the period before")),
        *(Column(_("Place under %(code)s") % {"code": one}) for one in PLACED_UNDER),
        Column(_("order depends on the formula")),
    ]
    lines = (
        (
            period.label,
            str(AgencyKind(row.kind).label),
            row.place,
            row.size,
            row.code,
            row.name,
            *basis_of(row.rate),
            row.is_few,
            row.before,
            *(standings[row.agency_id].places.get(one) for one in PLACED_UNDER),
            standings[row.agency_id].flips,
        )
        for row in rows
    )
    return columns, lines

"""The ranking of the overview as a file: every place with its formula and what it rests on."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from agencies.choices import AgencyKind
from agencies.models import Agency
from cchc_portal.lib.tables import Column, table_response
from dossiers import rules, tally
from dossiers.models import Period
from reports.views.slices import basis_columns, basis_of

PLACED_UNDER = rules.COMPARED_FORMULAS


def export_ranking(period: Period, root: Agency | None, kind: str, code: str, fmt: str) -> HttpResponse:
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
    name = _("Ranking")
    return table_response(f"{name} {period.label} {code}", columns, lines, fmt)

"""Rates that moved beyond noise with the returns that were accepted since."""

from django.urls import reverse
from django.utils.translation import gettext as _

from cchc_portal.lib.numbers import format_count
from dossiers import rules, tally
from dossiers.choices import ReturnState
from dossiers.models import Period
from reports.tally.changes.looking import Change, Looking, Section


def counts(rate: rules.Rate) -> str:
    return f"{format_count(rate.numerator)}/{format_count(rate.denominator)}"


def between(before: rules.Rate, after: rules.Rate) -> str:
    """What both rates rest on: D2: 88/90 → 86/90."""
    return f"{after.formula}: {counts(before)} → {counts(after)}"


def _pairs(look: Looking, period: Period, before: Period, fresh) -> list[tuple]:
    """(key, before, after) of the agencies whose return came, and of all together once every return owed counts."""
    now = tally.summary_rows(period, agencies=fresh)
    then = {row["agency_id"]: row for row in tally.summary_rows(before, agencies=fresh)}
    pairs = [
        (
            (row["agency__code"], row["agency__short_name"]),
            tally.rate_of(then[pk], look.formula),
            tally.rate_of(row, look.formula),
        )
        for row in now
        if (pk := row["agency_id"]) in then
    ]
    filed = look.filed(period)
    if len(filed) > 1 and all(state == ReturnState.ACCEPTED for _pk, _name, state in filed):
        whole = [tally.summary_rows(one, tree=True, agencies=[look.root.pk]) for one in (before, period)]
        if all(whole):
            name = _("%(agency)s and all below it") % {"agency": look.root.short_name}
            pairs.append(((look.root.code, name), *(tally.rate_of(rows[0], look.formula) for rows in whole)))
    return pairs


def moved(look: Looking) -> Section:
    """On-time rates of the newest period of which returns came, against the period before, large steps first.

    Told are those that stand out when all are looked at together (`rules.stand_out`).
    """
    period = Period.objects.filter(pk=next(iter(look.arrived), None)).first()
    before = tally.period_before(period) if period else None
    if before is None:
        return Section("rates", "", (), 0)
    pairs = _pairs(look, period, before, look.fresh.filter(period=period).order_by().values("agency"))
    rows = {key: (then, now) for key, then, now in pairs}
    told = rules.stand_out(pairs)
    order = sorted(told, key=lambda key: (-abs(rows[key][1].value - rows[key][0].value), key))
    words = {
        rules.RISE: _("%(agency)s: on-time rate rose in %(period)s against %(before)s"),
        rules.FALL: _("%(agency)s: on-time rate fell in %(period)s against %(before)s"),
    }
    lines = []
    for key in order[: look.shown]:
        then, now = rows[key]
        lines.append(
            Change(
                text=words[told[key]] % {"agency": key[1], "period": period, "before": before},
                number=f"{then.printed} → {now.printed}",
                basis=between(then, now),
                path=f"{reverse('reports:agency_profile', args=[key[0]])}?period={period.label}",
            )
        )
    title = _("Rates that moved beyond chance (%(formula)s)") % {"formula": look.formula}
    return Section("rates", title, tuple(lines), len(told))

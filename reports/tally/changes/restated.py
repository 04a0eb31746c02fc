"""Figures that were known when the person last looked and have been adjusted or voided since."""

from collections import defaultdict

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cchc_portal.lib.numbers import format_count
from dossiers import rules, tally
from dossiers.choices import ReturnState
from dossiers.models import Adjustment, Edition, Line, Return, Summary
from reports.tally.changes.looking import Change, Looking, Section
from reports.tally.changes.promised import shortened
from reports.tally.changes.rates import between


def rate_then(edition: Edition, formula: str) -> rules.Rate:
    """The rate of the return as the edition has it."""
    return rules.rate(tally.figures_of(edition, published=edition.of.published).values(), formula)


def voided(look: Looking) -> QuerySet[Return]:
    """Returns that counted when the person last looked and were voided since, whoever may see them."""
    keys = [int(event.target_id) for event in look.steps if event.action == "void"]
    found = Return.objects.filter(pk__in=keys, state=ReturnState.VOID, accepted_at__lte=look.since)
    return found.for_list().order_by("-period__last_day", "agency__sort_key", "pk")


def rates_of_lines(returns: list[Return], formula: str) -> dict[int, rules.Rate]:
    """Return key → the rate that its lines give."""
    figures = defaultdict(list)
    if returns:
        for line in Line.objects.filter(of__in=returns):
            figures[line.of_id].append(rules.Figures.from_stored(line))
    return {item.pk: rules.rate(figures[item.pk], formula, published=item.published) for item in returns}


def _rates_now(editions: list[Edition], formula: str) -> dict[tuple[int, int], rules.Rate]:
    """(agency, period) → the rate as it stands, of each return of the editions."""
    of = [edition.of for edition in editions]
    rows = Summary.objects.filter(
        tree=False, agency__in={item.agency_id for item in of}, period__in={item.period_id for item in of}
    )
    return {(row.agency_id, row.period_id): tally.rate_of(row, formula) for row in rows}


def restated(look: Looking) -> Section:
    """Adjustments accepted since, the latest first, and voided returns: old and new rate, and why."""
    seen = Adjustment.objects.visible_to(look.user).filter(of__agency__path__startswith=look.root.path)
    found = Edition.objects.filter(pk__in=look.editions, adjustment__in=seen.values("pk"))
    found = found.filter(of__state=ReturnState.ACCEPTED).select_related("of__agency", "of__period", "adjustment")
    found = found.annotate(cells=Count("adjustment__cells")).order_by("-known_until", "-pk")
    editions = list(found[: look.shown]) if look.editions else []
    total = found.count() if len(editions) == look.shown else len(editions)
    now = _rates_now(editions, look.formula) if editions else {}
    lines = [_line(edition, now, look.formula) for edition in editions]
    seen_returns = Return.objects.visible_to(look.user).filter(agency__path__startswith=look.root.path)
    gone = list(voided(look).filter(pk__in=seen_returns.values("pk")))
    lines += [
        Change(
            text=_("%(agency)s: return %(period)s voided, it counts no more")
            % {"agency": item.agency, "period": item.period},
            number=_("void"),
            basis=_("accepted on %(day)s") % {"day": f"{timezone.localtime(item.accepted_at):%d/%m/%Y}"},
            path=reverse("dossiers:return_detail", args=[item.pk]),
        )
        for item in gone
    ]
    return Section("restated", _("Figures restated"), tuple(lines[: look.shown]), total + len(gone))


def _line(edition: Edition, now: dict[tuple[int, int], rules.Rate], formula: str) -> Change:
    item, then = edition.of, rate_then(edition, formula)
    after = now.get((item.agency_id, item.period_id), then)
    figures = _("%(count)s figures") % {"count": format_count(edition.cells)}
    parts = [between(then, after)] if (then.numerator, then.denominator) != (after.numerator, after.denominator) else []
    parts += [figures, shortened(edition.adjustment.reason)]
    return Change(
        text=_("%(agency)s: return %(period)s adjusted") % {"agency": item.agency, "period": item.period},
        number=f"{then.printed} → {after.printed}" if then.printed != after.printed else figures,
        basis="; ".join(parts),
        path=edition.adjustment.get_absolute_url(),
    )

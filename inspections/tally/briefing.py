"""What is known of an agency before a visit, as plain values that JSON holds; the brief freezes them.

Facts that stand on a higher floor, such as published claims, are lent by that floor with `lend`. A brief tells what the
agency itself was told: findings released to it and recommendations issued to it, of a Party body's supervision only
where the visit is one.
"""

from collections.abc import Callable
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.models import Agency
from cchc_portal.lib.periods import DEFAULT, QUARTER
from cchc_portal.lib.text import search_key
from dossiers import rules, tally
from dossiers.models import Return, Summary, UnusualFlag
from dossiers.tally.flags import range_text, sentence, state_text, value_text
from inspections.choices import RELEASED_FINDINGS, FindingKind, InspectionKind, RecommendationState, VisitState
from inspections.models import Finding, Recommendation, Visit
from inspections.rules import similar
from inspections.tally.coverage import heirs
from procedures.choices import SCALE_VALUES, Scale, level_name
from procedures.models import AgencyProcedure, OnlineLevel

FORMULAS = ("D1", "D2", "D3", "D4", "D5")
SHARES = ("online_share", "overdue_share")
COUNTS = ("received", "resolved", "in_time", "resolved_overdue", "pending", "pending_overdue")
PERIODS = 8
SHOWN = 100

_lent: dict[str, Callable[[list[int]], list]] = {}


def lend(section: str, read: Callable[[list[int]], list]) -> None:
    """Have a section of every brief read by `read(agency ids)`; called when Django is ready."""
    _lent[section] = read


def _family(agency: Agency, as_of: date) -> list[Agency]:
    """The agency and what was absorbed whole into it by that day, the agency first."""
    after, ids = heirs(as_of), {agency.pk}
    while True:
        fresh = {before for before, successor in after.items() if successor in ids} - ids
        if not fresh:
            break
        ids |= fresh
    others = Agency.objects.filter(pk__in=ids - {agency.pk}).order_by("valid_to", "sort_key", "pk")
    return [agency, *others]


def _named(agency: Agency, of: Agency) -> str:
    """The name of an absorbed agency; "" for the agency itself."""
    return "" if agency.pk == of.pk else agency.name


def _rates(family: list[Agency], as_of: date) -> list[dict]:
    """Sums of the last quarters as reported, newest first; rows of absorbed agencies name them and add to nothing."""
    by_key = {agency.pk: agency for agency in family}
    rows = Summary.objects.filter(
        agency__in=by_key, tree=False, period__kind=QUARTER, period__calendar=DEFAULT, period__last_day__lte=as_of
    ).select_related("period")
    told, seen = [], {}
    for row in rows.order_by("-period__last_day", "agency_id"):
        seen[row.agency_id] = seen.get(row.agency_id, 0) + 1
        if seen[row.agency_id] > PERIODS:
            continue
        rates = {code: tally.rate_of(row, code) for code in (*FORMULAS, *SHARES)}
        told.append(
            {
                "period": row.period.label,
                "absorbed": _named(by_key[row.agency_id], family[0]),
                "counts": {name: getattr(row, name) for name in COUNTS},
                "rates": {code: [rate.numerator, rate.denominator] for code, rate in rates.items()},
                "complete": row.complete,
            }
        )
    return told


def _changes(rows: list[dict]) -> dict[str, str]:
    """Formula → rise, fall, same or undefined between the agency's own last two quarters."""
    own = [row for row in rows if not row["absorbed"]][:2]
    if len(own) < 2:
        return {}
    now, before = own
    return {
        code: rules.change(rules.Rate(*before["rates"][code], code), rules.Rate(*now["rates"][code], code))
        for code in (*FORMULAS, *SHARES)
    }


def _visits_told(family: list[Agency], visit: Visit):
    """Earlier visits to the agency or to what it absorbed that took place; Party ones for a Party visit alone."""
    rows = Visit.objects.filter(agency__in=family, date__lte=visit.date).exclude(pk=visit.pk)
    rows = rows.exclude(state__in=(VisitState.PLANNED, VisitState.PREPARED, VisitState.CANCELLED))
    return rows if visit.kind == InspectionKind.PARTY else rows.exclude(kind=InspectionKind.PARTY)


def _visits(family: list[Agency], visit: Visit) -> list[dict]:
    rows = _visits_told(family, visit).select_related("agency", "team").order_by("-date", "-pk")[:SHOWN]
    return [
        {
            "date": row.date_text,
            "kind": str(row.get_kind_display()),
            "team": row.team.name,
            "absorbed": _named(row.agency, family[0]),
        }
        for row in rows
    ]


def _recommendations(family: list[Agency], visit: Visit, as_of: date) -> list[dict]:
    """Open ones, what is overdue first."""
    rows = Recommendation.objects.open().filter(agency__in=family).exclude(state=RecommendationState.DRAFT)
    if visit.kind != InspectionKind.PARTY:
        rows = rows.exclude(visit__kind=InspectionKind.PARTY)
    rows = rows.select_related("agency", "visit__team").order_by("due", "pk")[:SHOWN]
    told = [
        {
            "text": row.text,
            "due": row.due.isoformat() if row.due else None,
            "overdue": row.is_overdue(as_of),
            "state": str(row.get_state_display()),
            "team": row.visit.team.name,
            "absorbed": _named(row.agency, family[0]),
        }
        for row in rows
    ]
    return sorted(told, key=lambda row: (not row["overdue"], row["due"] or "9999"))


def _repeats(family: list[Agency], visit: Visit) -> list[dict]:
    """Limitations and violations released to the agency more than once: the newest, and the days it was found on."""
    rows = Finding.objects.filter(visit__in=_visits_told(family, visit), state__in=RELEASED_FINDINGS)
    rows = rows.exclude(kind=FindingKind.STRENGTH).filter(merged_into=None)
    rows = list(rows.select_related("area", "visit").order_by("-visit__date", "-pk")[:SHOWN])
    groups: list[list[Finding]] = []
    for row in rows:
        for group in groups:
            first = group[0]
            linked = any(one.repeats_id == row.pk for one in group)
            alike = first.area.code == row.area.code and similar(search_key(first.text), search_key(row.text))
            if row.visit_id not in {one.visit_id for one in group} and (linked or alike):
                group.append(row)
                break
        else:
            groups.append([row])
    return [
        {
            "text": group[0].text,
            "area": group[0].area.name,
            "kind": str(group[0].get_kind_display()),
            "dates": [one.visit.date_text for one in group],
        }
        for group in groups
        if len(group) > 1
    ]


def _unusual(agency: Agency, as_of: date) -> dict:
    """What the portal found unusual in the last accepted quarter, as the page of the return tells it, with the answers.

    `looked` is the day on which that return was looked through; None where it never was, which says nothing of it.
    """
    item = (
        Return.objects.accepted()
        .filter(agency=agency, period__kind=QUARTER, period__calendar=DEFAULT, period__last_day__lte=as_of)
        .select_related("period", "unusual_scan")
        .order_by("-period__last_day")
        .first()
    )
    if item is None:
        return {"period": "", "looked": None, "rows": []}
    scan = getattr(item, "unusual_scan", None)
    found = UnusualFlag.objects.filter(of=item).told().for_list()[:SHOWN]
    return {
        "period": item.period.label,
        "looked": timezone.localdate(scan.scanned_at).isoformat() if scan else None,
        "rows": [
            {
                "figure": str(flag.get_measure_display()),
                "line": flag.line_name,
                "value": value_text(flag),
                "expected": range_text(flag),
                "sentence": sentence(flag),
                "state": state_text(flag),
                "answer": flag.note,
                "agency_says": str(flag.get_agency_says_display()),
                "agency_words": flag.agency_words,
            }
            for flag in found
        ],
    }


def _level(scale: str, value: str) -> str:
    """A level by its name, or as the level of that number."""
    return _("level %(number)s") % {"number": value} if value.isdigit() else str(level_name(scale, value))


def _online(agency: Agency, as_of: date) -> dict:
    """Of the procedures it handles: how many stand at which level of each scale. The scales are never mixed."""
    handled = set(
        AgencyProcedure.objects.filter(agency=agency).valid_on(as_of).values_list("procedure_id", flat=True).order_by()
    )
    scales = []
    rows = list(
        OnlineLevel.objects.filter(procedure__in=handled).valid_on(as_of).values_list("scale", "value", "procedure")
    )
    for scale in Scale:
        levels: dict[str, set[int]] = {}
        for of, value, procedure in rows:
            if of == scale:
                levels.setdefault(value, set()).add(procedure)
        ordered = sorted(levels.items(), key=lambda one: SCALE_VALUES[scale].index(one[0]))
        if levels:
            scales.append(
                {
                    "scale": str(scale.label),
                    "levels": [[_level(scale, value), len(found)] for value, found in ordered],
                    "without": len(handled - set().union(*levels.values())),
                }
            )
    return {"procedures": len(handled), "scales": scales}


def brief_on(visit: Visit, as_of: date) -> dict:
    """Everything the brief says of the visited agency on the day. A bounded number of queries."""
    agency = visit.agency
    family = _family(agency, as_of)
    rates = _rates(family, as_of)
    ids = [one.pk for one in family]
    return {
        "agency": agency.name,
        "visit": {"date": visit.date_text, "kind": str(visit.get_kind_display()), "team": visit.team.name},
        "as_of": as_of.isoformat(),
        "absorbed": [
            {"name": one.name, "until": one.valid_to.isoformat() if one.valid_to else None} for one in family[1:]
        ],
        "rates": rates,
        "changes": _changes(rates),
        "recommendations": _recommendations(family, visit, as_of),
        "repeats": _repeats(family, visit),
        "unusual": _unusual(agency, as_of),
        "online": _online(agency, as_of),
        "visits": _visits(family, visit),
        **{section: read(ids) for section, read in sorted(_lent.items())},
    }


def change_words(code: str) -> str:
    """How a change against the quarter before is told."""
    return {
        rules.RISE: _("rose"),
        rules.FALL: _("fell"),
        rules.SAME: _("no significant change"),
    }.get(code, "–")

"""The follow-up board: recommendations in groups, with the counts of each group, from one and the same rows."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import BooleanField, Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inspections.choices import OPEN_RECOMMENDATIONS, RecommendationState
from inspections.models import Recommendation

DEADLINE, AGENCY, AREA, AGE, REPEAT = "deadline", "agency", "area", "age", "repeat"
WAYS = {
    DEADLINE: _("by deadline"),
    AGENCY: _("by agency"),
    AREA: _("by area"),
    AGE: _("by age"),
    REPEAT: _("by repetition"),
}
OPEN = Q(state__in=OPEN_RECOMMENDATIONS)
REPEATED = Q(repeats__isnull=False) | Q(finding__repeats__isnull=False)
PROPOSED = OPEN & Q(condition__met_at__isnull=False)
ESCALATED = OPEN & Q(escalated_at__isnull=False)
RELAPSED = Q(state=RecommendationState.CLOSED_IMPLEMENTED, condition__relapsed_at__isnull=False)
AGES = (30, 90, 180, 365)
NO_AREA = "none"


@dataclass(frozen=True)
class Bucket:
    """A group that the rows fall into by a condition; the first one that fits takes the row."""

    key: str
    label: Any
    condition: Q


@dataclass(frozen=True)
class Group:
    """One group of the board: its key in the URL, its name, and how many rows there are of each sort."""

    key: str
    label: Any
    total: int
    overdue: int
    escalated: int
    proposed: int


def _began(day: date) -> Q:
    """Issued on the day or later; what was published without a day of issuing counts from its visit."""
    instant = timezone.make_aware(datetime.combine(day, time()))
    return Q(issued_at__gte=instant) | Q(issued_at__isnull=True, visit__date__gte=day)


def buckets(by: str, today: date) -> list[Bucket]:
    """The groups of a way that is no list of things: deadlines, ages, repetition."""
    if by == DEADLINE:
        return [
            Bucket("closed", _("closed"), ~OPEN),
            Bucket("escalated", _("overdue, sent up"), Q(due__lt=today, escalated_at__isnull=False)),
            Bucket("overdue", _("overdue"), Q(due__lt=today)),
            Bucket("week", _("due within 7 days"), Q(due__lte=today + timedelta(days=7))),
            Bucket("month", _("due within 30 days"), Q(due__lte=today + timedelta(days=30))),
            Bucket("later", _("due later"), Q(due__isnull=False)),
            Bucket("none", _("no deadline"), Q(due__isnull=True)),
        ]
    if by == AGE:
        labels = (_("under 30 days"), _("30 to 89 days"), _("90 to 179 days"), _("180 to 364 days"))
        made = [
            Bucket(f"under{days}", label, _began(today - timedelta(days=days - 1)))
            for days, label in zip(AGES, labels, strict=True)
        ]
        return [*made, Bucket("year", _("a year or more"), Q(pk__isnull=False))]
    return [
        Bucket("repeat", pgettext_lazy("recommendation", "repeats an earlier one"), REPEATED),
        Bucket("first", pgettext_lazy("recommendation", "for the first time"), Q(pk__isnull=False)),
    ]


def followed(user, today: date) -> QuerySet:
    """What the person may follow: everything that was issued and not withdrawn, with its marks."""
    hidden = (RecommendationState.DRAFT, RecommendationState.WITHDRAWN)
    flag = BooleanField()
    return (
        Recommendation.objects.visible_to(user)
        .exclude(state__in=hidden)
        .annotate(
            is_open=Case(When(OPEN, then=Value(True)), default=Value(False), output_field=flag),
            overdue=Case(When(OPEN & Q(due__lt=today), then=Value(True)), default=Value(False), output_field=flag),
            is_repeat=Case(When(REPEATED, then=Value(True)), default=Value(False), output_field=flag),
        )
    )


def grouped(rows: QuerySet, by: str, today: date) -> QuerySet:
    """The rows with `bucket`, the place of their group, in the order of the groups."""
    if by == AGENCY:
        return rows.order_by("agency__sort_key", "agency_id")
    if by == AREA:
        return rows.order_by(F("finding__area__order").asc(nulls_last=True), "finding__area__code")
    cases = [When(bucket.condition, then=Value(place)) for place, bucket in enumerate(buckets(by, today))]
    return rows.annotate(bucket=Case(*cases, output_field=IntegerField())).order_by("bucket")


def in_group(rows: QuerySet, by: str, key: str, today: date) -> QuerySet:
    """The rows of one group; none where there is no such group."""
    if by == AGENCY:
        return rows.filter(agency__code=key)
    if by == AREA:
        return rows.filter(finding__area__isnull=True) if key == NO_AREA else rows.filter(finding__area__code=key)
    places = [place for place, bucket in enumerate(buckets(by, today)) if bucket.key == key]
    return rows.filter(bucket__in=places)


def groups(rows: QuerySet, by: str, today: date) -> list[Group]:
    """Every group that has rows, in its order, with its counts; `rows` are `grouped`."""
    counts = {
        "total": Count("pk"),
        "overdue_rows": Count("pk", filter=OPEN & Q(due__lt=today)),
        "escalated_rows": Count("pk", filter=ESCALATED & Q(due__lt=today)),
        "proposed_rows": Count("pk", filter=PROPOSED),
    }
    columns = {
        AGENCY: ("agency__sort_key", "agency__code", "agency__short_name"),
        AREA: ("finding__area__order", "finding__area__code", "finding__area__name"),
    }.get(by, ("bucket",))
    order = [F(columns[0]).asc(nulls_last=True), *columns[1:]]
    known = buckets(by, today) if len(columns) == 1 else []
    made = []
    for row in rows.order_by().values(*columns).annotate(**counts).order_by(*order):
        if known:
            key, label = known[row["bucket"]].key, known[row["bucket"]].label
        else:
            key, label = row[columns[1]] or NO_AREA, row[columns[2]] or _("no area named")
        made.append(Group(key, label, row["total"], row["overdue_rows"], row["escalated_rows"], row["proposed_rows"]))
    return made


def group_of(row: Recommendation, by: str, today: date) -> tuple[str, Any]:
    """Key and name of the group that a grouped row stands in."""
    if by == AGENCY:
        return row.agency.code, row.agency.short_name
    if by == AREA:
        area = row.finding.area if row.finding_id else None
        return (area.code, area.name) if area else (NO_AREA, _("no area named"))
    bucket = buckets(by, today)[row.bucket]
    return bucket.key, bucket.label


def totals(rows: QuerySet, today: date) -> dict[str, int]:
    """The numbers at the head of the board; each is the length of the list that its link opens."""
    return rows.aggregate(
        open=Count("pk", filter=OPEN),
        late=Count("pk", filter=OPEN & Q(due__lt=today)),
        escalated=Count("pk", filter=ESCALATED),
        proposed=Count("pk", filter=PROPOSED),
        relapsed=Count("pk", filter=RELAPSED),
    )

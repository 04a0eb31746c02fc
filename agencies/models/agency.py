"""The agency forest: dated units, their official codes, and who followed whom."""

from datetime import date

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Concat, Substr
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.choices import ABSORBED_WHOLE, AGENCY_ROLES, OVERSIGHT_ROLES, AgencyKind, SuccessionKind
from cchc_portal.lib.fields import NfcCharField, SearchKeyField, SortKeyField, once_with_null


def _under(paths, prefix: str = "") -> Q:
    """Condition that an agency lies at or below one of these paths; `prefix` leads to the agency."""
    condition = Q(pk__in=[])
    for path in paths:
        condition |= Q(**{f"{prefix}path__startswith": path})
    return condition


class AgencyQuerySet(models.QuerySet):
    """Reading rights over agencies and their figures, and the questions asked of the forest."""

    def visible_to(self, user) -> "AgencyQuerySet":
        """Register facts are open to everyone who is signed in."""
        return self if user.is_authenticated else self.none()

    def with_figures_for(self, user) -> "AgencyQuerySet":
        """Agencies whose sent figures the person may read: oversight reads all, an agency role its own subtree.

        Reading flows down the tree, and from a predecessor absorbed whole to its successor (domain.md §2); what a
        visiting team may read is added by the inspections floor.
        """
        roles = user.current_roles() if user.is_authenticated else []
        if any(role.code in OVERSIGHT_ROLES for role in roles):
            return self
        owned = [role.agency.path for role in roles if role.code in AGENCY_ROLES]
        return self.filter(_under(owned) | Q(pk__in=user.absorbed_below)) if owned else self.none()

    def below(self, agency_ids) -> "AgencyQuerySet":
        """These agencies, everything under them, and whatever was absorbed whole into any of those."""
        anchors = list(Agency.objects.filter(pk__in=list(agency_ids)).values_list("path", flat=True))
        if not anchors:
            return self.none()
        absorbed = Succession.objects.steps_into(_under(anchors, "successor__"))
        return self.filter(_under(anchors) | Q(pk__in=absorbed))

    def valid_on(self, day: date) -> "AgencyQuerySet":
        """Agencies that exist on the day; an unknown bound is open."""
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=day), Q(valid_to__isnull=True) | Q(valid_to__gte=day)
        )

    def under(self, agency: "Agency") -> "AgencyQuerySet":
        """The agency and everything below it, by the stored path."""
        return self.filter(path__startswith=agency.path)

    def for_list(self) -> "AgencyQuerySet":
        """What a register row prints, in Vietnamese order."""
        return self.select_related("parent").order_by("sort_key", "pk")


class Agency(models.Model):
    """A unit of government. Nothing is rewritten when the structure changes: units close and others follow them."""

    code = NfcCharField(_("code"), max_length=40, unique=True)
    name = NfcCharField(_("name"), max_length=250)
    short_name = NfcCharField(_("short name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=AgencyKind)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to (last day)"), null=True, blank=True)
    gso_code = models.CharField(_("statistical code"), max_length=10, blank=True, default="")
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    reporting = models.BooleanField(_("reports dossiers"), default=True)
    path = models.CharField(max_length=200, db_index=True, editable=False, default="")
    version = models.PositiveIntegerField(default=1, editable=False)
    sort_key = SortKeyField(source="name")
    search_key = SearchKeyField(sources=("code", "name", "short_name"))

    objects = AgencyQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key", "pk"]
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="agency_dates_in_order",
            ),
            models.CheckConstraint(condition=~Q(parent=F("pk")), name="agency_not_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.short_name

    def save(self, *args, **kwargs):
        """The path is the chain of keys from the root, so the row is written once to know its own key."""
        super().save(*args, **kwargs)
        path = f"{self.parent.path if self.parent_id else '/'}{self.pk}/"
        if path != self.path:
            old = self.path
            type(self).objects.filter(pk=self.pk).update(path=path)
            if old:
                type(self).objects.filter(path__startswith=old).update(
                    path=Concat(models.Value(path), Substr("path", len(old) + 1))
                )
            self.path = path

    def is_valid_on(self, day: date) -> bool:
        """Does the unit exist on that day? An unknown bound is open."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    @property
    def ancestor_ids(self) -> list[int]:
        """Keys from the root down to, not including, the agency itself."""
        return [int(part) for part in self.path.strip("/").split("/")][:-1]


class OfficialCode(models.Model):
    """An official code of an agency for a span of days. Optional: none is ever invented."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="official_codes")
    code = models.CharField(_("official code"), max_length=35)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to (last day)"), null=True, blank=True)

    class Meta:
        ordering = ["agency", "valid_from"]
        constraints = once_with_null("agency", "code", nullable="valid_from", name="official_code_once")

    def __str__(self) -> str:
        return self.code


class SuccessionQuerySet(models.QuerySet):
    def absorbed_whole(self) -> "SuccessionQuerySet":
        """Steps in which the predecessor passed undivided to one successor."""
        divided = Succession.objects.filter(
            predecessor=OuterRef("predecessor"), kind__in=(SuccessionKind.SPLIT, SuccessionKind.DISSOLVED)
        )
        return self.filter(kind__in=ABSORBED_WHOLE).exclude(Exists(divided))

    def steps_into(self, successors: Q) -> dict[int, int]:
        """Successor of every agency absorbed whole by today, directly or in a chain, into those that match."""
        steps = self.absorbed_whole().filter(effective_date__lte=timezone.localdate()).order_by()
        found: dict[int, int] = {}
        while True:  # a chain of mergers is as deep as history, two or three steps
            fresh = dict(steps.filter(successors).values_list("predecessor_id", "successor_id"))
            fresh = {predecessor: successor for predecessor, successor in fresh.items() if predecessor not in found}
            if not fresh:
                return found
            found |= fresh
            successors = Q(successor_id__in=list(fresh))


class Succession(models.Model):
    """Who followed whom, and from which day."""

    predecessor = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="successions")
    successor = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="origins", null=True, blank=True)
    effective_date = models.DateField(_("effective date"))
    kind = models.CharField(_("kind"), max_length=10, choices=SuccessionKind)

    objects = SuccessionQuerySet.as_manager()

    class Meta:
        ordering = ["effective_date", "predecessor__code"]
        constraints = [
            *once_with_null("predecessor", "effective_date", nullable="successor", name="succession_once"),
            models.CheckConstraint(
                condition=Q(successor__isnull=False) | Q(kind=SuccessionKind.DISSOLVED),
                name="succession_has_successor_unless_dissolved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id}"

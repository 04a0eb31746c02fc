"""Levels of a procedure and the three scales of online service, which are never mixed."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ProcedureLevel(models.TextChoices):
    MINISTRY = "ministry", pgettext_lazy("procedure level", "Ministry")
    PROVINCE = "province", pgettext_lazy("procedure level", "Province")
    DISTRICT = "district", pgettext_lazy("procedure level", "District")
    COMMUNE = "commune", pgettext_lazy("procedure level", "Commune")


class Scale(models.TextChoices):
    """Three separate, dated scales (domain.md §3)."""

    LEVEL_2011 = "level_2011", _("Levels 1–4 (2011)")
    LEVEL_2022 = "level_2022", _("Full or partial service (2022)")
    PROACTIVE = "proactive_level", _("Proactive service levels 1–4 (2026)")


class Level2022(models.TextChoices):
    INFORMATION = "information", _("Information only")
    PARTIAL = "partial", _("Partial online service")
    FULL = "full", _("Full online service")


SCALE_VALUES = {
    Scale.LEVEL_2011: ("1", "2", "3", "4"),
    Scale.LEVEL_2022: tuple(Level2022.values),
    Scale.PROACTIVE: ("1", "2", "3", "4"),
}


class Counting(models.TextChoices):
    EXCLUSIVE = "exclusive", _("each procedure counted at its highest level only")
    CUMULATIVE = "cumulative", _("each level includes the higher ones")


class DecisionKind(models.TextChoices):
    PUBLISHED = "published", pgettext_lazy("decision", "Published")
    AMENDED = "amended", pgettext_lazy("decision", "Amended")
    ABOLISHED = "abolished", pgettext_lazy("decision", "Abolished")


def level_name(scale: str, value: str):
    """The name of a value on its scale, for people."""
    return Level2022(value).label if scale == Scale.LEVEL_2022 and value in Level2022.values else value

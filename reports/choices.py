"""Words of claims and targets."""

from django.db import models
from django.utils.translation import pgettext_lazy


class Comparator(models.TextChoices):
    AT_LEAST = ">=", pgettext_lazy("comparator", "at least")
    AT_MOST = "<=", pgettext_lazy("comparator", "at most")
    EQUAL = "=", pgettext_lazy("comparator", "exactly")


class Verdict(models.TextChoices):
    """What the counts say to a published figure (domain.md §5, Claims)."""

    AGREES = "agrees", pgettext_lazy("verdict", "agrees with the counts")
    AGREES_TRUNCATED = "agrees_truncated", pgettext_lazy("verdict", "agrees only if truncated")
    CANNOT_BE_CHECKED = "cannot_be_checked", pgettext_lazy("verdict", "cannot be checked")
    CONTRADICTS = "contradicts", pgettext_lazy("verdict", "contradicts the counts")


class Clash(models.TextChoices):
    """What speaks against a published figure."""

    COUNTS = "counts", pgettext_lazy("contradiction", "against the counts")
    CLAIM = "claim", pgettext_lazy("contradiction", "against another published figure")
    ROW = "row", pgettext_lazy("contradiction", "its own row does not add up")


class Rounding(models.TextChoices):
    """How a source came from the exact percentage to the printed one."""

    HALF_UP = "half_up", pgettext_lazy("rounding", "rounded half up")
    TRUNCATED = "truncated", pgettext_lazy("rounding", "truncated")


class Scope(models.TextChoices):
    """Whose figures an issued report tells: those of a city and all below it, or of one agency alone."""

    CITY = "city", pgettext_lazy("report", "city report")
    AGENCY = "agency", pgettext_lazy("report", "agency page")


CITY_REPORT, AGENCY_REPORT = "city_report", "agency_report"
WEEKLY_BRIEF = "weekly_brief"
REPORT_KINDS = {Scope.CITY: CITY_REPORT, Scope.AGENCY: AGENCY_REPORT}


class OpenDataState(models.TextChoices):
    """The way of a set of open data; which one stands for its period is the newest that is published."""

    PROPOSED = "proposed", pgettext_lazy("open data state", "waiting for a second officer")
    PUBLISHED = "published", pgettext_lazy("open data state", "published")
    REFUSED = "refused", pgettext_lazy("open data state", "not published")
    WITHDRAWN = "withdrawn", pgettext_lazy("open data state", "withdrawn")

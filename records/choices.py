"""States of a job and of a document, kinds of mail and of source."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class JobState(models.TextChoices):
    """Life of a durable job; `failed` is final and visible."""

    QUEUED = "queued", pgettext_lazy("job state", "queued")
    RUNNING = "running", pgettext_lazy("job state", "running")
    READY = "ready", pgettext_lazy("job state", "ready")
    FAILED = "failed", pgettext_lazy("job state", "failed")


UNFINISHED = (JobState.QUEUED, JobState.RUNNING)
MAX_ATTEMPTS = 3


class MailKind(models.TextChoices):
    """Occasions on which the portal writes to a person."""

    REMINDERS = "reminders", pgettext_lazy("kind of mail", "Reminders of the day")
    RETURNED = "returned", pgettext_lazy("kind of mail", "Return sent back")
    SELF_CHECK = "self_check", pgettext_lazy("kind of mail", "Self-check report asked for")
    ADJUSTMENT = "adjustment", pgettext_lazy("kind of mail", "Adjustment refused")
    WEEKLY_BRIEF = "weekly_brief", pgettext_lazy("kind of mail", "Weekly brief")


class SourceKind(models.TextChoices):
    """Where a stated figure was read."""

    PRESS = "press", _("Press")
    PORTAL = "portal", _("Official portal")
    REPORT = "report", _("Report of an agency")

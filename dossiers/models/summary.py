"""Sums per agency and per procedure that every rate is read from, and what is waiting to be summed again."""

from django.db import models
from django.utils import timezone

from agencies.models import Agency
from dossiers.models.period import Period
from procedures.models import Field, Procedure
from records.models import Job


class Sums(models.Model):
    """The columns of summed lines: how many, every figure, the terms of every rate.

    A figure is NULL unless it is known on every line. A rate's numerator and denominator are summed over the lines on
    which both are known; `used` says how many those are, so `lines - used` were left out.
    """

    returns = models.PositiveIntegerField()
    lines = models.PositiveIntegerField()
    complete = models.BooleanField()
    received_online = models.BigIntegerField(null=True)
    received_direct = models.BigIntegerField(null=True)
    carried_over = models.BigIntegerField(null=True)
    received = models.BigIntegerField(null=True)
    resolved_early = models.BigIntegerField(null=True)
    resolved_on_time = models.BigIntegerField(null=True)
    resolved_overdue = models.BigIntegerField(null=True)
    in_time = models.BigIntegerField(null=True)
    resolved = models.BigIntegerField(null=True)
    pending_within = models.BigIntegerField(null=True)
    pending_overdue = models.BigIntegerField(null=True)
    pending = models.BigIntegerField(null=True)
    withdrawn = models.BigIntegerField(null=True)
    resolved_overdue_with_apology = models.BigIntegerField(null=True)
    pending_overdue_with_apology = models.BigIntegerField(null=True)
    d1_numerator = models.BigIntegerField(default=0)
    d1_denominator = models.BigIntegerField(default=0)
    d1_used = models.PositiveIntegerField(default=0)
    d2_numerator = models.BigIntegerField(default=0)
    d2_denominator = models.BigIntegerField(default=0)
    d2_used = models.PositiveIntegerField(default=0)
    d2c_numerator = models.BigIntegerField(default=0)
    d2c_denominator = models.BigIntegerField(default=0)
    d2c_used = models.PositiveIntegerField(default=0)
    d3_numerator = models.BigIntegerField(default=0)
    d3_denominator = models.BigIntegerField(default=0)
    d3_used = models.PositiveIntegerField(default=0)
    d4_numerator = models.BigIntegerField(default=0)
    d4_denominator = models.BigIntegerField(default=0)
    d4_used = models.PositiveIntegerField(default=0)
    d5_numerator = models.BigIntegerField(default=0)
    d5_denominator = models.BigIntegerField(default=0)
    d5_used = models.PositiveIntegerField(default=0)
    online_share_numerator = models.BigIntegerField(default=0)
    online_share_denominator = models.BigIntegerField(default=0)
    online_share_used = models.PositiveIntegerField(default=0)
    overdue_share_numerator = models.BigIntegerField(default=0)
    overdue_share_denominator = models.BigIntegerField(default=0)
    overdue_share_used = models.PositiveIntegerField(default=0)
    apology_share_numerator = models.BigIntegerField(default=0)
    apology_share_denominator = models.BigIntegerField(default=0)
    apology_share_used = models.PositiveIntegerField(default=0)
    computed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


class Summary(Sums):
    """Counts of accepted returns of one agency in one period; with `tree`, summed with all below it."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="summaries")
    period = models.ForeignKey(Period, on_delete=models.CASCADE, related_name="summaries")
    tree = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "period", "tree"], name="summary_once")]
        indexes = [models.Index(fields=["period", "tree"], name="summary_period")]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.period_id} {'tree' if self.tree else 'own'}"


class ProcedureSum(Sums):
    """Counts of all agencies' accepted returns of one period on one procedure.

    Lines that a return gives by field are summed under the field, those on a whole agency under neither; `about` tells
    them apart without a NULL: the procedure's key, minus the field's key, or 0. A field as a whole is the sum of its
    own row and those of its procedures. What an agency absorbed inside the period passed on is taken once.
    """

    period = models.ForeignKey(Period, on_delete=models.CASCADE, related_name="procedure_sums")
    about = models.BigIntegerField()
    procedure = models.ForeignKey(Procedure, on_delete=models.CASCADE, null=True, related_name="sums")
    field = models.ForeignKey(Field, on_delete=models.CASCADE, null=True, related_name="sums")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["period", "about"], name="procedure_sum_once")]

    def __str__(self) -> str:
        return f"{self.period_id} {self.about}"


class StaleFigure(models.Model):
    """An (agency, period) whose sums no longer tell what its accepted return says."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+")
    period = models.ForeignKey(Period, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["since", "pk"]
        indexes = [models.Index(fields=["period", "agency"], name="stale_period")]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.period_id}"


class RateRun(Job):
    """One recomputation of the sums: of what is stale, of one period, or of everything."""

    task = "dossiers.tasks.run_rates"

    period = models.ForeignKey(Period, on_delete=models.CASCADE, null=True, related_name="+")
    everything = models.BooleanField(default=False)
    rows = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.state} {self.asked_at:%Y-%m-%d %H:%M}"

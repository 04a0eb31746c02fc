"""A set of open data of the last closed quarter, proposed by mai and waiting for quan."""

from datetime import datetime

from django.db import transaction

from dossiers.models import Period
from reports.demo.people import People
from reports.models import OpenDataSet
from reports.tally.open_data import DEFAULT_LICENCE
from reports.workflow.open_data import propose

NOTE = "Đề nghị công bố số liệu của kỳ đã tiếp nhận đủ."


def load(now: datetime, people: People, period: Period) -> None:
    """Nothing is published by the demo itself: the second officer is whoever tries it out."""
    with transaction.atomic():
        item = propose(period, licence=DEFAULT_LICENCE, note=NOTE, by=people.accounts["mai"])
        OpenDataSet.objects.filter(pk=item.pk).update(proposed_at=now)

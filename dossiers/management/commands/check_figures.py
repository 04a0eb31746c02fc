"""The nightly audit of the figures: everything that can only be wrong through a fault is looked for and named."""

from collections.abc import Iterator
from datetime import timedelta

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db.models import Exists, F, ForeignKey, OuterRef, Q
from django.db.models.lookups import GreaterThan
from django.utils import timezone

from agencies.models import Agency
from dossiers import rules, tally
from dossiers.choices import LOCKED_STATES, LineSort
from dossiers.models import Explanation, Line, Remark, Return, StaleFigure

STALE_AFTER = timedelta(hours=1)


def broken_identities() -> Iterator[str]:
    """Blocking identities that lines of submitted, approved and accepted returns break."""
    for found in tally.broken_lines():
        counts = ", ".join(f"{name} {value}" for name, value in found.breach.params.items())
        yield f"identity {found.breach.key}: {found.agency} {found.period} {found.line}: {counts}"


def orphans() -> Iterator[str]:
    """Sent returns without a line, lines of another sort than their return's, words about another return's line."""
    empty = Return.objects.filter(state__in=LOCKED_STATES).exclude(Exists(Line.objects.filter(of=OuterRef("pk"))))
    for pk, agency, period in empty.order_by("pk").values_list("pk", "agency__code", "period__label"):
        yield f"orphan: return {pk} of {agency} {period} has no line"
    by_procedure, by_field = Q(procedure__isnull=False), Q(field__isnull=False)
    fitting = Q(of__line_sort=LineSort.PROCEDURE) & by_procedure & ~by_field
    fitting |= Q(of__line_sort=LineSort.FIELD) & by_field & ~by_procedure
    fitting |= Q(of__line_sort=LineSort.AGENCY) & ~by_field & ~by_procedure
    for pk, sort in Line.objects.exclude(fitting).order_by("pk").values_list("pk", "of__line_sort"):
        yield f"orphan: line {pk} is not by {sort} as its return is"
    for model in (Explanation, Remark):
        strays = model.objects.filter(line__isnull=False).exclude(line__of=F("of"))
        for pk in strays.order_by("pk").values_list("pk", flat=True):
            yield f"orphan: {model._meta.model_name} {pk} is about a line of another return"


def masked_counts() -> Iterator[str]:
    """Cells marked as not applicable that hold a count: the one would be printed, the other summed."""
    marked = Q(pk__in=[])
    for position, figure in enumerate(rules.FIGURES):
        bit = F("not_applicable").bitand(1 << position)
        holds = ~Q(**{figure.name: 0}) | Q(**{f"{figure.name}__isnull": True})
        marked |= Q(GreaterThan(bit, 0)) & holds
    for pk, of in Line.objects.filter(marked, not_applicable__gt=0).order_by("pk").values_list("pk", "of_id"):
        yield f"not applicable: line {pk} of return {of} holds a count where it says that there is none"


def stale_rates() -> Iterator[str]:
    """Marks that nobody took away in time, and sums that are not what a full recompute gives."""
    old = StaleFigure.objects.filter(since__lt=timezone.now() - STALE_AFTER)
    for agency, period, since in old.values_list("agency__code", "period__label", "since"):
        yield f"stale rates: {agency} {period} since {timezone.localtime(since).isoformat(timespec='minutes')}"
    for agency, period, tree in tally.differences():
        yield f"stale rates: {agency} {period} {'tree' if tree else 'own'} sums differ from the lines"
    for about, period in tally.procedure_differences():
        yield f"stale rates: {about} {period} sums by procedure differ from the lines"


def broken_references() -> Iterator[str]:
    """Rows that point at none, in every table of the portal, and agencies whose path is not their parent's."""
    for model in apps.get_models():
        if model.__module__.startswith("django."):
            continue
        for field in model._meta.local_fields:
            if isinstance(field, ForeignKey):
                target = field.related_model._base_manager.filter(**{field.target_field.name: OuterRef(field.attname)})
                rows = model._base_manager.filter(**{f"{field.attname}__isnull": False}).exclude(Exists(target))
                for pk in rows.order_by("pk").values_list("pk", flat=True):
                    yield f"broken reference: {model._meta.label_lower} {pk} {field.name}"
    paths = dict(Agency.objects.values_list("pk", "path"))
    for pk, code, parent, path in Agency.objects.order_by("code").values_list("pk", "code", "parent_id", "path"):
        if path != f"{paths.get(parent, '/')}{pk}/":
            yield f"broken reference: agency {code} path {path}"


CHECKS = (broken_identities, orphans, masked_counts, stale_rates, broken_references)


class Command(BaseCommand):
    help = "Looks for broken identities, orphans, stale rates and broken references: a line each, then ends with 1."

    def handle(self, *args, **options):
        found = 0
        for check in CHECKS:
            for sentence in check():
                self.stdout.write(sentence)
                found += 1
        if found:
            raise SystemExit(1)

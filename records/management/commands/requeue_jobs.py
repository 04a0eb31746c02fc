"""Send again what the queue lost: rows are the truth, the queue is only a hint."""

from django.apps import apps
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string

from records.models import Job


class Command(BaseCommand):
    help = "Ends jobs whose last attempt was lost and queues stuck ones again."

    def handle(self, *args, **options):
        for model in apps.get_models():
            if not issubclass(model, Job):
                continue
            lost = model.objects.give_up_exhausted()
            stuck = list(model.objects.stuck().values_list("pk", flat=True))
            task = import_string(model.task)  # an upper floor's: each kind of job names its own
            for pk in stuck:
                task.delay(pk if isinstance(pk, int) else str(pk))
            if lost or stuck:
                self.stdout.write(f"{model._meta.label_lower}: {len(stuck)} queued again, {lost} given up")

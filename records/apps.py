from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """What happened and what was issued: the trail, stored files, rendered documents, durable jobs."""

    name = "records"

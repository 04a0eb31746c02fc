from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Reading: overview, rankings, agency profiles, claims, issued documents."""

    name = "reports"

from importlib import import_module

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Reading: overview, rankings, agency profiles, claims, issued documents."""

    name = "reports"

    def ready(self):
        import_module("reports.documents")  # makes its kinds of document known
        claims = import_module("reports.tally.claims")
        import_module("inspections.tally.briefing").lend("claims", claims.told_of)

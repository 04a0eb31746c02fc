from importlib import import_module

from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    """Checking: plans, teams, visits, findings, recommendations and what agencies did about them."""

    name = "inspections"

    def ready(self):
        import_module("inspections.documents")  # makes its kinds of document known
        import_module("inspections.letters")
        import_module("inspections.papers")

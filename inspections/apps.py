from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    """Checking: plans, teams, visits, findings, recommendations and what agencies did about them."""

    name = "inspections"

from importlib import import_module

from django.apps import AppConfig


class DossiersConfig(AppConfig):
    """How many: periods, quarterly returns, lines, identities, rate formulas."""

    name = "dossiers"

    def ready(self):
        import_module("dossiers.documents")  # makes its kinds of document known
        again = import_module("dossiers.tasks").sum_over_forest_again
        import_module("agencies.tally").reckons_over_forest(again)

from django.apps import AppConfig


class DossiersConfig(AppConfig):
    """How many: periods, quarterly returns, lines, identities, rate formulas."""

    name = "dossiers"

from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    """Who: the agency forest, successions, people and their dated roles."""

    name = "agencies"

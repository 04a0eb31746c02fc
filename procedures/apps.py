from django.apps import AppConfig


class ProceduresConfig(AppConfig):
    """What: the register of administrative procedures, their fields and online levels, who handles what."""

    name = "procedures"

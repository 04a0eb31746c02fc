from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Settings, addresses and the frame of the pages."""

    name = "cchc_portal"

    def ready(self):
        from cchc_portal import checks  # noqa: F401 - registers the checks

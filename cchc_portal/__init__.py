"""Wiring of the portal: settings, addresses, Celery. The floors of the house are told in docs/map.md."""

from cchc_portal.celery import app as celery_app

__all__ = ["celery_app"]
__version__ = "0.1.0"

"""The portal as a WSGI application."""

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cchc_portal.settings")
# A thread that holds the database's write lock waits this long, not ten times as long, for one that only computes.
sys.setswitchinterval(0.0005)
application = get_wsgi_application()

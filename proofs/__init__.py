"""Long randomised runs: seeded, resumable, their results committed in results.json.

Started by itself the package makes a database of its own; under the tests it uses theirs, and a process started with
PROOFS_GIVEN in its environment the one that the environment names.
"""

import os
import tempfile

import django
from django.apps import apps

FOLDER = None
if not apps.ready and os.environ.get("PROOFS_GIVEN"):
    django.setup()
if not apps.ready:
    FOLDER = tempfile.mkdtemp(prefix="cchc-proofs-")
    os.environ["CCHC_DATABASE_URL"] = f"sqlite:///{FOLDER}/db.sqlite3"
    os.environ["DJANGO_SETTINGS_MODULE"] = "cchc_portal.settings_test"
    # The browser's event loop runs in the main thread, where Django would take it for async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    django.setup()

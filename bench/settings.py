"""The portal's settings with an empty page beside its own, and tasks done at once by the calling process."""

from cchc_portal.settings import *  # noqa: F403
from cchc_portal.settings import VAR_DIR

STATIC_ROOT = VAR_DIR / "bench" / "static"
ROOT_URLCONF = "bench.urls"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True

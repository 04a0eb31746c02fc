"""The portal's settings with an empty page beside its own, and tasks done at once by the calling process."""

from cchc_portal.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True

"""Pages of the project itself: health, errors, signing in."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from redis import Redis
from redis.exceptions import RedisError

import cchc_portal


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def _queue_answers() -> bool:
    if not settings.REDIS_URL:
        return (settings.QUEUE_DIR / "messages").is_dir()
    try:
        return bool(Redis.from_url(settings.REDIS_URL, socket_timeout=2).ping())
    except RedisError:
        return False


def _storage_answers() -> bool:
    try:
        name = default_storage.save("healthz/probe", ContentFile(b"ok"))
        default_storage.delete(name)
    except OSError:
        return False
    return True


@require_safe
@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """Whether database, queue and storage answer, and the version. 503 when one of them does not."""
    try:
        database = _database_answers()
    except Exception:  # any driver's error means the same to the caller: no database
        database = False
    parts = {"database": database, "queue": _queue_answers(), "storage": _storage_answers()}
    body = {name: "ok" if good else "failed" for name, good in parts.items()} | {"version": cchc_portal.__version__}
    return JsonResponse(body, status=200 if all(parts.values()) else 503)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form is out of date: say what to do, lose nothing of what was typed."""
    return render(request, "csrf_failure.html", status=403)


def _too_much(exception: Exception) -> tuple[str, str]:
    """Heading and sentence for a request that carries too much; empty where that is not what is wrong with it."""
    if isinstance(exception, TooManyFilesSent):
        told = _("One request takes at most %(count)s files. Pack more of them into one ZIP file and send that.")
        return _("Too many files at once"), told % {"count": settings.DATA_UPLOAD_MAX_NUMBER_FILES}
    if isinstance(exception, TooManyFieldsSent):
        return _("Too many cells at once"), _("Send the page in several parts: choose fewer lines and repeat it.")
    if isinstance(exception, RequestDataTooBig):
        told = _("What was sent is larger than 5 MB. Shorten it, or send it in several parts.")
        return _("Too much text at once"), told
    return "", ""


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that cannot be read: what is wrong with it and what to do, in words. Nothing of it was taken."""
    heading, sentence = _too_much(exception)
    context = {"heading": heading, "sentence": sentence}
    return render(request, "400.html", context, status=413 if heading else 400)

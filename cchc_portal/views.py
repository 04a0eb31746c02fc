"""Pages of the project itself: health, errors, signing in."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
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

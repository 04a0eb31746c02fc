"""What wraps every answer: headers, the limits of a session, and one way to answer a refusal."""

import time

from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import BadRequest
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin

from agencies.choices import RoleCode
from cchc_portal.lib.errors import Conflict

PERMISSIONS_POLICY = "geolocation=(), camera=(), microphone=(), payment=(), usb=()"
API_PREFIX = "/api/"
SHORT_SESSION = 900
SEEN_EVERY = 60
SHORT_SESSION_ROLES = (RoleCode.ADMINISTRATOR, RoleCode.AUDITOR)


def response_headers(get_response):
    """Headers that Django has no setting for; pages of a signed-in person are never kept by a cache."""

    def middleware(request):
        response = get_response(request)
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not request.path.startswith(settings.STATIC_URL):
            response.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def no_cookies_in_api(get_response):
    """The API knows tokens only: a session neither signs in there nor is kept alive by it."""

    def middleware(request):
        if request.path.startswith(API_PREFIX):
            request.COOKIES.clear()
        return get_response(request)

    return middleware


def no_null_characters(get_response):
    """An address with a null character names nothing here, and PostgreSQL would fail at it: a page that says so."""

    def middleware(request):
        null = "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", "")
        if null and not request.path.startswith(API_PREFIX):  # the API tells it as a problem
            raise BadRequest("null character")
        return get_response(request)

    return middleware


def language(get_response):
    """Vietnamese, unless the person chose English; what the browser prefers does not decide (offices share them)."""

    def middleware(request):
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        code = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        request.LANGUAGE_CODE = code
        with translation.override(code):
            response = get_response(request)
        response.setdefault("Content-Language", code)
        return response

    return middleware


def session_limits(get_response):
    """A session ends ten hours after the sign-in however busy it is; administrators and auditors idle 15 minutes.

    Its idle time begins anew with a request, written at most once a minute: a page that only reads should not write.
    """

    def middleware(request):
        if request.user.is_authenticated:
            now = int(time.time())
            started = request.session.setdefault("signed_in_at", now)
            if now - started > settings.SESSION_ABSOLUTE_AGE:
                logout(request)
                return redirect(settings.LOGIN_URL)
            if now - request.session.get("seen_at", 0) >= SEEN_EVERY:
                request.session["seen_at"] = now
                if request.user.has_role(*SHORT_SESSION_ROLES):
                    request.session.set_expiry(SHORT_SESSION)
        return get_response(request)

    return middleware


class Refusals(MiddlewareMixin):
    """Somebody else was first: 409 with both values, on every page alike."""

    def process_exception(self, request, exception):
        if isinstance(exception, Conflict):
            return render(request, "409.html", {"conflict": exception}, status=409)
        return None

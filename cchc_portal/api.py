"""The API at /api/v1/: its routers put together, who is asking, and problem details for every refusal.

Each address asks for a bearer token; the description in openapi.json alone is open. Sessions mean nothing here
(`middleware.no_cookies_in_api`), so no cross-site request can act in somebody's name.
"""

import logging
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.security import HttpBearer

import cchc_portal
from agencies.api import router as agencies_router
from agencies.models import ApiToken
from agencies.models.token import CALLS_A_MINUTE
from cchc_portal.lib.api import PROBLEM_TYPE, Problem, problem_of
from dossiers.api import router as dossiers_router
from procedures.api import router as procedures_router
from reports.api import router as reports_router

logger = logging.getLogger(__name__)
ERROR = 400
READING = {
    "401": "no valid token",
    "404": "nothing here, or nothing the token may see",
    "422": "refused parameters",
    "429": "too many calls in this minute; Retry-After says how many seconds to wait",
}
WRITING = READING | {
    "400": "no key, or no JSON",
    "403": "the token or its person may not do this",
    "409": "the return is not in a state for this",
    "412": "the return was changed meanwhile",
    "413": "too large",
    "422": "the figures were refused, or the key stands for another request",
    "428": "no If-Match",
}
PROBLEM_SCHEMA = {
    "type": "object",
    "title": "Problem details (RFC 9457)",
    "required": ["type", "title", "status", "code", "detail", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "For programmes; does not depend on the language."},
        "detail": {"type": "string", "description": "For people, in Vietnamese."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["line", "field", "code", "message"],
                "properties": {
                    "line": {"type": ["string", "null"], "description": "Procedure code, or #3 for the third line."},
                    "field": {"type": ["string", "null"]},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "pointer": {"type": "string", "description": "JSON Pointer into what was sent."},
                },
            },
        },
    },
}


class TokenAuth(HttpBearer):
    """The person of a token, with the roles held at its agency only."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = ApiToken.objects.by_secret(token)
        if found is not None:
            if wait := found.count_call():
                detail = _("This token calls too often: at most %(count)s times a minute. Go on after a short rest.")
                told = detail % {"count": CALLS_A_MINUTE}
                raise Problem(429, "too_many_calls", told, headers={"Retry-After": str(wait)})
            found.mark_used()
            request.user = found.person
        return found


class PortalApi(NinjaAPI):
    """The framework's API with problem details for every exception, and in its description."""

    def set_default_exception_handlers(self) -> None:
        self.add_exception_handler(Exception, problem_response)

    def get_openapi_schema(self, **kwargs):
        schema = super().get_openapi_schema(**kwargs)
        schema["components"]["schemas"]["Problem"] = PROBLEM_SCHEMA
        content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for methods in schema["paths"].values():
            for method, operation in methods.items():
                for status, description in (READING if method == "get" else WRITING).items():
                    operation["responses"][status] = {"description": description, "content": content}
        return schema


def problem_response(request: HttpRequest, error: Exception) -> HttpResponse:
    """Any exception as problem details; a bug is logged and tells nothing of itself."""
    problem = problem_of(error)
    if problem is None:
        logger.error("API: %s %s", request.method, request.path, exc_info=error)
        problem = Problem(500, "failure", _("Something went wrong here. Send the same request again later."))
    return problem.response()


api = PortalApi(
    title="CCHC",
    version=cchc_portal.__version__,
    description="Periods, registers, rates and quarterly returns of administrative reform, for one-stop software.",
    auth=TokenAuth(),
    openapi_url="/openapi.json",
    docs_url=None,
    docs_decorator=require_safe,
    urls_namespace="api",
)
for _router in (dossiers_router, agencies_router, procedures_router, reports_router):
    api.add_router("", _router)


def in_api(view):
    """The view as one of the API's: it lets nobody in by session, and every error is told as problem details."""

    def answered_in_full(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Exception as error:
            return problem_response(request, error)
        if response.status_code >= ERROR and response["Content-Type"] != PROBLEM_TYPE:
            allowed = {"Allow": response["Allow"].replace("GET", "GET, HEAD")} if "Allow" in response else {}
            detail = _("This address does not know that method.") if allowed else response.reason_phrase
            return Problem(response.status_code, "refused", detail, headers=allowed).response()
        return response

    @csrf_exempt
    @wraps(view)
    def answered(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.method != "HEAD":
            return answered_in_full(request, *args, **kwargs)
        request.method = "GET"  # RFC 9110, 9.3.2: as GET, without the body
        response = answered_in_full(request, *args, **kwargs)
        request.method = "HEAD"
        response["Content-Length"] = str(len(response.content))
        response.content = b""
        return response

    answered.login_required = False
    return answered


@in_api
def unknown(request: HttpRequest) -> HttpResponse:
    """Whatever the API does not know."""
    raise Problem(404, "not_found", _("The API has no such address."))


def _pattern(pattern: URLPattern) -> URLPattern:
    return path(str(pattern.pattern), in_api(pattern.callback), name=pattern.name)


_patterns, _app_name, _namespace = api.urls
urls = ([*map(_pattern, _patterns), re_path("", unknown, name="unknown")], _app_name, _namespace)

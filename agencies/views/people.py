"""To be filled."""

from django.http import HttpRequest, HttpResponse


def person_list(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()


def person_new(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()


def person_detail(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()


def person_active(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()


def role_grant(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()


def role_revoke(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()

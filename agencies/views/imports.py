"""To be filled."""

from django.http import HttpRequest, HttpResponse


def import_agencies(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()


def import_successions(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()

"""To be filled."""

from django.http import HttpRequest, HttpResponse


def agency_list(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()


def agency_new(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()


def agency_edit(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()


def agency_children(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()

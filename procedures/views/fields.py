"""To be filled."""

from django.http import HttpRequest, HttpResponse


def field_list(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()


def field_edit(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()

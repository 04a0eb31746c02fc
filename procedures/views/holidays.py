"""To be filled."""

from django.http import HttpRequest, HttpResponse


def holiday_list(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()


def holiday_edit(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()

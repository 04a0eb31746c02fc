"""To be filled."""

from django.http import HttpRequest, HttpResponse


def trail(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()

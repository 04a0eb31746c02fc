"""To be filled."""

from django.http import HttpRequest, HttpResponse


def stated_level_list(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()

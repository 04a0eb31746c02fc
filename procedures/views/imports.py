"""To be filled."""

from django.http import HttpRequest, HttpResponse


def import_procedures(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse()

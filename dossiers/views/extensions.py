from django.http import HttpRequest, HttpResponse


def extension_new(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)

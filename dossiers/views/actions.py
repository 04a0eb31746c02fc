from django.http import HttpRequest, HttpResponse


def return_open(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def return_action(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)

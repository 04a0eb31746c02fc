from django.http import HttpRequest, HttpResponse


def team_list(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def team_new(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def team_detail(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)

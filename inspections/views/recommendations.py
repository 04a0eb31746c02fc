from django.http import HttpRequest, HttpResponse


def recommendation_new(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def recommendation_list(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def recommendation_detail(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def recommendation_edit(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def recommendation_action(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)

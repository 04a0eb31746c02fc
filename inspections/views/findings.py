from django.http import HttpRequest, HttpResponse


def finding_new(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def finding_detail(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def finding_edit(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def finding_action(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)

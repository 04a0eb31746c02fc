from django.http import HttpRequest, HttpResponse


def visit_list(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def visit_new(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def visit_detail(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def visit_edit(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def proposal_new(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def ask_report(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def visit_documents(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)


def visit_action(request: HttpRequest, **kwargs) -> HttpResponse:
    return HttpResponse(status=501)

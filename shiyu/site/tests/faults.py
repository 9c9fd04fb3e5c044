"""Pages that go wrong in each way a page can, for the tests of what is said then."""

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from shiyu.common.errors import NotAllowed, NotFound, OutOfOrder, Refused
from shiyu.site.urls import handler400, handler403, handler404, handler500
from shiyu.site.urls import urlpatterns as pages

__all__ = ["handler400", "handler403", "handler404", "handler500"]

FAULTS = {
    "refused": Refused("照片太大，请换一张。", field="photo"),
    "not-allowed": NotAllowed("您没有“派遣”的权限"),
    "not-found": NotFound("查无此件"),
    "out-of-order": OutOfOrder("案件已结案，不能“派遣”"),
    "gone": Http404(),
    "forbidden": PermissionDenied(),
    "too-big": RequestDataTooBig(),
    "own-fault": RuntimeError("secret detail"),
    "database": OperationalError("connection refused"),
}


def fault(request: HttpRequest, name: str) -> HttpResponse:
    raise FAULTS[name]


def clock(request: HttpRequest) -> HttpResponse:
    return HttpResponse(timezone.get_current_timezone_name())


def slow(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 20")
        cursor.execute("SELECT pg_sleep(5)")
    return HttpResponse()


urlpatterns = [
    *pages,
    path("fault/<name>/", fault),
    path("clock/", clock),
    path("slow/", slow),
]

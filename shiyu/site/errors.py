"""The pages for what went wrong: not found, forbidden, bad request, our own fault (出错页面)."""

import sys

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from shiyu.common import trail
from shiyu.common.errors import Refused
from shiyu.site.middleware import answer_outage, refused
from shiyu.site.outage import wants_json


class TooLarge(Refused):
    """More was sent than any form of ours asks for (内容过大)."""

    code = "too_large"
    status = 413


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    outage = answer_outage(request, exception)  # a session that could not be saved ends here
    if outage is not None:
        return outage
    too_much = RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent
    if isinstance(exception, too_much):
        return refused(request, TooLarge(_("提交的内容过大，请减少后重试。")))
    return refused(request, Refused(_("无法识别这次请求，请返回后重试。")))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "404", 404, _("没有找到您要看的内容。"))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, "403", 403, _("您没有查看此页的权限。"))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that is not ours, or was opened before signing in anew."""
    message = _("页面已过期，请返回、刷新后重新提交。")
    return refused(request, Expired(message))


class Expired(Refused):
    """The form's token no longer fits the session (页面过期)."""

    code = "expired"
    status = 403


def server_error(request: HttpRequest) -> HttpResponse:
    """Our own fault; or, where middleware met it first, the database being gone."""
    outage = answer_outage(request, sys.exc_info()[1])
    if outage is not None:
        return outage
    if wants_json(request):
        message = _("系统出错，已记录。")
        told = {"error": "server_error", "message": message, "request_id": trail.number()}
        return JsonResponse(told, status=500)
    return HttpResponse(render_to_string("site/500.html", {"number": trail.number()}), status=500)


def _page(request: HttpRequest, name: str, status: int, message: str) -> HttpResponse:
    if wants_json(request):
        code = {403: "not_allowed", 404: "not_found"}[status]
        return JsonResponse({"error": code, "message": message}, status=status)
    return render(request, f"site/{name}.html", status=status)

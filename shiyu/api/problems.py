"""One shape for everything that goes wrong (RFC 9457 problem+json, 出错答复)."""

import json
import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from shiyu.api import refusals
from shiyu.api.entry import request_id_of
from shiyu.common.errors import KeyReused, Refused

TYPE = "application/problem+json"
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
REALM = 'Bearer realm="shiyu"'

log = logging.getLogger("shiyu.api")


def problem(
    request: HttpRequest,
    status: int,
    code: str,
    detail: str,
    *,
    fields: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    """An answer that says what is wrong, for the program (code) and for its reader (detail)."""
    said: dict[str, Any] = {
        "type": f"/api/#{code}",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id_of(request),
    }
    if fields:
        said["errors"] = [{"field": name, "detail": text} for name, text in fields]
    body = json.dumps(said, ensure_ascii=False)
    response = HttpResponse(body, status=status, content_type=TYPE)
    if status == 401:
        response["WWW-Authenticate"] = REALM
    return response


def of_refusal(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """A refusal as it goes out."""
    fields = [(refusal.field, refusal.message)] if refusal.field else []
    if isinstance(refusal, refusals.Invalid):
        fields = refusal.fields
    detail = refusal.message
    if isinstance(refusal, KeyReused):
        detail = _("这个 Idempotency-Key 已经用于另一份请求。新的请求请换新的键")
    status = 422 if type(refusal) is Refused else refusal.status
    code = "refused" if type(refusal) is Refused else refusal.code
    response = problem(request, status, code, detail, fields=fields)
    if isinstance(refusal, refusals.TooMany):
        response["Retry-After"] = str(refusal.retry_after_s)
    return response


def of_error(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """What somebody is told of an error that is theirs; None when it is ours."""
    if isinstance(error, Refused):
        return of_refusal(request, error)
    if isinstance(error, Http404):
        return problem(request, 404, "not_found", _("没有这个地址，或没有这份记录"))
    if isinstance(error, RequestDataTooBig):
        return problem(request, 413, "too_large", _("提交的内容过大"))
    if isinstance(error, SuspiciousOperation):
        return problem(request, 400, "unreadable", _("无法识别这次请求"))
    return None


def of_fault(request: HttpRequest, error: Exception) -> HttpResponse:
    """Our own fault: written down with the request's number, and nothing of it told."""
    number = request_id_of(request)
    log.error("fault at %s [%s]", request.method, number, exc_info=error)
    text = _("系统出错，已记录。再问时请说明请求编号 %(number)s") % {"number": number}
    return problem(request, 500, "server_error", text)

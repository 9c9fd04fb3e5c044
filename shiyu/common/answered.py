"""Views that answer the same request the same way (同一请求同一答复).

The key is the header `Idempotency-Key`, else the form's token, else the body itself for ten
seconds, which is enough for a double click.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib import messages
from django.contrib.messages.api import MessageFailure
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils.translation import gettext as _

from shiyu.common.errors import Refused
from shiyu.common.once import Answer, once

TOKEN_FIELD = "form_token"  # noqa: S105
NOT_THE_BODY = frozenset({TOKEN_FIELD, "csrfmiddlewaretoken"})
KEY_LENGTH = 200
DOUBLE_CLICK = timedelta(seconds=10)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORMS = ("multipart/", "application/x-www-form-urlencoded")
KEPT_HEADERS = (
    "Content-Type",
    "Location",
    "HX-Location",
    "HX-Push-Url",
    "HX-Redirect",
    "HX-Reswap",
    "HX-Retarget",
    "HX-Trigger",
)
"""What is given again. Cookies are not: they belong to the first answer alone."""

View = Callable[..., HttpResponseBase]


def answered_once(view: View) -> View:
    """Carry a form or request out once, in one transaction with its kept answer."""

    @wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method in SAFE:
            return view(request, *args, **kwargs)
        first: list[HttpResponseBase] = []

        def act() -> Answer:
            first.append(view(request, *args, **kwargs))
            return _answer(first[0])

        body = body_hash(request)
        key = _key(request)
        answer = once(
            client=client_of(request),
            route=_route(request),
            key=key or f"body {body}",
            body=body,
            within=None if key else DOUBLE_CLICK,
            act=act,
        )
        return first[0] if first else _again(request, answer)

    return answering


def client_of(request: HttpRequest) -> str:
    """Who asks: the person signed in, else this browser, else the address.

    A browser is known by its CSRF secret, so that no other can be given its answers.
    """
    if request.user.is_authenticated:
        return f"person:{request.user.pk}"
    known_by = request.META.get("CSRF_COOKIE") or request.META.get("REMOTE_ADDR", "")
    return f"browser:{hashlib.sha256(known_by.encode()).hexdigest()[:32]}"


def body_hash(request: HttpRequest) -> str:
    """SHA-256 over the address, the fields and the files of a request, without its tokens."""
    digest = hashlib.sha256(request.get_full_path().encode())
    if not (request.content_type or "").startswith(
        ("multipart/", "application/x-www-form-urlencoded")
    ):
        digest.update(request.body)
        return digest.hexdigest()
    for name, values in sorted(request.POST.lists()):
        if name not in NOT_THE_BODY:
            digest.update(repr((name, values)).encode())
    for name, uploads in sorted(request.FILES.lists()):
        for upload in uploads:
            digest.update(repr((name, upload.size)).encode())
            for chunk in upload.chunks():
                digest.update(chunk)
            upload.seek(0)
    return digest.hexdigest()


def _key(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key") or request.POST.get(TOKEN_FIELD, "")
    if len(key) > KEY_LENGTH:
        raise Refused(_("幂等键最多 %(limit)s 个字符") % {"limit": KEY_LENGTH})
    return key


def _route(request: HttpRequest) -> str:
    match = request.resolver_match
    return (match.view_name if match else "")[:120]


def _answer(response: HttpResponseBase) -> Answer:
    if isinstance(response, SimpleTemplateResponse):
        response.render()
    if not isinstance(response, HttpResponse):
        raise TypeError("a streamed answer cannot be kept")
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    content = {"headers": headers, "body": base64.b64encode(response.content).decode()}
    return Answer(response.status_code, _seal().encrypt(json.dumps(content).encode()).decode())


def _again(request: HttpRequest, answer: Answer) -> HttpResponse:
    content = json.loads(_seal().decrypt(answer.content))
    headers, body = content["headers"], base64.b64decode(content["body"])
    response = HttpResponse(body, status=answer.status, headers=headers)
    response["Idempotency-Replayed"] = "true"
    if "Location" in headers:
        _say_so(request, answer)
    return response


def _seal() -> Fernet:
    """A page may show whom a reporter is, or words that are erased a moment later: kept sealed."""
    made = hashlib.sha256(f"kept page\n{settings.SECRET_KEY}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(made))


def _say_so(request: HttpRequest, answer: Answer) -> None:
    text = _("这份表单已于 %(time)s 收到，没有重复办理") % {"time": f"{answer.given_at:%H:%M}"}
    try:
        messages.info(request, text)
    except MessageFailure:
        return

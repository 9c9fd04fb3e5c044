"""When the database is gone: knowing it, saying so, and knowing when it is back (服务中断)."""

import logging
import threading
import time
from functools import lru_cache
from typing import TypeGuard

import psycopg
from django.core.exceptions import PermissionDenied
from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connections,
)
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from shiyu.common import cookies, measures, trail
from shiyu.common.errors import Refused
from shiyu.site.context import ELDER, LANG_TAGS, SIZE_COOKIE

RETRY_AFTER_S = 10
PROBE_EVERY_S = 0.5
PROBE_TIMEOUT_S = 1
BUSY = {"57014": "statement_timeout", "55P03": "lock_timeout"}

GONE = gettext_noop("系统暂时无法访问数据库，您刚才的操作没有保存。请稍后再试。")
FOR_READERS = {GONE: gettext_noop("系统暂时无法访问数据库，请稍后再试。")}
"""What is said instead to whoever only looked: nothing of theirs was to be saved."""
NUMBER = "number-of-the-request"
CHAIN_MOST = 10
LOST_INSIDE = "Cannot open a new connection in an atomic block"
ANSWERS = (Refused, Http404, PermissionDenied)

log = logging.getLogger(__name__)
_lock = threading.Lock()
_gone = False
_probed_at = 0.0


def is_outage(error: BaseException | None) -> TypeGuard[DatabaseError | InterfaceError]:
    """Whether an error means that the database is gone or too busy, not that we erred."""
    return isinstance(error, OperationalError | InterfaceError)


def behind(error: BaseException | None) -> DatabaseError | InterfaceError | None:
    """The outage that an error comes from: itself, or what it was raised out of.

    A session that could not be saved is called interrupted, a job that could not be owed has an
    error of the queue, a connection lost inside a transaction a misuse of it. A refusal is an
    answer of its own, whatever it came out of.
    """
    seen = 0
    while error is not None and not isinstance(error, ANSWERS) and seen < CHAIN_MOST:
        if is_outage(error):
            return error
        if isinstance(error, ProgrammingError) and LOST_INSIDE in str(error):
            return error
        error, seen = error.__cause__ or error.__context__, seen + 1
    return None


def note(error: DatabaseError | InterfaceError) -> None:
    """Remember that the database is gone, so that later requests need not wait to find out."""
    global _gone
    measures.OUTAGES.labels(_kind(error)).inc()
    if not _is_busy(error) and not _gone:
        _gone = True
        log.warning("the database is gone (%s)", type(error.__cause__ or error).__name__)


def is_lasting() -> bool:
    """Whether the database was gone and still is; asks it twice a second at most."""
    global _gone, _probed_at
    if not _gone:
        return False
    with _lock:
        if _gone and time.monotonic() - _probed_at > PROBE_EVERY_S:
            _gone = not _answers()
            _probed_at = time.monotonic()
            if not _gone:
                log.warning("the database is back")
        return _gone


def page(request: HttpRequest, text: str = GONE, *, again_s: int = RETRY_AFTER_S) -> HttpResponse:
    """Say that nothing can be done just now; needs neither database nor session."""
    language = translation.get_language_from_request(request)
    reads = request.method in {"GET", "HEAD"}
    text = FOR_READERS.get(text, text) if reads else text
    elder = cookies.read(request, SIZE_COOKIE) == ELDER
    with translation.override(language):
        message = _(text)
        if wants_json(request):
            answer = {"error": "unavailable", "message": message}
            response: HttpResponse = JsonResponse(answer, status=503)
        else:
            body = _drawn(text, language, reads, again_s, elder)
            response = HttpResponse(body.replace(NUMBER, trail.number()), status=503)
    response["Retry-After"] = str(again_s)
    response["Cache-Control"] = "no-store"
    return response


@lru_cache(maxsize=256)
def _drawn(text: str, language: str, reloads: bool, again_s: int, elder: bool) -> str:
    """The page but for the request's number: drawn once, for it is asked for by very many."""
    context: dict[str, object] = {"message": _(text), "retry_after_s": again_s}
    context |= {"lang_tag": LANG_TAGS.get(language, language), "elder": elder}
    context |= {"reloads": reloads, "number": NUMBER}
    return render_to_string("site/unavailable.html", context)


def wants_json(request: HttpRequest) -> bool:
    """Whether a program is asking, rather than a person's browser."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _is_busy(error: DatabaseError | InterfaceError) -> bool:
    """Given up on one statement or lock, by a server that is there."""
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return bool(state) and not state.startswith(("08", "57P"))


def _kind(error: DatabaseError | InterfaceError) -> str:
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return BUSY.get(state, "busy" if _is_busy(error) else "gone")


def _answers() -> bool:
    """Whether the database lets us in, asked outside the pool."""
    settings = connections["default"].settings_dict
    words = {key: value for key, value in settings["OPTIONS"].items() if key != "pool"}
    try:
        psycopg.connect(
            dbname=settings["NAME"],
            user=settings["USER"],
            password=settings["PASSWORD"],
            host=settings["HOST"],
            port=settings["PORT"],
            **words | {"connect_timeout": PROBE_TIMEOUT_S},
        ).close()
    except psycopg.Error:
        return False
    return True

"""More requests than can be worked on: some wait, the rest are told to come again (过载保护).

A process works on a few requests at once; a row of others waits, in order, and not for long.
Whoever finds the row full, or has waited too long, is told so at once with 503 and Retry-After,
before anything was read or written for them. Without this every request would wait behind all
others, and all would be answered after their people had gone.
"""

import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_noop

from shiyu.site import door, outage, room

PATIENCE_S = 1.5
AGAIN_S = (3, 8)
"""Told anew each time, between these, so that those turned away do not come back as one."""

BUSY = gettext_noop("现在使用的人太多，系统来不及处理，您刚才的操作没有保存。请稍后再试。")

outage.FOR_READERS[BUSY] = gettext_noop("现在使用的人太多，系统来不及处理，请稍后再试。")


class Overload:
    """Lets into the pages and interfaces as many as can be worked on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        ours = room.room
        if ours is None or request.path_info.startswith(settings.STATIC_URL):
            return self.get_response(request)
        is_program = request.path_info.startswith(door.PREFIXES)
        row_most = room.PROGRAMS_MOST if is_program else None
        if not ours.enter(PATIENCE_S, row_most=row_most):
            return busy(request)
        try:
            return self.get_response(request)
        finally:
            ours.leave()


def busy(request: HttpRequest) -> HttpResponse:
    """Come again: as a page, as JSON, or as an interface says it; nothing is asked for it."""
    again_s = AGAIN_S[0] + secrets.randbelow(AGAIN_S[1] - AGAIN_S[0] + 1)
    if request.path_info.startswith(door.PREFIXES):
        answer = door.unavailable(request, BUSY, again_s=again_s)
    else:
        answer = outage.page(request, BUSY, again_s=again_s)
    answer._has_been_logged = True  # type: ignore[attr-defined]  # counted; no line for each
    return answer

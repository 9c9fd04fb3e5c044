"""Doing a thing once, however often it is asked for (幂等).

A request is known by who asks (client), what for (route) and its key. The first is carried out
and its answer kept in the same transaction; the same again gets the kept answer; another body
under the same key is refused, and so is one that arrives while the first is still under way.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common import ready, together
from shiyu.common.errors import InProgress, KeyReused
from shiyu.common.models import Answered
from shiyu.common.postgresql.base import undivided

KEPT = timedelta(days=2)
LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"
LOCK_AND_LOOK = """
SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0)), kept.body_hash, kept.status,
       kept.answer, kept.at
  FROM (SELECT 1) AS one LEFT JOIN common_answered AS kept
    ON kept.client = %s AND kept.route = %s AND kept.key = %s
"""
TAKEN_MEANWHILE = ("answered_once", "reported_once")
"""Constraints by which somebody who was just writing the same is noticed at the very end."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered; `given_at` is set when it is an earlier answer again."""

    status: int
    content: Any
    given_at: datetime | None = None


def once(
    *,
    client: str,
    route: str,
    key: str,
    body: str | bytes,
    act: Callable[[], Answer],
    within: timedelta | None = None,
) -> Answer:
    """Carry out `act` for this key, or give the answer it got before.

    within  how long the answer counts; an older one is forgotten and the act done anew.

    An answer of 400 and above undoes what `act` wrote and is not kept: it may be tried again.

    Raises  InProgress (409) while the same request is under way; KeyReused (422).
    """
    named = {"client": client, "route": route, "key": hidden(key)}
    body_hash = hidden(body)
    with transaction.atomic():
        if not _lock(**named):
            raise InProgress(_("这份请求正在办理，稍等几秒再看结果"))
        kept = _KEPT.first(*named.values())
        if kept and (within is None or kept.at > timezone.now() - within):
            return _same(kept.body_hash, body_hash, Answer(kept.status, kept.answer, kept.at))
        answer = act()
        if answer.status >= 400:
            transaction.set_rollback(True)
        else:
            _keep(kept or Answered(**named), body_hash, answer)
        return answer


def whole(
    *, client: str, route: str, key: str, body: str | bytes, act: Callable[[], Answer]
) -> Answer:
    """The same for an act that is kept or undone as one, at half the statements (整笔).

    What `act` writes together with others is sent with its answer as one statement, so it may
    not read what it has just written; and whatever it raises must leave `act`, for there are no
    savepoints. The lock is taken and the answer looked for in one statement, whose snapshot may
    be older than the lock: then the answer's own constraint tells, and it is looked for again.

    Raises  InProgress (409), KeyReused (422).
    """
    try:
        return _whole(client, route, key, body, act)
    except IntegrityError as error:
        if not any(name in str(error) for name in TAKEN_MEANWHILE):
            raise
    token = _again.set(True)
    try:
        return _whole(client, route, key, body, act)
    finally:
        _again.reset(token)


def is_again() -> bool:
    """Whether this is the second try of an act, because somebody was just writing the same."""
    return _again.get()


_again: ContextVar[bool] = ContextVar("again", default=False)


def _whole(
    client: str, route: str, key: str, body: str | bytes, act: Callable[[], Answer]
) -> Answer:
    named = (client, route, hidden(key))
    body_hash = hidden(body)
    try:
        with transaction.atomic(), as_one(), together.together():
            ((free, *kept),) = ready.rows(LOCK_AND_LOOK, ["\n".join(named), *named])
            if not free:
                raise InProgress(_("这份请求正在办理，稍等几秒再看结果"))
            if kept[0] is not None:
                return _same(kept[0], body_hash, Answer(kept[1], kept[2], kept[3]))
            answer = act()
            if answer.status >= 400:
                raise Undone(answer)
            _keep(Answered(client=client, route=route, key=named[2]), body_hash, answer)
            return answer
    except Undone as undone:
        return undone.answer


@contextmanager
def as_one() -> Iterator[None]:
    """Inside a transaction: it is kept or undone as one, so no savepoints are set."""
    token = undivided.set(True)
    try:
        yield
    finally:
        undivided.reset(token)


class Undone(Exception):
    """An answer that keeps nothing of what was done for it."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


def _same(kept_hash: str, body_hash: str, answer: Answer) -> Answer:
    """The kept answer, if it was given to the same body."""
    if kept_hash != body_hash:
        raise KeyReused(_("这份表单已经提交过，这次内容不同。要再交一份，请重新打开页面"))
    at = timezone.localtime(answer.given_at)
    return Answer(answer.status, answer.content, at)


def forget(*, before: datetime) -> int:
    """Delete answers given before this time; a request repeated after that is a new one."""
    gone, _rows = Answered.objects.filter(at__lt=before).delete()
    return gone


def _keep(row: Answered, body_hash: str, answer: Answer) -> None:
    """Write the answer down, over one that counts no more."""
    row.body_hash, row.status, row.answer = body_hash, answer.status, answer.content
    row.at = timezone.now()
    if row._state.adding:
        together.insert(row, numbered=False)
    else:
        together.update(row)


_KEPT = ready.Select(
    lambda client, route, key: Answered.objects.filter(client=client, route=route, key=key),
    *("client", "route", "key"),
)


def _lock(*, client: str, route: str, key: str) -> bool:
    """Take the key for this transaction, or say at once that somebody else has it."""
    ((taken,),) = ready.rows(LOCK, ["\n".join((client, route, key))])
    return bool(taken)


def hidden(text: str | bytes) -> str:
    """A hash keyed outside the database: a body may be a password, which could be guessed."""
    plain = text.encode() if isinstance(text, str) else text
    return hmac.new(settings.SECRET_KEY.encode(), plain, hashlib.sha256).hexdigest()

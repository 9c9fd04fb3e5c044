"""Limits on trying: how often a password, a code or a number may be tried (限次).

An attempt is counted before it is carried out, in one statement of its own, so that any number
of requests at once get no more than the limit between them. Success gives the count back.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from shiyu.common.models import Attempt


@dataclass(frozen=True, slots=True)
class Limit:
    """So many attempts within a window; one more closes the counter for a while."""

    kind: str
    attempts: int
    window: timedelta
    closed: timedelta


@dataclass(frozen=True, slots=True)
class Counter:
    """One limit applied to one account, address or number."""

    limit: Limit
    value: str

    @property
    def key(self) -> str:
        """The value as the table knows it: an HMAC, since what people mistype may be a password."""
        secret = f"attempt:{self.limit.kind}:{settings.SECRET_KEY}".encode()
        return hmac.new(secret, self.value.casefold().encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Closed:
    """A counter that lets nothing through before `until`; `is_new` for the attempt that shut it."""

    counter: Counter
    until: datetime
    is_new: bool


COUNT = """
INSERT INTO common_attempt AS a (kind, key, failures, since)
VALUES (%(kind)s, %(key)s, 1, clock_timestamp())
ON CONFLICT (kind, key) DO UPDATE SET
  failures = CASE
    WHEN a.closed_until > clock_timestamp() THEN a.failures + 1
    WHEN a.closed_until IS NOT NULL OR a.since < clock_timestamp() - %(window)s THEN 1
    ELSE a.failures + 1 END,
  since = CASE
    WHEN a.closed_until > clock_timestamp() THEN a.since
    WHEN a.closed_until IS NOT NULL OR a.since < clock_timestamp() - %(window)s
      THEN clock_timestamp()
    ELSE a.since END,
  closed_until = CASE
    WHEN a.closed_until > clock_timestamp() THEN a.closed_until
    WHEN a.closed_until IS NOT NULL OR a.since < clock_timestamp() - %(window)s THEN NULL
    WHEN a.failures >= %(attempts)s THEN clock_timestamp() + %(closed)s END
RETURNING closed_until, failures
"""

GIVE_BACK = """
UPDATE common_attempt SET failures = greatest(failures - 1, 0) WHERE kind = %s AND key = %s
"""


def count(*counters: Counter) -> Closed | None:
    """Count one attempt on each counter in turn; the first closed one, if any.

    Name the sender's counter first: one that is closed spares those after it, so that a closed
    address cannot go on closing other people's accounts.
    """
    for counter in counters:
        limit = counter.limit
        with connection.cursor() as cursor:
            asked: dict[str, Any] = {"kind": limit.kind, "key": counter.key}
            asked |= {"attempts": limit.attempts, "window": limit.window, "closed": limit.closed}
            cursor.execute(COUNT, asked)
            closed_until, failures = cursor.fetchone()
        if closed_until is not None:
            is_new = failures == limit.attempts + 1
            return Closed(counter, timezone.localtime(closed_until), is_new)
    return None


def give_back(*counters: Counter) -> None:
    """Take back the count of an attempt that succeeded; earlier failures stay counted."""
    with connection.cursor() as cursor:
        for counter in counters:
            cursor.execute(GIVE_BACK, [counter.limit.kind, counter.key])


def reopen(counter: Counter) -> None:
    """Forget the failures on one counter, e.g. when an administrator sets a new password."""
    Attempt.objects.filter(kind=counter.limit.kind, key=counter.key).delete()


def forget(*, before: datetime) -> int:
    """Delete counters that neither closed nor counted anything since then."""
    gone, _ = Attempt.objects.filter(since__lt=before).exclude(closed_until__gte=before).delete()
    return gone

"""What time it is by the database's clock, the one that all machines share (数据库时钟).

The time of a move is `journal.actions.moment`, read after its lock; this is for work by the clock.
Jobs forget, expire and release by it: on a machine three days fast they would otherwise forget
answers that are still asked for, and give up messages that have waited a minute. Asked of the
database twice a minute; between, counted on by the process's own steady clock.
"""

import time
from datetime import datetime, timedelta

from django.db import connection

ASK_AGAIN_S = 30.0

_asked: tuple[float, datetime] | None = None


def forget() -> None:
    """The database is asked anew when the time is wanted next."""
    global _asked
    _asked = None


def now() -> datetime:
    """The database's time; never behind it by the way there."""
    global _asked
    steady = time.monotonic()
    if _asked is None or steady - _asked[0] > ASK_AGAIN_S:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            _asked = steady, cursor.fetchone()[0]
    since, there = _asked
    return there + timedelta(seconds=time.monotonic() - since)

"""What a killed sender left in hand; runs outside the queue, beside the reaper (清扫).

If nothing had passed the gate it is owed again. If something may have left, nobody knows: the
delivery says so, and is not sent again by itself, save to a peer that drops repeats.
"""

from typing import Any

from shiyu.notices.lifecycle import MOVES

STALE_AFTER_S = 180

SWEEP = f"""
WITH left_behind AS (
    SELECT d.id, d.attempts,
           d.left_at IS NULL OR coalesce(s.drops_repeats, false) AS again
      FROM notices_delivery d
      LEFT JOIN notices_subscription s ON s.id = d.subscription_id
     WHERE d.state = 'sending' AND d.begun_at < now() - make_interval(secs => %s)
       FOR UPDATE OF d SKIP LOCKED
), told AS (
    UPDATE notices_attempt a
       SET outcome = CASE WHEN again THEN 'later' ELSE 'unknown' END,
           why = 'worker_killed', ended_at = now()
      FROM left_behind l
     WHERE a.delivery_id = l.id AND a.number = l.attempts AND a.outcome = ''
)
UPDATE notices_delivery d
   SET state = CASE WHEN again THEN '{MOVES["put_off"].target}' ELSE '{MOVES["lose"].target}' END,
       why = 'worker_killed',
       due_at = now(),
       ended_at = CASE WHEN again THEN NULL ELSE now() END
  FROM left_behind l
 WHERE d.id = l.id
RETURNING again
"""  # noqa: S608 - two words of our own table


def sweep(connection: Any, *, stale_after_s: float = STALE_AFTER_S) -> tuple[int, int]:
    """How many are owed again, and how many nobody knows of; `connection` is psycopg's own."""
    with connection.transaction():
        rows = connection.execute(SWEEP, [stale_after_s]).fetchall()
    again = sum(1 for (is_again,) in rows if is_again)
    return again, len(rows) - again

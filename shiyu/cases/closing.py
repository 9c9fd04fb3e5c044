"""Reporters that lie in clear are closed: from before, or by an older version (补加密)."""

from typing import Any

from django.db import connection as default

from shiyu.cases import identity

BATCH = 2_000
IN_CLEAR = """
    SELECT id, report_id, name, phone FROM cases_reporter
     WHERE NOT (name = '' AND phone = '') AND id > %s ORDER BY id LIMIT %s
"""
CLOSE = """
    UPDATE cases_reporter AS old
       SET key = new.key, sealed = new.sealed, found_by = new.found_by, name = '', phone = ''
      FROM unnest(%s::bigint[], %s::bytea[], %s::bytea[], %s::bytea[], %s::text[], %s::text[])
           AS new (id, key, sealed, found_by, name, phone)
     WHERE old.id = new.id AND old.name = new.name AND old.phone = new.phone
"""


def close_all(connection: Any = default, *, most: int | None = None) -> int:
    """Close so many reporters, a batch a transaction; returns how many."""
    done, after = 0, 0
    while most is None or done < most:
        with connection.cursor() as cursor:
            cursor.execute(IN_CLEAR, (after, BATCH))
            rows = cursor.fetchall()
            if not rows:
                return done
            cursor.execute(CLOSE, _closed(rows))
            done += cursor.rowcount
        after = rows[-1][0]
    return done


def _closed(rows: list[tuple[int, int, str, str]]) -> tuple[list[Any], ...]:
    closed = [identity.close(name, phone, report=report) for _, report, name, phone in rows]
    return (
        [pk for pk, *_rest in rows],
        [one.key for one in closed],
        [one.sealed for one in closed],
        [one.found_by for one in closed],
        [name for _, _, name, _ in rows],
        [phone for *_rest, phone in rows],
    )

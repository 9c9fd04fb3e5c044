"""What has been kept long enough is purged, in bounded batches, on record (到期删除).

Each batch is a transaction with a line in the journal that names what went, by id; the journal is
sealed and signed, and so is this report. What the law holds back stays, and is counted.
"""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from shiyu.cases.models import Found, Reporter
from shiyu.files import store
from shiyu.files.models import Photo
from shiyu.journal.actions import moment, record
from shiyu.journal.erasing import Ground, erase_many
from shiyu.notices.actions import stop_following
from shiyu.people.actors import Actor
from shiyu.privacy.keeping import RULES

BATCH = 500
PROGRAM = Actor.program("retention")
HELD = """EXISTS (SELECT FROM privacy_hold h WHERE h.report_id = report.id
                    AND h.lifted_at IS NULL AND h.until >= (%(now)s)::date)"""

DUE = {
    "reporter": """
        SELECT reporter.id, report.case_id, {held} FROM cases_reporter reporter
          JOIN cases_report report ON report.id = reporter.report_id
          JOIN cases_case c ON c.id = report.case_id
         WHERE reporter.id > %(after)s AND reporter.guardian = '' AND c.closed_at < %(before)s
         ORDER BY 1 LIMIT %(most)s""",
    "minor": """
        SELECT reporter.id, report.case_id, {held} FROM cases_reporter reporter
          JOIN cases_report report ON report.id = reporter.report_id
          JOIN cases_case c ON c.id = report.case_id
         WHERE reporter.id > %(after)s AND reporter.guardian <> '' AND c.closed_at < %(before)s
         ORDER BY 1 LIMIT %(most)s""",
    "follower": """
        SELECT follower.id, report.id, {held} FROM notices_follower follower
          JOIN cases_report report ON follower.subject = 'report:' || report.id
          JOIN cases_case c ON c.id = report.case_id
         WHERE follower.id > %(after)s AND c.closed_at < %(before)s ORDER BY 1 LIMIT %(most)s""",
    "words": """
        SELECT remark.id, report.case_id, {held} FROM journal_remark remark
          JOIN cases_report report ON remark.author = 'receipt:' || report.id
          JOIN cases_case c ON c.id = report.case_id
         WHERE remark.id > %(after)s AND remark.erased_at IS NULL AND c.closed_at < %(before)s
         ORDER BY 1 LIMIT %(most)s""",
    "photo": """
        SELECT photo.id, report.case_id, {held} FROM files_photo photo
          JOIN cases_report report ON photo.added_by = 'receipt:' || report.id
          JOIN cases_case c ON c.id = report.case_id
         WHERE photo.id > %(after)s AND c.closed_at < %(before)s ORDER BY 1 LIMIT %(most)s""",
}
"""For each rule what is due: its id, what it belongs to, whether the law holds it back."""

Row = tuple[int, int, bool]


@dataclass(slots=True)
class Tally:
    """What is due of one rule, or was purged."""

    gone: int = 0
    held: int = 0


def due(*, now: datetime | None = None, only: Collection[str] = ()) -> dict[str, Tally]:
    """How much is due of each rule, or of these alone, without touching it (试算)."""
    found = {}
    for name in only or DUE:
        tally, after = Tally(), 0
        while rows := _rows(name, after, now or moment(), most=20 * BATCH):
            held = sum(1 for *_ids, kept in rows if kept)
            tally.held += held
            tally.gone += len(rows) - held
            after = rows[-1][0]
        found[name] = tally
    return found


def run(
    *,
    now: datetime | None = None,
    seconds: float = float("inf"),
    progress: Callable[[str, int], None] = lambda _name, _done: None,
) -> dict[str, Tally]:
    """Purge what is due, or as much of it as so many seconds allow; returns how much."""
    now, until = now or moment(), time.monotonic() + seconds
    done = {name: Tally() for name in DUE}
    for name, tally in done.items():
        after = 0
        while time.monotonic() < until:
            with transaction.atomic():
                rows = _rows(name, after, now, most=BATCH)
                if not rows:
                    break
                _purge(name, [row for row in rows if not row[2]])
            after = rows[-1][0]
            tally.held += sum(1 for row in rows if row[2])
            tally.gone += sum(1 for row in rows if not row[2])
            progress(name, tally.gone)
    return done


def _rows(name: str, after: int, now: datetime, *, most: int) -> list[Row]:
    term = RULES[name].after
    if term is None:
        return []
    said: dict[str, Any] = {"after": after, "now": now, "before": now - term, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(DUE[name].format(held=HELD), said)
        return [(pk, of, held) for pk, of, held in cursor.fetchall()]


def _purge(name: str, rows: list[Row]) -> None:
    """One batch: rows, and the line that says which."""
    if not rows:
        return
    ids = [pk for pk, *_rest in rows]
    PURGE[name](rows)
    facts = {"rule": name, "count": len(ids), "ids": ids}
    record(f"retention:{name}", "purge", actor=PROGRAM, facts=facts)


def _reporters(rows: list[Row]) -> None:
    Reporter.objects.filter(pk__in=[pk for pk, *_rest in rows]).delete()


def _followers(rows: list[Row]) -> None:
    for _pk, report, _held in rows:
        stop_following(f"report:{report}")


def _words(rows: list[Row]) -> None:
    """Erased, with a line for each; cases are cut anew for searching by `cases.index_missing`."""
    erase_many([pk for pk, *_rest in rows], actor=PROGRAM, ground=Ground.EXPIRED)
    Found.objects.filter(case__in={case for _pk, case, _held in rows}).delete()


def _photos(rows: list[Row]) -> None:
    photos = Photo.objects.filter(pk__in=[pk for pk, *_rest in rows])
    names = set(photos.values_list("sha256", flat=True))
    photos.delete()

    def remove() -> None:
        still = set(Photo.objects.filter(sha256__in=names).values_list("sha256", flat=True))
        for name in names - still:
            store.remove(name)

    transaction.on_commit(remove)


PURGE: dict[str, Callable[[list[Row]], None]] = {
    "reporter": _reporters,
    "minor": _reporters,
    "follower": _followers,
    "words": _words,
    "photo": _photos,
}

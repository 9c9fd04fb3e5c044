"""Remarks against the commitments of their lines: said so, or erased by a line (批注核验)."""

import hashlib
from collections.abc import Iterator
from typing import Protocol

from shiyu.journal.seals import Connection

REMARKED = """
SELECT line.id, line.subject, line.commitment, remark.id IS NULL, remark.salt, remark.text,
       remark.erased_at IS NOT NULL,
       remark.erased_at IS NOT NULL AND NOT EXISTS (
           SELECT FROM journal_line erasing
            WHERE erasing.subject = 'remark:' || remark.id AND erasing.verb = 'erase')
  FROM journal_line line LEFT JOIN journal_remark remark ON remark.id = line.remark_id
 WHERE line.remark_id IS NOT NULL
"""
ERASED_YET_THERE = """
SELECT line.id, line.subject FROM journal_line line JOIN journal_remark remark
    ON line.subject = 'remark:' || remark.id
 WHERE line.verb = 'erase' AND (remark.erased_at IS NULL OR remark.text <> '')
 ORDER BY line.id
"""

Found = tuple[str, int, str]
"""What is wrong, with the remark of which line, of which record."""


class Counting(Protocol):
    """Whoever counts the remarks looked at."""

    remarks: int


def remark_faults(connection: Connection, counting: Counting) -> Iterator[Found]:
    """Remarks that do not say what their line committed to."""
    with connection.cursor(name="remarks", binary=True) as cursor:
        cursor.itersize = 4096
        cursor.execute(REMARKED)
        for line, subject, commitment, gone, salt, text, erased, silently in cursor:
            counting.remarks += 1
            if gone:
                yield "its remark was removed without being erased", line, subject
            elif silently:
                yield "its remark was erased without a line that says so", line, subject
            elif erased and (text or salt):
                yield "its remark is called erased, and is there", line, subject
            elif not erased and committed(salt, text) != commitment:
                yield "its remark does not say what it said", line, subject
    for line, subject in connection.execute(ERASED_YET_THERE).fetchall():
        yield "erased this remark, and its text is there", line, subject


def committed(salt: str, text: str) -> str:
    """The commitment to a remark: salted SHA-256."""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()

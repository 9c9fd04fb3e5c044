"""The sealed lines as a file that proves itself beside the witness file (封存导出)."""

from typing import IO

from shiyu.journal.rows import Rows
from shiyu.journal.seals import Connection, read_seals


def dump(connection: Connection, file: IO[bytes]) -> int:
    """Write every batch: what it says in one line, then its lines as they were hashed.

    Only for a journal that has been verified in the same transaction; `tools/verify_receipt.py`
    reads it. Returns how many lines were written.
    """
    rows, written = Rows(connection), 0
    for seal, members in read_seals(connection):
        file.write(seal.said.encode() + b"\n")
        for row in rows.claim(seal, members):
            if row is not None:
                file.write(row.data + b"\n")
                written += 1
    return written

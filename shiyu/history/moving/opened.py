"""What lies closed in the database leaves opened: only this installation has the key (解密迁出)."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from shiyu.cases import identity

AT_ONCE = 2_000
REPORTERS = "cases_reporter"
HIDDEN = "hidden"
"""No column of the database: the numbers masked in the words lie closed beside name and phone."""
HIDDEN_TITLE = "文字里隐去的号码"
BETWEEN = "; "
COLUMNS = ("id", "report_id", "name", "phone", "guardian", HIDDEN)
OPENED_FROM = "opened into name, phone and hidden"
CLOSED = dict.fromkeys(("key", "sealed", "found_by"), OPENED_FROM)
FORM = (
    "name, phone, and the telephones and plates masked in the words of the report (hidden): "
    "encrypted in the database, in clear here; card numbers are kept nowhere"
)
ROWS = "SELECT id, report_id, key, sealed, name, phone, guardian FROM cases_reporter ORDER BY id"

Said = tuple[int, int, str, str, str, str]


def reporters(connection: Any) -> Iterator[list[Said]]:
    """Who reported, in clear, some rows at a time."""
    with connection.cursor("reporters", binary=True) as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(ROWS)
        while rows := cursor.fetchmany(AT_ONCE):
            yield [_open(*row) for row in rows]


def as_csv(rows: list[Said]) -> bytes:
    """Rows as COPY writes them."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def as_lines(rows: list[Said]) -> bytes:
    """Rows as objects, one a line."""
    said = (json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False) for row in rows)
    return "".join(f"{line}\n" for line in said).encode()


def _open(
    pk: int,
    report: int,
    key: bytes | None,
    sealed: bytes | None,
    name: str,
    phone: str,
    guardian: str,
) -> Said:
    hidden: tuple[str, ...] = ()
    if key is not None and sealed is not None:
        name, phone, hidden = identity.open_all(key, sealed, report=report)
    return pk, report, name, phone, guardian, BETWEEN.join(hidden)

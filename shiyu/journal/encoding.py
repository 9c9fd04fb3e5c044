"""How a journal line and a batch become bytes, the same for ever (编码).

Both are JSON arrays that anybody can write again; docs/modules/journal.md gives them in words.
The line is written by the database itself, so that no column is lost on the way to a hash.
"""

import json
from typing import Any

LINE = "shiyu-line-1"
HEAD = "shiyu-head-1"

MICROSECONDS = "(extract(epoch FROM {})*1000000)::bigint"
ENCODED = f"""convert_to(json_build_array('{LINE}', line.id,
    {MICROSECONDS.format("line.recorded_at")}, {MICROSECONDS.format("line.occurred_at")},
    line.subject, line.verb, line.actor, line.facts, line.remark_id, line.commitment)::text,
    'UTF8')"""
"""The bytes of a row of `journal_line line`, as SQL."""

COLUMNS = (
    "form",
    "id",
    "recorded_at",
    "occurred_at",
    "subject",
    "verb",
    "actor",
    "facts",
    "remark_id",
    "commitment",
)


def read_line(data: bytes | str) -> dict[str, Any]:
    """What an encoded line says, by column.

    Raises  ValueError if this is no line of the form known here.
    """
    found = json.loads(data)
    if not isinstance(found, list) or len(found) != len(COLUMNS) or found[0] != LINE:
        raise ValueError("not an encoded journal line")
    return dict(zip(COLUMNS, found, strict=True))


def compact(value: Any) -> str:
    """JSON without spaces, names in order, ASCII alone: one text for one value."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=True)

"""What one act writes, sent to the database as one statement (一并写入).

A move writes to six tables and more: case, parts, words, line, facts, change. One by one that is
a round trip, a plan and a wake-up each. Inside `together` what is written is held back and goes
out at the end as a single prepared statement, whose parts PostgreSQL carries out together. Many
cases may be moved inside one `together`; the statement stays the same and takes more rows.

What is held back cannot be read before the end. Works inside the caller's transaction.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, cast
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, models
from django.db.models import Field, Model
from psycopg import Binary
from psycopg.types.json import Json, Jsonb

from shiyu.common import ready

Row = Mapping[str, object]
Target = tuple[str, tuple[str, ...], str]
"""Table, columns, and what follows the rows: nothing, or what to do about a row that is there."""
Change = tuple[type[Model], tuple[str, ...]]
"""Records of one model, and which of their fields; none for all."""

PLAIN = (
    *(models.IntegerField, models.FloatField, models.BooleanField, models.CharField),
    *(models.TextField, models.DateTimeField, models.DateField, models.ForeignKey),
    *(models.JSONField, ArrayField),
)
"""Fields whose values need no preparing."""
NEXT = "SELECT nextval(%s::regclass) FROM generate_series(1, %s)"
ROWS = "FROM json_populate_recordset(NULL::{table}, %s::json)"
INSERT = "{name} AS (INSERT INTO {table} ({columns}) SELECT {columns} {rows} {tail} RETURNING 1)"
UPDATE = (
    "{name} AS (UPDATE {table} AS old SET {new} {rows} AS new "
    "WHERE old.{key} = new.{key} RETURNING 1)"
)


class Held:
    """What is held back, by table (待写)."""

    def __init__(self) -> None:
        self.inserts: dict[Target, list[Row]] = {}
        self.updates: dict[Change, dict[object, Row]] = {}
        self.new: dict[int, tuple[Model, dict[str, object]]] = {}
        self.keys: dict[type[Model], list[int]] = {}
        self.undo: list[Callable[[], object]] = []

    def add(self, table: str, row: Row, *, tail: str = "") -> None:
        """Hold back one row of a table."""
        rows = self.inserts.setdefault((table, tuple(row), tail), [])
        rows.append(row)
        self.undo.append(rows.pop)

    def insert(self, record: Model, *, numbered: bool = True, tail: str = "") -> None:
        """Hold back a new record; its key is known at once, unless nobody needs it."""
        meta = record._meta
        if numbered and record.pk is None:
            record.pk = self.key(type(record))
        columns = [c for c in meta.concrete_fields if numbered or not c.primary_key]
        row = {cast("str", c.column): _value(c, record, add=True) for c in columns}
        self.add(meta.db_table, row, tail=tail)
        self.new[id(record)] = record, row
        record._state.adding, record._state.db = False, "default"

    def update(self, record: Model, names: tuple[str, ...]) -> None:
        """Hold back a change; of two of the same record and fields the last counts."""
        columns = [c for c in record._meta.concrete_fields if not names or c.name in names]
        row = {cast("str", c.column): _value(c, record, add=False) for c in columns}
        if id(record) in self.new:
            _set(self.undo, self.new[id(record)][1], row)
            return
        change, key = (type(record), tuple(names)), cast("Any", record._meta.pk).column
        for (model, fields), rows in self.updates.items():
            if model is change[0] and fields != change[1] and record.pk in rows:
                raise ValueError(f"{model.__name__} {record.pk} is changed twice, in two ways")
        held = self.updates.setdefault(change, {})
        _set(self.undo, held, {record.pk: row | {key: record.pk}})

    def key(self, model: type[Model]) -> int:
        """The next key of a new record: of those taken ahead, else from the sequence."""
        if not self.keys.get(model):
            self.take_keys(model, 1)
        return self.keys[model].pop(0)

    def take_keys(self, model: type[Model], most: int) -> None:
        """Take so many keys ahead, in one question."""
        found = ready.rows(NEXT, (_sequence(model), most))
        self.keys.setdefault(model, []).extend(int(key) for (key,) in found)

    def back_to(self, mark: int) -> None:
        """Let go of what was held back since `undo` was so long."""
        while len(self.undo) > mark:
            self.undo.pop()()

    def send(self) -> None:
        """Write everything, as one statement.

        Raises  ObjectDoesNotExist when a record that was to be changed is not there.
        """
        new = {target: rows for target, rows in self.inserts.items() if rows}
        changed = {change: [*rows.values()] for change, rows in self.updates.items() if rows}
        if not new and not changed:
            return
        sql = _statement(tuple(new), tuple(changed))
        said: list[Sequence[Row]] = [*new.values(), *changed.values()]
        ((*counts,),) = ready.rows(sql, [_json(rows) for rows in said])
        for ((model, _fields), rows), count in zip(changed.items(), counts, strict=True):
            if count != len(rows):
                raise ObjectDoesNotExist(f"{len(rows) - count} of {model.__name__} are not there")


_held: ContextVar[Held | None] = ContextVar("held", default=None)


@contextmanager
def together() -> Iterator[Held]:
    """Hold back what is written inside until the outermost end.

    On an error nothing of what was held back inside is written; what an outer one held stays.
    """
    outer = _held.get()
    if outer is not None:
        before = len(outer.undo)
        try:
            yield outer
        except BaseException:
            outer.back_to(before)
            raise
        return
    held = Held()
    token = _held.set(held)
    try:
        yield held
    finally:
        _held.reset(token)
    held.send()


def add(table: str, row: Row, *, tail: str = "") -> None:
    """Write one row of a table, together with the rest if something is held back."""
    with together() as held:
        held.add(table, row, tail=tail)


def waiting(table: str) -> list[Row]:
    """The rows of a table that are held back and not yet written, in their order."""
    held = _held.get()
    if held is None:
        return []
    return [row for (name, *_), rows in held.inserts.items() if name == table for row in rows]


def insert(record: Model, *, numbered: bool = True, tail: str = "") -> None:
    """Write a new record; its key is then known, unless nobody needs it.

    tail  what is done about a row that is there already, e.g. `ON CONFLICT DO NOTHING`.
    """
    with together() as held:
        held.insert(record, numbered=numbered, tail=tail)


def update(record: Model, *names: str) -> None:
    """Write a record that is there already: the columns of these fields, else all."""
    held = _held.get()
    if held is None:
        ready.update(record, *names)
    else:
        held.update(record, names)


@cache
def _statement(inserts: tuple[Target, ...], updates: tuple[Change, ...]) -> str:
    """The one statement for these tables; of names that stand in our own models."""
    parts, counts = [], []
    for at, (table, columns, tail) in enumerate(inserts):
        quoted = connection.ops.quote_name(table)
        names = ", ".join(connection.ops.quote_name(c) for c in columns)
        rows = ROWS.format(table=quoted)
        parts.append(
            INSERT.format(name=f"i{at}", table=quoted, columns=names, rows=rows, tail=tail)
        )
    for at, (model, fields) in enumerate(updates):
        meta = model._meta
        quoted, key = connection.ops.quote_name(meta.db_table), cast("Any", meta.pk).column
        wanted = [c.column for c in meta.concrete_fields if not fields or c.name in fields]
        new = ", ".join(f'"{c}" = new."{c}"' for c in wanted if c != key)
        rows = ROWS.format(table=quoted)
        parts.append(UPDATE.format(name=f"u{at}", table=quoted, new=new, rows=rows, key=f'"{key}"'))
        counts.append(f"(SELECT count(*) FROM u{at})")  # noqa: S608 - our names
    return f"WITH {', '.join(parts)} SELECT {', '.join(counts)}"


@cache
def _sequence(model: type[Model]) -> str:
    key = cast("Any", model._meta.pk).column
    ((name,),) = ready.rows("SELECT pg_get_serial_sequence(%s, %s)", (model._meta.db_table, key))
    return str(name)


@cache
def _is_plain(column: "Field[Any, Any]") -> bool:
    """Whether what the record holds goes into JSON as it is."""
    own = getattr(column, "auto_now", False) or getattr(column, "auto_now_add", False)
    return isinstance(column, PLAIN) and not own


def _value(column: "Field[Any, Any]", record: Model, *, add: bool) -> object:
    if _is_plain(column):
        return getattr(record, column.attname)
    return ready.value_of(column, record, add=add)


def _set(undo: list[Callable[[], object]], held: dict[Any, Any], new: Mapping[Any, Any]) -> None:
    """Put values into what is held, and note how they are taken back."""
    before = {name: held[name] for name in new if name in held}

    def back() -> None:
        for name in new:
            held.pop(name)
        held.update(before)

    held.update(new)
    undo.append(back)


def _json(rows: Sequence[Row]) -> str:
    return json.dumps(rows, ensure_ascii=False, allow_nan=False, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Json | Jsonb):
        return value.obj
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, Binary):
        value = value.obj
    if isinstance(value, bytes | memoryview):
        return f"\\x{value.hex()}"
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"no way to write a {type(value).__name__} together")

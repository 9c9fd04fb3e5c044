"""Statements that are built once and planned once, for what every move does (备好的语句).

The ORM takes some milliseconds of processor time to say the same SELECT again, and the database
as long again to plan it. What stands on the path of every move is therefore compiled at its
first use and sent as a prepared statement: the same tables and columns, declared once in the
models, at a tenth of the cost (docs/evidence/loop.md). Lists and pages use the ORM.

Works inside the caller's transaction, on the connection of `default`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar, cast

import psycopg
from django.core.exceptions import ObjectDoesNotExist
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Field, Model, QuerySet
from django.db.models.query import get_related_populators

from shiyu.common.postgresql.telling import Connection

M = TypeVar("M", bound=Model)
Made = TypeVar("Made")
Row = tuple[Any, ...]
Columns = Sequence["Field[Any, Any]"]

ANY = 1_000_003
"""A sample for keys and other whole numbers."""


def rows(
    sql: str, params: Sequence[Any] | Mapping[str, Any] = (), *, walled: bool = True
) -> list[Row]:
    """Carry out one statement, prepared on its connection; its rows, if it gives any.

    walled  whether whose sight it is must be said: not where all its tables are open to everybody.
    """
    conn = connections[DEFAULT_DB_ALIAS]
    conn.ensure_connection()
    if conn.queries_logged:  # Django's log knows only its own cursors
        with conn.cursor() as logged:
            logged.execute(sql, params)
            return logged.fetchall() if logged.description is not None else []
    conn.validate_no_broken_transaction()
    # A bare cursor binds on the server, so that psycopg prepares what it sends.
    connection = cast("Connection", conn.connection)
    bare = psycopg.Cursor(connection)
    with conn.wrap_database_errors, connection.in_sight() if walled else nullcontext():
        bare.execute(sql, params)
        return bare.fetchall() if bare.rownumber is not None else []


class Question(str):
    """A statement about what stands for all, in tables open to everybody (常设查询).

    What it answers is kept by the process until the stamp changes: `as_of`.
    """

    def __new__(cls, words: str) -> "Question":
        made = super().__new__(cls, words)
        QUESTIONS.append(lambda: words)
        return made


QUESTIONS: list[Callable[[], str]] = []
"""All that is asked of what stands for all; each of their tables must change the stamp."""

STAMP = "(SELECT string_agg(stamp::text, ',' ORDER BY stamp) FROM common_standing)"
"""Changes with whatever stands for all (common/migrations/0003_standing.py), and at once."""
KEPT_MOST = 20_000


class _Known(NamedTuple):
    """What need not be asked again: in this act alone, and as long as the stamp stands."""

    act: dict[object, Any] | None = None
    standing: dict[object, Any] | None = None


_NOTHING = _Known()
_known: ContextVar[_Known] = ContextVar("known", default=_NOTHING)
_kept: tuple[str, dict[object, Any]] = "", {}


@contextmanager
def asked_once() -> Iterator[None]:
    """Inside, what stands for all (units, posts, calendars, the catalogue) is asked for once.

    For an act upon many cases, which change none of it.
    """
    before = _known.get()
    if before.act is not None:
        yield
        return
    token = _known.set(before._replace(act={}))
    try:
        yield
    finally:
        _known.reset(token)


@contextmanager
def as_of(stamp: str | None) -> Iterator[None]:
    """Inside, what stands for all is what this process read under the same stamp.

    For an act that changes none of it. What is kept is shared by all threads: nobody changes it.
    """
    global _kept
    if not stamp:
        yield
        return
    kept = _kept
    if kept[0] != stamp or len(kept[1]) > KEPT_MOST:
        kept = _kept = stamp, {}
    token = _known.set(_known.get()._replace(standing=kept[1]))
    try:
        yield
    finally:
        _known.reset(token)


def standing(sql: str, params: Sequence[Any] = ()) -> list[Row]:
    """`rows` of what stands for all; inside `asked_once` the same is not asked again.

    A `Question` is not asked again inside `as_of` either, nor by the next act.
    """
    named, is_open = (sql, *map(repr, params)), isinstance(sql, Question)
    return _remembered(named, lambda: rows(sql, params, walled=not is_open), open_to_all=is_open)


def stamp() -> str | None:
    """The stamp as it is now, for `as_of`."""
    ((found,),) = rows(f"SELECT {STAMP}", walled=False)
    return cast("str | None", found)


def made_once(named: str, make: Callable[[], Made]) -> Made:
    """What is made of what stands for all; inside `as_of` kept as long as that."""
    (made,) = _remembered(("made", named), lambda: [make()], open_to_all=True)
    return cast("Made", made)


def _remembered(named: object, ask: Callable[[], list[Any]], *, open_to_all: bool) -> list[Any]:
    known = _known.get()
    kept = known.standing if open_to_all and known.standing is not None else known.act
    if kept is None:
        return ask()
    if named not in kept:
        kept[named] = ask()
    return list(kept[named])


class Select(Generic[M]):
    """The records of a queryset whose every parameter is given anew each time.

    build    makes the queryset, with samples of the right type where values will be given.
    samples  one for each value, told apart from each other and from any other value in the
             statement; a sample may stand there more than once.
    stands   it stands for all and no case changes it: see `asked_once` and `as_of`.
    walled   see `rows`; what stands for all never is.
    """

    def __init__(
        self,
        build: Callable[..., QuerySet[M]],
        *samples: object,
        stands: bool = False,
        walled: bool = True,
    ) -> None:
        self.build, self.samples, self.stands = build, samples, stands
        self.walled = walled and not stands
        if stands:
            QUESTIONS.append(lambda: self._compiled[0])

    def __call__(self, *given: object) -> list[M]:
        if not self.stands:
            return self._ask(*given)
        return _remembered((id(self), *given), lambda: self._ask(*given), open_to_all=True)

    def _ask(self, *given: object) -> list[M]:
        sql, fixed, places, make = self._compiled
        params = [given[at] if at is not None else fixed[n] for n, at in enumerate(places)]
        return [make(row) for row in rows(sql, params, walled=self.walled)]

    def first(self, *given: object) -> M | None:
        """The first of them, or None."""
        return next(iter(self(*given)), None)

    @cached_property
    def _compiled(self) -> tuple[str, Row, list[int | None], Callable[[Row], M]]:
        compiler: Any = self.build(*self.samples).query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        about, select = compiler.klass_info, compiler.select
        first, last = about["select_fields"][0], about["select_fields"][-1] + 1
        names = [column.target.attname for column, *_ in select[first:last]]
        populators = cast("Any", get_related_populators)(about, select, "default")
        converters = compiler.get_converters([column for column, *_ in select])

        def make(row: Row) -> M:
            if converters:
                (row,) = compiler.apply_converters([row], converters)
            record = cast("type[M]", about["model"]).from_db("default", names, row[first:last])
            for populator in populators:
                populator.populate(row, record)
            for name, at in compiler.annotation_col_map.items():
                setattr(record, name, row[at])
            return record

        known = {str(sample): at for at, sample in enumerate(self.samples)}
        places = [known.get(str(param)) for param in params]
        if set(places) - {None} != set(range(len(self.samples))):
            raise ValueError(f"not every sample of {self.samples} stands in the statement")
        return sql, params, places, make


def write(record: Model) -> None:
    """Write a record, new or not."""
    if record._state.adding:
        insert(record)
    else:
        update(record)


def insert(record: Model) -> None:
    """Write a new record, all columns; its key is then known."""
    columns = _columns(type(record))
    sql = _INSERTS.get(type(record)) or _INSERTS.setdefault(
        type(record), _insert(type(record), columns)
    )
    ((record.pk,),) = rows(sql, _values(record, columns, add=True))
    record._state.adding, record._state.db = False, "default"


def update(record: Model, *names: str) -> None:
    """Write a record that is there already: the columns of these fields, else all."""
    sql, columns = _UPDATES.get((type(record), names)) or _UPDATES.setdefault(
        (type(record), names), _update(type(record), names)
    )
    if not rows(sql, [*_values(record, columns, add=False), record.pk]):
        raise ObjectDoesNotExist(f"no {type(record).__name__} {record.pk}")


def value_of(column: "Field[Any, Any]", record: Model, *, add: bool) -> object:
    """What a record's column is to hold, as the database takes it."""
    return column.get_db_prep_save(column.pre_save(record, add), connection)


_INSERTS: dict[type[Model], str] = {}
_UPDATES: dict[tuple[type[Model], tuple[str, ...]], tuple[str, Columns]] = {}


def _insert(model: type[Model], columns: Columns) -> str:
    key = _quoted(model._meta.pk.column)
    names, marks = ", ".join(_quoted(c.column) for c in columns), ", ".join("%s" for _ in columns)
    table = _quoted(model._meta.db_table)
    return f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING {key}"  # noqa: S608 - our names


def _update(model: type[Model], names: tuple[str, ...]) -> tuple[str, Columns]:
    key = _quoted(model._meta.pk.column)
    columns = [c for c in _columns(model) if not names or c.name in names]
    new = ", ".join(f"{_quoted(column.column)} = %s" for column in columns)
    table = _quoted(model._meta.db_table)
    sql = f"UPDATE {table} SET {new} WHERE {key} = %s RETURNING {key}"  # noqa: S608 - our names
    return sql, columns


def _columns(model: type[Model]) -> Columns:
    """All columns that are written: the key only where the record brings its own."""
    every = cast("Columns", model._meta.concrete_fields)
    return [c for c in every if not c.primary_key or c.remote_field is not None]


def _values(record: Model, columns: Columns, *, add: bool) -> list[object]:
    return [value_of(c, record, add=add) for c in columns]


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(name or "")

# mypy: disable-error-code="misc,attr-defined,no-any-return"
"""Connections and cursors that say `shiyu.sight` inside the transaction of each statement.

With BEGIN where a transaction begins, before the statement itself where there is none or where
the sight has changed: never a journey of its own, but for statements that are prepared.
"""

from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import BaseTzLoader

from shiyu.common.postgresql.telling import Connection

undivided: ContextVar[bool] = ContextVar("undivided", default=False)
"""Whether the transaction is kept or undone as one: nothing inside it goes on after a failure."""

APART = " CONCURRENTLY "
"""Indexes made beside the city's work: never in a transaction, and no row of theirs is shown."""


class TimeLoader(BaseTzLoader):
    """Django's loader of times takes them apart by a pattern, 6 µs each; a list reads hundreds."""

    timezone = UTC

    def load(self, data: Any) -> datetime:
        try:
            found = datetime.fromisoformat(str(data, "ascii"))
        except ValueError:  # what Python has no time for is refused in the words of psycopg
            return super().load(data)
        return found if found.tzinfo is UTC else super().load(data)


class Cursor(base.Cursor):
    """Django's cursor; what it executes is said together with the sight."""

    say = b""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        connection = self.connection
        is_told = isinstance(connection, Connection) and APART not in str(query)
        self.say = connection.to_say() if is_told else b""
        if not self.say:
            return super().execute(query, params, **options)
        try:
            super().execute(query, params, **options)
        except BaseException:
            connection.told = None
            raise
        finally:
            self.say = b""
        self.nextset()
        return self

    def _execute_send(self, query: Any, **options: Any) -> None:
        if not self.say:
            return super()._execute_send(query, **options)
        self._query = query
        self._pgconn.send_query(self.say + query.query)
        return None

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> Any:
        if not isinstance(self.connection, Connection):
            return super().executemany(query, params_seq, **options)
        with self.connection.in_sight():
            return super().executemany(query, params_seq, **options)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, with connections and cursors that keep the wall."""

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        if self.timezone is UTC:
            params["context"].register_loader("timestamptz", TimeLoader)
        return params | {"cursor_factory": Cursor}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if self.pool:
            return super().get_new_connection(conn_params)
        self.isolation_level = base.IsolationLevel.READ_COMMITTED
        return Connection.connect(**conn_params)

    def _savepoint_allowed(self) -> bool:
        """No savepoints where whatever fails undoes all of a transaction (common/once.py)."""
        return super()._savepoint_allowed() and not undivided.get()

    def chunked_cursor(self) -> Any:
        """Rows by and by, inside a transaction; outside one all at once, told whose sight it is."""
        if self.connection is not None and self.connection.autocommit and self.connection.to_say():
            return self.cursor()
        with self.cursor() as first:
            first.execute("SELECT 1")
        return super().chunked_cursor()

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)
        self.connection.told = None  # what was said since the savepoint is taken back

"""A connection that says `shiyu.sight` together with BEGIN, and knows what it has said."""

import select
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import cached_property
from time import monotonic
from typing import Any

import psycopg
from psycopg import generators, pq
from psycopg.errors import error_from_result

from shiyu.common import fence, wall

SAY = f"SET LOCAL {wall.SETTING} = ".encode()
BELIEVED_S = 1.0
"""So long after its last answer a connection with nothing unread is believed to live."""


class Connection(psycopg.Connection[Any]):
    """A connection that knows which sight its transaction was told."""

    told: bytes | None = None
    answered_at = 0.0

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """As ever; but the pool's question whether it lives is not asked of one just used."""
        if query == "" and self._lives():
            return None
        return super().execute(query, params, **options)

    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        found = super().wait(gen, *args, **options)
        self.answered_at = monotonic()
        return found

    def _lives(self) -> bool:
        """Whether it answered a moment ago and has not been told its end since."""
        if monotonic() - self.answered_at > BELIEVED_S or self.closed:
            return False
        idle = self.pgconn.transaction_status == pq.TransactionStatus.IDLE
        return idle and not select.select([self.pgconn.socket], [], [], 0)[0]

    @classmethod
    def connect(cls, conninfo: str = "", **words: Any) -> Any:
        """To the one server that counts, where the address names several."""
        return super().connect(conninfo, **fence.narrowed(words))

    def _exec_command(self, command: Any, result_format: Any = pq.Format.TEXT) -> Any:
        is_begin = isinstance(command, bytes) and command.startswith(b"BEGIN")
        if not is_begin or self._pipeline:
            return (yield from super()._exec_command(command, result_format))
        return (yield from self._begin(command))

    def _begin(self, command: bytes) -> "Generator[Any, Any, None]":
        """BEGIN and what is to be seen, in one message."""
        said = self._wanted()
        self._check_connection_ok()
        self.pgconn.send_query(command if said == wall.NOBODY else command + b"; " + SAY + said)
        for result in (yield from generators.execute(self.pgconn)):
            if result.status == pq.ExecStatus.FATAL_ERROR:
                raise error_from_result(result, encoding=self.pgconn._encoding)
        self.told = said

    def _wanted(self) -> bytes:
        """What is to be said now; nothing where the session itself begins with it (a worker's)."""
        said = wall.now_said()
        return wall.NOBODY if said == wall.EVERYTHING.said and self._sees_all else said

    @cached_property
    def _sees_all(self) -> bool:
        return wall.SETTING in self.info.options

    def to_say(self) -> bytes:
        """What the next statement is to begin with; nothing where it has been said."""
        said, status = self._wanted(), self.pgconn.transaction_status
        idle = status == pq.TransactionStatus.IDLE
        if said == (wall.NOBODY if idle else self.told) or status == pq.TransactionStatus.INERROR:
            return b""
        if idle:
            return SAY + said + b"; " if self.autocommit else b""
        self.told = said
        return SAY + said + b"; "

    @contextmanager
    def in_sight(self) -> Iterator[None]:
        """For a prepared statement, which nothing can stand before: it is said by itself."""
        if not (say := self.to_say()):
            yield
        elif self.pgconn.transaction_status == pq.TransactionStatus.IDLE:
            with self.transaction():
                yield
        else:
            self.execute(say, prepare=False)
            yield

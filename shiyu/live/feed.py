"""Reading the feed and giving each stream only what its person may know of (实时推送)."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import psycopg

from shiyu.people.actors import Actor, Scope
from shiyu.people.duties import LOOKING

POLL_S = 0.4
RECONNECT_S = 2.0
WAITING_MOST = 1000

HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
CHANGES = """
    SELECT x.xid::text::bigint, x.id, x.topic, x.ref, x.version, c.place_number,
           array(SELECT a.unit_id FROM cases_assignment a WHERE a.case_id = c.id),
           array(SELECT r.by_person_id FROM cases_report r
                 WHERE r.case_id = c.id AND r.by_person_id IS NOT NULL)
    FROM journal_change x JOIN cases_case c ON x.topic = 'case' AND c.id = x.ref
    WHERE (x.xid, x.id) > (%s::text::xid8, %s) AND x.xid < %s::text::xid8
    ORDER BY x.xid, x.id LIMIT 2000
"""


@dataclass(frozen=True, slots=True)
class Concern:
    """What the policy asks of a case."""

    ref: int
    place_number: int
    units: frozenset[int]
    reporters: frozenset[int] = frozenset()


class Frame(Protocol):
    """Whatever may be sent to a page."""

    def frame(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Change:
    """One change, with what the policy asks of its case; only topic, id and version go out."""

    at: tuple[int, int]
    topic: str
    ref: int
    version: int
    place_number: int
    units: frozenset[int]
    reporters: frozenset[int] = frozenset()

    def frame(self) -> bytes:
        """The change as a server-sent event; its id lets a page take up where it broke off."""
        told = json.dumps({"topic": self.topic, "id": self.ref, "version": self.version})
        return f"id: {self.at[0]}-{self.at[1]}\ndata: {told}\n\n".encode()


@dataclass(slots=True, eq=False)
class Stream:
    """One open page: whose it is, and what waits to be sent."""

    actor: Actor
    waiting: "asyncio.Queue[Frame]" = field(
        default_factory=lambda: asyncio.Queue(maxsize=WAITING_MOST)
    )
    overrun: bool = False

    def offer(self, change: Change) -> None:
        """Queue a change if this person may see its case; a page too slow starts anew."""
        if may_know(self.actor, change):
            self.tell(change)

    def tell(self, news: Frame) -> None:
        """Queue what this page is to be told."""
        if self.waiting.full():
            self.overrun = True
        else:
            self.waiting.put_nowait(news)


def may_know(actor: Actor, change: Change | Concern) -> bool:
    """The rule of `cases.rules.visible_to`, in memory, for a change of a case."""
    if actor.kind != "person" or not actor.held:
        return False
    looking: tuple[Scope, ...] = actor.scopes(*LOOKING)
    if any(scope.covers(change.place_number) for scope in looking):
        return True
    return bool(actor.units("handle") & change.units) or actor.id in change.reporters


class Feed:
    """The one reader of a process: polls below the commit horizon, hands out to its streams."""

    def __init__(self, where: dict[str, Any]) -> None:
        self.where = where
        self.streams: set[Stream] = set()
        self.watchers: list[Callable[[Change], None]] = []
        self.last: tuple[int, int] = (0, 0)

    async def run(self) -> None:
        """Read for ever; a lost database is waited for, and nothing is skipped meanwhile."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    **self.where, autocommit=True
                ) as database:
                    await self._follow(database)
            except psycopg.OperationalError:
                await asyncio.sleep(RECONNECT_S)

    async def since(self, last: tuple[int, int]) -> AsyncIterator[Change]:
        """What was committed after this event, up to where the reader stands now."""
        while self.last == (0, 0):
            await asyncio.sleep(POLL_S)
        until = self.last
        async with await psycopg.AsyncConnection.connect(**self.where, autocommit=True) as database:
            while batch := await _read(database, last):
                for change in batch:
                    if change.at > until:
                        return
                    yield change
                last = batch[-1].at

    async def _follow(self, database: psycopg.AsyncConnection[Any]) -> None:
        if self.last == (0, 0):
            self.last = (await _horizon(database) - 1, 2**62)
        while True:
            for change in await _read(database, self.last):
                self.last = change.at
                for told in self.watchers:
                    told(change)
                for stream in list(self.streams):
                    stream.offer(change)
            await asyncio.sleep(POLL_S)


async def _horizon(database: psycopg.AsyncConnection[Any]) -> int:
    row = await (await database.execute(HORIZON)).fetchone()
    return int(row[0]) if row else 0


async def _read(database: psycopg.AsyncConnection[Any], last: tuple[int, int]) -> list[Change]:
    """Changes after `last` whose transactions, and all before them, have ended."""
    horizon = await _horizon(database)
    rows = await database.execute(CHANGES, (str(last[0]), last[1], str(horizon)))
    return [
        Change((xid, pk), topic, ref, version, place, frozenset(units), frozenset(reporters))
        async for xid, pk, topic, ref, version, place, units, reporters in rows
    ]


async def frames(stream: Stream, *, patience_s: float) -> AsyncIterator[bytes]:
    """What waits for a stream, or a comment when nothing has come for a while."""
    while not stream.overrun:
        try:
            news = await asyncio.wait_for(stream.waiting.get(), patience_s)
        except TimeoutError:
            yield b": still here\n\n"
        else:
            yield news.frame()

"""Reading the feed and giving each stream only what its person may know of (实时推送)."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import takewhile
from typing import Any, Protocol

import psycopg

from shiyu.common.fence import Fenced
from shiyu.common.wall import Sight, seeing
from shiyu.people.actors import Actor, Scope
from shiyu.people.duties import LOOKING
from shiyu.people.seeing import sight_of

POLL_S = 0.4
RECONNECT_S = 2.0
WAITING_MOST = 1000
KEPT_MOST = 20_000
"""So many of the latest changes stay in memory, for pages that come back: all at once, after a
restart. Older ones are read from the database, by few pages at a time."""
READ_BACK_AT_ONCE = 4

At = tuple[int, int]
"""Where in the order of transactions a change stands: its transaction, and its own number."""

HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
CHANGES = """
    SELECT x.xid::text::bigint, x.id, x.topic, x.ref, x.version, c.place_number,
           array(SELECT a.unit_id FROM cases_assignment a WHERE a.case_id = c.id),
           array(SELECT r.by_person_id FROM cases_report r
                 WHERE r.case_id = c.id AND r.by_person_id IS NOT NULL),
           array(SELECT h.holder FROM cases_reach h WHERE h.case_id = c.id)
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
    """One change, with what the policy asks of its case; only topic, id and version go out.

    holders  who takes part in the case as the database keeps it: what the second wall asks.
    """

    at: At
    topic: str
    ref: int
    version: int
    place_number: int
    units: frozenset[int]
    reporters: frozenset[int] = frozenset()
    holders: frozenset[int] = frozenset()

    def frame(self) -> bytes:
        """The change as a server-sent event; its id lets a page take up where it broke off."""
        return _event(self.at, self.topic, self.ref, self.version)


@lru_cache(maxsize=4096)
def _event(at: At, topic: str, ref: int, version: int) -> bytes:
    """Encoded once for all pages that are told of it."""
    told = json.dumps({"topic": topic, "id": ref, "version": version})
    return f"id: {at[0]}-{at[1]}\ndata: {told}\n\n".encode()


@dataclass(slots=True, eq=False)
class Stream:
    """One open page: whose it is, and what waits to be sent."""

    actor: Actor
    waiting: "asyncio.Queue[Frame]" = field(
        default_factory=lambda: asyncio.Queue(maxsize=WAITING_MOST)
    )
    overrun: bool = False
    _reach: "Reach | None" = None

    def offer(self, change: Change) -> None:
        """Queue a change if this person may see its case; a page too slow starts anew."""
        if self._reach is None or self._reach.actor is not self.actor:
            self._reach = Reach.of(self.actor)
        if self._reach.lets_out(change):
            self.tell(change)

    def tell(self, news: Frame) -> None:
        """Queue what this page is to be told."""
        if self.waiting.full():
            self.overrun = True
        else:
            self.waiting.put_nowait(news)


@dataclass(frozen=True, slots=True)
class Reach:
    """What an actor's duties let them know of, put together once for many changes."""

    actor: Actor
    looking: tuple[Scope, ...]
    units: frozenset[int]
    holds: bool
    sight: Sight

    @classmethod
    def of(cls, actor: Actor) -> "Reach":
        holds = actor.kind == "person" and bool(actor.held)
        own = actor.scopes(*LOOKING), actor.units("handle")
        return cls(actor, *own, holds, sight_of(actor))

    def lets_out(self, change: Change) -> bool:
        """Both walls for what goes out: the rule, and the database's own as it keeps it.

        One reader sees all and hands out to everybody; so the second is asked here, of what the
        database's triggers keep (`cases_reach`), not of what the rule asks.
        """
        return self.covers(change) and self.sight.shows(change.place_number, change.holders)

    def covers(self, change: Change | Concern) -> bool:
        """The rule of `cases.rules.visible_to`, in memory, for a change of a case."""
        if not self.holds:
            return False
        if any(scope.covers(change.place_number) for scope in self.looking):
            return True
        return bool(self.units & change.units) or self.actor.id in change.reporters


def may_know(actor: Actor, change: Change | Concern) -> bool:
    """Whether a person may be told of this change."""
    return Reach.of(actor).covers(change)


class Feed:
    """The one reader of a process: polls below the commit horizon, hands out to its streams.

    kept  the latest changes: all those after `kept_from` up to `kept_until`.
    """

    def __init__(self, where: dict[str, Any]) -> None:
        self.where = where | {"options": f"{where.get('options', '')} {seeing('feed')}"}
        self.streams: set[Stream] = set()
        self.watchers: list[Callable[[Change], None]] = []
        self.last: At = (0, 0)
        self.kept: deque[Change] = deque()
        self.kept_from: At = (0, 0)
        self.kept_until: At = (0, 0)
        self._looking_back = asyncio.Lock()
        self._reading = asyncio.Semaphore(READ_BACK_AT_ONCE)

    async def run(self) -> None:
        """Read for ever; a lost database is waited for, and nothing is skipped meanwhile."""
        while True:
            try:
                async with await Fenced.connect(**self.where, autocommit=True) as database:
                    await self._follow(database)
            except psycopg.OperationalError:
                await asyncio.sleep(RECONNECT_S)

    async def since(self, last: At) -> AsyncIterator[Change]:
        """What was committed after this event, up to where the reader stands now."""
        while self.last == (0, 0):
            await asyncio.sleep(POLL_S)
        until = self.last
        if last < self.kept_from:
            await self._look_back(last)
        if self.kept_from <= last:
            for change in self._kept_after(last):
                if change.at <= until:
                    yield change
                    last = change.at
            last = max(last, self.kept_until)
        if last < until:
            async for change in self._read_on(last, until):
                yield change

    async def _follow(self, database: psycopg.AsyncConnection[Any]) -> None:
        if self.last == (0, 0):
            self.last = (await _horizon(database) - 1, 2**62)
            self.kept_from = self.kept_until = self.last
        while True:
            for change in await _read(database, self.last):
                self.last = change.at
                self._keep(change)
                for told in self.watchers:
                    told(change)
                for stream in list(self.streams):
                    stream.offer(change)
            await asyncio.sleep(POLL_S)

    def _keep(self, change: Change) -> None:
        self.kept.append(change)
        self.kept_until = change.at
        if len(self.kept) > KEPT_MOST:
            self.kept_from = self.kept.popleft().at

    def _kept_after(self, last: At) -> list[Change]:
        newer = takewhile(lambda change: change.at > last, reversed(self.kept))
        return list(newer)[::-1]

    async def _look_back(self, last: At) -> None:
        """Keep what was committed from this event on too, if it is not too much: once for all."""
        async with self._looking_back:
            if self.kept_from <= last:
                return
            until, room = self.kept_from, KEPT_MOST - len(self.kept)
            older: list[Change] = []
            async for change in self._read_on(last, until):
                older.append(change)
                if len(older) > room:
                    return
            if self.kept_from == until:
                self.kept.extendleft(reversed(older))
                self.kept_from = last

    async def _read_on(self, last: At, until: At) -> AsyncIterator[Change]:
        """From the database: after one event, up to the other."""
        async with (
            self._reading,
            await Fenced.connect(**self.where, autocommit=True) as database,
        ):
            while batch := await _read(database, last):
                for change in batch:
                    if change.at > until:
                        return
                    yield change
                last = batch[-1].at


async def _horizon(database: psycopg.AsyncConnection[Any]) -> int:
    row = await (await database.execute(HORIZON)).fetchone()
    return int(row[0]) if row else 0


async def _read(database: psycopg.AsyncConnection[Any], last: At) -> list[Change]:
    """Changes after `last` whose transactions, and all before them, have ended."""
    horizon = await _horizon(database)
    rows = await database.execute(CHANGES, (str(last[0]), last[1], str(horizon)))
    return [
        Change((xid, pk), topic, ref, version, place, *map(frozenset, who))
        async for xid, pk, topic, ref, version, place, *who in rows
    ]


async def frames(stream: Stream, *, patience_s: float) -> AsyncIterator[bytes]:
    """All that waits for a stream, or a comment when nothing has come for a while."""
    while not stream.overrun:
        try:
            async with asyncio.timeout(patience_s):
                news = [await stream.waiting.get()]
        except TimeoutError:
            yield b": still here\n\n"
            continue
        while not stream.waiting.empty():
            news.append(stream.waiting.get_nowait())
        yield b"".join(one.frame() for one in news)

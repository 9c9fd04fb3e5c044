"""T-L4 in processor time: what one event costs for two thousand streams, what knowing them costs.

The wall clock of a crowded machine says nothing of the feed; the processor time of its steps does.
Each step stands beside doing it for every stream by itself, in the same run.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.load.place import Facts, demo_city

CORE_SHARE_MOST = 0.8
LOOK_AGAIN_S = 4.0


def run(
    home: Path | None = None,
    *,
    count: float = 2000,
    rate: float = 20,
    events: float = 60,
    cases: float = 200,
) -> Facts:
    """So many streams, so many events; milliseconds of processor for each."""
    from shiyu.site.start import django_ready

    with demo_city(home, cases=int(cases)):
        django_ready()
        return _run(int(count), rate, int(events))


def _run(count: int, rate: float, events: int) -> Facts:
    from bench.load.people import sessions
    from shiyu.live.feed import Stream, may_know
    from shiyu.live.who import actor_of_session, actors_of_sessions

    keys = [one["cookie"] for one in sessions(min(count, 200))]
    actors = actors_of_sessions(keys)
    known = [actor for actor in actors.values() if actor is not None]
    streams = [Stream(known[n % len(known)]) for n in range(count)]
    changes = [_change(n) for n in range(events)]
    spent: dict[str, float] = {}
    with _timed(spent, "offered_together"):
        for change in changes:
            for stream in streams:
                stream.offer(change)
    heard = sum(stream.waiting.qsize() for stream in streams)
    with _timed(spent, "offered_each_for_itself"):
        for change in changes:
            for stream in streams:
                may_know(stream.actor, change)
    with _timed(spent, "sent_together"):
        asyncio.run(_sent(streams))
    for stream in streams:
        for change in changes:
            stream.offer(change)
    with _timed(spent, "sent_each_for_itself"):
        asyncio.run(_one_by_one(streams))
    with _timed(spent, "known_together"):
        actors_of_sessions(keys)
    with _timed(spent, "known_each_for_itself"):
        for key in keys:
            actor_of_session(key)
    per_event = {n: round(1000 * s / events, 2) for n, s in spent.items() if "known" not in n}
    per_session = {n: round(1000 * s / len(keys), 3) for n, s in spent.items() if "known" in n}
    share = (per_event["offered_together"] + per_event["sent_together"]) * rate / 1000
    share += per_session["known_together"] * count / LOOK_AGAIN_S / 1000
    before = (per_event["offered_each_for_itself"] + per_event["sent_each_for_itself"]) * rate
    before += per_session["known_each_for_itself"] * count / LOOK_AGAIN_S
    return {
        "streams": count,
        "people": len(known),
        "heard_of_each_event": round(heard / events),
        "ms_of_an_event": per_event,
        "ms_of_a_session": per_session,
        "cores_at_the_rate": round(share, 2),
        "cores_each_for_itself": round(before / 1000, 2),
        "well": share <= CORE_SHARE_MOST,
    }


def _change(n: int) -> Any:
    from shiyu.common.wall import UNIT, holder
    from shiyu.live.feed import Change

    units, held = frozenset({n % 40}), frozenset({holder(UNIT, n % 40)})
    return Change((7, n), "case", n, n, _place(n), units, holders=held)


def _place(nth: int) -> int:
    """Somewhere in the city, another place each time."""
    from shiyu.places.models import Place

    if not _numbers:
        _numbers.extend(Place.objects.filter(level="cell").values_list("first", flat=True)[:5000])
    return _numbers[nth * 37 % len(_numbers)]


_numbers: list[int] = []


@contextmanager
def _timed(spent: dict[str, float], name: str) -> Iterator[None]:
    begun = time.process_time()
    yield
    spent[name] = time.process_time() - begun


async def _sent(streams: list[Any]) -> None:
    """What waits for each stream goes out as one piece, by the feed's own code."""
    from shiyu.live.feed import frames

    async def hear(stream: Any) -> None:
        if stream.waiting.empty():
            return
        async for _piece in frames(stream, patience_s=15.0):
            return

    await _all(streams, hear)


async def _one_by_one(streams: list[Any]) -> None:
    """Each event by itself, each with a timer of its own."""

    async def hear(stream: Any) -> None:
        while not stream.waiting.empty():
            (await asyncio.wait_for(stream.waiting.get(), 15.0)).frame()

    await _all(streams, hear)


async def _all(streams: list[Any], hear: Callable[..., Awaitable[None]]) -> None:
    await asyncio.gather(*(hear(stream) for stream in streams))

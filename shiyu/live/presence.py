"""Who else looks at a case just now: in memory alone, told at once, kept nowhere (正在查看)."""

import json
import secrets
from dataclasses import dataclass, field

from shiyu.live.feed import At, Change, Concern, Stream, may_know
from shiyu.people.actors import Actor
from shiyu.people.duties import LOOKING

SILENT_S = 20.0
"""A page that says nothing for so long is no longer looked at: hidden, asleep or cut off."""
NAMED_MOST = 3
LAST_NUMBER = 10**18 - 1
"""The highest number that an event's id may have, see `asgi._event_id`."""


@dataclass(frozen=True, slots=True)
class Looking:
    """Who else looks at the case that this stream's page shows."""

    ref: int
    names: tuple[str, ...] = ()

    def frame(self) -> bytes:
        """As a server-sent event without an id: a page that comes back is told anew."""
        shown = list(self.names[:NAMED_MOST])
        told = json.dumps({"id": self.ref, "names": shown, "count": len(self.names)})
        return f"event: looking\ndata: {told}\n\n".encode()


@dataclass(frozen=True, slots=True)
class Hello:
    """The name by which this stream's page speaks of itself; nobody else knows it.

    at  where the feed stands, so that a page which comes back before it heard of any change
        misses none either.
    """

    key: str
    at: At = (0, 0)

    def frame(self) -> bytes:
        known = f"id: {self.at[0]}-{min(self.at[1], LAST_NUMBER)}\n" if self.at != (0, 0) else ""
        return f"{known}event: hello\ndata: {json.dumps({'stream': self.key})}\n\n".encode()


@dataclass(slots=True)
class Sight:
    """One case that somebody looks at: what the policy asks of it, and when each last said so."""

    concern: Concern
    seen_at: dict[Stream, float] = field(default_factory=dict)
    told: dict[Stream, tuple[str, ...]] = field(default_factory=dict)


class Presence:
    """The cases looked at through the streams of this process, and by whom."""

    def __init__(self) -> None:
        self.streams: dict[str, tuple[Stream, str]] = {}
        self.sights: dict[int, Sight] = {}

    def welcome(self, stream: Stream, session: str, at: At = (0, 0)) -> Hello:
        """Give a stream the key with which its page will say what it shows."""
        key = secrets.token_urlsafe(16)
        self.streams[key] = (stream, session)
        return Hello(key, at)

    def stream_of(self, key: str, session: str) -> Stream | None:
        """The stream of this key, if it belongs to the session that says so."""
        stream, whose = self.streams.get(key, (None, ""))
        return stream if whose and secrets.compare_digest(whose, session) else None

    def still(self, stream: Stream, ref: int, *, now: float) -> bool:
        """Note that the page shows the same case as before; False if it does not."""
        sight = self.sights.get(ref)
        if sight is None or stream not in sight.seen_at:
            return False
        sight.seen_at[stream] = now
        return True

    def look(self, stream: Stream, concern: Concern, *, now: float) -> None:
        """The page shows this case from now on, and no other."""
        self.leave(stream)
        if not by_duty(stream.actor, concern):
            return
        sight = self.sights.setdefault(concern.ref, Sight(concern))
        sight.concern = concern
        sight.seen_at[stream] = now
        self._tell(sight)

    def leave(self, stream: Stream) -> None:
        """The page shows no case any more."""
        for sight in [one for one in self.sights.values() if stream in one.seen_at]:
            self._drop(sight, [stream])

    def part(self, stream: Stream) -> None:
        """The stream has ended."""
        self.leave(stream)
        for key in [key for key, (one, _session) in self.streams.items() if one is stream]:
            del self.streams[key]

    def sweep(self, *, now: float) -> None:
        """Let go of pages that fell silent."""
        for sight in list(self.sights.values()):
            silent = [s for s, at in sight.seen_at.items() if now - at > SILENT_S]
            self._drop(sight, silent)

    def changed(self, change: Change) -> None:
        """A case moved: whoever may no longer know of it neither sees nor is seen there."""
        if sight := self.sights.get(change.ref):
            sight.concern = Concern(change.ref, change.place_number, change.units)
            self._look_again(sight)

    def other_duties(self, stream: Stream) -> None:
        """The duties behind a stream were read again."""
        for sight in [one for one in self.sights.values() if stream in one.seen_at]:
            self._look_again(sight)

    def _look_again(self, sight: Sight) -> None:
        self._drop(sight, [s for s in sight.seen_at if not by_duty(s.actor, sight.concern)])
        self._tell(sight)

    def _drop(self, sight: Sight, streams: list[Stream]) -> None:
        for stream in streams:
            sight.seen_at.pop(stream, None)
            if sight.told.pop(stream, ()):
                stream.tell(Looking(sight.concern.ref))
        if not sight.seen_at:
            self.sights.pop(sight.concern.ref, None)
        elif streams:
            self._tell(sight)

    def _tell(self, sight: Sight) -> None:
        """Tell each page who else is there, unless it knows."""
        for stream in sight.seen_at:
            others = {s.actor.id: s.actor for s in sight.seen_at if s.actor.id != stream.actor.id}
            met = (other for other in others.values() if meet(stream.actor, other, sight.concern))
            names = tuple(sorted(other.name for other in met))
            if sight.told.get(stream, ()) != names:
                sight.told[stream] = names
                stream.tell(Looking(sight.concern.ref, names))


def by_duty(actor: Actor, concern: Concern) -> bool:
    """Whether this person works on the case: one who only reported it neither sees nor is seen."""
    return may_know(actor, Concern(concern.ref, concern.place_number, concern.units))


def meet(one: Actor, other: Actor, concern: Concern) -> bool:
    """Whether one is told of the other: not the people of two units that each have a part."""
    if _looks_over(one, concern) or _looks_over(other, concern):
        return True
    return bool(one.units("handle") & other.units("handle") & concern.units)


def _looks_over(actor: Actor, concern: Concern) -> bool:
    return any(scope.covers(concern.place_number) for scope in actor.scopes(*LOOKING))

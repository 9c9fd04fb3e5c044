"""Moves → when each clock started, paused, ran and ended; no calendar is asked here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shiyu.cases.clock.lines import CLOCKS

# Which moves end a clock, for all units alike; `_Replay` knows those that concern one unit.
_LAST = frozenset({"withdraw", "void", "import_close"})
_ENDS = {
    "accept": _LAST | {"accept", "dismiss", "merge", "settle", "escalate"},
    "filing": _LAST | {"file", "dismiss", "merge", "settle", "escalate"},
    "dispatch": _LAST | {"dispatch", "merge", "escalate"},
    "sign": _LAST | {"merge"},
    "handling": _LAST | {"verify", "merge"},
    "verify": _LAST | {"verify", "rework"},
}
_ENDED_BY: dict[str, frozenset[str]] = {
    move: frozenset(clock for clock in CLOCKS if move in _ENDS[clock])
    for move in frozenset().union(*_ENDS.values())
}
_STARTED_BY = {"report": "accept", "accept": "filing", "file": "dispatch"}
_STARTED_AFRESH_BY = {"escalate": "accept", "object": "dispatch", "recall": "dispatch"}
_RECALL_REACHES_BACK_TO = frozenset({"verify", "reopen", "escalate"})


class Dated(NamedTuple):
    """One move, its time in minutes since 1970 (UTC)."""

    minute: int
    move: str
    unit: str | None
    units: tuple[str, ...]


@dataclass(slots=True)
class Track:
    """One clock as the moves drove it: its switches between running and paused."""

    name: str
    unit: str | None
    round: int
    started: int
    switches: list[tuple[int, bool, str]]  # minute, running from then on, move
    ended: int | None = None
    extensions: int = 0
    holds: set[str] = field(default_factory=set)  # why it is paused; runs when there are none

    def hold(self, reason: str, minute: int, move: str) -> None:
        if not self.holds:
            self.switches.append((minute, False, move))
        self.holds.add(reason)

    def release(self, reason: str, minute: int, move: str) -> None:
        if reason in self.holds:
            self.holds.discard(reason)
            if not self.holds:
                self.switches.append((minute, True, move))


def replay(lines: Sequence[Dated]) -> list[Track]:
    """The clocks that these moves started, in the order in which they did."""
    story = _Replay()
    undone = _undone(lines)
    for index, line in enumerate(lines):
        story.take(line, undone=index in undone)
    return story.tracks


def _undone(lines: Sequence[Dated]) -> frozenset[int]:
    """Which dispatches a later recall undoes, by their place in the list."""
    standing: list[int] = []
    undone = set()
    for index, line in enumerate(lines):
        if line.move == "dispatch":
            standing.append(index)
        elif line.move == "recall":
            if standing:
                undone.add(standing.pop())
        elif line.move in _RECALL_REACHES_BACK_TO:
            standing.clear()
    return frozenset(undone)


class _Replay:
    """The state of a case as far as its clocks care."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._open: dict[tuple[str, str | None], Track] = {}
        self._rounds: dict[tuple[str, str | None], int] = {}
        self._checking = False
        self._suspended = False
        self._answered: set[str] = set()  # active units that have handled

    def take(self, line: Dated, *, undone: bool) -> None:
        minute, move = line.minute, line.move
        for name in _ENDED_BY.get(move, ()):
            self._end_all(name, minute)
        if move in _STARTED_BY:
            self._start(_STARTED_BY[move], None, minute, move)
        elif move in _STARTED_AFRESH_BY:
            self._start_afresh(_STARTED_AFRESH_BY[move], None, minute, move)
        if move == "dispatch" and not undone:
            self._dispatch(line)
        elif move in _OWN_WORK:
            _OWN_WORK[move](self, line)

    def _dispatch(self, line: Dated) -> None:
        for unit, track in self._handling():
            if "object" in track.holds:
                if unit in line.units:
                    track.release("object", line.minute, "dispatch")
                else:
                    self._end(track, line.minute)
        for unit in sorted(set(line.units)):
            self._start("sign", unit, line.minute, "dispatch")
            self._start("handling", unit, line.minute, "dispatch")

    def _object(self, line: Dated) -> None:
        self._sign(line)
        track = self._open.get(("handling", line.unit))
        if track is not None:
            track.hold("object", line.minute, "object")

    def _sign(self, line: Dated) -> None:
        track = self._open.get(("sign", line.unit))
        if track is not None:
            self._end(track, line.minute)

    def _handle(self, line: Dated) -> None:
        track = self._open.get(("handling", line.unit))
        if track is None or line.unit is None:
            return
        track.hold("handle", line.minute, "handle")
        self._answered.add(line.unit)
        if all(active in self._answered for active, _ in self._handling()):
            self._start("verify", None, line.minute, "handle")

    def _rework(self, line: Dated) -> None:
        for name, track in self._handling():
            if not line.units or name in line.units:
                self._answered.discard(name)
                track.release("handle", line.minute, "rework")

    def _suspend(self, line: Dated) -> None:
        self._suspended = True
        for _, track in self._handling():
            track.hold("suspend", line.minute, "suspend")

    def _resume(self, line: Dated) -> None:
        self._suspended = False
        for _, track in self._handling():
            track.release("suspend", line.minute, "resume")

    def _check_open(self, line: Dated) -> None:
        self._checking = True
        for track in self._before_filing():
            track.hold("check", line.minute, "check_open")

    def _check_done(self, line: Dated) -> None:
        self._checking = False
        for track in self._before_filing():
            track.release("check", line.minute, "check_done")

    def _extend(self, line: Dated) -> None:
        track = self._open.get(("handling", line.unit))
        if track is not None:
            track.extensions += 1

    def _reopen(self, line: Dated) -> None:
        if not line.units:
            self._start_afresh("dispatch", None, line.minute, "reopen")
        for name in sorted(set(line.units)):
            self._start_afresh("handling", name, line.minute, "reopen")

    def _handling(self) -> list[tuple[str, Track]]:
        """The active units: those whose handling has not ended."""
        return [
            (unit, track)
            for (name, unit), track in self._open.items()
            if name == "handling" and unit is not None
        ]

    def _before_filing(self) -> Iterable[Track]:
        for name in ("accept", "filing"):
            if (name, None) in self._open:
                yield self._open[name, None]

    def _start(self, name: str, unit: str | None, minute: int, move: str) -> None:
        """Start a clock, unless it is going on."""
        key = (name, unit)
        if key in self._open:
            return
        number = self._rounds[key] = self._rounds.get(key, 0) + 1
        track = Track(name, unit, number, minute, [])
        if (name == "handling" and self._suspended) or (
            name in ("accept", "filing") and self._checking
        ):
            track.holds.add("suspend" if name == "handling" else "check")
        track.switches.append((minute, not track.holds, move))
        self._open[key] = track
        self.tracks.append(track)

    def _start_afresh(self, name: str, unit: str | None, minute: int, move: str) -> None:
        """Start a clock again, ending the round that is going on."""
        going = self._open.get((name, unit))
        if going is not None:
            self._end(going, minute)
        self._start(name, unit, minute, move)

    def _end_all(self, name: str, minute: int) -> None:
        for track in [track for track in self._open.values() if track.name == name]:
            self._end(track, minute)

    def _end(self, track: Track, minute: int) -> None:
        track.ended = minute
        del self._open[track.name, track.unit]
        if track.name == "handling" and track.unit is not None:
            self._answered.discard(track.unit)


_OWN_WORK = {
    "object": _Replay._object,
    "sign": _Replay._sign,
    "handle": _Replay._handle,
    "rework": _Replay._rework,
    "suspend": _Replay._suspend,
    "resume": _Replay._resume,
    "check_open": _Replay._check_open,
    "check_done": _Replay._check_done,
    "extend": _Replay._extend,
    "reopen": _Replay._reopen,
}

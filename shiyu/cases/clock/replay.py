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


class Hold(NamedTuple):
    """A reason to pause that began or ceased, by which move, and by which dispatch if by one."""

    minute: int
    reason: str
    begins: bool
    move: str
    dispatch: int | None = None


@dataclass(slots=True)
class Track:
    """One round of one clock as the moves drove it."""

    name: str
    unit: str | None
    started: int
    move: str  # that started it
    begun_by: int | None  # the dispatch that started it, if one did
    holds: list[Hold] = field(default_factory=list)
    held: set[str] = field(default_factory=set)  # reasons that hold it now; none: it runs
    round: int = 0
    ended: int | None = None
    ended_by: int | None = None  # the dispatch that left its objector out
    extensions: int = 0

    def hold(self, reason: str, minute: int, move: str) -> None:
        if reason not in self.held:
            self.held.add(reason)
            self.holds.append(Hold(minute, reason, True, move))

    def release(self, reason: str, minute: int, move: str, dispatch: int | None = None) -> None:
        if reason in self.held:
            self.held.discard(reason)
            self.holds.append(Hold(minute, reason, False, move, dispatch))

    def hold_again(self, dispatch: int) -> None:
        """Back to the pause that this dispatch ended, as if it had not been made."""
        ceased = [hold for hold in self.holds if hold.dispatch == dispatch]
        self.held.update(hold.reason for hold in ceased)
        self.holds = [hold for hold in self.holds if hold.dispatch != dispatch]

    def switches(self) -> list[tuple[int, bool, str]]:
        """When it went from running to paused or back: minute, running from then on, move."""
        held = {hold.reason for hold in self.holds if hold.begins and hold.move == self.move}
        found = [(self.started, not held, self.move)]
        for hold in self.holds:
            (held.add if hold.begins else held.discard)(hold.reason)
            if found[-1][1] == bool(held):
                found.append((hold.minute, not held, hold.move))
        return found


def replay(lines: Sequence[Dated]) -> list[Track]:
    """The clocks that these moves started, in the order in which they did."""
    story = _Replay()
    for line in lines:
        story.take(line)
    rounds: dict[tuple[str, str | None], int] = {}
    for track in story.tracks:
        key = (track.name, track.unit)
        track.round = rounds[key] = rounds.get(key, 0) + 1
    return story.tracks


class _Replay:
    """The state of a case as far as its clocks care."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._open: dict[tuple[str, str | None], Track] = {}
        self._dispatches: list[int] = []  # those that a recall may undo, the last one last
        self._sent = 0
        self._checking = False
        self._suspended = False

    def take(self, line: Dated) -> None:
        minute, move = line.minute, line.move
        for name in _ENDED_BY.get(move, ()):
            self._end_all(name, minute)
        if move in _STARTED_BY:
            self._start(_STARTED_BY[move], None, minute, move)
        elif move in _STARTED_AFRESH_BY:
            self._start_afresh(_STARTED_AFRESH_BY[move], None, minute, move)
        if move in _RECALL_REACHES_BACK_TO:
            self._dispatches.clear()
        if move in _OWN_WORK:
            _OWN_WORK[move](self, line)

    def _dispatch(self, line: Dated) -> None:
        number = self._sent = self._sent + 1
        self._dispatches.append(number)
        for unit, track in self._handling():
            if "object" in track.held:
                if unit in line.units:
                    track.release("object", line.minute, "dispatch", number)
                else:
                    self._end(track, line.minute)
                    track.ended_by = number
        for unit in line.units:
            self._start("sign", unit, line.minute, "dispatch", number)
            self._start("handling", unit, line.minute, "dispatch", number)

    def _recall(self, line: Dated) -> None:
        """Undo the last dispatch: what it started, resumed or ended."""
        if not self._dispatches:
            return
        number = self._dispatches.pop()
        for track in self.tracks:
            if track.begun_by == number:
                self._open.pop((track.name, track.unit), None)
            elif track.ended_by == number:
                track.ended = track.ended_by = None
                self._open[track.name, track.unit] = track
            else:
                track.hold_again(number)
        self.tracks = [track for track in self.tracks if track.begun_by != number]

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
        if track is None:
            return
        track.hold("handle", line.minute, "handle")
        if all("handle" in active.held for _, active in self._handling()):
            self._start("verify", None, line.minute, "handle")

    def _rework(self, line: Dated) -> None:
        for name, track in self._handling():
            if not line.units or name in line.units:
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
        for name in line.units:
            self._start_afresh("handling", name, line.minute, "reopen")

    def _hand_over(self, line: Dated) -> None:
        """The successor's clocks are the old unit's, going on; where it has its own, those stay."""
        old, new = line.unit or "", line.units[0] if line.units else ""
        mine, theirs = self._open.get(("handling", old)), self._open.get(("handling", new))
        if mine is None or not new or new == old:
            return
        if theirs is not None and "object" not in theirs.held:
            self._join(mine, theirs, line.minute)
            return
        for name in ("handling", "sign"):
            if going := self._open.get((name, new)):
                self._end(going, line.minute)
            if track := self._open.pop((name, old), None):
                track.unit = new
                self._open[name, new] = track
        if theirs is not None:
            self._unless_objected(line.minute)

    def _join(self, mine: Track, theirs: Track, minute: int) -> None:
        """Both were at work: the old unit's clocks end, the successor's go on for both parts."""
        objected = "object" in mine.held
        signs = [self._open.get(("sign", track.unit)) for track in (mine, theirs)]
        if not objected and None in signs and signs[1] is not None:
            self._end(signs[1], minute)
        if signs[0] is not None:
            self._end(signs[0], minute)
        if not objected and "handle" not in mine.held:
            theirs.release("handle", minute, "hand_over")
        self._end(mine, minute)
        if objected:
            self._unless_objected(minute)

    def _unless_objected(self, minute: int) -> None:
        """The desk owes no answer once the last objection has gone; all answered: a check."""
        left = [track.held for _, track in self._handling()]
        if not any("object" in held for held in left):
            self._end_all("dispatch", minute)
            if all("handle" in held for held in left):
                self._start("verify", None, minute, "hand_over")

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

    def _start(
        self, name: str, unit: str | None, minute: int, move: str, dispatch: int | None = None
    ) -> None:
        """Start a clock, unless it is going on."""
        if (name, unit) in self._open:
            return
        track = Track(name, unit, minute, move, dispatch)
        if name == "handling" and self._suspended:
            track.hold("suspend", minute, move)
        if name in ("accept", "filing") and self._checking:
            track.hold("check", minute, move)
        self._open[name, unit] = track
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


_OWN_WORK = {
    "dispatch": _Replay._dispatch,
    "recall": _Replay._recall,
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
    "hand_over": _Replay._hand_over,
}

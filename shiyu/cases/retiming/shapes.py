"""Stories of moves, replayed once for all cases that share them (同一过程只推演一次).

Which clocks a story leaves running does not depend on when its moves were made, only the times
of the clocks do. So the replay is given the number of each line in place of its time, and what
it answers holds for every case with the same lines.
"""

from dataclasses import dataclass
from functools import lru_cache

from shiyu.cases.clock.replay import Dated, Track, replay
from shiyu.cases.lifecycle import MOVES, Stage
from shiyu.cases.timing import CLOCK_OF

STILL = -1
"""In the place of a line's number: the clock runs on."""
NO_UNIT = 0
TELL_NOTHING = frozenset({"remark", "urge", "correct", "close", "split"})
"""Steps that no clock names: left out, so that more cases share a story."""
VERBS = sorted((MOVES.keys() | {"report"}) - TELL_NOTHING)


@dataclass(frozen=True, slots=True)
class Kept:
    """A clock that has not ended, its times given as numbers of lines.

    first    the line at which the unit's first clock of this kind started.
    spans    its running stretches; the end of the one that goes on is STILL.
    """

    name: str
    unit: int
    started: int
    first: int
    spans: tuple[tuple[int, int], ...]
    running: bool
    extensions: int


@dataclass(frozen=True, slots=True)
class Shape:
    """What a story comes to: the clock its stage shows, and the units' handling clocks."""

    lines: int
    shown: str
    clocks: tuple[Kept, ...]


@lru_cache(maxsize=200_000)
def shape_of(stage: str, story: str) -> Shape:
    """The shape of a story as `columns.STORIES` writes it: `verb:unit:unit,unit` by blanks."""
    moves = [move.split(":") for move in story.split(" ")] if story else []
    dated = [
        Dated(number, verb, unit or None, tuple(units.split(",")) if units else ())
        for number, (verb, unit, units) in enumerate(moves)
    ]
    shown = CLOCK_OF.get(Stage(stage), "")
    last: dict[tuple[str, str | None], Track] = {}
    first: dict[tuple[str, str | None], int] = {}
    for track in replay(dated):
        last[track.name, track.unit] = track
        first.setdefault((track.name, track.unit), track.started)
    wanted = [key for key in last if key[0] in ("handling", shown) and last[key].ended is None]
    return Shape(len(moves), shown, tuple(_kept(last[key], first[key]) for key in wanted))


def _kept(track: Track, first: int) -> Kept:
    switches = track.switches()
    spans = []
    for index, (start, running, _why) in enumerate(switches):
        end = switches[index + 1][0] if index + 1 < len(switches) else STILL
        if running:
            spans.append((start, end))
    unit = int(track.unit) if track.unit else NO_UNIT
    running = switches[-1][1]
    return Kept(track.name, unit, track.started, first, tuple(spans), running, track.extensions)

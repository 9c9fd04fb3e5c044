"""Places to work and a row to wait in, for the requests of one process (过载保护)."""

import os
import threading
import time
from collections import deque

from shiyu.common import measures

AT_ONCE = "SHIYU_AT_ONCE"
"""How many requests a process works on at once; without it nobody waits (set by `shiyu serve`)."""
WAITING_MOST = 20
PROGRAMS_MOST = 10
"""Other systems find the row full sooner: they come again by themselves, people do not."""
TOLD_S = 60.0


class Room:
    """Places to work and a row to wait in; whoever came first is let in first."""

    def __init__(self, places: int, *, waiting_most: int = WAITING_MOST) -> None:
        self.places, self.waiting_most = places, waiting_most
        self.free = places
        self.row: deque[threading.Lock] = deque()
        self.lock = threading.Lock()
        self.turned_away: deque[float] = deque(maxlen=10_000)

    def enter(self, patience_s: float, *, row_most: int | None = None) -> bool:
        """Whether there is a place now, or within so long; whoever is let in must `leave`.

        row_most  of a row longer than that this caller does not become part.
        """
        most = self.waiting_most if row_most is None else row_most
        with self.lock:
            if self.free > 0:
                self.free -= 1
                return True
            if len(self.row) >= most:
                return self._turn_away("full")
            turn = threading.Lock()
            turn.acquire()
            self.row.append(turn)
        if turn.acquire(timeout=patience_s):
            return True
        with self.lock:
            if turn not in self.row:  # its turn came at this very moment
                return True
            self.row.remove(turn)
            return self._turn_away("late")

    def leave(self) -> None:
        """Hand the place to the next in the row."""
        with self.lock:
            if self.row:
                self.row.popleft().release()
            else:
                self.free += 1

    def told(self) -> str:
        """How it stands, for whoever runs the machine."""
        since = time.monotonic() - TOLD_S
        with self.lock:
            away = sum(at > since for at in self.turned_away)
            return (
                f"{self.places - self.free} of {self.places} at work, {len(self.row)} waiting, "
                f"{away} turned away within {TOLD_S:g} s"
            )

    def _turn_away(self, why: str) -> bool:
        self.turned_away.append(time.monotonic())
        measures.TURNED_AWAY.labels(why).inc()
        return False


def _room() -> Room | None:
    places = int(os.environ.get(AT_ONCE, "0"))
    return Room(places) if places > 0 else None


room = _room()

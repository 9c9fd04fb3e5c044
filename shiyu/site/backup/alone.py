"""One restore at a time in a folder: two would take each other's files away (独占)."""

import contextlib
import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path

from shiyu.site.backup.store import Trouble

Tell = Callable[[str], None]


@contextlib.contextmanager
def alone_in(place: Path, tell: Tell, *, waits: bool) -> Iterator[None]:
    """Nobody else restores there meanwhile; who comes second waits, or is refused.

    The lock lies beside the folder, which itself comes and goes.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_name(f".{place.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not waits:
                raise Trouble(f"Another restore is at work in {place}.") from None
            tell("another drill is under way; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield

"""Files processes count in have their room before it is used: a full disk ends nobody (计数文件).

The library counts in files mapped into memory and never written: on a full disk the kernel ends
whoever touches a page for which there is no room, and with it every page of the city. Here the room
is taken first; where there is none, a process counts in memory of its own, which `shiyu watch`
does not see, until it is started anew. A file is held as long as its process lives (`gone.py`).
"""

import mmap
import os
from pathlib import Path
from typing import Any

from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict

from shiyu.common.gone import hold, settled

ROOM_BYTES = 1 << 20
"""For each process and kind of measure: some 400 routes with all their buckets."""
ENTRY_BYTES = 64
"""What an entry takes beside its name, at most."""


class Reserved(MmapedDict):
    """Counts on a file whose room is taken; in memory where none is left."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        self._held = -1
        if not read_mode:
            filename, self._held = _take_room(filename)
        super().__init__(filename, read_mode)

    def close(self) -> None:
        super().close()
        if self._held >= 0:
            os.close(self._held)
            self._held = -1

    def _init_value(self, key: str) -> None:
        if self._used + len(key.encode()) + ENTRY_BYTES > self._capacity:
            self._grow(self._capacity * 2)
        super()._init_value(key)

    def _grow(self, size: int) -> None:
        try:
            os.posix_fallocate(self._f.fileno(), 0, size)
        except OSError:
            descriptor = _memory(size)
            os.pwrite(descriptor, bytes(self._m), 0)
            self._f = os.fdopen(descriptor, "r+b")
        self._capacity = size
        self._m: Any = mmap.mmap(self._f.fileno(), size)


def reserve(folder: str | None) -> None:
    """From now on what is counted in files has its room; before anything is counted.

    What processes that are gone had counted there is added up, so that files do not gather.
    """
    setattr(values, MmapedDict.__name__, Reserved)
    if folder:
        with settled(Path(folder)):
            pass


def _take_room(filename: str) -> tuple[str, int]:
    """The file that is ours with its room, and what holds it; else one in memory, held by none."""
    try:
        name, descriptor = hold(filename)
    except OSError:
        return f"/proc/self/fd/{_memory(ROOM_BYTES)}", -1
    try:
        os.posix_fallocate(descriptor, 0, ROOM_BYTES)
    except OSError:
        if not os.fstat(descriptor).st_size:  # whoever adds up cannot read an empty one
            os.unlink(name)
        os.close(descriptor)
        return f"/proc/self/fd/{_memory(ROOM_BYTES)}", -1
    return name, descriptor


def _memory(size: int) -> int:
    """A file of this process's memory alone, open as long as it lives."""
    descriptor = os.memfd_create("counts")
    os.posix_fallocate(descriptor, 0, size)
    return descriptor

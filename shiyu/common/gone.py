"""What processes that are gone had counted is added up in one file of each kind (退出进程的计数).

Each process counts in files of its own. Those of a process that ended must go on counting, or
sums would fall; kept as they are they would be a megabyte each for every process there ever was.
A process that counts holds a lock on its files as long as it lives (`reserved.py`): this sees
who is gone whatever user, container or number a process has.
"""

import contextlib
import fcntl
import logging
import os
import struct
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict

GONE = "gone"
ADDED_UP = ("counter", "histogram", "summary")
OF_THE_LIVING = "gauge_live"
LOCK = ".lock"
log = logging.getLogger("shiyu.watch")


@contextlib.contextmanager
def settled(folder: Path) -> Iterator[None]:
    """Files stay as they are meanwhile, and hold no more than one process each and the gone."""
    with contextlib.ExitStack() as stack:
        try:
            lock = stack.enter_context((folder / LOCK).open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
            _add_up(folder)
        except OSError as error:  # no room, no right to: what there is still counts as it is
            log.warning("counts of ended processes cannot be added up", exc_info=error)
        yield


def _add_up(folder: Path) -> None:
    with contextlib.ExitStack() as held:
        gone = [file for file in sorted(folder.glob("*.db")) if _is_gone(file, held)]
        for kind in ADDED_UP:
            files = [file for file in gone if file.name.startswith(f"{kind}_")]
            if files:
                _write(folder / f"{kind}_{GONE}.db", _sums([folder / f"{kind}_{GONE}.db", *files]))
                # Ended just here, they count twice: no sum falls, and the next one is right again.
                for file in files:
                    file.unlink(missing_ok=True)
        for file in gone:
            if file.name.startswith(OF_THE_LIVING):
                file.unlink(missing_ok=True)


def _is_gone(file: Path, held: contextlib.ExitStack) -> bool:
    """Whether nobody counts in it; it stays locked, so that nobody begins to."""
    if file.stem.endswith(f"_{GONE}"):
        return False
    try:
        opened = held.enter_context(file.open("rb"))
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sums(files: list[Path]) -> dict[str, float]:
    found: dict[str, float] = {}
    for file in files:
        try:
            said = {key: value for key, value, *_ in MmapedDict.read_all_values_from_file(file)}
        except FileNotFoundError:
            continue
        except (RuntimeError, struct.error, ValueError) as error:  # half of it is worth nothing
            log.warning("what an ended process counted cannot be read", exc_info=error)
            continue
        for key, value in said.items():
            found[key] = found.get(key, 0.0) + value
    return found


def _write(file: Path, values: dict[str, float]) -> None:
    """In the library's form, in one step; written, not mapped: a full disk is told, not fatal."""
    rows = b"".join(_row(key.encode(), value) for key, value in values.items())
    draft = file.with_suffix(".new")
    try:
        draft.write_bytes(struct.pack("=ii", 8 + len(rows), 0) + rows)
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _row(key: bytes, value: float) -> bytes:
    padded = key + b" " * (8 - (len(key) + 4) % 8)
    return struct.pack(f"=i{len(padded)}sdd", len(key), padded, value, 0.0)


def hold(filename: str) -> tuple[str, int]:
    """Take a file to count in for oneself alone: its name, and what keeps it held.

    Where somebody else counts in it, who has the same number in another container, the next name.
    """
    for turn in range(1, 100):
        name = filename if turn == 1 else filename.replace(".db", f"-{turn}.db")
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            there = os.path.exists(name) and os.path.samestat(os.stat(name), os.fstat(descriptor))
            if there:
                if os.path.basename(name).startswith(OF_THE_LIVING):
                    os.ftruncate(descriptor, 0)  # what the one before held open
                return name, descriptor
        except BlockingIOError:
            pass
        os.close(descriptor)
    raise OSError(f"{filename} and all names after it are taken")

"""PostgreSQL's own hand at the archive: puts a finished WAL file there, takes one out (归档).

    python -I -S archive.py put PATH ARCHIVE NAME
    python -I -S archive.py get NAME PATH ARCHIVE [MORE_FOLDERS...]

It stands alone (the server runs it, thousands of times): standard library only, nothing of ours.
A file is whole, compressed, flushed and under its name, or not there; what is there is never
written over. Exit status: 0 done; 1 not done, to be tried again (put) or not there (get); 126 the
archived file is broken: recovery must stop and not take it for the end.
"""

import gzip
import os
import struct
import sys
import zlib

WHOSE = "whose"  # in the archive: the number of the one cluster that may write here
SYSTEM_AT = 24  # in the first page of a WAL file: the cluster's number
NAME_DIGITS = 24
BROKEN = 126


class NotDone(Exception):
    """Why the file is not archived, for the server's log."""


def put(path: str, archive: str, name: str) -> None:
    """Archive one file; the same file again is well, another of that name is refused."""
    with open(path, "rb") as file:
        content = file.read()
    _must_be_ours(archive, name, content)
    target = os.path.join(archive, f"{name}.gz")
    if os.path.exists(target):
        if unpacked(target) != content:
            raise NotDone(f"{target} is there already and holds something else")
    else:
        _write(target, gzip.compress(content, compresslevel=1, mtime=0))
    _flush_folder(archive)


def get(name: str, path: str, archive: str, *more: str) -> bool:
    """Take one file out of the archive, else out of another folder of WAL; whether it was there."""
    packed = os.path.join(archive, f"{name}.gz")
    if os.path.exists(packed):
        content = unpacked(packed)
    else:
        found = next((p for p in (os.path.join(f, name) for f in more) if os.path.exists(p)), None)
        if found is None:
            return False
        with open(found, "rb") as file:
            content = file.read()
    with open(path, "wb") as file:
        file.write(content)
    return True


def system_of(content: bytes) -> str:
    """The number of the cluster that wrote a WAL file."""
    return str(struct.unpack_from("=Q", content, SYSTEM_AT)[0])


def _must_be_ours(archive: str, name: str, content: bytes) -> None:
    """An archive that is not mounted, or another city's, gets nothing."""
    try:
        with open(os.path.join(archive, WHOSE)) as file:
            whose = file.read().strip()
    except OSError as error:
        raise NotDone(f"{archive} is no archive, or its disk is away ({error.strerror})") from error
    if len(name) == NAME_DIGITS and system_of(content) != whose:
        raise NotDone(f"{archive} belongs to the cluster {whose}, not {system_of(content)}")


def unpacked(path: str) -> bytes:
    with gzip.open(path, "rb") as file:
        return file.read()


def _write(target: str, content: bytes) -> None:
    folder, name = os.path.split(target)
    draft = os.path.join(folder, f".{name}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, target)  # fails where something is: nothing is ever written over
    finally:
        if os.path.exists(draft):
            os.unlink(draft)


def _flush_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def main(what: str, *words: str) -> int:
    try:
        if what == "put":
            put(*words)
            return 0
        return 0 if get(*words) else 1
    except NotDone as why:
        print(f"not archived: {why}", file=sys.stderr)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        print(f"the archived file is broken: {words[0]} ({error})", file=sys.stderr)
        return BROKEN if what == "get" else 1
    except OSError as error:
        print(f"{what} {words[0]}: {error.strerror}: {error.filename}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""Where an export goes: a folder or a zip, whole or not at all (迁出目标)."""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from shiyu.common.errors import Refused

AT_ONCE = 1 << 20


class Writes(Protocol):
    """What takes bytes."""

    def write(self, content: bytes, /) -> int: ...


class Entry:
    """One file on its way: how long it is, and its SHA-256, as it is written."""

    def __init__(self, path: str, into: Writes) -> None:
        self.path, self.bytes, self.lines = path, 0, 0
        self._into, self._hash = into, hashlib.sha256()

    def write(self, content: bytes) -> None:
        """Write some more."""
        self._into.write(content)
        self._hash.update(content)
        self.bytes += len(content)

    @property
    def sha256(self) -> str:
        """The hash of what was written."""
        return self._hash.hexdigest()


class Target:
    """A folder or a zip beside its name until it is whole; only its owner can read it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.draft = path.with_name(f".{path.name}.part")
        self.entries: list[Entry] = []
        self._zip: zipfile.ZipFile | None = None

    def __enter__(self) -> "Target":
        if self.path.exists() and not (self.path.is_dir() and not any(self.path.iterdir())):
            raise Refused(f"{self.path} 已经存在：另取一个名字，或先移走它")
        if not self.path.parent.is_dir():
            raise Refused(f"没有文件夹 {self.path.parent}")
        self._remove_draft()
        if self.path.suffix.lower() == ".zip":
            descriptor = os.open(self.draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            file = os.fdopen(descriptor, "w+b")
            self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3)
        else:
            self.draft.mkdir(mode=0o700)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_how: object) -> None:
        """Whole: under its name at once. Broken off: nothing is left."""
        try:
            if kind is None:
                self._finish()
        finally:
            self._remove_draft()

    @contextmanager
    def entry(self, path: str) -> Iterator[Entry]:
        """A file of the export, written from first to last before the next one."""
        with self._open(path) as into:
            entry = Entry(path, into)
            yield entry
        self.entries.append(entry)

    def put(self, path: str, pieces: Iterable[bytes]) -> Entry:
        """A file of the export, from pieces."""
        with self.entry(path) as entry:
            for piece in pieces:
                entry.write(piece)
        return entry

    @contextmanager
    def _open(self, path: str) -> "Iterator[IO[bytes]]":
        if self._zip is not None:
            with self._zip.open(path, "w", force_zip64=True) as into:
                yield into
            return
        whole = self.draft / path
        whole.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb", buffering=AT_ONCE) as into:
            yield into

    def _finish(self) -> None:
        if self._zip is not None:
            file = self._zip.fp
            self._zip.close()
            if file is not None:
                file.close()
        os.sync()  # all of it is on disk before it has its name: once, not for each picture
        if self.path.is_dir():
            self.path.rmdir()
        os.replace(self.draft, self.path)

    def _remove_draft(self) -> None:
        if self.draft.is_dir():
            shutil.rmtree(self.draft)
        else:
            self.draft.unlink(missing_ok=True)

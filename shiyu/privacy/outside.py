"""The list of what was erased, outside the database: a restore erases it again (删除清单).

One JSON object a line in `SHIYU_ERASURES` (`SHIYU_HOME/erasures.jsonl`), written and on disk before
the erasure is committed: ids and salted commitments, never a value. A commitment tells whether a
row that a restored database has under an id is still the one that was erased: ids drawn anew
after a restore may be somebody else's.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from shiyu.common.home import home

FORM = "shiyu-erased-1"
VOID = "shiyu-erased-void-1"


@dataclass(frozen=True, slots=True)
class Listed:
    """One erasure as it stands in the list.

    reports, remarks, photos  id → commitment to what the row is (not to what it said).
    """

    ref: str
    at: str
    why: str
    salt: str
    reports: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    photos: dict[str, str] = field(default_factory=dict)


def list_path() -> Path:
    """Where the list lies; keep copies elsewhere, as of the witness file."""
    said = os.environ.get("SHIYU_ERASURES")
    return Path(said) if said else home() / "erasures.jsonl"


def committed(salt: str, *parts: object) -> str:
    """A salted commitment to what a row is."""
    text = "\n".join((salt, *(str(part) for part in parts)))
    return hashlib.sha256(text.encode()).hexdigest()


def add(listed: Listed, path: Path | None = None) -> None:
    """Write an erasure down, on disk when this returns."""
    _append({"form": FORM, **asdict(listed)}, path or list_path())


def void(ref: str, path: Path | None = None) -> None:
    """It was not carried out after all: its transaction failed."""
    _append({"form": VOID, "ref": ref}, path or list_path())


def read(path: Path) -> list[Listed]:
    """The erasures that were carried out, in their order; a torn last line is passed over."""
    found: dict[str, Listed] = {}
    for said in _lines(path):
        form = said.pop("form", "")
        if form == VOID:
            found.pop(str(said["ref"]), None)
        elif form == FORM:
            found[str(said["ref"])] = Listed(**said)
    return list(found.values())


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict):
            yield said


def _append(said: dict[str, object], path: Path) -> None:
    """One whole line, alone on it even after a torn one."""
    whole = json.dumps(said, ensure_ascii=True, separators=(",", ":")).encode()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        length = os.fstat(descriptor).st_size
        torn = length and os.pread(descriptor, 1, length - 1) != b"\n"
        os.write(descriptor, (b"\n" if torn else b"") + whole + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

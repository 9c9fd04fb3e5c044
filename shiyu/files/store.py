"""Where pictures lie: under HOME/files, each under its own SHA-256 (照片存放).

A file is whole and on disk before its row can be committed: after a crash there may be a file
that no row names, never a row without its file.
"""

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from shiyu.common.errors import Refused

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class NoRoom(Refused):
    """There is no room for another picture (磁盘已满)."""

    code = "no_room"
    status = 507

    def __init__(self, message: str) -> None:
        super().__init__(message, field="photos")


SIZES = {"full": ".jpg", "small": ".small.jpg"}


def path_of(sha256: str, size: str = "full") -> Path:
    """The file of a picture, or of its thumbnail."""
    return Path(settings.MEDIA_ROOT) / sha256[:2] / f"{sha256}{SIZES[size]}"


def put(full: bytes, small: bytes) -> str:
    """Write a picture and its thumbnail to disk; the name is the picture's SHA-256."""
    sha256 = hashlib.sha256(full).hexdigest()
    try:
        _write(path_of(sha256, "small"), small)
        _write(path_of(sha256), full)
    except OSError as error:
        if not path_of(sha256).exists():  # a thumbnail alone is found by nobody
            path_of(sha256, "small").unlink(missing_ok=True)
        if error.errno in FULL:
            raise NoRoom(
                _("服务器存放照片的磁盘已满，照片和这次填写都没有保存。请稍后再试")
            ) from error
        raise
    return sha256


def stored() -> Iterator[Path]:
    """Every picture on disk, without the thumbnails."""
    for path in Path(settings.MEDIA_ROOT).glob("??/*.jpg"):
        if len(path.name) == 64 + len(SIZES["full"]):
            yield path


def remove(sha256: str) -> None:
    """Take a picture and its thumbnail off the disk."""
    for size in SIZES:
        path_of(sha256, size).unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    """The whole file or none: a draft beside it, flushed, then renamed, the folder flushed too."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

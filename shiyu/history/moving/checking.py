"""Is an export what its manifest says? (迁出核验)."""

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from shiyu.common.errors import Refused
from shiyu.history.moving.leaving import FORMAT, MANIFEST, SUMS, sha256_of
from shiyu.history.moving.target import AT_ONCE

Open = Callable[[str], "IO[bytes]"]


def check(path: Path) -> tuple[int, list[str]]:
    """How many files were looked at, and what is wrong: missing, changed, foreign, miscounted.

    Raises  Refused when this is no export.
    """
    with _opened(path) as (names, open_):
        manifest = _manifest(names, open_)
        wrong = list(_sums(names, open_))
        said = {file["path"]: file for file in manifest["files"]}
        for name in sorted(names - said.keys() - {MANIFEST, SUMS}):
            wrong.append(f"{name}：清单里没有这个文件")
        for name, file in said.items():
            if name not in names:
                wrong.append(f"{name}：文件不在了")
                continue
            if sha256_of(_pieces(open_, name)) != (file["sha256"], file["bytes"]):
                wrong.append(f"{name}：内容与清单不符")
        for table in manifest["tables"]:
            lines = next(name for name in table["paths"] if name.endswith(".jsonl"))
            if lines in names and _lines(open_, lines) != table["rows"]:
                wrong.append(f"{lines}：行数与清单不符")
    return len(names), wrong


@contextmanager
def _opened(path: Path) -> Iterator[tuple[set[str], Open]]:
    if path.is_dir():
        names = {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()}
        yield names, lambda name: (path / name).open("rb")
        return
    try:
        with zipfile.ZipFile(path) as packed:
            yield set(packed.namelist()), lambda name: packed.open(name)
    except (zipfile.BadZipFile, OSError) as error:
        raise Refused(f"{path} 打不开：{error}") from error


def _manifest(names: set[str], open_: Open) -> dict[str, Any]:
    if MANIFEST not in names:
        raise Refused(f"这里没有 {MANIFEST}，不是迁出的数据")
    with open_(MANIFEST) as file:
        try:
            found = json.load(file)
        except ValueError as error:
            raise Refused(f"{MANIFEST} 读不出来：{error}") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise Refused(f"{MANIFEST} 不是 {FORMAT} 格式")
    return found


def _sums(names: set[str], open_: Open) -> Iterator[str]:
    """The manifest itself is held by SHA256SUMS, as `sha256sum -c` reads it."""
    if SUMS not in names:
        yield f"{SUMS}：文件不在了"
        return
    with open_(SUMS) as file:
        sums = dict(line.decode().rstrip("\n").split("  ", 1)[::-1] for line in file)
    if sums.get(MANIFEST) != sha256_of(_pieces(open_, MANIFEST))[0]:
        yield f"{MANIFEST}：内容与 {SUMS} 不符"


def _pieces(open_: Open, name: str) -> Iterator[bytes]:
    with open_(name) as file:
        while piece := file.read(AT_ONCE):
            yield piece


def _lines(open_: Open, name: str) -> int:
    return sum(piece.count(b"\n") for piece in _pieces(open_, name))

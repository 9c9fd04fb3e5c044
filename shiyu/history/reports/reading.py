"""A file of reports as columns of text, each row with the line it began on (读取导出文件)."""

import codecs
import csv
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook

from shiyu.common.errors import Refused
from shiyu.history.reports.columns import Layout, match

CHUNK = 50_000
SNIFFED_BYTES = 1 << 20
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
SWALLOWED_LINES = 2


@dataclass(slots=True)
class Table:
    """What was read: one text column for each role there is, and `line`; and what was not."""

    rows: pl.DataFrame
    roles: frozenset[str]
    rejects: list[tuple[int, str]] = field(default_factory=list)


def read(path: Path, asked: Layout) -> Table:
    """Read csv, xlsx or json, by its content's own kind, into the columns asked for.

    Raises  Refused: not readable as one of these, wrong columns, empty.
    """
    if not path.is_file():
        raise Refused(f"没有文件 {path}")
    head = path.open("rb").read(4096)
    if head.startswith(b"PK\x03\x04"):
        header, records = _xlsx(path)
    elif head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        header, records = _json(path)
    else:
        return _csv(path, asked)
    return _gather(header, enumerate(records, 2), asked, [])


def _csv(path: Path, asked: Layout) -> Table:
    with path.open(encoding=_encoding(path), newline="", errors="replace") as text:
        records = Records(text)
        header = next(iter(records), None)
        if header is None:
            raise Refused(f"{path.name} 是空的")
        return _gather(header[1], records, asked, records.broken)


class Records:
    """The records of a csv, each with its first line; a broken one costs only its own line.

    A quote that is never closed would swallow the lines after it: when the record it makes does
    not fit, its first line is refused and the others are read again.
    """

    def __init__(self, text: Iterable[str]) -> None:
        self.text = iter(text)
        self.again: deque[str] = deque()
        self.taken: list[str] = []
        self.line = 0
        self.width = 0
        self.broken: list[tuple[int, str]] = []
        sample = next(self.text, "")
        self.again.append(sample)
        comma = max(",;\t|", key=sample.count)
        self.reader = csv.reader(self._lines(), delimiter=comma)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        while True:
            self.taken = []
            first = self.line + 1
            try:
                record = next(self.reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._refuse(first, f"这一行读不出来：{error}")
                continue
            if not record:
                continue
            if not self.width:
                self.width = len(record)
            if len(record) == self.width:
                yield first, record
            else:
                self._refuse(first, f"这一行有 {len(record)} 栏，表头有 {self.width} 栏")

    def _lines(self) -> Iterator[str]:
        while True:
            line = self.again.popleft() if self.again else next(self.text, None)
            if line is None:
                return
            self.line += 1
            self.taken.append(line)
            yield line

    def _refuse(self, first: int, why: str) -> None:
        lines = self.taken
        self.broken.append((first, why))
        if len(lines) >= SWALLOWED_LINES:
            self.again.extendleft(reversed(lines[1:]))
            self.line = first


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4)
        for mark, name in MARKS.items():
            if head.startswith(mark):
                return name
        file.seek(0)
        reader = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := file.read(SNIFFED_BYTES):
                reader.decode(block)
        except UnicodeDecodeError:
            return "gb18030"
    return "utf-8"


def _gather(
    header: Sequence[str],
    records: Iterable[tuple[int, Sequence[str]]],
    asked: Layout,
    broken: list[tuple[int, str]],
) -> Table:
    """The columns asked for, in blocks of plain text, trimmed, "nothing" as null."""
    roles = match(asked, header)
    at = {role: list(header).index(name) for role, name in roles.items()}
    blocks: list[pl.DataFrame] = []
    rows: list[tuple[Any, ...]] = []
    places = tuple(at.values())
    for line, record in records:
        rows.append((line, *[record[n] for n in places]))
        if len(rows) >= CHUNK:
            blocks.append(_block(rows, tuple(at)))
            rows = []
    blocks.append(_block(rows, tuple(at)))
    table = pl.concat(blocks)
    return Table(_plain(table, tuple(at), asked.missing), frozenset(at), broken)


def _block(rows: list[tuple[Any, ...]], roles: Sequence[str]) -> pl.DataFrame:
    schema: Mapping[str, Any] = {"line": pl.Int64, **dict.fromkeys(roles, pl.String)}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _plain(table: pl.DataFrame, roles: Sequence[str], missing: frozenset[str]) -> pl.DataFrame:
    """Without control signs and direction overrides, trimmed; missing words are null."""
    nothing = ["", *missing]
    clean = [
        pl.col(role).str.replace_all(r"[\p{Cc}\p{Cf}&&[^\n\t]]", "").str.strip_chars().alias(role)
        for role in roles
    ]
    table = table.with_columns(clean)
    return table.with_columns(
        pl.when(pl.col(role).is_in(nothing)).then(None).otherwise(pl.col(role)).alias(role)
        for role in roles
    )


def _xlsx(path: Path) -> tuple[list[str], Iterator[list[str]]]:
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheet = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        raise Refused(f"{path.name} 不是读得出的 xlsx：{error}") from error
    if not sheet:
        raise Refused(f"{path.name} 是空的")
    width = len(sheet[0])
    rows = ([_text(cell) for cell in row] + [""] * (width - len(row)) for row in sheet[1:])
    return [_text(cell) for cell in sheet[0]], rows


def _json(path: Path) -> tuple[list[str], Iterator[list[str]]]:
    """A list of objects, or one object a line; a name like location.latitude looks inside."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    try:
        found = json.loads(text)
    except ValueError:
        try:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            raise Refused(f"{path.name} 不是读得出的 JSON：{error}") from error
    if isinstance(found, dict):
        found = found.get("features") or found.get("results") or found.get("data") or []
    flat = [_flat(one) for one in found if isinstance(one, dict)]
    header = list(dict.fromkeys(name for row in flat for name in row))
    if not header:
        raise Refused(f"{path.name} 里没有一条记录")
    return header, ([row.get(name, "") for name in header] for row in flat)


def _flat(record: Mapping[str, Any], before: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{before}{name}.")
        else:
            flat[f"{before}{name}"] = _text(value)
    return flat


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else str(value)

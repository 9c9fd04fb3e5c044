"""Rows of a csv: plain lines at once, odd ones with care, the same result (分隔文本).

A line that is a whole record by strict grammar is read with all others of its kind in one go.
Every other line goes through `csv` from where it begins, as if the file were read row by row.
"""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from shiyu.common.errors import Refused

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
ENCODINGS = ("utf-8", "gb18030")
LAST_RESORT = "cp1252"
UNREADABLE = "这一行有读不出的字节"


@dataclass(slots=True)
class Lines:
    """The lines of a text, without their ends, and which of them hold bytes of no letter."""

    text: pl.Series
    bad: frozenset[int] = frozenset()

    def since(self, at: int) -> Iterator[str]:
        """Line by line from the one at `at`, with their ends."""
        for n in range(at, len(self.text)):
            yield f"{self.text[n]}\n"


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns, what separates them, and on which line the rows begin."""

    names: list[str]
    comma: str
    after: int


@dataclass(slots=True)
class Grid:
    """Rows of a csv: the line each began on, columns by position; and the lines refused."""

    rows: pl.DataFrame
    broken: list[tuple[int, str]] = field(default_factory=list)


def read_lines(path: Path) -> Lines:
    """The lines of a text file in the encoding in which most of them can be read."""
    raw = path.read_bytes()
    for mark, name in MARKS.items():
        if raw.startswith(mark):
            raw = raw[len(mark) :] if name == "utf-8-sig" else _recoded(raw, name)
            break
    if raw.count(b"\r") != raw.count(b"\r\n"):
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        return Lines(pl.read_lines(raw)["line"] if raw else pl.Series("line", [], pl.String))
    except pl.exceptions.ComputeError:
        whole = _all_chinese(raw)
        return Lines(pl.read_lines(whole)["line"]) if whole else _best_reading(raw.split(b"\n"))


def _recoded(raw: bytes, encoding: str) -> bytes:
    return raw.decode(encoding, errors="replace").encode("utf-8", errors="replace")


def _all_chinese(raw: bytes) -> bytes:
    """A text that is GB18030 throughout, as UTF-8; nothing where a single line is not."""
    try:
        return raw.decode("gb18030").encode()
    except UnicodeError:
        return b""


def _best_reading(lines: list[bytes]) -> Lines:
    """Read as UTF-8 or GB18030, whichever leaves fewer lines unread, or as Western text."""
    foreign = [n for n, line in enumerate(lines) if not line.isascii()]
    unread = {name: [n for n in foreign if not _reads(lines[n], name)] for name in ENCODINGS}
    best = min(ENCODINGS, key=lambda name: len(unread[name]))
    bad = frozenset(unread[best])
    if len(bad) * 2 > len(foreign):
        best, bad = LAST_RESORT, frozenset()
    text = [line.decode(best, errors="replace").removesuffix("\r") for line in lines]
    if text and not text[-1]:
        text.pop()
    return Lines(pl.Series("line", text, dtype=pl.String), bad)


def _reads(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def read_header(lines: Lines, first: int = 0) -> Header:
    """The first line that is not empty, from this one on.

    Raises  Refused when there is none.
    """
    for at in range(first, len(lines.text)):
        line = lines.text[at]
        if line.strip():
            comma = max(",;\t|", key=line.count)
            record, _why, used = _record(lines, at, comma, 0)
            if record:
                return Header(record, comma, at + used)
    raise Refused("文件是空的")


def read_rows(
    lines: Lines, header: Header, columns: Sequence[int], *, careful: bool = False
) -> Grid:
    """These columns of all rows; a broken row costs only its own line.

    careful  row by row throughout: slow, and by definition right.
    """
    wanted = sorted(set(columns))
    fits = _fitting(lines, header)
    fits[: header.after] = False
    if careful:
        fits[:] = False
    odd, broken = _odd_rows(lines, fits, header, wanted)
    plain = _plain_rows(lines, fits, header, wanted)
    return Grid(pl.concat([plain, odd]).sort("line") if odd.height else plain, broken)


def _fitting(lines: Lines, header: Header) -> npt.NDArray[np.bool_]:
    """Which lines are a whole record by themselves, whatever stands before them."""
    if len(header.names) < 2:
        return np.zeros(len(lines.text), dtype=bool)
    comma = re.escape(header.comma)
    cell = rf'(?:[^"{comma}\r]*|"(?:[^"\r]|"")*")'
    grammar = f"^{cell}(?:{comma}{cell}){{{len(header.names) - 1}}}$"
    fits: npt.NDArray[np.bool_] = lines.text.str.contains(grammar).to_numpy().copy()
    fits[list(lines.bad)] = False
    return fits


def _odd_rows(
    lines: Lines, fits: npt.NDArray[np.bool_], header: Header, wanted: list[int]
) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """The records that begin on lines that do not fit; lines they take do not count any more."""
    found: list[tuple[int | str, ...]] = []
    broken: list[tuple[int, str]] = []
    after = header.after
    for at in (~fits).nonzero()[0].tolist():
        if at < after:
            continue
        record, why, used = _record(lines, at, header.comma, len(header.names))
        after = at + used
        fits[at:after] = False
        if record is None:
            broken.append((at + 1, why))
        elif record:
            found.append((at + 1, *[record[n] for n in wanted]))
    return pl.DataFrame(found, schema=_schema(wanted), orient="row"), broken


def _record(lines: Lines, at: int, comma: str, width: int) -> tuple[list[str] | None, str, int]:
    """The record that begins at a line, or why there is none; and how many lines it takes.

    A quote that is never closed would swallow the lines after it: then the line is judged alone.
    """
    reader = csv.reader(lines.since(at), delimiter=comma, strict=True)
    try:
        record = next(reader)
        used = reader.line_num
    except (csv.Error, StopIteration) as error:
        record, used, why = _alone(lines.text[at], comma), 1, f"这一行读不出来：{error}"
        return (record, "", 1) if record and len(record) == width else (None, why, 1)
    if lines.bad and not lines.bad.isdisjoint(range(at, at + used)):
        return None, UNREADABLE, used
    if width and record and len(record) != width:
        return None, f"这一行有 {len(record)} 栏，表头有 {width} 栏", 1
    return record, "", used


def _alone(line: str, comma: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=comma), [])
    except csv.Error:
        return []


def _plain_rows(
    lines: Lines, fits: npt.NDArray[np.bool_], header: Header, wanted: list[int]
) -> pl.DataFrame:
    if not fits.any():
        return pl.DataFrame(schema=_schema(wanted))
    text = lines.text.filter(pl.Series(fits)).str.join("\n")[0]
    file = pl.scan_csv(
        text.encode(),
        has_header=False,
        separator=header.comma,
        infer_schema=False,
        empty_string_is_null=False,
        new_columns=[str(n) for n in range(len(header.names))],
    )
    rows = file.select(str(n) for n in wanted).collect()
    return rows.insert_column(0, pl.Series("line", fits.nonzero()[0] + 1, dtype=pl.Int64))


def _schema(wanted: list[int]) -> dict[str, type[pl.DataType]]:
    return {"line": pl.Int64, **{str(n): pl.String for n in wanted}}

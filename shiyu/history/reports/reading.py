"""A file of reports as columns of text, each row with the line it began on (读取导出文件)."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook

from shiyu.common.errors import Refused
from shiyu.history.reports.columns import Layout, match
from shiyu.history.reports.markup import xml_records
from shiyu.history.reports.separated import (
    MARKS,
    Header,
    Lines,
    read_header,
    read_lines,
    read_rows,
)

UNSEEN = r"[\p{Cc}\p{Cf}&&[^\n\t]]"
LIST_NAMES = ("features", "results", "data", "records", "rows")
SHORT_LIST = 3
HEADER_WITHIN = 8
"""A header stands so far down at most: above it a title, a date, whose table it is."""
NO_OBJECT = "这一条不是一个有名有值的记录"


@dataclass(slots=True)
class Table:
    """What was read: one text column for each role there is, and `line`; and what was not."""

    rows: pl.DataFrame
    roles: frozenset[str]
    rejects: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Records:
    """A small table in memory: its header, and each record with the line or place it has."""

    header: list[str]
    rows: list[tuple[int, list[str]]]
    broken: list[tuple[int, str]] = field(default_factory=list)


def read(path: Path, asked: Layout) -> Table:
    """Read csv, xlsx, json or xml, by its content's own kind, into the columns asked for.

    Raises  Refused: not readable as one of these, wrong columns, empty.
    """
    if not path.is_file():
        raise Refused(f"没有文件 {path}")
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK\x03\x04"):
        return _gather(_xlsx(path, asked), asked)
    encoding = next((name for mark, name in MARKS.items() if head.startswith(mark)), "utf-8")
    first = head.decode(encoding, errors="replace").lstrip()[:1]
    if first in ("[", "{"):
        text = path.read_text(encoding=encoding, errors="replace")
        return _gather(_json(text, path.name), asked)
    if first == "<":
        return _gather(_listed(xml_records(path), [], path.name), asked)
    return _csv(path, asked)


def _csv(path: Path, asked: Layout) -> Table:
    lines = read_lines(path)
    header = _header(lines, asked)
    at = _positions(header.names, asked)
    grid = read_rows(lines, header, list(at.values()))
    named = grid.rows.select("line", *(pl.col(str(n)).alias(role) for role, n in at.items()))
    return Table(_plain(named, tuple(at), asked.missing), frozenset(at), grid.broken)


def _header(lines: Lines, asked: Layout) -> Header:
    """The line, or the two lines over each other, that name most of the columns asked for."""
    tops = [read_header(lines)]
    while len(tops) < HEADER_WITHIN and tops[-1].after < len(lines.text):
        try:
            tops.append(read_header(lines, tops[-1].after))
        except Refused:
            break
    at, names = _best_header([top.names for top in tops], asked)
    return Header(names, tops[at].comma, tops[at].after)


def _best_header(rows: Sequence[Sequence[str]], asked: Layout) -> tuple[int, list[str]]:
    """Which of the first rows ends the header, and its names; the first if none names enough.

    A header of two rows has groups above; a name stands below, or above where nothing is below.
    """
    best, found, many = 0, list(rows[0]), _named(rows[0], asked)
    for at, row in enumerate(rows):
        both = list(row)
        if at and len(rows[at - 1]) >= len(row):
            both = [own or above for own, above in zip(row, rows[at - 1], strict=False)]
        for names in (list(row), both):
            if _named(names, asked) > many:
                best, found, many = at, names, _named(names, asked)
    return best, found


def _named(names: Sequence[str], asked: Layout) -> int:
    """How many of the columns asked for these names are; 0 when one that is needed is not."""
    try:
        return len(match(asked, names))
    except Refused:
        return 0


def _positions(header: Sequence[str], asked: Layout) -> dict[str, int]:
    return {role: list(header).index(name) for role, name in match(asked, header).items()}


def _gather(found: Records, asked: Layout) -> Table:
    """The columns asked for, of records that are in memory anyway."""
    at = _positions(found.header, asked)
    places = tuple(at.values())
    rows = [(line, *[record[n] for n in places]) for line, record in found.rows]
    schema = {"line": pl.Int64, **dict.fromkeys(at, pl.String)}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return Table(_plain(table, tuple(at), asked.missing), frozenset(at), found.broken)


def _plain(table: pl.DataFrame, roles: Sequence[str], missing: frozenset[str]) -> pl.DataFrame:
    """Without control signs and direction overrides, trimmed; missing words are null."""
    unseen = table.select(pl.col(role).str.contains(UNSEEN).any() for role in roles)
    plain = {
        role: pl.col(role).str.replace_all(UNSEEN, "") if unseen[role][0] else pl.col(role)
        for role in roles
    }
    stripped = table.with_columns(text.str.strip_chars() for text in plain.values())
    nothing = ["", *missing]
    return stripped.with_columns(
        pl.when(~pl.col(role).is_in(nothing)).then(pl.col(role)).alias(role) for role in roles
    )


def _xlsx(path: Path, asked: Layout) -> Records:
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheet = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        raise Refused(f"{path.name} 不是读得出的 xlsx：{error}") from error
    filled = [(n, row) for n, row in enumerate(sheet, 1) if any(cell != "" for cell in row)]
    if not filled:
        raise Refused(f"{path.name} 是空的")
    tops = [[_text(cell) for cell in row] for _n, row in filled[:HEADER_WITHIN]]
    at, header = _best_header(tops, asked)
    rows = [(n, [_text(cell) for cell in row]) for n, row in filled[at + 1 :]]
    width = len(header)
    return Records(header, [(n, row + [""] * (width - len(row))) for n, row in rows])


def _json(text: str, name: str) -> Records:
    """A list of objects, or one object a line; a name like location.latitude looks inside."""
    broken: list[tuple[int, str]] = []
    try:
        found = list(enumerate(_objects(json.loads(text)), 1))
    except (ValueError, RecursionError) as error:
        found = list(_json_lines(text, broken))
        if not found:
            raise Refused(f"{name} 不是读得出的 JSON：{error}") from error
    return _listed(found, broken, name)


def _listed(found: Iterable[tuple[int, Any]], broken: list[tuple[int, str]], name: str) -> Records:
    """Records that each have their own names, as one table."""
    found = list(found)
    flat = [(n, _flat(one)) for n, one in found if isinstance(one, dict)]
    broken += [(n, NO_OBJECT) for n, one in found if not isinstance(one, dict)]
    header = list(dict.fromkeys(column for _n, row in flat for column in row))
    if not header:
        raise Refused(f"{name} 里没有一条记录")
    rows = [(n, [row.get(column, "") for column in header]) for n, row in flat]
    return Records(header, rows, sorted(broken))


def _objects(found: Any) -> list[Any]:
    """The list itself, or the one that an answer of a data service holds."""
    if isinstance(found, dict):
        inside = [found[name] for name in LIST_NAMES if isinstance(found.get(name), list)]
        return inside[0] if inside else [found]
    return found if isinstance(found, list) else []


def _json_lines(text: str, broken: list[tuple[int, str]]) -> Iterator[tuple[int, Any]]:
    for n, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield n, json.loads(line)
            except (ValueError, RecursionError) as error:
                broken.append((n, f"这一行不是读得出的 JSON：{error}"))


def _flat(record: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """Names that lead inside, with dots; members of a short list by their number."""
    flat: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, list) and len(value) <= SHORT_LIST:
            value = {str(n): member for n, member in enumerate(value)}
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
    text = value if isinstance(value, str) else str(value)
    return text.encode(errors="replace").decode()  # half a character, as JSON may hold, is none

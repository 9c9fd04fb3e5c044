"""Tables that a city already has, as xlsx or csv, read into rows of text (表格读取).

Nothing here knows what a column means; a cell keeps the number of its row in the file, so
that whoever judges it can say where.
"""

import csv
import io
import re
import struct
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, ZipError

from shiyu.common.errors import Refused

LARGEST_FILE_MB = 64
LARGEST_UNPACKED_MB = 512
LONGEST_CELL = 32_767
ENCODINGS = ("utf-8-sig", "gb18030")
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff]")
EXCEL_BLANKS = re.compile(r"_x000[dD]_|\r\n?")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet: its number as the file's reader counts it, and its cells as text.

    carried  columns whose text stands in a merged cell that begins in a row above.
    """

    number: int
    cells: tuple[str, ...]
    carried: frozenset[int] = frozenset()

    def cell(self, column: int | None) -> str:
        """The text of a column; empty where the row is short or there is no such column."""
        return self.cells[column] if column is not None and column < len(self.cells) else ""

    @property
    def is_blank(self) -> bool:
        return not any(self.cells)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook, or the whole of a csv (工作表)."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not taken in, and why (退回行)."""

    row: int
    reason: str
    sheet: str = ""
    text: str = ""

    def __str__(self) -> str:
        where = _("第%(row)d行") % {"row": self.row} if self.row else ""
        return " ".join(part for part in (self.sheet, where, self.reason) if part)


@dataclass(slots=True)
class Outcome:
    """What became of a file's rows (导入结果).

    applied  whether anything was written: no, when a row was rejected and the rest not asked for.
    notes    what was taken in, but a person should look at.
    """

    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    ended: int = 0
    rejected: list[Reject] = field(default_factory=list)
    notes: list[Reject] = field(default_factory=list)
    applied: bool = False

    @property
    def summary(self) -> str:
        """One line for the person who called."""
        line = _(
            "读取 %(read)d 行：新增 %(added)d，变更 %(changed)d，未变 %(unchanged)d，"
            "停用 %(ended)d，退回 %(rejected)d，提示 %(notes)d。"
        ) % {
            "read": self.read,
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "ended": self.ended,
            "rejected": len(self.rejected),
            "notes": len(self.notes),
        }
        return line + (_("已写入。") if self.applied else _("未写入任何内容。"))


def read_sheets(path: Path) -> list[Sheet]:
    """Every sheet of an xlsx, xls or ods workbook, or the one table of a csv.

    Raises  Refused  if the file is missing, too large, locked by a password, or neither.
    """
    try:
        raw = path.read_bytes() if path.stat().st_size <= LARGEST_FILE_MB << 20 else None
    except OSError:
        raise Refused(_("读不到文件 %(path)s") % {"path": path}) from None
    if raw is None:
        raise Refused(_("文件超过 %(size)d MB") % {"size": LARGEST_FILE_MB})
    return sheets_of(raw)


def sheets_of(raw: bytes) -> list[Sheet]:
    """The same of a file's content, e.g. one that was sent through a page."""
    if raw[:4] == b"PK\x03\x04" or raw[:4] == b"\xd0\xcf\x11\xe0":
        return _workbook(raw)
    return [Sheet("", tuple(_csv_rows(decoded(raw))))]


def decoded(raw: bytes) -> str:
    """Text of a csv: UTF-8 with or without BOM, UTF-16 with BOM, else GB18030."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    for encoding in ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused(_("文字编码不是 UTF-8 也不是 GB18030"))


def clean(text: str) -> str:
    """A cell's text without control characters, outer blanks and blank lines."""
    text = CONTROLS.sub("", EXCEL_BLANKS.sub("\n", text)).replace("\u3000", " ")
    return "\n".join(line for part in text.split("\n") if (line := part.strip()))


def _workbook(raw: bytes) -> list[Sheet]:
    _refuse_bombs(raw)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        sheets = [(name, book.get_sheet_by_name(name)) for name in book.sheet_names]
        return [Sheet(name, tuple(_sheet_rows(sheet))) for name, sheet in sheets]
    except (CalamineError, ZipError, zipfile.BadZipFile) as broken:
        raise Refused(_("打不开这个工作簿（%(why)s）") % {"why": broken}) from None


def _refuse_bombs(raw: bytes) -> None:
    """A small file that unpacks into an enormous one is refused before it is unpacked."""
    if not raw.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error):
        raise Refused(_("打不开这个工作簿（文件已损坏）")) from None
    if unpacked > LARGEST_UNPACKED_MB << 20:
        raise Refused(_("工作簿解开后超过 %(size)d MB") % {"size": LARGEST_UNPACKED_MB})


def _sheet_rows(sheet: CalamineSheet) -> Iterable[Row]:
    cells = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    carried: dict[int, set[int]] = {}
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        for row in range(top, min(bottom + 1, len(cells))):
            columns = range(left, min(right + 1, len(cells[row])))
            for column in columns:
                cells[row][column] = cells[top][left]
            if row > top:
                carried.setdefault(row, set()).update(columns)
    return (Row(at + 1, tuple(row), frozenset(carried.get(at, ()))) for at, row in enumerate(cells))


def _text(cell: object) -> str:
    """A cell as a person reads it: codes kept as typed, whole numbers without '.0'."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return clean(str(cell)[:LONGEST_CELL])


def _csv_rows(text: str) -> Iterable[Row]:
    """Rows of a csv, numbered as a spreadsheet shows them: a cell of many lines is one row."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text[:8192]))
    rows: list[Row] = []
    try:
        for number, cells in enumerate(lines, 1):
            rows.append(Row(number, tuple(clean(cell[:LONGEST_CELL]) for cell in cells)))
    except csv.Error as broken:
        where = {"row": len(rows) + 1, "why": broken}
        raise Refused(_("第%(row)d行读不下去（%(why)s）") % where) from None
    return rows


def _separator(sample: str) -> str:
    """The comma, unless the first line has more tabs or semicolons."""
    line = sample.split("\n", 1)[0]
    return max(",;\t", key=line.count)

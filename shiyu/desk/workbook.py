"""A list as an xlsx file: one row at a time, nothing a formula, marked with who and why (导出)."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from shiyu.common.home import home
from shiyu.desk.columns import Column, Told, local

HEADER_MOST = 240
CELL_MOST = 32_000
FIRST_ROW = 2


@dataclass(frozen=True, slots=True)
class Mark:
    """What every copy of the file says of itself (水印)."""

    line: str
    facts: tuple[tuple[str, str], ...]


def folder() -> Path:
    """Where the files lie; only this server's account may read them."""
    path = home() / "exports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def path_of(key: str) -> Path:
    """The file of an export."""
    return folder() / f"{key}.xlsx"


class Draft:
    """A file being written, in a folder of its own; whole at its place, or gone without a trace."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.room = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder()))
        self.file = self.room / "draft.xlsx"

    def write(self, columns: Sequence[Column], rows: Iterable[list[Told]], mark: Mark) -> None:
        """Write all rows, holding no more than one of them in memory."""
        options = {
            "constant_memory": True,
            "tmpdir": str(self.room),
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        book = xlsxwriter.Workbook(str(self.file), options)
        _sheet(book, columns, rows, mark)
        _about(book, mark)
        book.close()
        with open(self.file, "rb") as written:
            os.fsync(written.fileno())

    def sha256(self) -> str:
        with open(self.file, "rb") as written:
            return hashlib.file_digest(written, "sha256").hexdigest()

    def keep(self) -> None:
        """Put the whole file at its place."""
        os.replace(self.file, path_of(self.key))

    def drop(self) -> None:
        """Leave nothing half written behind."""
        shutil.rmtree(self.room, ignore_errors=True)


def remove(key: str) -> None:
    """Take an export's file off the disk."""
    path_of(key).unlink(missing_ok=True)


def _sheet(book: Any, columns: Sequence[Column], rows: Iterable[list[Told]], mark: Mark) -> None:
    sheet = book.add_worksheet(_("案件"))
    text = book.add_format({"quote_prefix": True, "valign": "top"})
    time = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top"})
    head = book.add_format({"bold": True, "bg_color": "#eceff3", "bottom": 1})
    note = book.add_format({"font_color": "#5f6a79", "quote_prefix": True})
    shown = mark.line.replace("&", "&&")[:HEADER_MOST]
    sheet.set_header(f"&L&9{shown}")
    sheet.set_footer(f"&L&9{shown}&R&9&P / &N")
    sheet.freeze_panes(FIRST_ROW, 0)
    sheet.repeat_rows(0, FIRST_ROW - 1)
    sheet.set_landscape()
    sheet.write_string(0, 0, mark.line, note)
    for at, column in enumerate(columns):
        sheet.set_column(at, at, column.width)
        sheet.write_string(1, at, str(column.title), head)
    for row, cells in enumerate(rows, start=FIRST_ROW):
        for at, told in enumerate(cells):
            if isinstance(told, datetime):
                sheet.write_datetime(row, at, local(told), time)
            elif told:
                sheet.write_string(row, at, _plain(told), text)


def _about(book: Any, mark: Mark) -> None:
    sheet = book.add_worksheet(_("导出说明"))
    text = book.add_format({"quote_prefix": True, "text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 80)
    for row, (name, told) in enumerate(mark.facts):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, _plain(told), text)


def _plain(text: str) -> str:
    """Text as a sheet can hold it."""
    return "".join(c for c in text if c in "\n\t" or c.isprintable())[:CELL_MOST]

import io
import zipfile

import pytest
import xlsxwriter

from shiyu.common import sheets
from shiyu.common.errors import Refused
from shiyu.common.sheets import Outcome, Reject, clean, decoded, read_sheets


def test_cells_of_a_csv_keep_their_row_even_when_one_has_many_lines(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes('甲,"乙\r\n丙"\r\n,\r\n丁,'.encode("gb18030"))

    rows = read_sheets(path)[0].rows

    assert [(row.number, row.cells) for row in rows] == [
        (1, ("甲", "乙\n丙")),
        (2, ("", "")),
        (3, ("丁", "")),
    ]


def test_merged_cells_repeat_their_text_and_say_that_it_is_carried(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("甲")
        sheet.merge_range("A1:B2", "合")
        sheet.write("C2", 3.0)
        book.add_worksheet("乙")

    first, second = read_sheets(path)

    assert [(row.cells, row.carried) for row in first.rows] == [
        (("合", "合", ""), frozenset()),
        (("合", "合", "3"), frozenset({0, 1})),
    ]
    assert (second.name, second.rows) == ("乙", ())


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_seen_in_the_first_line(tmp_path, separator):
    path = tmp_path / "a.csv"
    path.write_text(f"甲{separator}乙\n1{separator}2", encoding="utf-8")

    assert read_sheets(path)[0].rows[1].cells == ("1", "2")


def test_text_is_freed_of_controls_and_outer_blanks():
    assert clean(" \u3000a\x00b\u202e\r\n\r\n  c \x1b") == "ab\nc"
    assert decoded("\ufeff街".encode()) == "街"


def test_a_workbook_that_unpacks_into_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "LARGEST_UNPACKED_MB", 1)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b"0" * (2 << 20))
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(packed.getvalue())

    with pytest.raises(Refused, match="解开后超过 1 MB"):
        read_sheets(path)


def test_a_file_that_is_not_there_or_too_large_is_refused(tmp_path, monkeypatch):
    with pytest.raises(Refused, match="读不到文件"):
        read_sheets(tmp_path / "none.csv")
    monkeypatch.setattr(sheets, "LARGEST_FILE_MB", 0)
    (tmp_path / "big.csv").write_text("a")
    with pytest.raises(Refused, match="文件超过 0 MB"):
        read_sheets(tmp_path / "big.csv")


def test_a_reject_says_where_and_why():
    assert str(Reject(7, "没有名称", "部件")) == "部件 第7行 没有名称"
    assert "退回 1" in Outcome(read=2, rejected=[Reject(7, "没有名称")]).summary


def test_a_workbook_of_a_zip_version_nobody_reads_is_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    raw = bytearray(made.getvalue())
    raw[raw.rindex(b"PK\x01\x02") + 6] = 107  # "version needed to extract"

    with pytest.raises(Refused, match="打不开"):
        sheets.sheets_of(bytes(raw))

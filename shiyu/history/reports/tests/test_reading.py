"""Files of every kind become the same columns."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from shiyu.common.errors import Refused
from shiyu.history.reports.columns import Layout, layout
from shiyu.history.reports.reading import NO_OBJECT, Table, read

ASKED = Layout({"id": ("id",), "created": ("at",), "text": ("said",)})


def read_text(folder: Path, content: str | bytes, asked: Layout = ASKED) -> Table:
    path = folder / "export"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read(path, asked)


def test_csv_gives_the_columns_asked_for(tmp_path: Path) -> None:
    table = read_text(tmp_path, "\ufeffat,other,id,said\n2024-01-01,x,7,hello\n")

    assert table.rows.to_dicts() == [
        {"line": 2, "id": "7", "created": "2024-01-01", "text": "hello"}
    ]
    assert table.roles == {"id", "created", "text"}


def test_control_signs_and_direction_overrides_do_not_come_in(tmp_path: Path) -> None:
    table = read_text(tmp_path, 'id,at,said\n\u200e7\x00,2024-01-01,"a\u202eb\x07 \u2066c\n\td "\n')

    assert table.rows.row(0) == (2, "7", "2024-01-01", "ab c\n\td")


def test_words_for_nothing_are_nothing(tmp_path: Path) -> None:
    asked = Layout(ASKED.names, missing=frozenset({"N/A", "-"}))

    table = read_text(tmp_path, "id,at,said\n1, N/A ,-\n2,,  \n3,x,NA\n", asked)

    assert table.rows["created"].to_list() == [None, None, "x"]
    assert table.rows["text"].to_list() == [None, None, "NA"]


def test_one_column_may_have_two_meanings(tmp_path: Path) -> None:
    asked = Layout({**ASKED.names, "kind": ("said",)})

    assert read_text(tmp_path, "id,at,said\n1,x,a\n", asked).rows.row(0) == (2, "1", "x", "a", "a")


RECORDS: list[Any] = [
    {"id": 7, "at": "2024-01-01T10:00:00", "said": "洞"},
    {"id": 8.0, "at": "2024-01-02T10:00:00", "location": {"latitude": "39.3", "point": [1.5, 2]}},
]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(RECORDS),
        json.dumps({"data": RECORDS, "count": 2}),
        "\n".join(json.dumps(one, ensure_ascii=False) for one in RECORDS) + "\n\n",
        "\ufeff" + json.dumps(RECORDS),
        json.dumps(RECORDS, ensure_ascii=False).encode("utf-16"),
    ],
    ids=["list", "answer of a service", "lines", "with a mark", "utf-16"],
)
def test_json_in_its_several_shapes(tmp_path: Path, content: str | bytes) -> None:
    names = {"lat": ("location.latitude",), "lon": ("location.point.0",)}

    table = read_text(tmp_path, content, Layout({**ASKED.names, **names}))

    assert [row[1:] for row in table.rows.rows()] == [
        ("7", "2024-01-01T10:00:00", "洞", None, None),
        ("8", "2024-01-02T10:00:00", None, "39.3", "1.5"),
    ]


def test_a_single_object_is_a_file_of_one_record(tmp_path: Path) -> None:
    assert read_text(tmp_path, json.dumps(RECORDS[0])).rows["id"].to_list() == ["7"]


def test_a_broken_line_of_json_costs_only_itself(tmp_path: Path) -> None:
    good = json.dumps(RECORDS[0])

    table = read_text(tmp_path, f'{good}\n{{"id": 8, "at"\n17\n{good}\n')

    assert table.rows["line"].to_list() == [1, 4]
    assert [line for line, _why in table.rejects] == [2, 3]
    assert table.rejects[1][1] == NO_OBJECT


def test_half_a_character_in_json_is_none(tmp_path: Path) -> None:
    table = read_text(tmp_path, '[{"id": "1", "at": "x", "said": "a\\ud83d"}]')

    assert table.rows["text"].to_list() == ["a?"]


@pytest.mark.parametrize("content", ["[" * 200_000, '{"a": ', "[]", "{}", "[1, 2]"])
def test_what_is_no_json_of_records_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(Refused):
        read_text(tmp_path, content)


def test_xlsx_with_its_own_times_and_numbers(tmp_path: Path) -> None:
    path = tmp_path / "export.xlsx"
    book = Workbook(path)
    sheet = book.add_worksheet()
    sheet.write_row(1, 0, ["id", "at", "said"])
    sheet.write_number(2, 0, 7)
    sheet.write_datetime(
        2,
        1,
        datetime.fromisoformat("2024-01-01T10:30"),
        book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
    )
    sheet.write_string(2, 2, "井盖")
    sheet.write_string(4, 0, "8")
    book.close()

    table = read(path, ASKED)

    assert table.rows.rows() == [(3, "7", "2024-01-01 10:30:00", "井盖"), (5, "8", None, None)]


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="xlsx"):
        read_text(tmp_path, b"PK\x03\x04 nothing else")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="没有文件"):
        read(tmp_path / "nowhere.csv", ASKED)


def test_an_unknown_role_is_refused_with_those_that_exist() -> None:
    with pytest.raises(Refused, match=r"colour=x.*角色有：id, created, closed"):
        layout("", "id=a,colour=x", "", "", "")


def test_an_unknown_preset_is_refused_with_those_that_exist() -> None:
    with pytest.raises(Refused, match=r"没有预设 paris；有：nyc311, baltimore311"):
        layout("paris", "", "", "", "")


def test_an_unknown_column_is_refused_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"没有“when”这一列（created）。有这些列：id, at, said"):
        read_text(tmp_path, "id,at,said\n", layout("", "id=id,created=when", "", "", ""))


def test_id_and_created_are_needed(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="须用 --columns 指明这些列：created"):
        read_text(tmp_path, "id,at\n", layout("", "id=id", "", "", ""))


def test_a_preset_takes_what_the_file_has_and_what_a_person_says_counts_more(
    tmp_path: Path,
) -> None:
    asked = layout("nyc311", "text=said", "UTC", "none", "mine")

    table = read_text(tmp_path, "Unique Key,Created Date,said\n1,2024-01-01,none\n", asked)

    assert (asked.timezone, asked.source) == ("UTC", "mine")
    assert table.rows.row(0) == (2, "1", "2024-01-01", None)


def test_a_comma_in_a_columns_name_is_written_twice() -> None:
    assert layout("", "id=a,,b,created=c", "", "", "").names == {"id": ("a,b",), "created": ("c",)}

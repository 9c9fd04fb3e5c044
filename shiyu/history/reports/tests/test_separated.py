"""A csv read at once holds what it holds read row by row, and a broken row costs only itself."""

import random
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shiyu.common.errors import Refused
from shiyu.history.reports.separated import UNREADABLE, Lines, read_header, read_lines, read_rows

PIECES = st.sampled_from(
    [
        "a",
        "b c",
        ",",
        ",",
        ",",
        '"',
        '"',
        '""',
        "\n",
        "\n",
        "\r\n",
        "\r",
        ";",
        "街",
        "\x00",
        " ",
        "1",
    ]
)


def rows_of(lines: Lines, *, careful: bool = False) -> tuple[list[tuple], list[tuple[int, str]]]:
    header = read_header(lines)
    grid = read_rows(lines, header, range(len(header.names)), careful=careful)
    return grid.rows.rows(), grid.broken


def written(folder: Path, content: str | bytes) -> Lines:
    path = folder / "file.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_lines(path)


@given(st.lists(PIECES, max_size=60).map("".join))
@example('1,"open\n2,"shut",x\n')
@example('1,"two\nlines",x\n')
@example('1,"said ""so""",x\n2,"said "so"",x\n')
@example("\n\n1,2,3\n,,\n")
def test_at_once_and_row_by_row_are_the_same(tmp_path_factory, body: str) -> None:
    lines = written(tmp_path_factory.getbasetemp(), f"a,b,c\n{body}")

    assert rows_of(lines) == rows_of(lines, careful=True)


def test_a_quote_that_is_never_closed_costs_only_its_own_line(tmp_path: Path) -> None:
    lines = written(tmp_path, 'id,said,at\n1,fine,x\n2,"open,x\n3,"shut",x\n4,fine,x\n')

    rows, broken = rows_of(lines)

    assert rows == [(2, "1", "fine", "x"), (4, "3", "shut", "x"), (5, "4", "fine", "x")]
    assert [line for line, _why in broken] == [3]


def test_quotes_within_a_quoted_cell_are_read_as_far_as_they_fit(tmp_path: Path) -> None:
    lines = written(tmp_path, 'id,said,at\n1,"say "hi" now",x\n2,5" pipe,x\n')

    rows, broken = rows_of(lines)

    assert rows == [(2, "1", 'say hi" now"', "x"), (3, "2", '5" pipe', "x")]
    assert broken == []


def test_a_cell_may_go_over_several_lines(tmp_path: Path) -> None:
    lines = written(tmp_path, 'id,said\r\n1,"one\r\ntwo"\r\n2,three\r\n')

    assert rows_of(lines) == ([(2, "1", "one\ntwo"), (4, "2", "three")], [])


def test_ragged_rows_are_refused_with_their_width(tmp_path: Path) -> None:
    rows, broken = rows_of(written(tmp_path, "id,said\n1\n2,b\n3,c,d\n\n"))

    assert rows == [(3, "2", "b")]
    assert broken == [
        (2, "这一行有 1 栏，表头有 2 栏"),
        (4, "这一行有 3 栏，表头有 2 栏"),
    ]


@pytest.mark.parametrize("comma", [",", ";", "\t", "|"])
def test_whatever_separates_the_header_separates_the_rows(tmp_path: Path, comma: str) -> None:
    lines = written(tmp_path, comma.join(("id", "said")) + "\n" + comma.join(("1", "a")) + "\n")

    assert rows_of(lines) == ([(2, "1", "a")], [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "cp1252"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    said = "café" if encoding == "cp1252" else "书店街井盖破损，已三天"
    text = "id,said\n" + "".join(f"{n},{said}\n" for n in range(20))

    rows, broken = rows_of(written(tmp_path, text.encode(encoding)))

    assert (rows, broken) == ([(n + 2, str(n), said) for n in range(20)], [])


def test_lines_may_end_as_they_did_on_old_machines(tmp_path: Path) -> None:
    assert rows_of(written(tmp_path, "id,said\r1,a\r2,b\r")) == (
        [(2, "1", "a"), (3, "2", "b")],
        [],
    )


def test_a_line_with_bytes_of_no_letter_is_refused_and_the_others_are_not(tmp_path: Path) -> None:
    good = [f"{n},书店街".encode() for n in range(50)]
    good[30] = b"30,\xff\xfe\xfa"

    rows, broken = rows_of(written(tmp_path, b"id,said\n" + b"\n".join(good)))

    assert len(rows) == 49
    assert broken == [(32, UNREADABLE)]


def test_one_broken_row_in_a_hundred_thousand_is_the_only_one_refused(tmp_path: Path) -> None:
    chance = random.Random(1)
    lines = [f'{n},"a, b {chance.random()}",x' for n in range(100_000)]
    lines[chance.randrange(len(lines))] = '5,"never closed,x'

    rows, broken = rows_of(written(tmp_path, "id,said,at\n" + "\n".join(lines)))

    assert (len(rows), len(broken)) == (99_999, 1)


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(Refused, match="空的"):
        rows_of(written(tmp_path, content))

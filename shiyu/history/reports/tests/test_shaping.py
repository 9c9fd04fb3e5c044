"""Which rows can be taken in, and why others cannot."""

from datetime import UTC, datetime

import polars as pl
import pytest

from shiyu.history.reports.reading import Table
from shiyu.history.reports.shaping import OTHER_ROW, UNNAMED_KIND, Shaped, shape

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
GOOD = {"id": "1", "created": "2024-05-01 10:00", "closed": None, "due": None}


def shaped(*rows: dict[str, str | None]) -> Shaped:
    columns = sorted({name for row in rows for name in row})
    frame = pl.DataFrame(
        [{"line": n, **row} for n, row in enumerate(rows, 2)],
        schema={"line": pl.Int64, **dict.fromkeys(columns, pl.String)},
    )
    return shape(Table(frame, frozenset(columns)), timezone="UTC", now=NOW)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"id": None}, "没有编号"),
        ({"id": "x" * 81}, "编号超过 80 个字符"),
        ({"created": None}, "没有上报时间"),
        ({"created": "soon"}, "上报时间看不懂"),
        ({"closed": "soon"}, "办结时间看不懂"),
        ({"due": "soon"}, "截止时间看不懂"),
        ({"created": "1900-01-01 00:00"}, "上报时间早于 1970 年"),
        ({"created": "2024-06-01 12:01"}, "上报时间晚于现在"),
        ({"closed": "2024-06-01 12:01"}, "办结时间晚于现在"),
        ({"closed": "2024-05-01 09:59"}, "办结时间早于上报时间"),
        ({"due": "9999-12-31"}, "截止时间不在 1970 年到 2200 年之间：若意思是没有，用 --missing"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_the_reason(
    changed: dict[str, str | None], reason: str
) -> None:
    found = shaped(GOOD | {"id": "2"}, GOOD | changed)

    assert found.rejects == [(3, reason)]
    assert found.rows["id"].to_list() == ["2"]


@pytest.mark.parametrize(
    "changed",
    [
        {"closed": "2024-05-01 10:00"},
        {"due": "2024-04-01 10:00"},
        {"due": "2030-04-01 10:00"},
        {"id": "井" * 80},
    ],
    ids=["closed at once", "due before it was reported", "due in years", "a long id"],
)
def test_what_is_odd_but_can_be_is_taken_in(changed: dict[str, str]) -> None:
    assert (shaped(GOOD | changed).rejects, shaped(GOOD | changed).rows.height) == ([], 1)


def test_a_row_said_twice_counts_once_and_another_of_the_same_id_is_refused() -> None:
    found = shaped(
        GOOD | {"text": None}, GOOD | {"text": None}, GOOD | {"text": "else"}, GOOD | {"id": "2"}
    )

    assert found.rows["id"].to_list() == ["1", "2"]
    assert found.repeats == 1
    assert found.rejects == [(4, OTHER_ROW)]


def test_rows_come_in_the_order_of_their_reports() -> None:
    found = shaped(
        GOOD | {"id": "b", "created": "2024-05-03 10:00"},
        GOOD | {"id": "a", "created": "2024-05-02 10:00"},
    )

    assert found.rows["id"].to_list() == ["a", "b"]


def test_what_a_record_cannot_hold_is_cut_and_said() -> None:
    found = shaped(
        GOOD
        | {"text": "长" * 10_001, "kind": "k" * 200, "address": "a" * 300, "unit": "u" * 99}
        | {"lat": "39.3", "lon": "west"}
    )

    row = found.rows.row(0, named=True)
    assert [len(row[name]) for name in ("text", "kind", "address", "unit")] == [
        10_000,
        120,
        200,
        80,
    ]
    assert (row["lat"], row["lon"], row["pointed"]) == (39.3, None, True)
    assert found.notes == ["超过 10000 字的描述只取前 10000 字"]


def test_columns_that_the_file_lacks_are_empty() -> None:
    row = shaped(GOOD).rows.row(0, named=True)

    assert row["kind"] == UNNAMED_KIND
    assert [row[name] for name in ("unit", "text", "lat", "place")] == [None] * 4
    assert row["pointed"] is False

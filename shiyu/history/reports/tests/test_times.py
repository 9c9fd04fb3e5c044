"""Times as exports write them become moments, or nothing."""

from datetime import UTC, datetime

import polars as pl
import pytest

from shiyu.history.reports.times import by_day, read_times

NEW_YORK = "America/New_York"


def read(*texts: str | None, zone: str = "UTC") -> list[str | None]:
    found = read_times(pl.Series("created", list(texts), dtype=pl.String), zone)
    return [at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if at else None for at in found]


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-05T14:30:00",
        "2024-03-05T14:30:00.000",
        "2024-03-05 14:30:00",
        "2024-03-05T14:30",
        "2024-03-05 14:30",
        "2024/03/05 14:30:00",
        "2024/3/5 14:30",
        "2024年03月05日 14:30:00",
        "2024年3月5日 14:30",
        "03/05/2024 02:30:00 PM",
        "03/05/2024 2:30 PM",
        "3/5/2024 14:30:00",
        "3/5/2024 14:30",
        "05.03.2024 14:30",
        "2024-03-05T14:30:00Z",
        "2024-03-05T14:30:00+00:00",
        "2024-03-05T22:30:00+08:00",
        "2024-03-05 22:30:00+08:00",
        "2024-03-05T22:30+08:00",
        "1709649000",
        "1709649000000",
    ],
)
def test_every_form_is_read(text: str) -> None:
    assert read(text) == ["2024-03-05 14:30:00"]


@pytest.mark.parametrize(
    "text", ["2024-03-05", "2024/03/05", "2024年3月5日", "20240305", "03/05/2024", "05.03.2024"]
)
def test_a_day_alone_is_its_midnight_in_the_city(text: str) -> None:
    assert read(text, zone="Asia/Shanghai") == ["2024-03-04 16:00:00"]


@pytest.mark.parametrize("text", ["", "soon", "2024-02-30 10:00", "25:00", "13/13/2024 10:00", "7"])
def test_what_cannot_be_read_is_nothing(text: str) -> None:
    assert read(text, None) == [None, None]


def test_forms_may_be_mixed_in_one_column() -> None:
    texts = ["2024-03-05T14:30:00"] * 3000 + ["2024/03/05 14:30", "2024-03-05T22:30:00+08:00", "?"]

    assert read(*texts)[-4:] == ["2024-03-05 14:30:00"] * 3 + [None]


def test_a_zone_of_its_own_counts_before_the_zone_of_the_file() -> None:
    assert read("2024-03-05T14:30:00Z", "2024-03-05T14:30:00", zone=NEW_YORK) == [
        "2024-03-05 14:30:00",
        "2024-03-05 19:30:00",
    ]


def test_an_hour_that_came_twice_is_the_first() -> None:
    assert read("2024-11-03 01:30", zone=NEW_YORK) == ["2024-11-03 05:30:00"]


def test_an_hour_that_was_skipped_is_an_hour_later() -> None:
    assert read("2024-03-10 02:30", zone=NEW_YORK) == ["2024-03-10 07:30:00"]


def test_the_month_stands_first_unless_a_day_over_12_does() -> None:
    assert read("03/04/2024 10:00") == ["2024-03-04 10:00:00"]
    assert read("03/04/2024 10:00", "13/04/2024 10:00") == [
        "2024-04-03 10:00:00",
        "2024-04-13 10:00:00",
    ]
    assert read("03/04/2024 10:00", "04/13/2024 10:00") == [
        "2024-03-04 10:00:00",
        "2024-04-13 10:00:00",
    ]


def test_one_column_tells_the_others_which_stands_first() -> None:
    created = pl.Series("created", ["03/04/2024 10:00"])
    closed = pl.Series("closed", ["23/04/2024 10:00"])

    day_first = by_day([created, closed])

    assert read_times(created, "UTC", day_first=day_first).to_list() == [
        datetime(2024, 4, 3, 10, tzinfo=UTC)
    ]

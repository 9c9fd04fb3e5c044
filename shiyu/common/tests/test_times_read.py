"""Times come from the database in UTC, to the microsecond."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, connection

pytestmark = pytest.mark.django_db


def told(words: str | None) -> object:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [words])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("words", "when"),
    [
        ("2026-06-01 12:00:00.000001+08", datetime(2026, 6, 1, 4, 0, 0, 1, UTC)),
        ("2026-06-01 12:00:00.5+00", datetime(2026, 6, 1, 12, 0, 0, 500_000, UTC)),
        ("0001-01-01 00:00:00+00", datetime(1, 1, 1, tzinfo=UTC)),
        (None, None),
    ],
)
def test_a_time_is_read_exactly_and_in_utc(words: str | None, when: datetime | None) -> None:
    found = told(words)

    assert found == when
    assert getattr(found, "tzinfo", UTC) is UTC


@pytest.mark.parametrize("words", ["infinity", "10000-01-01 00:00:00+00"])
def test_a_time_that_python_cannot_hold_is_refused(words: str) -> None:
    with pytest.raises(DataError, match="too large"):
        told(words)

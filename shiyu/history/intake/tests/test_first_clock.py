"""The first clock of whole columns runs out when that of a single live case does."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from shiyu.calendars.rules import read_calendars
from shiyu.cases import timing
from shiyu.cases.bulk.arrived import Arriving, _timed
from shiyu.cases.models import Case
from shiyu.cases.replay import Step
from shiyu.cases.tests.world import World
from shiyu.catalogue.models import Procedure

pytestmark = pytest.mark.django_db
LIMITS = ("15紧急工作时", "4工作时", "1工作日", "3工作日", "2自然日")
START = datetime(2025, 12, 29, 15, 58, 30, 123456, tzinfo=UTC)
STEP = timedelta(hours=7, minutes=23, seconds=17)
GIVEN = timedelta(days=3, microseconds=7)


@pytest.mark.parametrize("workday", ["end_of_day", "eight_hours"])
def test_arrays_give_the_times_that_the_clock_gives(world: World, workday: str) -> None:
    limits = [{"accept": limit} for limit in LIMITS] + [{}]
    procedures = {
        n: Procedure(pk=n, version=n, limits=each, workday=workday)
        for n, each in enumerate(limits, 1)
    }
    rows = [
        (pk, START + STEP * n, START + STEP * n + GIVEN if n % 3 == 0 else None)
        for pk in procedures
        for n in range(120)
    ]
    about = Arriving("s", "hotline", "A", "Asia/Shanghai", procedures)
    kinds = {"procedure_id": pl.Int64} | dict.fromkeys(
        ("reported_at", "fixed_due_at"), pl.Datetime("us", "UTC")
    )
    timed = _timed(pl.DataFrame(rows, schema=kinds, orient="row"), about)

    calendars = read_calendars()
    for (pk, at, fixed), (due, yellow) in zip(
        rows, timed.select("due_at", "yellow_at").iter_rows(), strict=True
    ):
        case = Case(stage="reported", procedure=procedures[pk], reported_at=at, fixed_due_at=fixed)
        timing.refresh(case, [], [Step("report", at, "")], now=at, calendars=calendars)
        assert (case.due_at, case.yellow_at) == (due, yellow), (limits[pk - 1], at)

"""What a scenario of the clock may say, and what is said of one that it may not; no database."""

import re

import pytest

from shiyu.cases.clock.scenario import Scenario
from shiyu.cases.tests.test_clock_exact import on

GIVEN = {
    "id": 1, "timezone": "Asia/Shanghai", "now": on("10:00") + "+08:00", "workday": "eight_hours",
    "calendar": {"hours": [["08:00", "12:00"]], "weekdays": [5]},
    "allowances": {"accept": {"limit": "1工作时"}},
    "lines": [{"at": on("09:30") + "+08:00", "move": "report"}],
}  # fmt: skip


def line(**more: object) -> dict[str, object]:
    return {"lines": [{"at": on("09:30") + "+08:00", "move": "dispatch", "units": ["a"]} | more]}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"calendar": {"hours": 5, "weekdays": [1]}}, "日历的写法看不懂"),
        ({"calendars": {"a": [1]}}, "日历应是一个对象"),
        ({"now": "yesterday"}, "now 的时间“yesterday”看不懂"),
        ({"now": 5}, "缺少 now"),
        ({"now": ""}, "缺少 now"),
        (line(at=5), "第 1 步：at 的时间“5”看不懂"),
        (line(at="noon"), "第 1 步：at 的时间“noon”看不懂"),
        (line(unit=5), "第 1 步：unit 应是文字"),
        (line(units=["a", 5]), "第 1 步：units 应是文字的列表"),
        ({"lines": ["report"]}, "第 1 步：应是一个对象"),
        ({"allowances": {"accept": {"limit": "1工作时", "season": "03-01"}}}, "应为 [首日, 末日]"),
        (
            {"allowances": {"accept": {"limit": "1工作时", "season": ["03-01"]}}},
            "应为 [首日, 末日]",
        ),
        ({"allowances": {"sign": {"fixed": "soon"}}}, "sign 的 fixed 的时间“soon”看不懂"),
        ({"allowances": {"sign": {"fixed": 5}}}, "sign 的时限看不懂"),
        ({"allowances": {"sign": {"limit": 5}}}, "sign 的时限看不懂"),
        ({"allowances": 5}, "缺少 allowances"),
    ],
)
def test_what_is_wrong_with_a_scenario_is_said_in_a_sentence(more, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        Scenario({**GIVEN, **more}).answer()


def test_a_due_time_beyond_all_calendars_is_said_in_a_sentence():
    for amount in ("9" * 7, "9" * 9, "9" * 30):
        with pytest.raises(ValueError, match="算出的时间超出了日历的范围"):
            Scenario({**GIVEN, "allowances": {"accept": f"{amount}自然日"}}).answer()


@pytest.mark.parametrize(
    ("day", "limit"),
    [
        ("9999-12-31", "4工作时"),
        ("9999-12-31", "9自然日"),
        ("9999-12-31", {"limit": "1工作时", "season": ["01-01", "01-31"]}),
        ("0001-01-01", {"limit": "1工作时", "season": ["01-01", "01-31"]}),
    ],
)
def test_at_either_end_of_all_calendars_that_is_said_and_nothing_else(day, limit):
    moves = [{"at": f"{day}T09:30+08:00", "move": "report"}]
    given = {**GIVEN, "now": f"{day}T10:00+08:00", "allowances": {"accept": limit}, "lines": moves}

    with pytest.raises(ValueError, match=r"^算出的时间超出了日历的范围（公元 1 年至 9999 年）$"):
        Scenario(given).answer()


def test_a_calendar_without_enough_time_is_told_as_such():
    idle = {"hours": [["08:00", "12:00"]], "weekdays": []}

    with pytest.raises(ValueError, match="没有足够的工作时间"):
        Scenario({**GIVEN, "calendar": idle}).answer()


def test_a_limit_is_read_with_its_season_or_without_and_one_that_is_null_is_not_kept():
    def due(limit: object) -> object:
        found = Scenario({**GIVEN, "allowances": {"accept": limit}}).answer()["clocks"]
        return found[0]["due"] if found else None

    assert due({"limit": "1工作时"}) == due("1工作时") == on("10:30") + ":00+08:00"
    assert due({"limit": "1工作时", "season": ["11-01", "11-20"]}) == on("10:30") + ":00+08:00"
    assert due({"limit": "1工作时", "season": ["01-01", "01-31"]}) == "2027-01-01T09:00:00+08:00"
    assert due({"fixed": on("11:00") + "+08:00"}) == on("11:00") + ":00+08:00"
    assert due(None) is None
    answer = Scenario(GIVEN).answer()
    assert (answer["id"], answer["clocks"][0]["used"], answer["clocks"][0]["budget"]) == (1, 30, 60)

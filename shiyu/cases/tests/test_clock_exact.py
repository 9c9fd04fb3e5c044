"""What the clock says word for word, and what it was told, near every boundary; no database."""

from datetime import datetime

import pytest

from shiyu.cases.clock import (
    Light,
    Line,
    Off,
    Procedure,
    State,
    Workday,
    clocks,
    explain,
    lines,
    passages,
)
from shiyu.cases.clock.explanation import CLOCK_TITLES, MOVE_TITLES
from shiyu.cases.clock.reckoning import reached
from shiyu.cases.tests.test_clock import CITY, at, run, spans
from shiyu.common.worktime import ELAPSED, Allowance, Fixed, Season, WorkCalendar, zone

FRIDAY = "2026-11-20"
DUE = Fixed(at(f"{FRIDAY}T12:00"))


def on(time: str) -> str:
    return f"{FRIDAY}T{time}"


def told(*moves, now, **more) -> list[str]:
    return explain(run(*moves, now=now, **more)).splitlines()


def report(now: str, *moves, limit: object = "60分钟", begun: str = "08:00") -> list[str]:
    """The words about the first clock of a case reported at eight."""
    return told((on(begun), "report"), *moves, now=on(now), accept=limit)


# ---- words --------------------------------------------------------------------------------------


def test_every_clock_from_report_to_verification_is_told_in_full():
    assert told(
        (on("09:00"), "report"),
        (on("09:00"), "accept"),
        (on("09:59"), "file"),
        (on("10:15"), "dispatch", ["a"]),
        (on("11:45"), "sign", "a"),
        (on("12:30"), "handle", "a"),
        (on("12:45"), "verify"),
        now=on("13:00"),
        accept="15分钟", filing="60分钟", dispatch="15分钟", sign="90分钟", handling="2工作时",
        verify="2紧急工作时",
    ) == [
        "● 受理计时（第 1 轮）：已结束",
        "  时限：15分钟（昼夜连续计算）",
        "  2026-11-20 09:00 开始，同一分钟结束",
        "  已用 0 分钟，共 15 分钟，用去 0%",
        "  截止 2026-11-20 09:15（余 15 分钟），按时结束",
        "● 立案计时（第 1 轮）：已结束",
        "  时限：60分钟（昼夜连续计算）",
        "  2026-11-20 09:00 → 2026-11-20 09:59 计时（受理），历时 59 分钟，计 59 分钟",
        "  已用 59 分钟，共 60 分钟（1 小时），用去 98%",
        "  截止 2026-11-20 10:00（余 1 分钟），按时结束",
        "● 派遣计时（第 1 轮）：已结束，已超时",
        "  时限：15分钟（昼夜连续计算）",
        "  2026-11-20 09:59 → 2026-11-20 10:15 计时（立案），历时 16 分钟，计 16 分钟",
        "  已用 16 分钟，共 15 分钟，用去 106%",
        "  截止 2026-11-20 10:14，此后仍在计时，已超时",
        "● 签收计时 a（第 1 轮）：已结束",
        "  时限：90分钟（昼夜连续计算）",
        "  2026-11-20 10:15 → 2026-11-20 11:45 计时（派遣），"
        "历时 90 分钟（1 小时 30 分），计 90 分钟（1 小时 30 分）",
        "  已用 90 分钟（1 小时 30 分），共 90 分钟（1 小时 30 分），用去 100%",
        "  截止 2026-11-20 11:45",
        "● 处置计时 a（第 1 轮）：已结束",
        "  时限：2工作时（只计办公时间）",
        "  2026-11-20 10:15 → 2026-11-20 12:30 计时（派遣），"
        "历时 135 分钟（2 小时 15 分），计 105 分钟（1 小时 45 分）",
        "      不计 2026-11-20 12:00 至 2026-11-20 12:30 午休",
        "  2026-11-20 12:30 → 2026-11-20 12:45 暂停（处置反馈），历时 15 分钟",
        "  已用 105 分钟（1 小时 45 分），共 120 分钟（2 小时），用去 87%",
        "  截止 2026-11-20 14:15（余 15 分钟），按时结束",
        "● 核查计时（第 1 轮）：已结束",
        "  时限：2紧急工作时（昼夜连续计算）",
        "  2026-11-20 12:30 → 2026-11-20 12:45 计时（处置反馈），历时 15 分钟，计 15 分钟",
        "  已用 15 分钟，共 120 分钟（2 小时），用去 12%",
        "  截止 2026-11-20 14:30（余 105 分钟（1 小时 45 分）），按时结束",
    ]  # fmt: skip


def test_extensions_pauses_and_the_weekend_between_are_told_in_full():
    assert told(
        (on("09:00"), "dispatch", ["a"]),
        (on("09:30"), "extend", "a"),
        (on("10:00"), "extend", "a"),
        (on("11:00"), "suspend"),
        ("2026-11-21T09:00", "resume"),
        ("2026-11-23T09:00", "object", "a"),
        now="2026-11-23T10:00",
        workday=Workday.END_OF_DAY,
        handling="2工作日",
        dispatch="1自然日",
    ) == [
        "● 处置计时 a（第 1 轮）：暂停，灰灯",
        "  时限：2工作日（到开始之日以后第 2 个工作日下班），延期 2 次",
        "  2026-11-20 09:00 → 2026-11-20 11:00 计时（派遣），"
        "历时 120 分钟（2 小时），计 120 分钟（2 小时）",
        "  2026-11-20 11:00 → 2026-11-21 09:00 暂停（挂账），历时 1320 分钟（22 小时）",
        "  2026-11-21 09:00 → 2026-11-23 09:00 计时（恢复），"
        "历时 2880 分钟（48 小时），计 60 分钟（1 小时）",
        "      不计 2026-11-21 09:00 至 2026-11-23 08:00 休息日（11月21日至11月22日）",
        "  2026-11-23 09:00 → 至今 暂停（派单异议），历时 60 分钟（1 小时）",
        "  已用 180 分钟（3 小时），共 3300 分钟（55 小时），用去 5%",
        "  暂停期间没有截止时间：恢复计时后重新推算",
        "● 派遣计时（第 1 轮）：计时中，绿灯",
        "  时限：1自然日（昼夜连续计算）",
        "  2026-11-23 09:00 → 至今 计时（派单异议），历时 60 分钟（1 小时），计 60 分钟（1 小时）",
        "  已用 60 分钟（1 小时），共 1440 分钟（24 小时），用去 4%",
        "  截止 2026-11-24 09:00：从现在起再计 1380 分钟（23 小时）",
    ]


def test_each_light_is_named_and_what_is_left_is_told_to_the_minute():
    def light(*args, **more):
        first, *_, last = report(*args, **more)
        return first.removeprefix("● 受理计时（第 1 轮）："), last.strip()

    assert light("08:44") == ("计时中，绿灯", "截止 2026-11-20 09:00：从现在起再计 16 分钟")
    assert light("08:45") == ("计时中，黄灯", "截止 2026-11-20 09:00：从现在起再计 15 分钟")
    assert light("08:59") == ("计时中，黄灯", "截止 2026-11-20 09:00：从现在起再计 1 分钟")
    assert light("09:00") == ("计时中，黄灯", "截止 2026-11-20 09:00")
    assert light("09:01") == ("计时中，红灯，已超时", "截止 2026-11-20 09:00，此后仍在计时，已超时")
    ended = light("12:00", (on("09:01"), "accept"))
    assert ended == ("已结束，已超时", "截止 2026-11-20 09:00，此后仍在计时，已超时")
    paused = light("12:00", (on("08:10"), "check_open"))
    assert paused == ("暂停，灰灯", "暂停期间没有截止时间：恢复计时后重新推算")


def test_a_given_due_time_is_told_without_any_sum():
    moves = [(on("08:00"), "dispatch", ["a"]), (on("10:00"), "suspend")]

    assert told(moves[0], now=on("11:00"), handling=DUE) == [
        "● 处置计时 a（第 1 轮）：计时中，黄灯",
        "  时限：截止时间由来源给定：2026-11-20 12:00",
        "  2026-11-20 08:00 → 至今 计时（派遣），历时 180 分钟（3 小时）",
        "  截止 2026-11-20 12:00",
    ]
    assert told(*moves, now=on("12:01"), handling=DUE)[2:] == [
        "  2026-11-20 08:00 → 2026-11-20 10:00 计时（派遣），历时 120 分钟（2 小时）",
        "  2026-11-20 10:00 → 至今 暂停（挂账），历时 121 分钟（2 小时 1 分）",
        "  截止 2026-11-20 12:00，此后仍在计时，已超时",
    ]


def test_of_many_gaps_twelve_are_told_and_the_rest_together():
    moves = [("2026-11-02T08:00", "report")]
    twelve = told(*moves, now="2026-11-10T09:00", accept="40工作日")
    thirteen = told(*moves, now="2026-11-10T15:00", accept="40工作日")
    many = told(*moves, now="2026-11-20T11:00", accept="40工作日")

    assert len(twelve) == 3 + 12 + 2
    assert twelve[-3] == "      不计 2026-11-09 18:00 至 2026-11-10 08:00 办公时间外"
    assert len(thirteen) == len(many) == 3 + 13 + 2
    assert thirteen[-3] == "      不计 另有 1 段，至 2026-11-10 14:00，120 分钟（2 小时）"
    assert many[-3] == "      不计 另有 16 段，至 2026-11-20 08:00，10560 分钟（176 小时）"
    assert many[:4] == [
        "● 受理计时（第 1 轮）：计时中，绿灯",
        "  时限：40工作日（只计办公时间，每个工作日按 8 小时）",
        "  2026-11-02 08:00 → 至今 计时（上报），历时 26100 分钟（435 小时），"
        "计 6900 分钟（115 小时）",
        "      不计 2026-11-02 12:00 至 2026-11-02 14:00 午休",
    ]


def test_a_season_is_told_with_its_days_and_what_lies_outside_with_its_own():
    limit = Allowance.parse("2工作时").within(Season.parse("03-01", "11-20"))

    found = told((on("17:00"), "report"), now="2026-11-23T09:00", accept=limit)

    assert found[1] == "  时限：2工作时（只计办公时间，只计每年3月1日至11月20日）"
    assert found[3] == (
        "      不计 2026-11-20 18:00 至 2026-11-23 09:00 季节外（11月21日至11月23日）"
    )
    assert found[-1] == "  截止 2027-03-01 09:00：从现在起再计 60 分钟（1 小时）"


@pytest.mark.parametrize(
    ("holidays", "until", "words"),
    [
        ([], "2026-11-23T08:00", "休息日（11月21日至11月22日）"),
        ([], "2026-11-21T09:00", "休息日（11月21日）"),
        ([], "2026-11-21T00:00", "办公时间外"),
        ([], "2026-11-21T00:01", "休息日（11月21日）"),
        (["2026-11-23"], "2026-11-24T08:00", "节假日（11月21日至11月23日）"),
        (["2026-11-20"], "2026-11-23T08:00", "节假日（11月20日至11月22日）"),
    ],
)
def test_days_off_in_a_row_are_told_from_the_first_to_the_last(holidays, until, words):
    found = _without_time(FRIDAY_EVENING, until, holidays=holidays)

    assert found == f"      不计 2026-11-20 18:00 至 {until.replace('T', ' ')} {words}"


FRIDAY_EVENING = "2026-11-20T18:00+08:00"


def _without_time(begun: str, until: str, *, name: str = "Asia/Shanghai", **rules: object) -> str:
    """The one line about what did not count."""
    hours = rules.pop("hours", [["08:00", "12:00"], ["14:00", "18:00"]])
    calendar = WorkCalendar.of(name, hours=hours, **rules)
    procedure = Procedure(zone(name), calendar, {"accept": Allowance.parse("9工作日")})
    offset = begun[-6:]
    line, now = Line(datetime.fromisoformat(begun), "report"), f"{until}{offset}"
    found = explain(clocks([line], procedure, now=datetime.fromisoformat(now))).splitlines()
    return next(said for said in found if said.startswith("      不计"))


@pytest.mark.parametrize(
    ("begun", "words"),
    [
        ("2026-03-04T03:00-05:00", "3月4日、3月5日、3月6日、3月7日、3月9日、3月10日等"),
        ("2026-03-05T03:00-05:00", "3月5日、3月6日、3月7日、3月9日、3月10日、3月11日等"),
        ("2026-03-06T03:00-05:00", "3月6日、3月7日、3月9日、3月10日、3月11日、3月12日"),
        ("2026-03-07T03:00-05:00", "3月7日、3月9日、3月10日、3月11日、3月12日"),
    ],
)
def test_days_off_around_a_worked_one_without_time_are_told_singly_and_six_at_most(begun, words):
    # Only Sundays from two to three are worked; the clocks jump over that hour on 8 March.
    found = _without_time(
        begun, "2026-03-12T12:00", name="America/New_York", hours=[["02:00", "03:00"]],
        weekdays=[7],
    )  # fmt: skip

    assert found.endswith(f"休息日（{words}）")


def test_a_day_on_which_the_clocks_are_changed_is_measured_as_it_passed():
    procedure = Procedure(
        zone("America/New_York"),
        WorkCalendar.of("America/New_York", hours=[["08:00", "12:00"]]),
        {"accept": Allowance.parse("2自然日")},
    )
    begun = datetime.fromisoformat("2026-03-07T12:00-05:00")
    now = datetime.fromisoformat("2026-03-08T12:00-04:00")

    assert explain(clocks([Line(begun, "report")], procedure, now=now)).splitlines()[2] == (
        "  2026-03-07 12:00 → 至今 计时（上报），历时 1380 分钟（23 小时）"
        "（其间时钟改拨，按实际经过的时间），计 1380 分钟（23 小时）"
    )


def test_rounds_and_every_move_that_turns_a_clock_are_named():
    assert {
        MOVE_TITLES[move]
        for move in (
            "report", "accept", "file", "escalate", "dispatch", "recall", "object", "suspend",
            "resume", "handle", "rework", "reopen", "check_open", "check_done", "hand_over",
        )
    } == {
        "上报", "受理", "立案", "上报上级", "派遣", "撤回", "派单异议", "挂账", "恢复", "处置反馈",
        "返工", "重办", "立案前核查", "立案前核查完毕", "机构变更移交",
    }  # fmt: skip
    assert list(CLOCK_TITLES) == list(lines.CLOCKS)
    again = told((on("08:00"), "report"), (on("08:10"), "escalate"), now=on("08:20"), accept=DUE)
    assert [line for line in again if line.startswith("●")] == [
        "● 受理计时（第 1 轮）：已结束",
        "● 受理计时（第 2 轮）：计时中，绿灯",
    ]
    assert [line.split(maxsplit=4)[-1] for line in again if "历时" in line] == [
        "08:10 计时（上报），历时 10 分钟",
        "计时（上报上级），历时 10 分钟",
    ]


# ---- stretches ----------------------------------------------------------------------------------


def gaps(*moves, now, number: int = 0, **allowances) -> list[tuple[str, str, int, Off, int]]:
    passage = passages(run(*moves, now=now, **allowances)[0])[number]
    return [
        (f"{gap.start:%d %H:%M}", f"{gap.end:%d %H:%M}", gap.minutes, gap.why, len(gap.days))
        for gap in passage.gaps
    ]


def test_lunch_is_between_two_hours_of_one_day_and_night_is_not():
    begun = (on("07:00"), "report")

    assert gaps(begun, now=on("22:00"), accept="9工作时") == [
        ("20 07:00", "20 08:00", 60, Off.NIGHT, 0),
        ("20 12:00", "20 14:00", 120, Off.BREAK, 0),
        ("20 18:00", "20 22:00", 240, Off.NIGHT, 0),
    ]
    assert gaps((on("12:30"), "report"), now=on("13:30"), accept="9工作时") == [
        ("20 12:30", "20 13:30", 60, Off.BREAK, 0)
    ]
    assert gaps((on("12:00"), "report"), now=on("14:00"), accept="9工作时") == [
        ("20 12:00", "20 14:00", 120, Off.BREAK, 0)
    ]
    assert gaps((on("08:00"), "report"), now=on("12:00"), accept="9工作时") == []
    assert gaps((on("08:00"), "report"), now=on("12:01"), accept="9工作时") == [
        ("20 12:00", "20 12:01", 1, Off.BREAK, 0)
    ]


def test_a_night_ends_with_the_day_whose_first_minute_is_off():
    assert gaps((on("18:00"), "report"), now="2026-11-21T00:00", accept="9工作时") == [
        ("20 18:00", "21 00:00", 360, Off.NIGHT, 0)
    ]
    assert gaps((on("18:00"), "report"), now="2026-11-21T00:01", accept="9工作时") == [
        ("20 18:00", "21 00:01", 361, Off.REST, 1)
    ]


def test_out_of_season_comes_before_holidays_and_days_of_rest():
    until_friday = Season.parse("03-01", "11-20")

    for limit in ("9工作时", "9自然日"):
        limit = Allowance.parse(limit).within(until_friday)
        found = gaps((on("17:00"), "report"), now="2026-11-22T12:00", accept=limit)
        assert [(gap[1], *gap[3:]) for gap in found] == [("22 12:00", Off.SEASON, 2)]
    assert found[0][0] == "21 00:00"
    inside = Allowance.parse("9自然日").within(Season.parse("11-01", "11-30"))
    assert gaps((on("17:00"), "report"), now="2026-11-22T12:00", accept=inside) == []


def test_a_stretch_that_was_paused_counts_nothing_and_one_with_a_given_due_time_is_not_counted():
    moves = [(on("08:00"), "dispatch", ["a"]), (on("09:00"), "suspend"), (on("09:30"), "resume")]

    counted = [
        (passage.minutes, passage.counted, f"{passage.until:%H:%M}", passage.span.running)
        for passage in passages(run(*moves, now=on("10:00"), handling="9工作时")[0])
    ]
    given = passages(run(*moves, now=on("10:00"), handling=DUE)[0])

    assert counted == [(60, 60, "09:00", True), (30, 0, "09:30", False), (30, 30, "10:00", True)]
    assert [(passage.counted, passage.gaps) for passage in given] == [
        (None, ()),
        (0, ()),
        (None, ()),
    ]


# ---- sums ---------------------------------------------------------------------------------------


def test_two_rounds_of_one_clock_in_the_same_minute_come_in_the_order_of_their_moves():
    found = run(
        (on("08:00"), "report"), (on("08:00"), "escalate"), (on("08:00"), "escalate"),
        now=on("08:30"), accept="15分钟",
    )  # fmt: skip

    assert [(c.round, c.state, c.ended_m is None) for c in found] == [
        (1, State.ENDED, False), (2, State.ENDED, False), (3, State.RUNNING, True),
    ]  # fmt: skip


def test_a_clock_taken_over_is_the_round_that_its_beginning_makes_it():
    procedure = Procedure(zone("Asia/Shanghai"), CITY, {"handling": Allowance.parse("1工作日")})

    def rounds(*sent: tuple[str, str]) -> list[tuple[str | None, int, State]]:
        moves = [Line(at(on(time)), "dispatch", None, (unit,)) for time, unit in sent]
        moves.append(Line(at(on("08:10")), "object", "c"))
        moves.append(Line(at(on("08:20")), "hand_over", "a", ("c",)))
        found = clocks(moves, procedure, now=at(on("08:30")))
        return [(clock.unit, clock.round, clock.state) for clock in found]

    assert rounds(("08:00", "a"), ("08:00", "b"), ("08:00", "c")) == [
        ("b", 1, State.RUNNING), ("c", 1, State.RUNNING), ("c", 2, State.ENDED),
    ]  # fmt: skip
    assert rounds(("08:00", "c"), ("08:05", "a")) == [
        ("c", 1, State.ENDED), ("c", 2, State.RUNNING),
    ]  # fmt: skip


def test_a_given_due_time_turns_yellow_at_three_quarters_rounded_up_and_red_after_it():
    def turns(begun: str, due: str):
        limit = Fixed(at(on(due)))
        (clock,) = run((on(begun), "dispatch", ["a"]), now=on(begun), handling=limit)
        return tuple(f"{moment:%H:%M}" for moment in clock.thresholds())

    assert turns("08:00", "12:00") == ("11:00", "12:00")
    assert turns("08:00", "08:02") == ("08:02", "08:02")
    assert turns("08:00", "08:05") == ("08:04", "08:05")
    assert turns("08:00", "08:00") == ("08:00", "08:00")
    assert turns("12:00", "08:00") == ("08:00", "08:00")
    (late,) = run(
        (on("12:00"), "dispatch", ["a"]), now=on("12:00"), handling=Fixed(at(on("08:00")))
    )
    assert (late.late, late.light) == (True, Light.RED)


def test_three_quarters_of_a_budget_are_rounded_up_to_the_minute():
    def turns(limit: str):
        (clock,) = run((on("08:00"), "report"), now=on("08:00"), accept=limit)
        return tuple(f"{moment:%H:%M}" for moment in clock.thresholds())

    assert turns("4分钟") == ("08:03", "08:04")
    assert turns("5分钟") == ("08:04", "08:05")
    assert turns("6工作时") == ("14:30", "16:00")


def test_a_clock_that_has_ended_or_is_paused_turns_no_more():
    moves = [(on("08:00"), "report"), (on("08:01"), "check_open")]
    for now, more in (("08:30", []), ("09:30", []), ("08:30", [(on("08:20"), "accept")])):
        for limit in ("60分钟", DUE):
            (clock,) = run(*moves, *more, now=on(now), accept=limit)
            assert clock.thresholds() == (None, None)
    assert (clock.started, clock.ended) == (at(on("08:00")), at(on("08:20")))


def test_reached_is_looked_for_only_where_the_clock_ran():
    ran = [(0, 10, True, ""), (10, 50, False, ""), (50, 60, True, "")]

    assert [reached(ran, ELAPSED, n, 99) for n in (1, 10, 11, 20, 25)] == [1, 10, 51, 60, 65]
    assert reached([(0, None, True, "")], ELAPSED, 5, 3) == 5
    assert reached([], ELAPSED, 5, 3) == 8
    assert reached([(7, 20, False, "")], ELAPSED, 5, 30) == 12


def test_stretches_of_one_state_are_one():
    (clock,) = run(
        (on("08:00"), "dispatch", ["a"]), (on("08:10"), "handle", "a"), (on("08:10"), "rework"),
        (on("08:20"), "suspend"), (on("08:30"), "resume"), (on("08:30"), "suspend"),
        now=on("09:00"), handling="9工作时",
    )  # fmt: skip

    assert spans(clock) == [
        ("20 08:00", "20 08:20", "running", "dispatch"),
        ("20 08:20", None, "paused", "suspend"),
    ]


# ---- what it is told ----------------------------------------------------------------------------


def test_a_unit_without_a_calendar_of_its_own_keeps_the_citys():
    own = WorkCalendar.of("Asia/Shanghai", hours=[["09:00", "10:00"]])
    procedure = Procedure(zone("Asia/Shanghai"), CITY, {}, calendars={"a": own})

    assert procedure.calendar_of("a") is own
    assert procedure.calendar_of("b") is CITY
    assert procedure.calendar_of(None) is CITY


def test_the_moves_and_clocks_that_it_knows_are_those_of_the_procedure():
    assert lines.CLOCKS == ("accept", "filing", "dispatch", "sign", "handling", "verify")
    assert {"sign", "handling"} == lines.OF_UNITS
    assert {"sign", "object", "handle", "extend", "hand_over"} == lines.NEEDS_UNIT
    assert " ".join(sorted(lines.MOVES)) == (
        "accept check_done check_open close correct dismiss dispatch escalate extend file "
        "hand_over handle import_close merge object recall remark reopen report resume rework "
        "settle sign split suspend urge verify void withdraw"
    )


# ---- what starts, pauses and ends which ---------------------------------------------------------

LAST = "withdraw void import_close"
ENDED_BY = {
    "accept": f"accept dismiss merge settle escalate {LAST}",
    "filing": f"file dismiss merge settle escalate {LAST}",
    "dispatch": f"dispatch merge escalate object recall {LAST}",
    "sign": f"sign object merge {LAST}",
    "handling": f"verify merge reopen {LAST}",
    "verify": f"verify rework {LAST}",
}
STARTED = {"report": "accept", "escalate": "accept", "accept": "filing", "file": "dispatch",
           "object": "dispatch", "recall": "dispatch"}  # fmt: skip
BEGUN = {
    "accept": ["report"], "filing": ["accept"], "dispatch": ["file"], "sign": ["dispatch"],
    "handling": ["dispatch"], "verify": ["dispatch", "handle"],
}  # fmt: skip


def lived(*moves: tuple[str, str] | tuple[str, str, str] | tuple[str, str, str, str], now="12:00"):
    """Clocks of moves written as (time, move, unit, units), each with a long limit."""
    procedure = Procedure(
        zone("Asia/Shanghai"), CITY, dict.fromkeys(lines.CLOCKS, Allowance.parse("9自然日"))
    )
    told = [
        Line(at(on(time)), move, (more or [""])[0] or None, tuple("".join(more[1:]).split()))
        for time, move, *more in moves
    ]
    return clocks(told, procedure, now=at(on(now)))


def one(found, name: str, unit: str | None = None, number: int = 1):
    """The one round of this clock, or None."""
    rounds = [c for c in found if (c.name, c.unit, c.round) == (name, unit, number)]
    return rounds[0] if rounds else None


@pytest.mark.parametrize("name", lines.CLOCKS)
def test_each_clock_is_ended_by_its_moves_and_by_no_other(name):
    unit = "a" if name in lines.OF_UNITS else None
    begun = [("08:00", move, "a", "a") for move in BEGUN[name]]

    ended = set()
    for move in lines.MOVES:
        clock = one(lived(*begun, ("09:00", move, "a", "a")), name, unit)
        if clock is not None and clock.ended == at(on("09:00")):
            ended.add(move)
    assert ended == set(ENDED_BY[name].split())


def test_each_move_starts_its_clock_whatever_was_before():
    for move in lines.MOVES:
        found = lived(("09:00", move, "a"))
        assert [c.name for c in found] == (
            [STARTED[move]] if move in STARTED else ["dispatch"] if move == "reopen" else []
        ), move
    reopened = lived(("09:00", "reopen", "", "a b"))
    assert [(c.name, c.unit) for c in reopened] == [("handling", "a"), ("handling", "b")]
    again = lived(("08:00", "report"), ("09:00", "report"))
    assert [(c.started, c.round) for c in again] == [(at(on("08:00")), 1)]
    dispatched = lived(("09:00", "dispatch", "", "a"))
    assert [(c.name, c.unit) for c in dispatched] == [("sign", "a"), ("handling", "a")]


@pytest.mark.parametrize("move", ["verify", "reopen", "escalate", "urge"])
def test_a_recall_reaches_back_to_the_last_verification_reopening_or_escalation(move):
    found = lived(
        ("08:00", "dispatch", "", "a"), ("08:30", move, "", "b"), ("09:00", "recall"), now="10:00"
    )  # fmt: skip

    assert (one(found, "sign", "a") is None) is (move == "urge")


def test_a_recall_takes_back_one_dispatch_after_another_and_then_nothing():
    sent = [("08:00", "dispatch", "", "a"), ("08:10", "dispatch", "", "b")]

    def units(recalls: int) -> list[str | None]:
        found = lived(*sent, *[("09:00", "recall")] * recalls)
        return [c.unit for c in found if c.name == "handling"]

    assert [units(recalls) for recalls in range(4)] == [["a", "b"], ["a"], [], []]


def test_what_is_held_by_a_check_begins_paused_and_goes_on_with_its_answer():
    moves = [("08:00", "report"), ("08:10", "check_open"), ("08:20", "accept"),
             ("08:30", "check_done")]  # fmt: skip
    found = lived(*moves, ("08:40", "file"), now="09:00")

    assert spans(found[0]) == [
        ("20 08:00", "20 08:10", "running", "report"),
        ("20 08:10", "20 08:20", "paused", "check_open"),
    ]
    assert spans(found[1]) == [
        ("20 08:20", "20 08:30", "paused", "accept"),
        ("20 08:30", "20 08:40", "running", "check_done"),
    ]
    assert spans(found[2]) == [("20 08:40", None, "running", "file")]
    later = lived(*moves, ("08:40", "escalate"), now="09:00")
    assert spans(one(later, "accept", None, 2)) == [("20 08:40", None, "running", "escalate")]


def test_what_is_sent_during_a_suspension_waits_for_its_end():
    found = lived(
        ("08:00", "dispatch", "", "a"), ("08:10", "suspend"), ("08:20", "dispatch", "", "b"),
        ("08:30", "resume"), ("08:40", "dispatch", "", "c"), now="09:00",
    )  # fmt: skip

    assert spans(one(found, "handling", "b")) == [
        ("20 08:20", "20 08:30", "paused", "dispatch"), ("20 08:30", None, "running", "resume"),
    ]  # fmt: skip
    assert spans(one(found, "handling", "c")) == [("20 08:40", None, "running", "dispatch")]
    assert spans(one(found, "sign", "b")) == [("20 08:20", None, "running", "dispatch")]


def test_rework_sets_all_that_have_answered_going_or_those_it_names():
    both = [("08:00", "dispatch", "", "a b"), ("08:10", "handle", "a"), ("08:20", "handle", "b")]

    def running(*named: str) -> list[bool]:
        found = lived(*both, ("08:30", "rework", "", *named))
        return [one(found, "handling", unit).state is State.RUNNING for unit in "ab"]

    assert [running(), running("a"), running("b"), running("a b")] == [
        [True, True], [True, False], [False, True], [True, True],
    ]  # fmt: skip
    assert one(lived(*both), "verify").started == at(on("08:20"))
    assert one(lived(*both[:2]), "verify") is None


def handed(*moves, state: str = "", to: str = "b"):
    return lived(*moves, ("09:00", "hand_over", "a", to), now="10:00")


def test_the_clocks_of_a_unit_go_over_to_its_successor_with_all_that_held_them():
    found = handed(("08:00", "dispatch", "", "a"), ("08:10", "extend", "a"), ("08:20", "suspend"))

    (sign, handling) = found
    assert [(c.name, c.unit, c.round, c.ended) for c in found] == [
        ("sign", "b", 1, None), ("handling", "b", 1, None),
    ]  # fmt: skip
    assert (handling.extensions, handling.state, sign.state) == (1, State.PAUSED, State.RUNNING)
    for to in ("", "a"):
        kept = handed(("08:00", "dispatch", "", "a"), to=to)
        assert [(c.unit, c.ended) for c in kept] == [("a", None), ("a", None)]
    nobody = handed(("08:00", "dispatch", "", "b"))
    assert [(c.unit, c.ended) for c in nobody] == [("b", None), ("b", None)]


@pytest.mark.parametrize(
    ("more", "signs"),
    [
        ((), ("09:00", None)),
        ((("08:10", "sign", "a"),), ("08:10", "09:00")),
        ((("08:10", "sign", "b"),), ("09:00", "08:10")),
        ((("08:10", "sign", "a"), ("08:20", "sign", "b")), ("08:10", "08:20")),
    ],
)
def test_of_two_at_work_one_goes_on_and_is_signed_by_the_first_signature(more, signs):
    found = handed(("08:00", "dispatch", "", "a b"), *more)

    ended = [one(found, "sign", unit).ended for unit in "ab"]
    assert ended == [None if time is None else at(on(time)) for time in signs]
    assert one(found, "handling", "a").ended == at(on("09:00"))
    assert one(found, "handling", "b").state is State.RUNNING


@pytest.mark.parametrize(
    ("answered", "running"), [("", True), ("a", True), ("b", True), ("a b", False)]
)
def test_two_at_work_have_answered_only_when_both_had(answered, running):
    handles = [("08:30", "handle", unit) for unit in answered.split()]
    found = handed(("08:00", "dispatch", "", "a b"), *handles)

    assert (one(found, "handling", "b").state is State.RUNNING) is running


@pytest.mark.parametrize("handled", [True, False])
def test_with_the_last_objection_gone_the_desk_owes_nothing_and_all_answered_is_checked(handled):
    moves = [("08:00", "dispatch", "", "a b"), ("08:10", "object", "a")]
    found = handed(*moves, *([("08:20", "handle", "b")] if handled else []))

    assert one(found, "dispatch").ended == at(on("09:00"))
    verify = one(found, "verify")
    assert (verify and verify.started) == (at(on("09:00")) if handled else None)
    assert one(found, "handling", "a").ended == at(on("09:00"))
    assert one(found, "handling", "b").ended is None
    assert one(found, "sign", "b").ended is None
    still = handed(("08:00", "dispatch", "", "a b c"), moves[1], ("08:15", "object", "c"))
    assert one(still, "dispatch", None, 2).ended is None


def test_a_successor_that_had_objected_is_at_work_again():
    found = handed(("08:00", "dispatch", "", "a b"), ("08:10", "object", "b"))

    assert [(c.round, c.state) for c in found if (c.name, c.unit) == ("handling", "b")] == [
        (1, State.RUNNING), (2, State.ENDED),
    ]  # fmt: skip
    assert one(found, "dispatch").ended == at(on("09:00"))
    alone = handed(("08:00", "dispatch", "", "a"), ("08:10", "object", "a"))
    assert one(alone, "dispatch").ended is None
    assert one(alone, "handling", "b").state is State.PAUSED

"""What the clock says word for word, and what it was told, near every boundary; no database."""

from datetime import datetime

import pytest

from shiyu.cases.clock import (
    Line,
    Procedure,
    Workday,
    clocks,
    explain,
    lines,
)
from shiyu.cases.clock.explanation import CLOCK_TITLES, MOVE_TITLES
from shiyu.cases.tests.test_clock import at, run
from shiyu.common.worktime import Allowance, Fixed, Season, WorkCalendar, zone

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

"""What counted and why the rest did not, near every boundary; no database."""

from shiyu.cases.clock import (
    Light,
    Line,
    Off,
    Procedure,
    State,
    clocks,
    lines,
    passages,
)
from shiyu.cases.clock.reckoning import reached
from shiyu.cases.tests.test_clock import CITY, at, run, spans
from shiyu.cases.tests.test_clock_exact import DUE, on
from shiyu.common.worktime import ELAPSED, Allowance, Fixed, Season, WorkCalendar, zone

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

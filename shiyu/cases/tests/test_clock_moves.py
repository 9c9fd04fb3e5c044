"""Which moves start, pause and end which clock, and what a scenario may say; no database."""

import re

import pytest

from shiyu.cases.clock import (
    Line,
    Procedure,
    State,
    clocks,
    lines,
)
from shiyu.cases.clock.scenario import Scenario
from shiyu.cases.tests.test_clock import CITY, at, spans
from shiyu.cases.tests.test_clock_exact import on
from shiyu.common.worktime import Allowance, zone

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


# ---- scenarios ----------------------------------------------------------------------------------

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

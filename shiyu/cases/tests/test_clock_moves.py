"""Which moves start, pause and end which clock; no database."""

import pytest

from shiyu.cases.clock import (
    Line,
    Procedure,
    State,
    clocks,
    lines,
)
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


def test_a_recall_takes_back_what_its_dispatch_resumed_or_ended_and_no_more():
    moves = [
        ("08:00", "dispatch", "", "a b"), ("08:10", "object", "a"), ("08:15", "suspend"),
        ("08:16", "resume"), ("08:20", "dispatch", "", "a"), ("08:30", "recall"),
    ]  # fmt: skip
    again = lived(*moves, now="09:00")
    assert spans(one(again, "handling", "a")) == [
        ("20 08:00", "20 08:10", "running", "dispatch"), ("20 08:10", None, "paused", "object"),
    ]  # fmt: skip
    assert [span[3] for span in spans(one(again, "handling", "b"))] == [
        "dispatch", "suspend", "resume",
    ]  # fmt: skip
    sent = lived(*moves, ("08:40", "dispatch", "", "a"), now="09:00")
    assert spans(one(sent, "handling", "a"))[-1] == ("20 08:40", None, "running", "dispatch")

    left = [*moves[:2], ("08:20", "dispatch", "", "c"), ("08:30", "recall")]
    assert one(lived(*left[:3]), "handling", "a").ended == at(on("08:20"))
    back = lived(*left, ("08:40", "verify"), now="09:00")
    assert one(back, "handling", "c") is None
    assert one(back, "handling", "a").ended == at(on("08:40"))
    twice = lived(*left, ("08:35", "dispatch", "", "c"), now="09:00")
    assert one(twice, "handling", "a").ended == at(on("08:35"))
    assert one(twice, "handling", "c").round == 1


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
    during = lived(*moves[:2], ("08:20", "escalate"), ("08:30", "check_done"), now="09:00")
    assert spans(one(during, "accept", None, 2)) == [
        ("20 08:20", "20 08:30", "paused", "escalate"),
        ("20 08:30", None, "running", "check_done"),
    ]
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
    later = lived(
        ("08:00", "dispatch", "", "a"), ("09:00", "hand_over", "a", "b"), ("09:10", "sign", "b"),
        ("09:20", "handle", "b"), ("09:30", "extend", "b"),
    )  # fmt: skip
    assert one(later, "sign", "b").ended == at(on("09:10"))
    assert one(later, "handling", "b").extensions == 1
    assert one(later, "verify").started == at(on("09:20"))
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

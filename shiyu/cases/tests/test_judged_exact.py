"""By which clocks each step of a case is judged; clocks made by hand, no database."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from shiyu.cases.clock import Clock
from shiyu.cases.judged import ENDINGS, ENDS, Took, took
from shiyu.cases.models import Case
from shiyu.cases.replay import Step
from shiyu.cases.tests.test_replay_exact import NEW, OLD, THIRD, at, step
from shiyu.common.worktime import minute_of


def clock(name: str, ended: int | None, unit: int | None = None, **more: Any) -> Clock:
    """A clock that began with the case, all else as given; minutes since then."""
    ended_m = None if ended is None else minute_of(at(ended))
    told = {"used": 5, "late": False, "started_m": minute_of(at(0)), "round": 1} | more
    whose = None if unit is None else str(unit)
    return cast("Clock", SimpleNamespace(name=name, unit=whose, ended_m=ended_m, **told))


def judged(*steps: Step, clocks: list[Clock], **more: Any) -> list[list[Took]]:
    case = SimpleNamespace(**{"reported_at": at(0), "fixed_due_at": None} | more)
    return took(cast("Case", case), steps, clocks)


def test_each_verb_fulfils_its_own_clocks_and_no_others():
    assert ENDS == {
        "accept": ("accept",), "file": ("filing",), "dispatch": ("dispatch",), "sign": ("sign",),
        "verify": ("handling", "verify"), "rework": ("verify",),
    }  # fmt: skip
    assert {"close", "settle", "import_close"} == ENDINGS
    every = ("accept", "filing", "dispatch", "sign", "handling", "verify")
    for verb, names in ENDS.items():
        clocks = [clock(name, 60, OLD if name in {"sign", "handling"} else None) for name in every]
        (found,) = judged(step(verb, OLD), clocks=clocks)
        assert [one.clock for one in found] == list(names), verb
    assert judged(step("withdraw"), clocks=[clock("accept", 60)]) == [[]]


def test_only_clocks_that_ended_in_its_minute_are_a_steps_own():
    clocks = [clock("accept", 59), clock("accept", 61), clock("accept", None)]

    assert judged(step("accept"), clocks=clocks) == [[]]
    late = clock("accept", 60, used=70, late=True)
    assert judged(step("accept"), clocks=[*clocks, late]) == [[Took("accept", None, 70, True)]]


def test_a_signature_fulfils_the_clock_of_its_own_unit_and_a_check_those_of_all():
    clocks = [clock("sign", 60, OLD), clock("sign", 60, NEW, used=8)]
    assert judged(step("sign", NEW), clocks=clocks) == [[Took("sign", NEW, 8, False)]]
    both = judged(step("sign", NEW), step("sign", OLD), clocks=clocks)
    assert [[one.unit for one in own] for own in both] == [[NEW], [OLD]]
    handling = [clock("handling", 60, unit) for unit in (OLD, NEW, THIRD)]
    (found,) = judged(step("verify"), clocks=handling)
    assert [one.unit for one in found] == [OLD, NEW, THIRD]


def test_steps_of_one_minute_share_out_their_rounds_the_earliest_first():
    rounds = [clock("dispatch", 60, used=number) for number in (1, 2, 3)]

    found = judged(*[step("dispatch")] * 4, clocks=rounds)

    assert [[one.minutes for one in own] for own in found] == [[1], [2], [3], []]
    mixed = [clock("accept", 60), clock("filing", 60), clock("accept", 60, used=9)]
    found = judged(step("accept"), step("file"), step("accept"), clocks=mixed)
    assert [[(one.clock, one.minutes) for one in own] for own in found] == [
        [("accept", 5)], [("filing", 5)], [("accept", 9)],
    ]  # fmt: skip


def test_a_given_due_time_is_judged_by_the_real_minutes_since_the_clock_began():
    given = clock("accept", 60, used=None, late=True, started_m=minute_of(at(10)))

    assert judged(step("accept"), clocks=[given]) == [[Took("accept", None, 50, True)]]
    none = clock("accept", 60, used=0, late=None)
    assert judged(step("accept"), clocks=[none]) == [[Took("accept", None, 0, None)]]


def test_the_whole_case_is_late_when_the_handling_of_its_last_round_was():
    def ended(*late: bool, verbs: tuple[str, ...] = ("verify", "close"), **more: Any) -> Took:
        handling = [clock("handling", 60, n, late=one) for n, one in enumerate(late, 1)]
        others = [clock("verify", 60, late=True), clock("accept", 60, late=True)]
        steps = [step("accept"), *map(step, verbs)]
        return judged(*steps, clocks=[*others, *handling], **more)[-1][-1]

    assert ended(False, True) == Took("case", None, 60, True)
    assert ended(False) == Took("case", None, 60, False)
    assert ended() == Took("case", None, 60, None)
    assert ended(True, verbs=("verify", "reopen", "close")).late is None
    assert ended(True, verbs=("verify", "settle")) == Took("case", None, 60, True)
    assert ended(True, verbs=("verify", "withdraw", "import_close")).late is True
    assert ended(False, reported_at=at(-30)).minutes == 90


@pytest.mark.parametrize(("due", "late"), [(59, True), (60, False), (61, False)])
def test_an_imported_case_is_late_after_the_due_time_it_came_with(due, late):
    handling = [clock("handling", 60, OLD, late=not late)]

    found = judged(step("verify"), step("import_close"), clocks=handling, fixed_due_at=at(due))
    assert found[-1] == [Took("case", None, 60, late)]
    closed = judged(step("verify"), step("close"), clocks=handling, fixed_due_at=at(due))
    assert closed[-1] == [Took("case", None, 60, not late)]

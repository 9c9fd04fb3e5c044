"""Lives of cases, by many people in any order, through the real actions and the real database.

Held against two things that share nothing with the program: the procedure with a pencil
(`shiyu/cases/tests/lifecycle_model.py`) and the policy in words (`tests/every_page/people.py`).
"""

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from itertools import pairwise
from typing import Any

import hypothesis.strategies as st
import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from shiyu.cases import actions as do
from shiyu.cases.audit import Audited, broken_invariants, replay_all
from shiyu.cases.models import Assignment, Case
from shiyu.cases.story import STEPS, steps_of
from shiyu.cases.tests import clock_model
from shiyu.cases.tests.lifecycle_model import OPEN, Model, No
from shiyu.cases.tests.world import KINDS, LIMITS, PEOPLE, World, build
from shiyu.cases.timing import clocks_of
from shiyu.common.errors import Refused
from shiyu.journal.models import Line
from shiyu.people.actors import Actor
from tests.bad_input.machine import Passing
from tests.every_page.people import WORK_OF

pytestmark = pytest.mark.django_db

DUTIES = ("intake", "dispatch", "command", "handle", "verify", "patrol")
HERE = frozenset({"city", "gulou", "shudian", "community", "cell_a"})
"""The places that hold the case; whoever has a duty over one of them has it here."""
CENTRE_DUTIES = frozenset({"intake", "dispatch", "command"})
REPORTER = "the reporter"
REPORTER_MAY = frozenset({"withdraw", "reopen", "remark"})
UNITS = ("roads", "waste", "lamps")
OF_A_UNIT = frozenset(
    {"sign", "object", "ask_extension", "ask_suspension", "handle", "extend", "refuse_extension"}
)
WHO = (
    *("intake", "dispatcher", "commander", "commander_two", "clerk", "handler", "handler_waste"),
    *("handler_lamps", "verifier", "patrol", "patrol_xisi", "intake_longting", "intake_city"),
    *("dispatcher_city", "commander_city", "nobody", REPORTER),
)
OTHER_GROUNDS = frozenset({"recall", "reopen", "escalate", "appeal", "exempt", "refuse_appeal"})
"""Refused for more reasons than stage and policy: minutes, days, a centre above, being late."""

PROGRAM = {"hand_over": "units merged", "import_close": "records of the past"}
"""Moves that only the program makes: where they are walked."""
MAY_BE_LATE = frozenset({"ask_extension", "ask_suspension"})
"""Refused, too, when the unit's time is over."""
OFFICE = {
    "hours": [["08:00", "12:00"], ["14:00", "18:00"]],
    "weekdays": [1, 2, 3, 4, 5],
    "holidays": [],
    "workdays": [],
}
"""The made city's calendar, by hand."""
ZONE = "Asia/Shanghai"


def under(unit: Any) -> str:
    """Under which standard a case is filed when this unit is spoken of: minutes, hours or days."""
    return {"D1": "manhole", "D3": "lamp"}.get(unit.code, "manhole")


Act = Callable[[World, Case, Actor, list[Any]], object]
WHY = "写明原因"
ACTS: dict[str, Act] = {
    "accept": lambda w, c, a, u: do.accept(c, actor=a),
    "dismiss": lambda w, c, a, u: do.dismiss(c, reason=WHY, actor=a),
    "file": lambda w, c, a, u: do.file(c, standard=w.standards[under(u[0])], actor=a),
    "escalate": lambda w, c, a, u: do.escalate(c, reason=WHY, actor=a),
    "dispatch": lambda w, c, a, u: do.dispatch(c, lead=u[0], co=u[1:], reason=WHY, actor=a),
    "recall": lambda w, c, a, u: do.recall(c, actor=a),
    "object": lambda w, c, a, u: do.object_(c, unit=u[0], reason=WHY, actor=a),
    "sign": lambda w, c, a, u: do.sign(c, unit=u[0], actor=a),
    "ask_extension": lambda w, c, a, u: do.ask_extension(c, unit=u[0], reason=WHY, actor=a),
    "extend": lambda w, c, a, u: do.extend(c, unit=u[0], actor=a),
    "refuse_extension": lambda w, c, a, u: do.refuse_extension(c, unit=u[0], reason=WHY, actor=a),
    "ask_suspension": lambda w, c, a, u: do.ask_suspension(c, unit=u[0], reason=WHY, actor=a),
    "endorse_suspension": lambda w, c, a, u: do.endorse_suspension(c, actor=a),
    "suspend": lambda w, c, a, u: do.suspend(
        c, until=timezone.localdate() + timedelta(days=7), actor=a
    ),
    "refuse_suspension": lambda w, c, a, u: do.refuse_suspension(c, reason=WHY, actor=a),
    "resume": lambda w, c, a, u: do.resume(c, actor=a),
    "handle": lambda w, c, a, u: do.handle(c, unit=u[0], reason=WHY, actor=a),
    "rework": lambda w, c, a, u: do.rework(c, reason=WHY, actor=a),
    "verify": lambda w, c, a, u: do.verify(c, reason=WHY, actor=a),
    "close": lambda w, c, a, u: do.close(c, outcome="fixed", actor=a),
    "reopen": lambda w, c, a, u: do.reopen(c, reason=WHY, actor=a),
    "withdraw": lambda w, c, a, u: do.withdraw(c, reason=WHY, actor=a),
    "ask_void": lambda w, c, a, u: do.ask_void(c, reason=WHY, actor=a),
    "void": lambda w, c, a, u: do.void(c, actor=a),
    "remark": lambda w, c, a, u: do.remark(c, reason=WHY, actor=a),
    "urge": lambda w, c, a, u: do.urge(c, actor=a),
    "check_open": lambda w, c, a, u: do.check_open(c, actor=a),
    "check_done": lambda w, c, a, u: do.check_done(c, found=True, reason=WHY, actor=a),
    "appeal": lambda w, c, a, u: do.appeal(c, unit=u[0], reason=WHY, actor=a),
    "exempt": lambda w, c, a, u: do.exempt(c, unit=u[0], actor=a),
    "refuse_appeal": lambda w, c, a, u: do.refuse_appeal(c, unit=u[0], reason=WHY, actor=a),
}
ELSEWHERE = {"merge": "two cases at once", "settle": "photos", "split": "orders", "correct": "form"}
"""Moves with a form that this walk does not make, and why: they have tests of their own."""
STAYS = frozenset({"remark", "urge", "appeal", "exempt", "refuse_appeal"})
"""Moves that the pencil does not write down: the stage is not to change."""


class CaseLife(RuleBasedStateMachine):
    """One case, anybody, any move, any unit; asked again after each step what must hold."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.passing = Passing()
        report = self.world.report()[0]
        self.case, self.reporter = report.case, Actor.receipt(report.pk)
        self.model, self.centre, self.ever = Model(), "gulou", set()
        self.lines, self.filed = 1, ""
        self.told: list[dict[str, Any]] = []
        self.note("report", [])

    def teardown(self) -> None:
        try:
            found = [fault for fault in replay_all(Audited()) if fault is not None]
            assert [*found, *broken_invariants()] == []
            self._spans_are_whole()
            self._clocks_are_as_counted()
        finally:
            self.passing.end()
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    @rule(
        move=st.sampled_from(sorted(ACTS)),
        who=st.sampled_from(WHO),
        units=st.lists(st.sampled_from(UNITS), min_size=1, max_size=2, unique=True),
    )
    def anybody(self, move: str, who: str, units: list[str]) -> None:
        self.tried(move, who, units)

    @rule(pick=st.integers(0, 10_000), units=st.sampled_from([["roads"], ["roads", "waste"]]))
    @precondition(lambda self: self.likely())
    def somebody_whose_work_it_is(self, pick: int, units: list[str]) -> None:
        likely = self.likely()
        move, who, unit = likely[pick % len(likely)]
        self.tried(move, who, [unit] if unit else units)

    @rule(minutes=st.sampled_from([1, 9, 11, 16, 45, 130, 300, 700, 1500, 4400, 30_000]))
    def time_passes(self, minutes: int) -> None:
        """Nothing happens; what is due or late by now is what the walk through the minutes says."""
        self.passing.pass_(minutes * 60)
        self._clocks_are_as_counted()

    def likely(self) -> list[tuple[str, str, str]]:
        """Moves that the pencil and the policy let through: else no case would come far."""
        found = []
        for move in ACTS:
            for unit in sorted(self.ever) if move in OF_A_UNIT else [""]:
                who = next((w for w in WHO if self.may(w, move, [unit or "roads"])), None)
                if who and move not in STAYS and self.twin(move, who, [unit or "roads"]):
                    found.append((move, who, unit))
        return found

    def tried(self, move: str, who: str, units: list[str]) -> None:
        before, version = self.case.stage, self.case.version
        allowed = self.may(who, move, units)
        after = self.twin(move, who, units)
        actor = self.reporter if who == REPORTER else self.world.actor(who)
        try:
            ACTS[move](self.world, self.case, actor, [self.world.units[u] for u in units])
        except Refused as refused:
            refusal: Refused | None = refused
        else:
            refusal = None
        self.case.refresh_from_db()
        if refusal is not None:
            assert (self.case.stage, self.case.version) == (before, version)
            assert self.count() == self.lines, "a refusal leaves no line"
            late = move in MAY_BE_LATE and units[0] in self.late()
            expected = not allowed or after is None or late or move in OTHER_GROUNDS | STAYS
            assert expected, f"{who} should be let {move} at {before}: {refusal}"
            return
        assert allowed, f"{who} was let {move} at {before}"
        assert after is not None, f"{move} passed at {before}, the pencil refuses"
        self.model = after
        if move == "dispatch":
            self.ever |= set(units)
        if move == "escalate":
            self.centre = "city"
        if move == "file":
            self.filed = under(self.world.units[units[0]])
        self.note(move, units)
        self.holds(move)

    def note(self, move: str, units: list[str]) -> None:
        """One line of the story that the slow clock is told: when, what, whose."""
        at = Line.objects.filter(subject=self.case.subject).latest("id").occurred_at
        line: dict[str, Any] = {"at": at.isoformat(), "move": move}
        if move in OF_A_UNIT:
            line["unit"] = units[0]
        if move == "dispatch":
            line["units"] = units
        if move == "reopen":
            active = {self.world.units[u].pk: u for u in UNITS}
            line["units"] = [active[pk] for pk in sorted(self.model.working)]
        self.told.append(line)

    def counted(self) -> list[dict[str, Any]]:
        """Every clock of this case by a walk through the minutes that shares no code with ours."""
        limits: dict[str, Any] = dict(LIMITS)
        if self.filed:
            limits["handling"] = KINDS[self.filed][7]
        scenario = {
            "id": "walk",
            "timezone": ZONE,
            "now": timezone.now().isoformat(),
            "calendar": OFFICE,
            "calendars": {},
            "workday": "end_of_day",
            "allowances": limits,
            "lines": self.told,
        }
        found: list[dict[str, Any]] = clock_model.answer(scenario)["clocks"]
        return found

    def late(self) -> set[str]:
        """The units whose time for handling is over."""
        return {
            one["unit"]
            for one in self.counted()
            if one["clock"] == "handling" and one["late"] and one["state"] != "ended"
        }

    def _clocks_are_as_counted(self) -> None:
        """What ran, what is left, due and late: minute by minute the same."""
        self.case.refresh_from_db()
        steps, now = steps_of(self.case), timezone.now()
        known = {str(self.world.units[u].pk): u for u in UNITS}
        told = [
            (c.name, known.get(c.unit or ""), c.state.value, c.used, c.budget, c.late,
             c.due.isoformat() if c.due else None)
            for c in clocks_of(self.case, steps, now=now)
        ]  # fmt: skip
        slow = [
            (c["clock"], c["unit"], c["state"], c["used"], c["budget"], c["late"], c["due"])
            for c in self.counted()
        ]
        assert sorted(told, key=str) == sorted(slow, key=str)

    def holds(self, move: str) -> None:
        """No step skipped, none lost, none unwritten, one at the head."""
        steps = [v for v in self.verbs() if v in STEPS]
        assert self.case.stage == self.model.stage
        assert (steps[-1], self.count()) == (move, self.lines + 1)
        self.lines += 1
        assert Case.objects.open().filter(pk=self.case.pk).exists() == (self.model.stage in OPEN)
        leads = Assignment.objects.filter(case=self.case, lead=True).exclude(
            state__in=["objected", "recalled", "ended"]
        )
        assert leads.count() <= 1
        seen = Case.objects.filter(pk=self.case.pk).values_list("round", flat=True)
        assert list(seen) == [self.model.round]

    def twin(self, move: str, who: str, units: list[str]) -> Model | None:
        tried = deepcopy(self.model)
        if move in STAYS:
            return tried if move not in {"urge"} or tried.stage in OPEN else None
        named = tuple(self.world.units[u].pk for u in units)
        head = named[0] if move == "dispatch" else None
        if move == "reopen":
            named = tuple(tried.active())
        who = self.reporter.ref if who == REPORTER else f"person:{self.world.people[who].pk}"
        try:
            tried.move(move, who, named[0] if named else None, () if move == "rework" else named,
                       head, True)  # fmt: skip
        except No:
            return None
        return tried

    def may(self, who: str, move: str, units: list[str]) -> bool:
        """The policy in words, over the people's table."""
        if who == REPORTER:
            return move in REPORTER_MAY
        unit, held = PEOPLE[who][1], PEOPLE[who][2]
        for duty, over in held:
            if DUTIES.index(duty) not in WORK_OF[move]:
                continue
            if duty == "handle":
                mine = over in self.ever
                if mine and (move not in OF_A_UNIT | {"appeal"} or over == units[0]):
                    return True
            elif over in HERE and (duty not in CENTRE_DUTIES or unit == self.centre):
                return True
        return False

    def verbs(self) -> list[str]:
        lines = Line.objects.filter(subject=self.case.subject).order_by("id")
        return list(lines.values_list("verb", flat=True))

    def count(self) -> int:
        return Line.objects.filter(subject=self.case.subject).count()

    def _spans_are_whole(self) -> None:
        """Every clock's stretches touch one another: run and pause together are its wall time."""
        self.case.refresh_from_db()
        now = timezone.now() + timedelta(days=3)
        for clock in clocks_of(self.case, steps_of(self.case), now=now):
            if not (spans := clock.spans):
                assert clock.ended == clock.started  # begun and ended within one minute
                continue
            assert all(a.end == b.start for a, b in pairwise(spans)), clock.name
            ends = spans[-1].end or now
            whole = (clock.ended or now) - clock.started
            summed = sum(((s.end or ends) - s.start for s in spans), timedelta())
            assert abs(summed - whole) < timedelta(minutes=1), (clock.name, summed, whole)


def live(examples: int, steps: int, *, at_random: bool) -> None:
    CaseLife.world = build()
    run_state_machine_as_test(
        CaseLife,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=not at_random,
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink] if at_random else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_every_move_with_a_form_is_walked_or_says_where() -> None:
    assert set(ACTS) | set(ELSEWHERE) == set(WORK_OF)


def test_cases_live_as_the_pencil_says_whoever_moves_them(clock_ahead: None) -> None:
    live(14, 25, at_random=False)


@pytest.mark.long
@pytest.mark.parametrize("part", range(10))
def test_ten_thousand_lives_of_fifty_steps(part: int, clock_ahead: None) -> None:
    live(1000, 50, at_random=True)

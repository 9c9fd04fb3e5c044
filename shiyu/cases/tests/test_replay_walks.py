"""Thousands of steps of made-up cases against the pencil: parts, times, asks, offers and all.

Beside `test_replay.py`, which takes lives at random: here every second step is one that the
pencil lets through, so that walks come to where few random ones do.
"""

import random
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest

from shiyu.cases.lifecycle import MOVES
from shiyu.cases.replay import Standing, Step, apply
from shiyu.cases.replay.offers import OFFERS, offered
from shiyu.cases.tests.lifecycle_model import Model, No
from shiyu.common.errors import Refused

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
UNITS, PEOPLE = (1, 2, 3), ("person:1", "person:2", "person:3")
VERBS = (
    *("accept", "file", "dispatch", "dispatch", "sign", "sign", "handle", "handle", "verify"),
    *("close", "object", "rework", "reopen", "recall", "escalate", "ask_extension", "extend"),
    *("refuse_extension", "ask_suspension", "endorse_suspension", "suspend", "resume"),
    *("refuse_suspension", "check_open", "check_done", "ask_void", "hand_over"),
)
RARE = ("dismiss", "settle", "merge", "withdraw", "void", "import_close")
ANY_UNIT = frozenset({"extend", "refuse_extension", "exempt", "refuse_appeal"})
"""Offered where any unit's is open; whose it is, is chosen afterwards."""
STATE_OF = {"sent": "waiting", "signed": "working", "handled": "done", "objected": "refusing"}


class Walk:
    """One case twice: in the program's replay and with the pencil."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.standing, self.model, self.at = Standing(), Model(), START
        self.appeals: dict[int, str] = {}
        self.steps = 0

    def step(self) -> None:
        self.at += timedelta(minutes=7)
        for _ in range(12 if self.chance.random() < 0.7 else 1):
            given = self.drawn()
            if self.twin(given) is not None:
                break
        self.tried(given)

    def drawn(self) -> Step:
        verb = self.chance.choice(RARE if self.chance.random() < 0.003 else VERBS)
        units = tuple(self.chance.sample(UNITS, self.chance.randint(0, 2)))
        if verb == "reopen":  # the action names units that had a part to the end
            units = tuple(unit for unit in units if unit in self.model.active())
        lead = self.chance.choice(units) if verb == "dispatch" and units else None
        outcome = self.chance.choice(("fixed", "partly")) if verb == "close" else ""
        unit, answered = self.chance.choice(UNITS), self.chance.random() < 0.6
        who = self.chance.choice(PEOPLE)
        return Step(verb, self.at, who, unit, units, lead, outcome, answered)

    def twin(self, step: Step) -> Model | None:
        tried = deepcopy(self.model)
        try:
            tried.move(step.verb, step.actor, step.unit, step.units, step.lead, step.answered)
        except No:
            return None
        return tried

    def tried(self, step: Step) -> None:
        after, tried = self.twin(step), deepcopy(self.standing)
        refusal = None
        try:
            apply(tried, step, extensions_most=2)
        except Refused as said:
            refusal = said
        if refusal is not None:
            assert after is None, f"{step.verb} at {self.standing.stage}: {refusal}"
            return
        assert after is not None, f"{step.verb} passed at {self.standing.stage}"
        was, self.standing, self.model = self.standing, tried, after
        self.steps += 1
        self.same(step)
        self.timed(step, was)

    def same(self, step: Step) -> None:
        s, m = self.standing, self.model
        assert (s.stage, s.round, s.last_at) == (m.stage, m.round, step.at)
        parts = {name: set[int]() for name in STATE_OF.values()}
        for unit, part in s.parts.items():
            if part.state in STATE_OF:
                parts[STATE_OF[part.state]].add(unit)
        assert parts == {name: getattr(m, name) for name in parts}, step.verb
        assert (s.extension_asked, s.handlers, s.objectors) == (m.asked, m.hands, m.ever_objected)
        assert {u: n for u, n in s.extensions.items() if n} == m.granted
        assert (s.check_open, s.void_asked_by) == (m.looking, m.void_by)
        assert (s.suspension or "never") == m.pause
        assert (s.sent is None) == (m.undo is None)
        leads = [unit for unit, part in s.parts.items() if part.lead]
        assert len(leads) <= 1
        if s.active:
            assert s.lead is not None or step.verb in {"object", "recall"} or m.refusing
        assert s.gap == bool(m.refusing)
        assert [name for name in s.awaits if name != "appeal"] == sorted(
            ["check"] * m.looking
            + ["endorsed"] * (m.pause == "endorsed")
            + ["extension"] * bool(m.asked)
            + ["objection"] * bool(m.refusing and m.active())
            + ["suspension"] * (m.pause == "asked")
            + ["void"] * bool(m.void_by)
        )

    def timed(self, step: Step, was: Standing) -> None:
        """When a part was sent, signed and answered, and who leads."""
        parts, at = self.standing.parts, step.at
        if step.verb == "dispatch":
            assert self.standing.lead == step.lead
            assert {parts[unit].sent_at for unit in step.units} == {at}
            assert not any(parts[unit].signed_at for unit in step.units)
        if step.verb == "recall":
            assert parts == was.sent
        if step.verb == "object":
            assert not parts[step.unit or 0].lead
        if step.verb == "sign":
            assert parts[step.unit or 0].signed_at == at
        if step.verb == "handle":
            assert parts[step.unit or 0].handled_at == at
        if step.verb == "rework":
            again = step.units or was.active
            assert [parts[unit].handled_at for unit in again] == [None] * len(again)
        if step.verb == "reopen":
            again = [unit for unit in step.units if unit in was.parts]
            assert {parts[u].sent_at for u in again} | {parts[u].signed_at for u in again} <= {at}
            assert not any(parts[unit].handled_at for unit in again)
            assert (self.standing.lead is not None) == bool(again)
        if step.verb == "hand_over":
            self.handed_over(step, was)
        outcome = {"close": step.outcome, "settle": "fixed", "import_close": "as_recorded"}
        if self.standing.stage == "closed":
            assert self.standing.outcome == outcome.get(step.verb, was.outcome)
        else:
            assert self.standing.outcome == ""

    def handed_over(self, step: Step, was: Standing) -> None:
        """The successor has the earliest signature, the latest answer, and what was led."""
        old, new = step.unit or 0, step.units[0] if step.units else 0
        mine, theirs = was.parts.get(old), was.parts.get(new)
        if mine is None or new in {0, old} or mine.state not in STATE_OF:
            assert self.standing.parts == was.parts
            return
        heir = self.standing.parts[new]
        assert (self.standing.parts[old].state, self.standing.parts[old].lead) == ("left", False)
        if was.lead in {old, new}:
            assert self.standing.lead == new
        if theirs is not None and theirs.active and mine.active:
            signed = [at for at in (mine.signed_at, theirs.signed_at) if at]
            assert heir.signed_at == min(signed, default=None)
            ended = [at for at in (mine.handled_at, theirs.handled_at) if at]
            assert heir.handled_at == (max(ended) if heir.state == "handled" else None)
        elif theirs is None or not theirs.active:
            assert (heir.sent_at, heir.signed_at, heir.handled_at) == (
                *(mine.sent_at, mine.signed_at, mine.handled_at),
            )

    def offers(self) -> None:
        """What is offered would pass, and what would pass is offered."""
        s = self.standing
        for name in OFFERS:
            if s.stage not in MOVES[name].sources or name in {"appeal", "exempt", "refuse_appeal"}:
                continue
            for unit in UNITS[:1] if name in ANY_UNIT else UNITS:
                for who in (
                    PEOPLE if name in {"rework", "verify", "suspend", "void"} else PEOPLE[:1]
                ):
                    passes = any(self.passes(name, u, who) for u in self.whose(name, unit))
                    granted = s.extensions.get(unit, 0) >= 2 and name == "ask_extension"
                    assert offered(s, name, who, unit) == (passes or granted), (name, unit, who)

    def whose(self, name: str, unit: int) -> tuple[int, ...]:
        return UNITS if name in ANY_UNIT | {"dispatch"} else (unit,)

    def passes(self, name: str, unit: int, who: str) -> bool:
        units = (unit,) if name == "dispatch" else ()
        step = Step(name, self.at, who, unit, units, unit if units else None, "fixed", True)
        try:
            apply(deepcopy(self.standing), step, extensions_most=2)
        except Refused:
            return False
        return True


@pytest.mark.parametrize("seed", range(6))
def test_walks_go_as_with_the_pencil_in_every_part(seed: int) -> None:
    passed = 0
    for number in range(8):
        walk = Walk(seed * 100 + number)
        for _ in range(40):
            walk.step()
        passed += walk.steps
    assert passed > 120


@pytest.mark.parametrize("seed", range(3))
def test_what_is_offered_would_pass_and_nothing_else_is(seed: int) -> None:
    for number in range(6):
        walk = Walk(5000 + seed * 100 + number)
        for turn in range(40):
            walk.step()
            if turn % 3 == 0:
                walk.offers()


def at_work() -> Standing:
    """A case at work at unit 1, once more at unit 2."""
    standing = Standing()
    for n, (verb, more) in enumerate(
        [
            ("accept", {}), ("file", {}), ("dispatch", {"units": (1, 2), "lead": 1}),
            ("sign", {"unit": 1}), ("sign", {"unit": 2}),
        ]
    ):  # fmt: skip
        apply(standing, Step(verb, START + timedelta(minutes=n), "person:9", **more))
    return standing


def does(standing: Standing, verb: str, unit: int, *units: int) -> str:
    """How a unit's appeal stands afterwards, or that it was refused."""
    try:
        apply(standing, Step(verb, START + timedelta(hours=1), "person:9", unit, units))
    except Refused as refusal:
        return type(refusal).__name__
    return standing.appeals.get(unit, "none")


def test_an_appeal_is_asked_answered_and_asked_again_only_when_it_was_refused() -> None:
    standing = at_work()
    assert does(standing, "exempt", 1) == "OutOfOrder"
    assert does(standing, "appeal", 7) == "Refused"
    assert does(standing, "appeal", 1) == "asked"
    assert standing.awaits == ["appeal"]
    assert [offered(standing, "appeal", "person:9", u) for u in (1, 2, 7)] == [False, True, False]
    assert offered(standing, "exempt", "person:9", None)
    assert does(standing, "appeal", 1) == "OutOfOrder"
    assert does(standing, "exempt", 2) == "OutOfOrder"
    assert does(standing, "refuse_appeal", 1) == "refused"
    assert not offered(standing, "refuse_appeal", "person:9", None)
    assert does(standing, "appeal", 1) == "asked"
    assert does(standing, "exempt", 1) == "exempt"
    assert standing.awaits == []
    assert does(standing, "appeal", 1) == "OutOfOrder"
    assert not offered(standing, "appeal", "person:9", 1)


def test_what_was_asked_goes_over_with_the_work() -> None:
    standing = at_work()
    does(standing, "appeal", 1)
    does(standing, "ask_suspension", 1)
    assert (standing.suspension, standing.suspension_unit) == ("asked", 1)
    does(standing, "hand_over", 1, 3)
    assert (standing.suspension_unit, standing.appeals) == (3, {3: "asked"})
    does(standing, "appeal", 2)
    does(standing, "hand_over", 2, 3)
    assert standing.appeals == {3: "asked", 2: "asked"}, "the successor's own stays"


@pytest.mark.parametrize("outcome", ["", "as_recorded", "nothing", "fixed"])
def test_a_case_is_closed_with_an_outcome_that_people_may_choose(outcome: str) -> None:
    standing = at_work()
    for unit in (1, 2):
        does(standing, "handle", unit)
    apply(standing, Step("verify", START, "person:1"))
    step = Step("close", START, "person:1", outcome=outcome)
    if outcome == "fixed":
        assert apply(standing, step).outcome == "fixed"
    else:
        with pytest.raises(Refused):
            apply(standing, step)


def test_a_move_nobody_knows_is_out_of_order() -> None:
    with pytest.raises(Refused, match="没有“dance”这一步"):
        apply(Standing(), Step("dance", START, "person:1"))
    reported = apply(Standing(), Step("report", START, "person:1"))
    assert (reported.stage, reported.last_at) == ("reported", START)


def test_a_dispatch_names_units_and_one_of_them_leads() -> None:
    """With a gap beside a unit at work, so that nothing else would refuse it."""
    standing = Standing()
    for verb, more in (("accept", {}), ("file", {}), ("dispatch", {"units": (1, 2), "lead": 1})):
        apply(standing, Step(verb, START, "person:9", **more))
    apply(standing, Step("object", START, "person:9", unit=2))
    with pytest.raises(Refused, match="请选择主责单位"):
        apply(deepcopy(standing), Step("dispatch", START, "person:9", answered=True))
    apply(standing, Step("object", START, "person:9", unit=1))
    with pytest.raises(Refused, match="须有一个主责单位"):
        apply(standing, Step("dispatch", START, "person:9", units=(3,), answered=True))

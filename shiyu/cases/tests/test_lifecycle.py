"""Every stage × every move, against the procedure written down a second time by hand."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shiyu.cases.lifecycle import FINAL, MOVES, OPEN, STAGE_MOVES, Stage
from shiyu.cases.replay import Standing, Step, apply, replay
from shiyu.common.errors import OutOfOrder, Refused

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
LEAD, CO = 11, 12
DESK, WORKER, CHECKER, CHIEF = "person:1", "person:2", "person:3", "person:4"

# The table of the procedure, by hand: from which stages each move goes where.
PROCEDURE = {
    "accept": ("reported", "accepted"),
    "dismiss": ("reported accepted", "dismissed"),
    "merge": ("OPEN", "merged"),
    "settle": ("reported accepted", "closed"),
    "file": ("accepted", "filed"),
    "escalate": ("accepted filed", "accepted"),
    "dispatch": ("filed", "dispatched"),
    "recall": ("dispatched", "filed"),
    "object": ("dispatched", "filed"),
    "sign": ("dispatched", "handling"),
    "split": ("handling", "handling"),
    "ask_extension": ("handling", "handling"),
    "extend": ("handling", "handling"),
    "refuse_extension": ("handling", "handling"),
    "ask_suspension": ("handling", "handling"),
    "endorse_suspension": ("handling", "handling"),
    "suspend": ("handling", "suspended"),
    "refuse_suspension": ("handling", "handling"),
    "resume": ("suspended", "handling"),
    "handle": ("handling", "handled"),
    "rework": ("handled", "handling"),
    "verify": ("handled", "verified"),
    "close": ("verified", "closed"),
    "reopen": ("closed", "handling"),
    "withdraw": ("OPEN", "withdrawn"),
    "ask_void": ("OPEN", "SAME"),
    "void": ("OPEN", "voided"),
    "import_close": ("reported filed dispatched", "closed"),
    "remark": ("ALL", "SAME"),
    "urge": ("OPEN", "SAME"),
    "correct": ("OPEN", "SAME"),
    "check_open": ("reported accepted", "SAME"),
    "check_done": ("reported accepted", "SAME"),
    "hand_over": ("OPEN", "SAME"),
    "appeal": ("ALL", "SAME"),
    "exempt": ("ALL", "SAME"),
    "refuse_appeal": ("ALL", "SAME"),
}

# How a case comes to each stage.
PATHS = {
    "reported": [],
    "accepted": ["accept"],
    "filed": ["accept", "file"],
    "dispatched": ["accept", "file", "dispatch"],
    "handling": ["accept", "file", "dispatch", "sign"],
    "suspended": [
        "accept", "file", "dispatch", "sign",
        "ask_suspension", "endorse_suspension", "suspend",
    ],
    "handled": ["accept", "file", "dispatch", "sign", "handle"],
    "verified": ["accept", "file", "dispatch", "sign", "handle", "verify"],
    "closed": ["accept", "file", "dispatch", "sign", "handle", "verify", "close"],
    "dismissed": ["dismiss"],
    "merged": ["merge"],
    "withdrawn": ["withdraw"],
    "voided": ["ask_void", "void"],
}  # fmt: skip

# What must have been asked before a move can be answered.
ASKED = {
    "extend": ["ask_extension"],
    "refuse_extension": ["ask_extension"],
    "endorse_suspension": ["ask_suspension"],
    "suspend": ["ask_suspension", "endorse_suspension"],
    "refuse_suspension": ["ask_suspension"],
    "void": ["ask_void"],
    "check_done": ["check_open"],
    "exempt": ["appeal"],
    "refuse_appeal": ["appeal"],
}
WITH_PARTS = {"dispatched", "handling", "suspended", "handled", "verified", "closed"}


def step(verb: str, at: datetime, *, actor: str = "") -> Step:
    by = {"handle": WORKER, "verify": CHECKER, "rework": CHECKER, "suspend": CHIEF, "void": CHIEF}
    of_unit = {
        "sign", "object", "handle", "split", "ask_extension", "extend", "refuse_extension",
        "ask_suspension", "appeal", "exempt", "refuse_appeal", "hand_over",
    }  # fmt: skip
    return Step(
        verb,
        at,
        actor or by.get(verb, DESK),
        unit=LEAD if verb in of_unit else None,
        units=(LEAD,) if verb in {"dispatch", "reopen"} else (CO,) if verb == "hand_over" else (),
        lead=LEAD if verb == "dispatch" else None,
        outcome="fixed" if verb == "close" else "",
    )


def walk(*verbs: str) -> Standing:
    steps = [Step("report", START, "receipt:1")]
    steps += [step(verb, START + timedelta(minutes=n + 1)) for n, verb in enumerate(verbs)]
    return replay(steps)


def sources(verb: str) -> set[str]:
    given = PROCEDURE[verb][0]
    names = {"OPEN": {s.value for s in OPEN}, "ALL": {s.value for s in Stage}}
    return names.get(given) or set(given.split())


def test_the_table_holds_exactly_the_moves_of_the_procedure():
    assert set(MOVES) == set(PROCEDURE)
    assert {m for m in PROCEDURE if PROCEDURE[m][1] != "SAME"} >= STAGE_MOVES


@pytest.mark.parametrize("stage", PATHS)
def test_each_stage_is_reached_by_its_path(stage):
    assert walk(*PATHS[stage]).stage == stage


ALLOWED = [(s, v) for s in PATHS for v in PROCEDURE if s in sources(v)]
REFUSED = [(s, v) for s in PATHS for v in PROCEDURE if s not in sources(v)]


def can_appeal(stage: str, verb: str) -> bool:
    return verb not in {"appeal", "exempt", "refuse_appeal"} or stage in WITH_PARTS


@pytest.mark.parametrize(("stage", "verb"), [p for p in ALLOWED if can_appeal(*p)])
def test_every_move_of_the_table_goes_where_it_says(stage, verb):
    standing = walk(*PATHS[stage], *ASKED.get(verb, []))
    target = PROCEDURE[verb][1]

    apply(standing, step(verb, START + timedelta(hours=1)))

    assert standing.stage == (stage if target == "SAME" else target)


FOR_PARTS = {
    ("dispatched", "dispatch"), ("handling", "dispatch"), ("handling", "sign"),
    ("handling", "object"),
}  # fmt: skip
"""Pairs beyond the table that exist only while several units have parts (decision 0001)."""


@pytest.mark.parametrize(("stage", "verb"), REFUSED)
def test_every_other_pair_is_refused(stage, verb):
    standing = walk(*PATHS[stage])
    before = deepcopy(standing)

    with pytest.raises(OutOfOrder):
        apply(deepcopy(standing), step(verb, START + timedelta(hours=1)))

    assert standing == before
    assert (stage, verb) in FOR_PARTS or stage not in {s.value for s in MOVES[verb].sources}


@pytest.mark.parametrize("verb", ASKED)
def test_an_answer_needs_its_question(verb):
    stage = "handling" if "handling" in sources(verb) else "reported"

    with pytest.raises(OutOfOrder):
        apply(walk(*PATHS[stage]), step(verb, START + timedelta(hours=1)))


def test_who_handles_never_verifies():
    standing = walk(*PATHS["handled"])

    with pytest.raises(Refused, match="处置人不能核查"):
        apply(standing, step("verify", START + timedelta(hours=1), actor=WORKER))
    with pytest.raises(Refused, match="处置人不能核查"):
        apply(walk(*PATHS["handled"]), step("rework", START + timedelta(hours=1), actor=WORKER))


@pytest.mark.parametrize(
    ("ask", "answer"), [("endorse_suspension", "suspend"), ("ask_void", "void")]
)
def test_two_levels_are_two_people(ask, answer):
    path = [*PATHS["handling"], "ask_suspension"] if answer == "suspend" else []
    standing = walk(*path, ask)

    with pytest.raises(Refused, match="两个人"):
        apply(standing, step(answer, START + timedelta(hours=1), actor=DESK))


def test_an_extension_is_granted_twice_at_the_most_and_refusals_do_not_count():
    standing = walk(*PATHS["handling"])
    at = START + timedelta(hours=1)
    for answer in ("refuse_extension", "extend", "refuse_extension", "extend"):
        apply(standing, step("ask_extension", at), extensions_most=2)
        apply(standing, step(answer, at), extensions_most=2)

    with pytest.raises(Refused, match="延期已满 2 次"):
        apply(standing, step("ask_extension", at), extensions_most=2)


def test_a_case_is_suspended_once():
    standing = walk(*PATHS["suspended"], "resume")

    with pytest.raises(Refused, match="挂账过一次"):
        apply(standing, step("ask_suspension", START + timedelta(hours=1)))


def two_units() -> Standing:
    standing = walk("accept", "file")
    at = START + timedelta(minutes=30)
    return apply(standing, Step("dispatch", at, DESK, units=(LEAD, CO), lead=LEAD))


def test_a_case_is_handled_when_every_unit_has_answered():
    standing = two_units()
    at = START + timedelta(hours=1)
    apply(standing, Step("sign", at, WORKER, LEAD))
    apply(standing, Step("sign", at, WORKER, CO))

    apply(standing, Step("handle", at, WORKER, LEAD))
    assert standing.stage == "handling"
    apply(standing, Step("handle", at, WORKER, CO))
    assert standing.stage == "handled"


def test_one_units_objection_leaves_the_other_at_work_and_opens_a_gap():
    standing = two_units()
    at = START + timedelta(hours=1)
    apply(standing, Step("sign", at, WORKER, LEAD))

    apply(standing, Step("object", at, WORKER, CO))
    assert (standing.stage, standing.gap, standing.active) == ("handling", True, [LEAD])
    apply(standing, Step("dispatch", at, DESK, units=(13,)))
    assert (standing.stage, standing.gap, standing.active) == ("handling", False, [LEAD, 13])


def test_the_same_unit_is_not_sent_it_again_without_an_answer():
    standing = walk(*PATHS["dispatched"], "object")
    again = Step("dispatch", START + timedelta(hours=1), DESK, units=(LEAD,), lead=LEAD)

    with pytest.raises(Refused, match="须写明答复"):
        apply(deepcopy(standing), again)
    answered = Step("dispatch", again.at, DESK, units=(LEAD,), lead=LEAD, answered=True)
    assert apply(standing, answered).stage == "dispatched"


def test_a_recall_is_as_if_it_had_not_been_sent():
    standing = walk("accept", "file")
    before = deepcopy(standing.parts)
    apply(standing, step("dispatch", START + timedelta(minutes=5)))

    apply(standing, step("recall", START + timedelta(minutes=6)))

    assert (standing.stage, standing.parts, standing.active) == ("filed", before, [])


def test_a_reopened_case_goes_to_its_unit_or_to_the_desk():
    again = step("reopen", START + timedelta(hours=1))
    to_unit = apply(walk(*PATHS["closed"]), again)
    to_desk = apply(walk("settle"), again)

    assert (to_unit.stage, to_unit.active, to_unit.round) == ("handling", [LEAD], 2)
    assert (to_desk.stage, to_desk.active, to_desk.round) == ("filed", [], 2)


@pytest.mark.parametrize("stage", sorted(s.value for s in FINAL - {Stage.CLOSED}))
def test_what_has_ended_asks_for_nothing(stage):
    standing = walk(*PATHS[stage])

    assert standing.extension_asked == set()
    assert standing.void_asked_by == ""
    assert not standing.check_open


@pytest.mark.parametrize(
    ("stage", "verb"),
    [
        *(("dispatched", "sign"), ("dispatched", "object"), ("handling", "handle")),
        *(("handling", "ask_extension"), ("handling", "ask_suspension")),
    ],
)
def test_a_unit_without_a_part_is_told_so(stage, verb):
    asked = step(verb, START + timedelta(hours=1))

    with pytest.raises(Refused, match="不在本案的承办单位中"):
        apply(walk(*PATHS[stage]), replace(asked, unit=CO))
    with pytest.raises(Refused, match="不在本案的承办单位中"):
        apply(walk(*PATHS[stage]), replace(asked, unit=None))

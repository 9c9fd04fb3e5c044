"""Who is told of which move and how urgently, written a second time by hand."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.utils import timezone

from shiyu.cases.actions import tell
from shiyu.cases.actions.turn import Turn
from shiyu.cases.lifecycle import MOVES, Stage
from shiyu.cases.models import Case
from shiyu.cases.replay import Part, Standing, Step
from shiyu.cases.tests.world import World
from shiyu.notices.models import Notice
from shiyu.people.actors import Actor

pytestmark = pytest.mark.django_db

WHO = {
    "units": {"handler", "handler_waste"}, "waste": {"handler_waste"},
    "intake": {"intake", "clerk"},
    "dispatch": {"dispatcher", "clerk"}, "command": {"commander", "commander_two"},
    "verify": {"verifier", "patrol"}, "reporter": {"room"},
}  # fmt: skip
TOLD = {
    "escalate": "intake escalated", "dispatch": "units dispatched", "recall": "waste recalled",
    "object": "dispatch objected", "ask_extension": "dispatch extension_asked",
    "extend": "units extension_decided", "refuse_extension": "units extension_decided",
    "ask_suspension": "dispatch suspension_asked",
    "endorse_suspension": "command suspension_asked", "suspend": "units suspension_decided",
    "refuse_suspension": "units suspension_decided", "resume": "units resumed",
    "handle": "verify handled", "rework": "units reworked", "verify": "intake verified",
    "close": "reporter report_closed", "settle": "reporter report_closed",
    "dismiss": "reporter report_ended", "void": "units voided, reporter report_ended",
    "reopen": "units reopened, reporter report_reopened", "withdraw": "units withdrawn",
    "ask_void": "command void_asked", "urge": "units urged", "check_open": "verify check_asked",
    "check_done": "intake check_answered", "appeal": "command appealed",
    "exempt": "units appeal_decided", "refuse_appeal": "units appeal_decided",
}  # fmt: skip


@pytest.fixture
def case(world: World) -> Case:
    """A case of a post-holder's own, on a street of the dispatcher's centre."""
    return world.report(by="room", channel="patrol")[0].case


def turn_of(world: World, case: Case, verb: str, **more: Any) -> Turn:
    """A turn at a case that two units work on; the second was sent it last."""
    now, roads, waste = timezone.now(), world.units["roads"].pk, world.units["waste"].pk
    case.stage = more.pop("stage", Stage.HANDLED)
    told: dict[str, Any] = {
        "actor": Actor.program("x"),
        "standing": Standing(parts={u: Part("signed", u == roads, now) for u in (roads, waste)}),
        "steps": [Step("dispatch", now, "person:1", units=(unit,)) for unit in (roads, waste)],
    }
    return cast("Turn", SimpleNamespace(case=case, verb=verb, now=now, **(told | more)))


def owed(world: World, turn: Turn, **step: Any) -> dict[str, set[str]]:
    """Who is told what, by the kind of notice."""
    names = {person.pk: key for key, person in world.people.items()}
    before = set(Notice.objects.values_list("pk", flat=True))
    tell.after(turn, Step(turn.verb, turn.now, "program:x", **step))
    found: dict[str, set[str]] = {}
    for notice in Notice.objects.exclude(pk__in=before):
        assert notice.urgent is (turn.verb in {"urge", "reopen", "object"})
        assert notice.facts["number"] == turn.case.number
        found.setdefault(notice.kind, set()).add(names[notice.to_id])
    return found


def test_everybody_whom_a_move_concerns_is_told_of_it_and_nobody_else(world, case):
    for verb in MOVES:
        said = [words.split() for words in TOLD.get(verb, "").split(", ") if words]
        expected = {kind: WHO[who] for who, kind in said}
        assert owed(world, turn_of(world, case, verb)) == expected, verb


def test_one_unit_or_those_that_are_named_are_told_of_what_is_theirs_alone(world, case):
    roads, waste = world.units["roads"].pk, world.units["waste"].pk
    turn = turn_of(world, case, "extend")

    assert owed(world, turn, unit=waste) == {"extension_decided": {"handler_waste"}}
    named = turn_of(world, case, "rework")
    assert owed(world, named, units=(roads,)) == {"reworked": {"handler"}}


def test_who_made_the_move_is_not_told_of_it(world, case):
    turn = turn_of(world, case, "urge", actor=world.actor("handler"))
    assert owed(world, turn) == {"urged": {"handler_waste"}}
    key = Actor("key", world.people["handler"].pk)
    assert owed(world, turn_of(world, case, "urge", actor=key)) == {"urged": WHO["units"]}


def test_checkers_are_told_when_all_have_answered_and_the_desk_what_comes_back(world, case):
    assert owed(world, turn_of(world, case, "handle", stage=Stage.HANDLING)) == {}
    back = turn_of(world, case, "reopen", standing=Standing())
    assert owed(world, back) == {
        "returned_to_desk": WHO["dispatch"], "report_reopened": WHO["reporter"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("channel", "told"), [("hotline", False), ("superior", False), ("import", False),
                          ("patrol", True), ("public", True)],
)  # fmt: skip
def test_who_wrote_down_what_another_said_is_not_told_of_its_end(world, case, channel, told):
    case.channel = channel

    assert bool(owed(world, turn_of(world, case, "close"))) is told


def test_a_desk_is_the_cases_own_and_checkers_are_those_of_the_place(world, case):
    names = {person.pk: key for key, person in world.people.items()}

    def holders(duty: str) -> set[str]:
        return {names[pk] for pk in tell.holders_of(duty, case)}

    assert (holders("intake"), holders("verify")) == (WHO["intake"], WHO["verify"])
    case.centre_id = world.units["city"].pk
    assert holders("intake") == {"intake_city"}
    assert holders("verify") == WHO["verify"]
    for place in (0, 10**9):
        case.place_number = place
        assert holders("intake") == holders("verify") == set()


def test_a_notice_says_number_kind_and_place(world, case):
    assert tell.facts_for(case) == {
        "number": case.number, "kind": "", "place": case.place.name,
    }  # fmt: skip
    case.kind = world.standards["manhole"].kind
    assert tell.facts_for(case)["kind"] == case.kind.name


def test_what_is_told_at_once_is_listed_and_so_is_what_residents_hear():
    assert {"recall", "withdraw", "void"} == tell.AT_ONCE
    assert tell.FOLLOWED == {
        "accept": "accept", "dismiss": "dismiss", "suspend": "suspend", "close": "close",
        "settle": "close", "reopen": "reopen", "void": "void",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("handling", "presses"), [("2紧急工作时", True), ("2工作时", False), ("1自然日", False)]
)
def test_what_is_counted_round_the_clock_presses(world, case, handling, presses):
    assert not tell._is_pressing(case)
    case.standard = world.standards["manhole"]
    case.standard.handling = handling
    assert tell._is_pressing(case) is presses

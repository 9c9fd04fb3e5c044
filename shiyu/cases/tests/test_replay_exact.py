"""What single steps do to a case that stands just so; no database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shiyu.cases.lifecycle import Outcome, Stage
from shiyu.cases.replay import Part, Standing, Step, apply, replay
from shiyu.cases.replay.standing import stage_of_parts
from shiyu.common.errors import OutOfOrder, Refused

T0 = datetime(2026, 11, 18, 1, tzinfo=UTC)
OLD, NEW, THIRD = 1, 2, 3


def at(minutes: int) -> datetime:
    return T0 + timedelta(minutes=minutes)


def part(state: str = "signed", *, lead: bool = False, **times: int | None) -> Part:
    """A part sent at the beginning, its other times in minutes."""
    signed, handled = times.get("signed"), times.get("handled")
    return Part(
        state, lead, at(0), None if signed is None else at(signed),
        None if handled is None else at(handled),
    )  # fmt: skip


def standing(stage: Stage = Stage.HANDLING, /, **more: Any) -> Standing:
    parts = {int(name[1:]): held for name, held in more.items() if name[0] == "u"}
    rest = {name: value for name, value in more.items() if name[0] != "u" or name == "units"}
    return Standing(stage=stage, parts=parts, **rest)


def step(
    verb: str, unit: int | None = None, *units: int, who: str = "person:1", **more: Any
) -> Step:
    return Step(verb, at(60), who, unit, units, **more)


def handed(held: Standing, old: int | None = OLD, *new: int) -> Standing:
    return apply(held, step("hand_over", old, *(new or (NEW,))))


# ---- one unit takes another's place -------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [(THIRD, (NEW,)), (None, (NEW,)), (OLD, ()), (OLD, (0,)), (OLD, (OLD,)), (0, (NEW,))],
)
def test_without_a_live_part_or_a_successor_nothing_is_changed(old, new):
    held = standing(u1=part(lead=True), u2=part("left"), sent={})
    apply(held, step("hand_over", old, *new))

    assert {unit: p.state for unit, p in held.parts.items()} == {1: "signed", 2: "left"}
    assert held.parts[1].lead
    assert held.sent == {}
    nobody = apply(standing(u2=part(lead=True)), step("hand_over", NEW))
    assert (set(nobody.parts), nobody.parts[NEW].state) == ({NEW}, "signed")
    gone = handed(standing(u1=part("left"), sent={}))
    assert (set(gone.parts), gone.sent) == ({1}, {})


def test_the_successor_stands_where_the_old_unit_stood():
    for state, lead in (("sent", True), ("signed", True), ("handled", False), ("objected", False)):
        held = handed(standing(u1=part(state, lead=lead, signed=5), u3=part(), sent={}))

        assert (held.parts[NEW].state, held.parts[NEW].lead) == (state, lead or state == "handled")
        assert (held.parts[NEW].sent_at, held.parts[NEW].signed_at) == (at(0), at(5))
        assert (held.parts[OLD].state, held.parts[OLD].lead) == ("left", False)
        assert held.sent is None


def test_a_successor_that_had_left_or_objected_takes_the_part_as_it_is():
    for state in ("left", "objected"):
        held = handed(standing(u1=part("handled", lead=True, handled=9), u2=part(state)))
        assert (held.parts[NEW].state, held.parts[NEW].lead) == ("handled", True)
        assert held.parts[NEW].handled_at == at(9)
        assert held.stage == Stage.HANDLED


@pytest.mark.parametrize(
    ("mine", "theirs", "joined"),
    [
        ("sent", "sent", "sent"), ("sent", "signed", "signed"), ("signed", "sent", "signed"),
        ("handled", "sent", "signed"), ("handled", "signed", "signed"),
        ("sent", "handled", "signed"), ("signed", "handled", "signed"),
        ("handled", "handled", "handled"), ("signed", "signed", "signed"),
    ],
)  # fmt: skip
def test_two_that_were_at_work_are_one_part_answered_only_when_both_were(mine, theirs, joined):
    held = handed(standing(u1=part(mine), u2=part(theirs, handled=7)))

    assert held.parts[NEW].state == joined
    assert held.parts[NEW].handled_at == (at(7) if joined == "handled" else None)
    assert held.parts[OLD].state == "left"


@pytest.mark.parametrize(
    ("mine", "theirs", "first", "last"),
    [((5, 9), (7, 8), 5, 9), ((7, 8), (5, 9), 5, 9), ((None, None), (5, 9), 5, 9),
     ((5, 9), (None, None), 5, 9), ((None, None), (None, None), None, None)],
)  # fmt: skip
def test_the_first_signature_and_the_last_answer_of_two_count(mine, theirs, first, last):
    held = handed(
        standing(
            u1=part("handled", signed=mine[0], handled=mine[1]),
            u2=part("handled", signed=theirs[0], handled=theirs[1]),
        )
    ).parts[NEW]  # fmt: skip

    assert held.signed_at == (None if first is None else at(first))
    assert held.handled_at == (None if last is None else at(last))


@pytest.mark.parametrize(("mine", "theirs"), [(True, False), (False, True), (False, False)])
def test_who_takes_over_the_lead_leads_and_somebody_always_does(mine, theirs):
    third = part(lead=not mine and not theirs)
    held = handed(standing(u1=part(lead=mine), u2=part(lead=theirs), u3=third))

    assert held.parts[NEW].lead is (mine or theirs)
    assert held.lead == (NEW if mine or theirs else THIRD)
    nobody = handed(standing(u1=part(), u2=part(), u3=part()))
    assert (nobody.lead, nobody.parts[NEW].lead) == (NEW, True)
    objecting = handed(standing(Stage.FILED, u1=part("objected")))
    assert (objecting.lead, objecting.parts[NEW].lead) == (None, False)


def test_an_objection_to_a_case_the_successor_works_on_is_open_no_more():
    held = handed(standing(u1=part("objected"), u2=part("handled", lead=True), objectors={OLD}))

    assert (held.objectors, held.gap, held.stage) == (set(), False, Stage.HANDLED)
    assert held.parts[NEW].state == "handled"
    other = handed(
        standing(u1=part("objected"), u2=part("handled", lead=True), u3=part("objected"))
    )
    assert (other.gap, other.stage) == (True, Stage.HANDLING)


@pytest.mark.parametrize(
    ("mine", "theirs"), [("objected", None), ("objected", "signed"), ("signed", "objected")]
)
def test_an_objection_during_a_suspension_is_answered_before(mine, theirs):
    parts = {"u1": part(mine)} | ({"u2": part(theirs)} if theirs else {})

    with pytest.raises(OutOfOrder, match="挂账中的异议先由派遣员答复"):
        handed(standing(Stage.SUSPENDED, u3=part(), **parts))
    handed(standing(Stage.HANDLING, u3=part(), **parts))


def test_without_an_objection_a_suspended_case_is_handed_over_and_stays_suspended():
    for theirs in ({}, {"u2": part()}, {"u2": part("left")}):
        held = handed(standing(Stage.SUSPENDED, u1=part("handled", lead=True), **theirs))
        assert held.stage == Stage.SUSPENDED


@pytest.mark.parametrize(
    ("stage", "suspension", "after", "left"),
    [
        (Stage.HANDLING, "asked", Stage.HANDLED, ""),
        (Stage.HANDLING, "endorsed", Stage.HANDLED, ""),
        (Stage.HANDLING, "used", Stage.HANDLED, "used"),
        (Stage.DISPATCHED, "", Stage.DISPATCHED, ""),
    ],
)
def test_with_the_last_objection_gone_a_case_that_all_have_answered_waits_for_its_check(
    stage, suspension, after, left
):
    held = handed(
        standing(stage, u1=part("objected"), u2=part("handled", lead=True), suspension=suspension)
    )

    assert (held.stage, held.suspension) == (after, left)
    busy = handed(standing(u1=part("objected"), u2=part("signed"), suspension="asked"))
    assert (busy.stage, busy.suspension) == (Stage.HANDLING, "asked")


def test_what_the_old_unit_had_asked_was_granted_and_refused_is_the_successors():
    asked = {
        "objectors": {OLD}, "extensions": {OLD: 2}, "extension_asked": {OLD},
        "suspension_unit": OLD, "appeals": {OLD: "asked"},
    }  # fmt: skip
    held = handed(standing(u1=part(lead=True), **asked))

    assert held.objectors == {OLD, NEW}
    assert held.extensions == {NEW: 2}
    assert held.extension_asked == {NEW}
    assert held.suspension_unit == NEW
    assert held.appeals == {NEW: "asked"}
    unasked = handed(standing(u1=part(lead=True), suspension_unit=THIRD, appeals={THIRD: "asked"}))
    assert (unasked.objectors, unasked.extensions, unasked.extension_asked) == (set(), {}, set())
    assert (unasked.suspension_unit, unasked.appeals) == (THIRD, {THIRD: "asked"})


@pytest.mark.parametrize(("mine", "theirs", "most"), [(1, 2, 2), (2, 1, 2)])
def test_of_two_units_extensions_the_more_counts_where_one_part_goes_on(mine, theirs, most):
    went = standing(u1=part(lead=True), u2=part("left"), extensions={OLD: mine, NEW: theirs})

    assert handed(went).extensions == {NEW: most}
    both = handed(standing(u1=part(), u2=part(), extensions={OLD: mine, NEW: theirs}))
    assert both.extensions == {OLD: mine, NEW: theirs}


def test_asks_go_over_to_a_part_at_work_and_an_appeal_where_there_is_none_yet():
    joined = handed(
        standing(
            u1=part(), u2=part(), extension_asked={OLD}, appeals={OLD: "asked"}, suspension_unit=OLD
        )
    )
    assert (joined.extension_asked, joined.appeals) == ({NEW}, {NEW: "asked"})
    assert joined.suspension_unit == NEW
    waiting = handed(standing(u1=part("sent"), extension_asked={OLD}))
    assert waiting.extension_asked == set()
    own = handed(standing(u1=part(), u2=part(), appeals={OLD: "asked", NEW: "refused"}))
    assert own.appeals == {OLD: "asked", NEW: "refused"}
    answered = handed(standing(u1=part(), appeals={OLD: "exempt"}))
    assert answered.appeals == {OLD: "exempt"}
    objecting = handed(standing(u1=part("objected"), u2=part(), extension_asked={OLD}))
    assert objecting.extension_asked == {OLD}


# ---- other steps --------------------------------------------------------------------------------


def test_the_lines_of_a_case_are_made_one_after_another_from_its_report_on():
    moves = (("report", 0), ("accept", 1), ("file", 2))
    held = replay([Step(verb, at(minute), "person:1") for verb, minute in moves])

    assert (held.stage, held.last_at) == (Stage.FILED, at(2))
    assert replay([]) == Standing()
    assert replay([Step("report", at(3), "receipt:1")]).last_at == at(3)
    assert apply(held, step("remark")) is held
    assert apply(held, step("report")) is held
    with pytest.raises(OutOfOrder, match="没有“fly”这一步"):
        apply(held, step("fly"))
    with pytest.raises(OutOfOrder, match="案件待派遣，不能“核查通过”"):
        apply(held, step("verify"))


def test_a_case_that_has_ended_asks_for_nothing_more():
    for suspension, left in (("asked", ""), ("endorsed", ""), ("used", "used")):
        held = standing(
            Stage.FILED, u1=part(), suspension=suspension, extension_asked={OLD},
            void_asked_by="person:2", check_open=True,
        )  # fmt: skip
        apply(held, step("void"))

        assert (held.stage, held.suspension) == (Stage.VOIDED, left)
        assert (held.extension_asked, held.void_asked_by, held.check_open) == (set(), "", False)


def test_an_extension_is_asked_up_to_as_many_times_as_the_procedure_allows():
    def asked(granted: int, **most: int) -> set[int]:
        held = standing(u1=part(), extensions={OLD: granted})
        return apply(held, step("ask_extension", OLD), **most).extension_asked

    assert asked(1, extensions_most=2) == asked(98) == {OLD}
    for granted, most in ((2, {"extensions_most": 2}), (99, {})):
        with pytest.raises(Refused, match=f"延期已满 {granted} 次"):
            asked(granted, **most)


def test_the_first_extension_is_asked_where_one_is_allowed():
    held = apply(standing(u1=part()), step("ask_extension", OLD), extensions_most=1)

    assert held.extension_asked == {OLD}


@pytest.mark.parametrize("unit", [NEW, THIRD])
def test_only_units_at_work_on_the_case_are_set_to_work_again(unit):
    def handled() -> Standing:
        return standing(Stage.HANDLED, u1=part("handled", lead=True), u2=part("left"))

    with pytest.raises(Refused, match="返工的单位不在本案的承办单位中"):
        apply(handled(), step("rework", None, unit))
    assert apply(handled(), step("rework", None, OLD)).parts[OLD].state == "signed"


def test_a_suspension_is_asked_once_and_not_again_while_one_is_asked():
    held = apply(standing(u1=part()), step("ask_suspension", OLD))
    assert (held.suspension, held.suspension_unit) == ("asked", OLD)
    for suspension, words in (
        ("used", "已挂账过一次"),
        ("asked", "已有一份"),
        ("endorsed", "已有一份"),
    ):
        with pytest.raises(OutOfOrder if suspension != "used" else Refused, match=words):
            apply(standing(u1=part(), suspension=suspension), step("ask_suspension", OLD))


def test_an_import_is_closed_as_it_was_recorded():
    held = apply(standing(Stage.FILED), step("import_close"))

    assert (held.stage, held.outcome) == (Stage.CLOSED, Outcome.AS_RECORDED)
    with pytest.raises(Refused, match="请选择结案结果"):
        apply(standing(Stage.VERIFIED), step("close", outcome=Outcome.AS_RECORDED))


def test_a_reopened_case_begins_anew_for_the_units_that_are_named():
    closed = standing(
        Stage.CLOSED, u1=part("handled", lead=True, signed=1, handled=9), u2=part("handled"),
        u3=part("left"), outcome="fixed", sent={},
    )  # fmt: skip
    held = apply(closed, step("reopen", None, NEW, 9))

    assert (held.stage, held.round, held.outcome, held.sent) == (Stage.HANDLING, 2, "", None)
    assert {unit: (p.state, p.lead) for unit, p in held.parts.items()} == {
        1: ("left", False), 2: ("signed", True), 3: ("left", False),
    }  # fmt: skip
    again = held.parts[NEW]
    assert (again.sent_at, again.signed_at, again.handled_at) == (at(60), at(60), None)
    both = standing(Stage.CLOSED, u1=part("handled"), u2=part("handled", lead=True))
    assert apply(both, step("reopen", None, OLD, NEW)).lead == NEW
    nobody = apply(standing(Stage.CLOSED, u1=part("handled", lead=True)), step("reopen"))
    assert (nobody.stage, nobody.lead) == (Stage.FILED, None)


def test_a_case_waits_for_each_answer_that_is_owed_and_for_no_other():
    objecting = part("objected")
    for awaits, held in (
        ([], standing(u1=part(), suspension="used", appeals={OLD: "refused", NEW: "exempt"})),
        (["appeal"], standing(appeals={OLD: "refused", NEW: "asked"})),
        (["check"], standing(check_open=True)),
        (["endorsed"], standing(suspension="endorsed")),
        (["suspension"], standing(suspension="asked")),
        (["extension"], standing(extension_asked={OLD})),
        (["objection"], standing(u1=objecting, u2=part())),
        ([], standing(u1=objecting)),
        (["void"], standing(void_asked_by="person:1")),
        (["check", "void"], standing(void_asked_by="person:1", check_open=True)),
    ):  # fmt: skip
        assert held.awaits == awaits


def test_a_case_is_being_handled_from_the_first_signature_on():
    for states, stage in (
        (("sent",), Stage.DISPATCHED), (("sent", "sent"), Stage.DISPATCHED),
        (("sent", "signed"), Stage.HANDLING), (("handled", "sent"), Stage.HANDLING),
        (("left", "sent"), Stage.DISPATCHED), (("objected", "sent"), Stage.DISPATCHED),
        (("signed",), Stage.HANDLING),
    ):  # fmt: skip
        parts = {f"u{number}": part(state) for number, state in enumerate(states, 1)}
        assert stage_of_parts(standing(**parts)) == stage, states

"""Who is told of a move, and who is not any more."""

import pytest
from django.db import transaction

from shiyu.cases import actions as do
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Assignment, Case, Found
from shiyu.cases.tests.calls import CALLS
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.journal.models import Line
from shiyu.notices.models import Notice


def told(world, case: Case, kind: str) -> list[str]:
    """Keys of those who were told this of a case."""
    names = {person.pk: key for key, person in world.people.items()}
    owed = Notice.objects.filter(subject=case.subject, kind=kind)
    return sorted(names[pk] for pk in owed.values_list("to_id", flat=True))


def objected_and_sent_on(world) -> Case:
    """A case whose first unit has left it; another is at work."""
    case = world.make_case(Stage.DISPATCHED)
    CALLS["object"](world, case)
    do.dispatch(case, lead=world.units["lamps"], actor=world.actor("dispatcher"))
    return case


def test_the_units_just_called_back_are_told_of_a_recall(world):
    case = world.make_case(Stage.DISPATCHED)

    do.recall(case, actor=world.actor("dispatcher"))

    assert told(world, case, "recalled") == ["handler"]


def test_a_unit_that_left_is_not_urged_any_more(world):
    case = objected_and_sent_on(world)

    CALLS["urge"](world, case)

    assert told(world, case, "urged") == ["handler_lamps"]


@pytest.mark.parametrize(
    ("stage", "asked", "verb", "kind"),
    [
        (Stage.SUSPENDED, [], "resume", "resumed"),
        (Stage.HANDLING, [], "withdraw", "withdrawn"),
        (Stage.HANDLING, ["ask_void"], "void", "voided"),
    ],
)
def test_units_at_work_are_told_that_it_goes_on_or_is_over(stage, asked, verb, kind, world):
    case = world.make_case(stage, lead="roads", co=("waste",))
    for before in asked:
        CALLS[before](world, case)

    CALLS[verb](world, case)

    others = {"handler", "handler_waste"} - ({"handler"} if verb == "resume" else set())
    assert told(world, case, kind) == sorted(others)


def test_a_recall_asks_only_whether_the_last_dispatch_was_opened(world):
    case = world.make_case(Stage.DISPATCHED, lead="roads", co=("waste",))
    do.opened(case, actor=world.actor("handler_waste"))
    CALLS["object"](world, case)
    do.dispatch(case, lead=world.units["lamps"], actor=world.actor("dispatcher"))

    do.recall(case, actor=world.actor("dispatcher"))

    assert told(world, case, "recalled") == ["handler_lamps"]
    waste = Assignment.objects.get(case=case, unit=world.units["waste"])
    assert (waste.state, waste.opened_at is None) == ("sent", False)


def test_a_unit_that_left_does_not_resume_the_case(world):
    case = objected_and_sent_on(world)
    lamps, handler = world.units["lamps"], world.actor("handler_lamps")
    do.sign(case, unit=lamps, actor=handler)
    do.ask_suspension(case, unit=lamps, actor=handler, reason="等许可")
    CALLS["endorse_suspension"](world, case)
    CALLS["suspend"](world, case)

    with pytest.raises(NotAllowed, match="不承办"), transaction.atomic():
        do.resume(case, actor=world.actor("handler"))

    do.resume(case, actor=handler)
    case.refresh_from_db()
    assert case.stage == "handling"


def split(world) -> tuple[Case, Case]:
    parent = world.make_case(Stage.HANDLING)
    Case.objects.filter(pk=parent.pk).update(direction=Case.Direction.DOWN)
    CALLS["split"](world, parent)
    return parent, Case.objects.get(parent=parent)


def finish(world, case: Case) -> None:
    for step in ("accept", "file"):
        CALLS[step](world, case)
    do.dispatch(case, lead=world.units["roads"], actor=world.actor("dispatcher"))
    for step in ("sign", "handle", "verify", "close"):
        CALLS[step](world, case)


def test_an_order_is_not_closed_over_a_child_reopened_since(world):
    parent, child = split(world)
    finish(world, child)
    for step in ("handle", "verify"):
        CALLS[step](world, parent)
    do.reopen(child, actor=world.actor("verifier"), reason="复查没修好")

    with pytest.raises(OutOfOrder, match="还没有全部办结"), transaction.atomic():
        CALLS["close"](world, parent)

    assert told(world, parent, "child_done") == ["handler"]


def test_an_order_and_its_child_are_not_merged(world):
    parent, child = split(world)

    with pytest.raises(Refused, match="不能和原交办事项并案"), transaction.atomic():
        do.merge(child, into=parent, actor=world.actor("clerk"))


def test_a_case_is_found_by_the_words_of_one_merged_into_it(world):
    into = world.report()[0].case
    case = world.report(text="窨井凹陷")[0].case

    do.merge(case, into=into, actor=world.actor("intake"))

    assert "窨井" in Found.objects.get(case=into).words
    lines = Line.objects.filter(subject=into.subject).order_by("id")
    assert [line.verb for line in lines] == ["report", "joined"]
    assert lines[1].occurred_at >= lines[0].occurred_at

"""Who speaks for a report, and how far a unit's word reaches."""

import pytest
from django.db import transaction

from shiyu.cases import actions as do
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.common.errors import NotAllowed, Refused
from shiyu.people.actors import Actor


def test_a_clerk_who_typed_a_report_in_is_not_its_reporter(world):
    case = world.report(by="intake")[0].case

    with pytest.raises(NotAllowed):
        do.withdraw(case, actor=world.actor("intake"), reason="算了")


def test_a_grid_worker_may_take_back_what_they_saw_themselves(world):
    case = world.report(by="patrol", channel="patrol")[0].case

    do.withdraw(case, actor=world.actor("patrol"), reason="看错了")

    case.refresh_from_db()
    assert case.stage == "withdrawn"


def test_an_order_is_split_only_for_places_of_the_unit(world):
    parent = world.make_case(Stage.HANDLING)
    Case.objects.filter(pk=parent.pk).update(direction=Case.Direction.DOWN)
    elsewhere = do.Intake("test", "far", "superior", text="排查", place=world.places["beimen"])

    with pytest.raises(Refused, match="不在市政养护所的范围内"), transaction.atomic():
        do.split(parent, unit=world.units["roads"], parts=[elsewhere], actor=world.actor("handler"))

    assert not Case.objects.filter(parent=parent).exists()


def test_an_open_objection_keeps_the_case_from_the_checkers(world):
    case = world.make_case(Stage.DISPATCHED, co=("waste",))
    do.sign(case, unit=world.units["roads"], actor=world.actor("handler"))
    do.object_(
        case, unit=world.units["waste"], actor=world.actor("handler_waste"), reason="不归我管"
    )

    do.handle(case, unit=world.units["roads"], actor=world.actor("handler"), reason="已换")

    case.refresh_from_db()
    assert (case.stage, case.awaits) == ("handling", ["objection"])


def test_a_rating_takes_only_the_five_official_levels(world):
    report = world.make_case(Stage.CLOSED).reports.get()

    with pytest.raises(Refused, match="满意"):
        do.rate(report, solved="yes", satisfaction=9, actor=Actor.receipt(report.pk))


def test_an_address_too_long_is_told_so(world):
    with pytest.raises(Refused, match="多了 5 字"):
        world.report(address="长" * 205)

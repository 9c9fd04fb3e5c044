"""What units hold against a standard: raised by their own people, answered by the editors."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shiyu.catalogue import actions, rules
from shiyu.catalogue.lifecycle import OBJECTION_MOVES, ObjectionStage
from shiyu.catalogue.models import Objection, Standard
from shiyu.catalogue.tests.test_pages import CONDITION, KIND, _typed
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.journal.models import Line
from shiyu.notices.models import Notice

pytestmark = pytest.mark.django_db

LIST = "/catalogue/objections/"
DO = {
    "adopt": lambda o, world: actions.adopt_objection(
        o, answer="改为 4 工作时", actor=world.actor("administrator")
    ),
    "decline": lambda o, world: actions.decline_objection(
        o, answer="按省标准执行", actor=world.actor("administrator")
    ),
    "withdraw": lambda o, world: actions.withdraw_objection(o, actor=world.actor("handler")),
}


@pytest.fixture
def standard(world):
    return Standard.objects.get(kind__code="10101", ordinal=1, version=1)


def objection(world, standard, said="两小时到不了现场"):
    return actions.object_to(
        standard, unit=world.units["roads"], said=said, actor=world.actor("handler")
    )


def walked(world, standard, stage):
    made = objection(world, standard)
    for name, move in OBJECTION_MOVES.items():
        if move.target == stage:
            return DO[name](made, world)
    return made


def test_raising_one_tells_the_editors_and_stands_on_the_journal(world, standard):
    made = objection(world, standard)

    assert (made.stage, made.unit, made.raised_by) == (
        *("raised", world.units["roads"]),
        world.people["handler"],
    )
    told = Notice.objects.get(subject=made.subject)
    assert (told.kind, told.to) == ("standard_objected", world.people["administrator"])
    line = Line.objects.get(subject=made.subject)
    assert (line.verb, line.facts["standard"]) == ("raise", standard.pk)
    assert "两小时" not in str(line.facts)


@pytest.mark.parametrize("stage", ObjectionStage.values)
@pytest.mark.parametrize("name", sorted(OBJECTION_MOVES))
def test_every_step_is_made_from_its_stage_and_refused_from_all_others(
    world, standard, stage, name
):
    stands, move = walked(world, standard, stage), OBJECTION_MOVES[name]
    lines = Line.objects.count()

    if stage == move.source:
        assert DO[name](stands, world).stage == move.target
        assert Line.objects.filter(subject=stands.subject, verb=name).count() == 1
        return
    with pytest.raises(OutOfOrder):
        DO[name](stands, world)
    stands.refresh_from_db()
    assert (stands.stage, Line.objects.count()) == (stage, lines)


def test_an_answer_is_told_to_who_raised_it(world, standard):
    made = walked(world, standard, "declined")

    told = Notice.objects.get(subject=made.subject, kind="standard_answered")
    assert (told.to, made.answer) == (world.people["handler"], "按省标准执行")


@pytest.mark.parametrize("who", ["handler_waste", "patrol", "nobody", "administrator"])
def test_nobody_objects_for_a_unit_that_is_not_theirs(world, standard, who):
    with pytest.raises(NotAllowed):
        actions.object_to(standard, unit=world.units["roads"], said="太短", actor=world.actor(who))
    assert not Objection.objects.exists()


def test_only_editors_answer_and_only_the_unit_takes_back(world, standard):
    made = objection(world, standard)

    with pytest.raises(NotAllowed):
        actions.adopt_objection(made, answer="好", actor=world.actor("commander"))
    with pytest.raises(NotAllowed):
        actions.withdraw_objection(made, actor=world.actor("handler_waste"))
    made.refresh_from_db()
    assert made.stage == "raised"


@pytest.mark.parametrize("said", ["", "  ", "长" * 501])
def test_what_cannot_be_an_objection_is_refused_at_its_field(world, standard, said):
    with pytest.raises(Refused) as refusal:
        objection(world, standard, said)
    assert refusal.value.field == "said"


def test_a_unit_has_one_open_objection_to_a_version_and_may_raise_it_anew(world, standard):
    first = objection(world, standard)
    with pytest.raises(OutOfOrder):
        objection(world, standard)

    DO["withdraw"](first, world)
    objection(world, standard)
    assert Objection.objects.count() == 2


def test_a_version_that_has_ended_is_objected_to_no_more(world, standard):
    Standard.objects.filter(pk=standard.pk).update(
        valid_until=timezone.localdate() - timedelta(days=1)
    )
    with pytest.raises(OutOfOrder):
        objection(world, standard)


def test_a_unit_objects_on_the_page_and_an_editor_adopts_it(client, world, standard):
    client.force_login(world.people["handler"])
    unit = world.units["roads"].pk
    sent = {"version": standard.pk, "unit": unit, "said": "雨天两小时到不了"}

    empty = client.post(f"{CONDITION}object/", {})
    assert empty.status_code == 422
    raised = client.post(f"{CONDITION}object/", sent, follow=True)
    assert "雨天两小时到不了" in raised.content.decode()
    made = Objection.objects.get()
    refused = client.post(f"{LIST}{made.pk}/adopt/", {"answer": "好"})
    assert refused.status_code == 403

    client.force_login(world.people["administrator"])
    assert "雨天两小时到不了" in client.get(LIST).content.decode()
    assert "异议没有答复" in client.post(CONDITION, _typed(timezone.localdate())).content.decode()
    unanswered = client.post(f"{LIST}{made.pk}/adopt/", {"answer": ""})
    assert unanswered.status_code == 400
    adopted = client.post(f"{LIST}{made.pk}/adopt/", {"answer": "改为 4 工作时"})
    assert adopted["Location"] == CONDITION
    assert "没有等待答复的异议" in client.get(LIST).content.decode()
    assert "改为 4 工作时" in client.get(f"{LIST}?list=all").content.decode()
    assert "改为 4 工作时" in client.get(KIND).content.decode()


def test_who_works_for_no_unit_is_told_who_objects(client, world):
    client.force_login(world.people["administrator"])
    answer = client.get(f"{CONDITION}object/")
    assert (answer.status_code, "由单位提出" in answer.content.decode()) == (403, True)


def test_the_lists_ask_as_much_for_three_as_for_one(client, world, standard):
    client.force_login(world.people["handler"])

    def asked():
        pages = []
        for page in (LIST, f"{LIST}?list=all", KIND):
            with CaptureQueriesContext(connection) as queries:
                client.get(page)
            pages.append(len(queries))
        return pages

    objection(world, standard)
    asked()
    one = asked()
    for who, unit in (("handler_waste", "waste"), ("handler_lamps", "lamps")):
        actions.object_to(standard, unit=world.units[unit], said="不归我们", actor=world.actor(who))
    assert rules.objections(open_only=True).count() == 3
    assert asked() == one
    assert max(one) <= 12

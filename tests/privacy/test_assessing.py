"""Impact assessments: one begins, another approves; what is new waits for it, the city does not."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from shiyu.cases.tests import world as made_city
from shiyu.cases.tests.world import World
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.common.switching import before_switching_on
from shiyu.journal.models import Line
from shiyu.people.actors import Actor
from shiyu.privacy import actions, processing, rules
from shiyu.privacy.declared import CALLER, PERSONAL
from shiyu.privacy.lifecycle import ASSESSMENT_MOVES, Assessed
from shiyu.privacy.models import Assessment
from shiyu.privacy.processing import PROCESSINGS
from tests.privacy.test_two_people import employed, keeper

pytestmark = pytest.mark.django_db
SAID = dict.fromkeys(("purpose", "lawfulness", "necessity", "effects", "measures"), "写明了")
MOVES: dict[str, Callable[..., object]] = {
    "approve": actions.approve_assessment,
    "return": lambda one, *, actor: actions.return_assessment(one, reason="缺风险", actor=actor),
    "withdraw": actions.withdraw_assessment,
}


@pytest.fixture(autouse=True)
def nothing_assessed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A city as it is founded: the made city of the tests has all its assessments."""
    monkeypatch.setattr(made_city, "_assessed", lambda _world: None)


@pytest.fixture
def people(world: World) -> dict[str, Actor]:
    return {
        "who began": keeper(world, "s1"),
        "another": keeper(world, "s2"),
        "of a county": keeper(world, "s3", at="gulou"),
        "audit": keeper(world, "a1", "audit_admin"),
        "system": keeper(world, "y1", "system_admin"),
        "intake": world.actor("intake"),
        "program": Actor.program("x"),
    }


def begun(by: Actor, name: str = "export", **changes: Any) -> Assessment:
    told = {"said": SAID, "conclusion": "go", "due_on": timezone.localdate() + timedelta(days=365)}
    return actions.assess(name, actor=by, **(told | changes))


def at_stage(people: dict[str, Actor], stage: str) -> Assessment:
    one = begun(people["who began"])
    for name, move in ASSESSMENT_MOVES.items():
        if move.target == stage:
            MOVES[name](one, actor=people["another" if move.whose == "another" else "who began"])
    return Assessment.objects.get(pk=one.pk)


def test_every_stage_by_every_step_by_everybody(people: dict[str, Actor]) -> None:
    """Who may not is told so first, whatever the stage; what is decided stays decided."""
    for stage in Assessed.values:
        for name, move in ASSESSMENT_MOVES.items():
            others = {"another", "of a county"} if move.whose == "another" else {"who began"}
            for who, actor in people.items():
                mine, sources = who in others, move.sources
                with transaction.atomic():
                    one = at_stage(people, stage)
                    lines = Line.objects.count()
                    if not mine:
                        with pytest.raises(NotAllowed), transaction.atomic():
                            MOVES[name](one, actor=actor)
                    elif stage not in sources:
                        with pytest.raises(OutOfOrder), transaction.atomic():
                            MOVES[name](one, actor=actor)
                    else:
                        MOVES[name](one, actor=actor)
                    assert Line.objects.count() == lines + (mine and stage in sources)
                    transaction.set_rollback(True)


@pytest.mark.parametrize("who", ["audit", "system", "intake", "program"])
def test_only_the_security_administrator_puts_one_forward(
    people: dict[str, Actor], who: str
) -> None:
    with pytest.raises(NotAllowed):
        begun(people[who])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"said": SAID | {"effects": " "}}, "effects"),
        ({"said": SAID | {"measures": "长" * 4001}}, "measures"),
        ({"conclusion": "maybe"}, "conclusion"),
        ({"due_on": date(2020, 1, 1)}, "due_on"),
        ({"due_on": date(2999, 1, 1)}, "due_on"),
    ],
)
def test_what_lacks_is_said(people: dict[str, Actor], changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        begun(people["who began"], **changes)
    assert refused.value.field == field


def test_one_waits_at_a_time_and_numbers_of_people_are_hidden(people: dict[str, Actor]) -> None:
    one = begun(people["who began"], said=SAID | {"effects": "有人打 13912345678"})
    assert Assessment.objects.get(pk=one.pk).effects == "有人打 139****5678"
    with pytest.raises(OutOfOrder):
        begun(people["another"])
    begun(people["another"], "follow")


def test_the_newest_approved_counts_until_it_is_due(
    people: dict[str, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = at_stage(people, "approved"), at_stage(people, "approved")
    assert rules.in_force() == {"export": second}
    monkeypatch.setattr(timezone, "localdate", lambda: second.due_on + timedelta(days=1))
    assert rules.in_force() == {}
    assert first.stage == "approved"


def test_what_is_new_waits_and_what_is_done_already_is_told(
    people: dict[str, Actor], world: World
) -> None:
    intake = people["intake"]
    with pytest.raises(Refused, match="影响评估"):
        before_switching_on("export", actor=intake)
    before_switching_on("export", actor=people["program"])
    before_switching_on("suggest", actor=intake)
    assert str(PROCESSINGS["suggest"].title) in rules.unassessed()
    assert str(PROCESSINGS["export"].title) not in rules.unassessed()

    at_stage(people, "approved")
    before_switching_on("export", actor=intake)
    never = begun(people["who began"], conclusion="not")
    actions.approve_assessment(never, actor=people["another"])
    with pytest.raises(Refused, match="影响评估"):
        before_switching_on("export", actor=intake)


@pytest.fixture
def planted() -> Iterator[str]:
    PERSONAL["cases_case"]["number"] = replace(CALLER, retention="work")
    yield "cases_case.number"
    del PERSONAL["cases_case"]["number"]


def test_everything_sensitive_belongs_to_a_processing_that_is_assessed(planted: str) -> None:
    (told,) = processing.unassigned()
    assert told.startswith(planted)


def test_nothing_sensitive_is_left_out() -> None:
    assert processing.unassigned() == []
    assert {one.name for one in PROCESSINGS.values()} == set(PROCESSINGS)


def test_the_database_itself_keeps_them_as_they_were_written(people: dict[str, Actor]) -> None:
    begun(people["who began"])
    for words in ("DELETE FROM privacy_assessment", "UPDATE privacy_assessment SET effects = ''"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(words)


def test_through_the_pages_from_warning_to_paper(world: World, people: dict[str, Actor]) -> None:
    first, second = employed(world, people["who began"]), employed(world, people["another"])
    page = "/privacy/assessments/"
    assert 'id="unassessed"' in first.get(page).content.decode()
    form = first.get(f"{page}begin/reporter/")
    assert "个人信息保护法第十三条" in form.context["form"].initial["lawfulness"]

    sent = SAID | {"conclusion": "go", "due_on": str(timezone.localdate() + timedelta(days=30))}
    address = first.post(f"{page}begin/reporter/", sent)["Location"]
    assert 'id="approve-it"' not in first.get(address).content.decode()
    assert second.post(f"{address}return/", {"reason": ""}).status_code == 422
    assert 'id="approve-it"' in second.get(address).content.decode()
    second.post(f"{address}approve/")

    told = employed(world, people["audit"]).get(address).content.decode()
    assert "现在算数的就是这份" in told
    assert 'id="assess-again"' not in told
    assert first.get(f"{page}begin/reporter/").context["form"].initial["effects"] == "写明了"
    assert employed(world, people["system"]).get(page).status_code == 403
    assert Client().get(page).status_code == 302

"""What is asked about somebody's data goes through two people, in the places of their duty."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from shiyu.cases.models import Case, Report
from shiyu.cases.tests.world import LONG_AGO, THERE, World
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.journal.actions import record
from shiyu.journal.models import Line, Remark
from shiyu.people import apart
from shiyu.people.actors import Actor, Scope
from shiyu.people.models import Appointment, Person, Post, PostDuty
from shiyu.privacy import actions, rules
from shiyu.privacy.lifecycle import MOVES, Kind, Stage
from shiyu.privacy.models import Demand, Hold

pytestmark = pytest.mark.django_db

SECURITY, AUDIT = "security_admin", "audit_admin"
WORDS = "井盖坏了，我是王芳"


@pytest.fixture(autouse=True)
def own_list(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIYU_ERASURES", str(tmp_path / "erasures.jsonl"))


def keeper(world: World, name: str, duty: str = SECURITY, at: str = "city") -> Actor:
    place = world.places[at]
    person, _made = Person.objects.get_or_create(
        username=name, defaults={"name": name, "password": "!", "made_up": True}
    )
    return Actor(
        "person", person.pk, name, (Scope(duty, place.first, place.last, world.units["city"].pk),)
    )


@pytest.fixture
def report(world: World) -> Report:
    return world.report(text=WORDS, name="王芳", phone="13912345678")[0]


def asked(report: Report, kind: str, by: Actor) -> Demand:
    if kind == Kind.WORDS:
        remark = Remark.objects.get(pk=report.remark_id)
        return actions.ask_for_words(remark, report.case, ground="secret", actor=by)
    ground = {Kind.ERASE: "withdrawn", Kind.COPY: "in_person"}[Kind(kind)]
    return actions.ask(report, ground=ground, whole_person=False, actor=by, kind=kind)


STEP: dict[str, Callable[[Demand, Actor], object]] = {
    "erase": lambda d, a: actions.carry_out(d, actor=a),
    "grant": lambda d, a: actions.grant(d, actor=a),
    "hand_out": lambda d, a: actions.hand_out(d, actor=a),
    "refuse": lambda d, a: actions.refuse(d, reason="不是本人", actor=a),
    "withdraw": lambda d, a: actions.withdraw(d, actor=a),
}
WAY_TO: dict[tuple[str, str], tuple[str, ...]] = {
    (kind, Stage.ASKED): () for kind in Kind.values
} | {
    (Kind.COPY, Stage.GRANTED): ("grant",),
    (Kind.COPY, Stage.DONE): ("grant", "hand_out"),
    (Kind.ERASE, Stage.DONE): ("erase",),
    (Kind.WORDS, Stage.DONE): ("erase",),
    **{(kind, Stage.REFUSED): ("refuse",) for kind in Kind.values},
    **{(kind, Stage.WITHDRAWN): ("withdraw",) for kind in Kind.values},
}


@pytest.mark.parametrize(("kind", "stage"), WAY_TO)
def test_each_kind_at_each_stage_by_each_move(
    world: World, report: Report, kind: str, stage: str
) -> None:
    """Every cell: who asked, another, the audit administrator, intake, one of another county."""
    first, second = keeper(world, "甲"), keeper(world, "乙")
    whose = {"who asked": first, "another": second}
    demand = asked(report, kind, first)
    for name in WAY_TO[kind, stage]:
        STEP[name](demand, whose[MOVES[name].whose])
    demand.refresh_from_db()
    assert demand.stage == stage
    others = (
        *(keeper(world, "审", AUDIT), keeper(world, "丙", at="longting"), world.actor("intake")),
        *(Actor.receipt(report.pk), Actor("key", 1, "x", second.held), Actor("person", 0)),
    )

    for name, move in MOVES.items():
        for actor in (first, second, *others):
            fits = kind in move.kinds and stage in move.sources
            if fits and actor is whose[move.whose]:
                continue
            with pytest.raises((NotAllowed, OutOfOrder)):
                STEP[name](demand, actor)
    demand.refresh_from_db()
    assert demand.stage == stage


def test_the_lifecycle_names_every_kind_stage_and_step() -> None:
    reached = {move.target for move in MOVES.values()} | {Stage.ASKED}
    assert reached == set(Stage.values)
    assert set(STEP) == set(MOVES)
    for name, move in MOVES.items():
        if name != "withdraw" and move.whose == "who asked":
            assert Stage.ASKED not in move.sources, f"{name} would need no second person"
    assert {kind for kind, _stage in WAY_TO} == set(Kind.values)


def test_a_copy_is_fetched_while_its_time_lasts_and_each_time_is_on_record(
    world: World, report: Report
) -> None:
    first, second = keeper(world, "甲"), keeper(world, "乙")
    demand = actions.grant(asked(report, Kind.COPY, first), actor=second)
    for _ in range(2):
        assert actions.hand_out(demand, actor=first)["reports"][0]["name"] == "王芳"
    assert report.looks.count() == 2
    demand.refresh_from_db()
    assert (demand.decided_by_id, demand.stage) == (second.id, Stage.DONE)
    Demand.objects.update(until=timezone.now() - timedelta(seconds=1))

    with pytest.raises(Refused, match="期限已过"):
        actions.hand_out(demand, actor=first)
    assert report.looks.count() == 2


def test_who_lost_the_duty_since_fetches_nothing(world: World, report: Report) -> None:
    first = keeper(world, "甲")
    demand = actions.grant(asked(report, Kind.COPY, first), actor=keeper(world, "乙"))

    with pytest.raises(NotAllowed):
        actions.hand_out(demand, actor=Actor("person", first.id, "甲"))


HANDS = [
    [("甲", "乙", "set_password")],
    [("乙", "甲", "set_password")],
    [("甲", "乙", "create"), ("甲", "乙", "appoint")],
    [("甲", "乙", "remove_second_factor")],
    [("甲", "丁", "create"), ("丁", "乙", "create")],
    [("丁", "甲", "set_password"), ("丁", "乙", "set_password")],
]


@pytest.mark.parametrize("acts", HANDS, ids=str)
def test_an_account_that_one_had_in_hand_is_no_second_person(
    world: World, report: Report, acts: list[tuple[str, str, str]]
) -> None:
    people = {name: keeper(world, name) for name in "甲乙丁戊"}
    for by, on, verb in acts:
        record(f"person:{people[on].id}", verb, actor=people[by])
    demand = asked(report, Kind.ERASE, people["甲"])

    with pytest.raises(NotAllowed, match="经手"):
        actions.carry_out(demand, actor=people["乙"])

    assert actions.carry_out(demand, actor=people["戊"]).stage == Stage.DONE


def test_what_was_long_ago_or_done_by_the_program_counts_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = keeper(world, "甲"), keeper(world, "乙")
    record(f"person:{other.id}", "create", actor=Actor.program("founding"))
    record(f"person:{other.id}", "end_session", actor=one)
    assert apart.stand_apart(one.id, other.id)
    record(f"person:{other.id}", "create", actor=one)
    assert not apart.stand_apart(one.id, other.id)
    assert not apart.stand_apart(one.id, one.id)
    monkeypatch.setattr(apart, "LATELY", timedelta(0))
    assert apart.stand_apart(one.id, other.id)


def employed(world: World, actor: Actor) -> Client:
    (scope,) = actor.held
    post = Post.objects.create(unit=world.units["city"], title="管理员")
    person = Person.objects.get(pk=actor.id)
    Appointment.objects.create(person=person, post=post, starts_on=LONG_AGO)
    code = {p.first: p.code for p in world.places.values()}[scope.first]
    PostDuty.objects.create(
        post=post,
        duty=scope.duty,
        place_code=code,
        place_first=scope.first,
        place_last=scope.last,
    )
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def there(world: World) -> Report:
    where = {"lon": THERE[0], "lat": THERE[1], "address": "北门大街"}
    return world.report(text="灯坏了", name="李娜", phone="13700000000", **where)[0]


def test_what_lies_in_another_county_is_answered_as_if_it_were_not_there(
    world: World, report: Report, there: Report
) -> None:
    mine = keeper(world, "鼓楼", at="gulou")
    browser = employed(world, mine)
    city = keeper(world, "市")
    foreign, hold = asked(there, Kind.ERASE, city), None
    until = timezone.localdate() + timedelta(days=1)
    hold = actions.hold(there, ground=Hold.Ground.LAWSUIT, until=until, actor=city)
    number, nothing = there.case.number, "KF20990101000001"
    pairs = [
        ("get", f"/privacy/of/{number}/", f"/privacy/of/{nothing}/"),
        ("get", f"/journal/{number}/", f"/journal/{nothing}/"),
        ("get", f"/privacy/requests/{foreign.pk}/", "/privacy/requests/987654321/"),
        ("post", f"/privacy/holds/{hold.pk}/lift/", "/privacy/holds/987654321/lift/"),
    ]
    for step in ("erase", "grant", "refuse", "withdraw", "copy"):
        at = "/privacy/requests/{}/" + step + "/"
        pairs.append(("post", at.format(foreign.pk), at.format(987654321)))
    for step in ("ask", "ask-copy", "hold"):
        at = "/privacy/of/{}/{}/" + step + "/"
        pairs.append(("post", at.format(number, there.pk), at.format(nothing, 987654321)))
    before = Line.objects.count()

    for method, other, none in pairs:
        answers = [getattr(browser, method)(path) for path in (other, none)]
        assert [a.status_code for a in answers] == [404, 404], other
        told = (re.sub(r"<[^>]*>", " ", a.content.decode()) for a in answers)
        said = [re.sub(r"\b[0-9a-f]{32}\b", "@", text).split() for text in told]
        assert said[0] == said[1], other
    for path in ("/privacy/requests/", "/journal/"):
        asked_for = browser.get(path, {"q": number})
        assert asked_for.status_code == 200
        assert f"/privacy/requests/{foreign.pk}/" not in asked_for.content.decode()
    assert browser.get(f"/privacy/of/{report.case.number}/").status_code == 200
    assert Line.objects.count() == before


def test_nobody_decides_what_reaches_beyond_their_places(
    world: World, report: Report, there: Report
) -> None:
    """One telephone in two counties: the city's officer covers both, a county's their own alone."""
    again, _code = world.report(text="又坏了", name="李娜", phone="13700000000")
    mine, city = keeper(world, "鼓楼", at="gulou"), keeper(world, "市")
    own = actions.ask(again, ground="withdrawn", whole_person=True, actor=mine)
    assert own.reports == [again.pk]
    actions.withdraw(own, actor=mine)
    both = actions.ask(again, ground="withdrawn", whole_person=True, actor=city)
    assert set(both.reports) == {again.pk, there.pk}

    with pytest.raises(NotAllowed, match="管辖"):
        actions.carry_out(both, actor=mine)
    assert actions.carry_out(both, actor=keeper(world, "市二")).stage == Stage.DONE


def test_places_of_a_duty_alone_count(world: World, report: Report, there: Report) -> None:
    """Looking far and answering near: only the places of the keeper's own duty are theirs."""
    near = keeper(world, "鼓楼", at="gulou")
    far = Actor("person", near.id, "鼓楼", (*near.held, Scope("command", 1, 9999, 1)))

    assert set(rules.visible_to(far)) == {report}
    assert set(rules.kept_cases(far)) == {report.case}
    assert set(rules.visible_to(keeper(world, "市"))) == {report, there}
    whole = Actor("person", near.id, "全市", (Scope(SECURITY, 1, 0, 1),))  # names no place
    assert set(rules.visible_to(whole)) == {report, there}
    assert rules.answers_for(whole, there.case)
    assert not rules.answers_for(near, there.case)
    for nobody in (Actor.receipt(report.pk), Actor("key", 1, "x", far.held), Actor("person", 1)):
        assert not rules.visible_to(nobody).exists()
        assert not rules.kept_cases(nobody).exists()
        assert not rules.demands_of(nobody).exists()
    assert Case.objects.count() == 2

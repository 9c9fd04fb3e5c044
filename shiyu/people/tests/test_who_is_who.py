"""Who holds which duty, how far it reaches, and who is found by what one types; few records."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from shiyu.common.errors import NotAllowed, Refused
from shiyu.people import following, rules, sight
from shiyu.people.actors import Actor, Scope, duties_in_force, predecessors, scopes_of
from shiyu.people.duties import ADMINISTRATION, LOOKING, OF_A_UNIT, Duty
from shiyu.people.lifecycle import PROPOSAL_MOVES
from shiyu.people.models import (
    Appointment,
    Heir,
    Person,
    Post,
    PostDuty,
    Proposal,
    Unit,
    UnitChange,
)

TODAY = date(2026, 11, 20)


def scope(duty: str = "intake", first: int = 10, last: int = 20, **more: int) -> Scope:
    return Scope(duty, first, last, more.pop("unit", 1), **more)


def somebody(*held: Scope, kind: str = "person", number: int = 7) -> Actor:
    return Actor(kind, number, "", held)


# ---- without any record -------------------------------------------------------------------------


def test_a_scope_covers_both_its_ends_and_a_unit_covers_no_place():
    assert [scope().covers(n) for n in (9, 10, 15, 20, 21)] == [False, True, True, True, False]
    assert not any(scope("handle", 1, 0).covers(n) for n in (-1, 0, 1, 2))


def test_everybody_has_a_name_in_the_journal_and_the_program_that_of_its_job():
    assert Actor.program("import").ref == "program:import"
    assert Actor.program().ref == "program:program"
    assert (Actor.program("x").kind, Actor.program("x").id) == ("program", 0)
    assert (Actor.receipt(5).ref, Actor.receipt(5).id, Actor.receipt(5).held) == (
        "receipt:5",
        5,
        (),
    )
    assert somebody(number=12).ref == "person:12"


def test_what_is_held_is_told_by_duty_scope_and_unit():
    actor = somebody(scope(), scope("verify", unit=2), scope("intake", 30, 40, unit=3))

    assert actor.holds("verify")
    assert actor.holds("patrol", "intake")
    assert not actor.holds("patrol")
    assert not actor.holds()
    assert actor.scopes("intake") == (scope(), scope("intake", 30, 40, unit=3))
    assert actor.scopes("patrol") == ()
    assert actor.units("intake") == {1, 3}
    assert actor.units("verify", "patrol") == {2}


def test_a_deputy_speaks_for_whose_duty_is_needed_and_for_nobody_where_their_own_will_do():
    own, hers, his = scope(), scope("verify", acting_for=3), scope("command", acting_for=4)
    deputy = somebody(own, hers, his)

    def speaks_for(duty: str, actor: Actor = deputy) -> int | None:
        said = actor.speaking(lambda one: one.holds(duty))
        assert said.held == actor.held
        return said.acting_for

    assert speaks_for("intake") is None
    assert speaks_for("verify") == 3
    assert speaks_for("command") == 4
    assert speaks_for("patrol") is None
    assert speaks_for("verify", somebody(own)) is None
    both = somebody(scope("verify"), scope("verify", acting_for=3))
    assert both.speaking(lambda one: one.holds("verify")) is both
    two = somebody(scope("verify", acting_for=4), scope("verify", acting_for=3))
    assert speaks_for("verify", two) == 4
    assert two.speaking(lambda one: len(one.held) == 2) is two


def test_a_duty_reaches_over_its_places_or_over_its_unit_and_those_before_it():
    places = PostDuty(duty="intake", place_first=10, place_last=20)
    nowhere = PostDuty(duty="intake")
    unit = PostDuty(duty="handle", unit_id=5)

    assert scopes_of(places, 3) == [scope(unit=3)]
    assert scopes_of(places, 3, 8) == [scope(unit=3, acting_for=8)]
    assert scopes_of(nowhere, 3) == [Scope("intake", 1, 0, 3)]
    assert scopes_of(unit, 3) == [Scope("handle", 1, 0, 5)]
    assert scopes_of(unit, 3, 8, {5: [6, 7], 3: [9]}) == [
        Scope("handle", 1, 0, number, 8) for number in (5, 6, 7)
    ]
    assert scopes_of(unit, 3, None, {6: [9]}) == [Scope("handle", 1, 0, 5)]


def test_three_duties_administer_one_is_of_a_unit_and_five_look():
    assert {"system_admin", "security_admin", "audit_admin"} == ADMINISTRATION
    assert {"handle"} == OF_A_UNIT
    assert {"intake", "dispatch", "command", "verify", "patrol"} == LOOKING
    assert rules.SECOND_FACTORS == ("totp", "webauthn")
    assert rules.WITH_HEIRS == ("merge", "split")
    assert rules.ENDINGS == ("close", "merge", "split")


def test_no_two_duties_of_administration_go_together():
    assert not rules.clashing(["audit_admin", "intake", "audit_admin"])
    assert not rules.clashing(["intake", "verify"])
    assert not rules.clashing([])
    assert rules.clashing(["audit_admin", "intake", "system_admin"])


def test_one_may_by_a_duty_and_the_program_always_may():
    assert rules.may(Actor.program("x"), Duty.INTAKE)
    assert rules.may(somebody(scope()), Duty.VERIFY, Duty.INTAKE)
    assert not rules.may(somebody(scope()), Duty.VERIFY)
    assert not rules.may(somebody(kind="key"))


def test_who_may_not_is_told_whose_work_it_is_and_a_deputy_says_for_whom():
    deputy = somebody(scope("security_admin", acting_for=3))

    assert rules.require(deputy, Duty.SECURITY_ADMIN).acting_for == 3
    own = somebody(scope("security_admin"))
    assert rules.require(own, Duty.SECURITY_ADMIN) is own
    with pytest.raises(NotAllowed, match="这件事由系统管理、审计管理岗位办理"):
        rules.require(own, Duty.SYSTEM_ADMIN, Duty.AUDIT_ADMIN)


def test_nobody_changes_their_own_access():
    with pytest.raises(NotAllowed, match="另一位安全管理员"):
        rules.require_another(somebody(), Person(pk=7))
    rules.require_another(somebody(), Person(pk=8))
    rules.require_another(somebody(kind="key"), Person(pk=7))


def test_administrators_sign_in_with_a_code_unless_they_are_made_up():
    for duty in Duty.values:
        actor = somebody(scope(duty))
        assert rules.must_use_second_factor(Person(), actor) is (duty in ADMINISTRATION)
        assert not rules.must_use_second_factor(Person(made_up=True), actor)


# ---- with records -------------------------------------------------------------------------------


@pytest.fixture
def units(db: None) -> dict[str, Unit]:
    def made(code: str, name: str, short: str, pinyin: str, above: Unit | None = None, **more):
        return Unit.objects.create(
            code=code, name=name, short_name=short, pinyin=pinyin, parent=above, kind="department",
            tier="city", place_code="410200", **more,
        )  # fmt: skip

    city = made("City-1", "开封市城市管理局", "市城管局", "kaifengshichengshiguanliju")
    district = made("D1", "鼓楼区城管局", "鼓楼城管", "gulouquchengguanju", city)
    street = made("S1", "书店街所", "书店街", "shudianjiesuo", district)
    ended = made("S0", "书店街旧所", "旧所", "shudianjiejiusuo", district, ended_on=TODAY)
    UnitChange.objects.create(
        unit=street, kind="rename", name_before="卫生所", from_on=TODAY, ordered_at=timezone.now()
    )
    UnitChange.objects.create(
        unit=ended, kind="move", name_before="关闭所", from_on=TODAY, ordered_at=timezone.now()
    )
    return {"city": city, "district": district, "street": street, "ended": ended}


def names(units: dict[str, Unit], found: object) -> set[str]:
    keys = {unit.pk: name for name, unit in units.items()}
    return {keys[unit.pk] for unit in found}  # type: ignore[attr-defined]


def test_units_are_found_by_code_name_short_name_sound_and_former_name(units):
    for words, expected in {
        "city": {"city"}, "  CITY-1 ": {"city"}, "1": set(),
        "开封市": {"city"}, "鼓楼城": {"district"}, "GULOU": {"district"}, "旧所": {"ended"},
        "卫生": {"street"}, "关闭": set(), "书店": {"street", "ended"}, "没有": set(),
    }.items():  # fmt: skip
        assert names(units, rules.find_units(words)) == expected, words
    assert names(units, rules.find_units("书店", ended=False)) == {"street"}
    assert names(units, rules.find_units("")) == set(units)


def test_one_unit_is_the_one_that_is_named_whole_or_the_only_one_found(units):
    for words, name in {
        "S1": "street", " D1 ": "district", "市城管局": "city", "书店街": "street",
        "鼓楼": "district", "书店街所": "street", "卫生所": "street", "书店": "street",
    }.items():  # fmt: skip
        assert rules.one_unit(words) == units[name], words
    for words in ("S0", "旧所", "没有", "", "  "):
        with pytest.raises(Refused, match=f"没有名称、代码或拼音是“{words.strip()}”") as refused:
            rules.one_unit(words, field="to")
        assert refused.value.field == "to"
    with pytest.raises(
        Refused, match="有几个机构符合：鼓楼区城管局（D1）、开封市城市管理局（City-1）。"
    ):
        rules.one_unit("城")


def test_a_unit_named_whole_is_taken_before_those_that_only_begin_so(units):
    for code, name, short in (
        ("D10", "鼓楼区城管局二队", "鼓楼城管二"),
        ("S12", "书店街所二", "书店街二"),
    ):
        Unit.objects.create(
            code=code, name=name, short_name=short, kind="department", tier="city", place_code="41"
        )

    for words in ("D1", "鼓楼区城管局", "鼓楼城管"):
        assert rules.one_unit(words) == units["district"], words
    for words in ("S1", "书店街所", "书店街"):
        assert rules.one_unit(words) == units["street"], words


def test_of_many_units_found_five_are_named_and_of_two_with_one_name_none_is_taken(units):
    for number in range(6):
        Unit.objects.create(
            code=f"X{number}", name="重名所", short_name=f"所{number}", pinyin=f"x{number}",
            kind="department", tier="city", place_code="410200",
        )  # fmt: skip

    with pytest.raises(Refused) as refused:
        rules.one_unit("重名所")
    named = "、".join(f"重名所（X{number}）" for number in range(5))
    assert str(refused.value) == f"有几个机构符合：{named}。写代码或全名"
    Unit.objects.filter(code__gt="X1", code__startswith="X").update(ended_on=TODAY)
    with pytest.raises(Refused, match="有几个机构符合：重名所（X0）、重名所（X1）。"):
        rules.one_unit("重名所")
    assert rules.one_unit("所1").code == "X1"


def test_the_units_above_are_told_from_the_nearest_and_a_ring_ends(units):
    city, district, street = (units[name] for name in ("city", "district", "street"))

    assert rules.ancestors(street) == [district.pk, city.pk]
    assert rules.ancestors(city) == []
    Unit.objects.filter(pk=city.pk).update(parent=street)
    assert rules.ancestors(street) == [district.pk, city.pk, street.pk]


@pytest.fixture
def person(units) -> Person:
    return Person.objects.create(username="lin", name="林一", pinyin="linyi")


def hold(person: Person, unit: Unit, duty: str, **more: object) -> Appointment:
    """A post of its own with this duty; ten to twenty, or the unit."""
    post = Post.objects.create(unit=unit, title=duty)
    of_unit = duty in OF_A_UNIT
    PostDuty.objects.create(
        post=post, duty=duty, unit=unit if of_unit else None, place_code="" if of_unit else "41",
        place_first=None if of_unit else 10, place_last=None if of_unit else 20,
    )  # fmt: skip
    starts = more.pop("starts_on", timezone.localdate() - timedelta(days=9))
    return Appointment.objects.create(person=person, post=post, starts_on=starts, **more)


def test_people_are_found_by_name_account_and_sound(person):
    other = Person.objects.create(username="wang", name="林王", pinyin="aalinwang")

    assert list(rules.find_people(" 林 ")) == [other, person]
    assert list(rules.find_people("LIN")) == [other, person]
    assert list(rules.find_people("一")) == list(rules.find_people("Linyi")) == [person]
    assert list(rules.find_people("wan")) == [other]
    assert list(rules.find_people("in")) == [other, person]
    assert list(rules.find_people("没有")) == []
    Person.objects.filter(pk=person.pk).update(pinyin="x")
    assert list(rules.find_people("lin")) == [other, person]


def test_administrators_see_everyone_and_others_themselves(person):
    other = Person.objects.create(username="wang", name="林王")

    for duty in Duty.values:
        actor = somebody(scope(duty), number=person.pk)
        expected = {person, other} if duty in ADMINISTRATION else {person}
        assert set(rules.visible_to(actor)) == expected, duty
    assert set(rules.visible_to(Actor.program("x"))) == {person, other}
    assert not rules.visible_to(Actor("key", person.pk))
    assert not rules.visible_to(Actor.receipt(person.pk))
    Person.objects.get_or_create(pk=1, defaults={"username": "first", "name": "一号"})
    assert not rules.visible_to(Actor("key", person.pk))


def test_who_holds_a_duty_holds_it_today_and_in_an_account_in_use(person, units):
    today = timezone.localdate()
    hold(person, units["city"], "intake")
    others = {}
    for name, ends, starts, active in (
        ("gone", today - timedelta(days=1), today - timedelta(days=9), True),
        ("coming", None, today + timedelta(days=1), True),
        ("shut", None, today, False),
        ("last", today, today, True),
    ):
        others[name] = Person.objects.create(username=name, name=name, is_active=active)
        hold(others[name], units["city"], "intake", starts_on=starts, ends_on=ends)
        hold(others[name], units["city"], "system_admin", starts_on=starts, ends_on=ends)

    assert rules.holders_of("intake") == {person.pk, others["last"].pk}
    assert rules.holders_of("verify") == set()
    ids = [person.pk, *(other.pk for other in others.values())]
    found = rules.administration_of(ids)
    expected = {others[name].pk: {"system_admin"} for name in ("coming", "shut", "last")}
    assert found == expected
    assert rules.administration_of([person.pk]) == {}


def test_what_people_hold_on_a_day_comes_with_whose_it_is_and_with_units_taken_over(
    person, units, django_assert_num_queries
):
    boss = Person.objects.create(username="boss", name="主任")
    until = timezone.localdate() + timedelta(days=9)
    hold(person, units["city"], "intake")
    hold(person, units["street"], "handle", acting_for=boss, ends_on=until)
    hold(boss, units["district"], "verify")
    merge(units["ended"], into=units["street"])
    today, own = timezone.localdate(), scope(unit=units["city"].pk)

    with django_assert_num_queries(3):
        found = duties_in_force([person.pk], today)
    assert set(found) == {person.pk}
    assert set(found[person.pk]) == {own} | {
        Scope("handle", 1, 0, units[name].pk, boss.pk) for name in ("street", "ended")
    }
    with django_assert_num_queries(2):
        assert duties_in_force([boss.pk], today) == {
            boss.pk: (scope("verify", unit=units["district"].pk),)
        }
    actor = Actor.for_person(person)
    assert (actor.ref, actor.name, set(actor.held)) == (
        f"person:{person.pk}",
        "林一",
        set(found[person.pk]),
    )
    assert Actor.for_person(person, on=until + timedelta(days=1)).held == (own,)
    assert Actor.for_person(person, on=today - timedelta(days=30)).held == ()
    person.is_active = False
    assert Actor.for_person(person) == Actor("person", person.pk, "林一")


def merge(unit: Unit, *, into: Unit, applied: bool = True) -> None:
    now = timezone.now()
    change = UnitChange.objects.create(
        unit=unit, kind="merge", from_on=TODAY, ordered_at=now, applied_at=now if applied else None,
        cancelled_at=None,
    )  # fmt: skip
    Heir.objects.create(change=change, unit=into, ordinal=1)


def test_a_unit_came_from_those_before_it_however_long_ago(units):
    city, district, street, ended = (units[n] for n in ("city", "district", "street", "ended"))
    merge(ended, into=street)
    merge(street, into=district)
    merge(district, into=city, applied=False)

    found = predecessors([district.pk, street.pk, city.pk])

    assert found == {district.pk: sorted([street.pk, ended.pk]), street.pk: [ended.pk]}
    assert predecessors([]) == {}
    assert predecessors([ended.pk]) == {}


# ---- what a change gives and takes --------------------------------------------------------------


def counted(actor: Actor) -> list[tuple[str, int]]:
    """Ten for each place of a scope, one for a unit; who holds nothing sees nothing."""
    seen = sum(10 * (s.last - s.first) if s.first < s.last else 1 for s in actor.held)
    return [("案件", seen), ("本人", actor.id)]


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "sight", [counted])


def test_a_post_gives_what_it_reaches_beside_what_is_held(person, units, looking):
    hold(person, units["city"], "intake")
    post = hold(Person.objects.create(username="x", name="x"), units["street"], "handle").post

    effect = sight.of_appointing(person, post)

    assert list(effect.duties) == ["处置：书店街所"]
    me = f"{person.pk:,}"
    assert list(effect.seen) == [sight.Seen("案件", "100", "101"), sight.Seen("本人", me, me)]
    person.is_active = False
    assert sight.of_appointing(person, post).seen[0] == sight.Seen("案件", "0", "1")


def test_leaving_takes_what_no_other_post_gives(person, units, looking):
    first = hold(person, units["city"], "intake")
    hold(person, units["street"], "handle")
    over = timezone.localdate() - timedelta(days=1)
    hold(person, units["city"], "verify", ends_on=over)
    hold(Person.objects.create(username="x", name="x"), units["city"], "command")

    effect = sight.of_leaving(person, iter([first]))

    assert list(effect.duties) == ["受理立案：41"]
    assert effect.seen[0] == sight.Seen("案件", "101", "1")


def test_a_duty_alone_is_told_with_its_scope(person, units, looking):
    post = Post.objects.create(unit=units["street"], title="岗")
    merge(units["city"], into=units["street"])
    handle = sight.duty_of(post, "handle", place=None, unit=units["street"])
    place = following.Named("4102", "鼓楼区", 10, 1111)
    intake = sight.duty_of(post, "intake", place=place, unit=None)

    assert (handle.place_first, handle.place_last, handle.place_code) == (None, None, "")
    assert (intake.place_first, intake.place_last, intake.place_code) == (10, 1111, "4102")
    assert (intake.post, intake.duty, intake.unit, handle.unit) == (
        post, "intake", None, units["street"],
    )  # fmt: skip
    effect = sight.of_duty(post, handle)
    assert list(effect.duties) == ["处置：书店街所"]
    assert list(effect.seen) == [sight.Seen("案件", "0", "2"), sight.Seen("本人", "0", "0")]
    assert sight.of_duty(post, intake).seen[0].after == "10,000+"
    intake.place_last = 1010
    assert sight.of_duty(post, intake).seen[0].after == "10,000"
    assert sight.where(intake, {"4102": "鼓楼区"}) == "鼓楼区"
    assert sight.where(intake, {}) == "4102"
    assert sight.in_words(iter([handle, intake])) == ["处置：书店街所", "受理立案：4102"]
    assert sight.where(PostDuty(duty="intake"), {}) == "全市"


# ---- changes to administrators: two people ------------------------------------------------------


def test_every_step_of_a_proposal_is_from_where_to_where_and_whose():
    assert {
        name: (" ".join(sorted(move.sources)), move.target, move.whose)
        for name, move in PROPOSAL_MOVES.items()
    } == {
        "approve": ("asked", "done", "another"),
        "refuse": ("asked", "refused", "another"),
        "withdraw": ("asked", "withdrawn", "who proposed"),
    }


def test_whoever_administers_may_be_the_second_but_for_who_asks_and_whom_it_is_about(units):
    held = {}
    for duty in (*sorted(ADMINISTRATION), "command"):
        held[duty] = Person.objects.create(username=duty, name=duty)
        hold(held[duty], units["city"], duty)
    a, b, c = (held[duty].pk for duty in sorted(ADMINISTRATION))

    assert rules.approvers() == {a, b, c}
    assert rules.may_approve_others(somebody(number=a), [])
    assert rules.may_approve_others(somebody(number=a), [b])
    assert not rules.may_approve_others(somebody(number=a), [b, c])
    assert rules.may_approve_others(somebody(number=held["command"].pk), [b, c])


def test_proposals_are_seen_by_those_who_administer(person):
    told = {"what": "reactivate", "asked_by": person, "asked_at": timezone.now()}
    Proposal.objects.create(person=person, **told)
    for duty in Duty.values:
        seen = rules.proposals_of(somebody(scope(duty))).exists()
        assert seen is (duty in ADMINISTRATION), duty
    assert not rules.proposals_of(somebody(scope("audit_admin"), kind="key")).exists()
    assert not rules.proposals_of(Actor.program("x")).exists()


def test_a_step_of_a_proposal_is_for_who_proposed_or_for_a_third(db):
    found = Proposal(asked_by_id=3, person_id=4, what="reactivate")

    def may(name: str, number: int, **more: str) -> bool:
        duty = more.pop("duty", "audit_admin")
        return rules.may_move_proposal(somebody(scope(duty), number=number, **more), name, found)

    for name, move in PROPOSAL_MOVES.items():
        own = move.whose != "another"
        assert [may(name, number) for number in (3, 4, 5)] == [own, False, not own], name
        for number in (3, 5):
            assert not may(name, number, kind="key"), name
            assert not may(name, number, duty="command"), name

"""What a standard gives, by day, tier and ending, near every boundary; few records."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from shiyu.catalogue import rules
from shiyu.catalogue.lifecycle import OBJECTION_MOVES, ObjectionStage
from shiyu.catalogue.models import (
    Kind,
    Objection,
    Procedure,
    Reason,
    Responsibility,
    Standard,
)
from shiyu.common.errors import NotAllowed, OutOfOrder
from shiyu.people.actors import Actor, Scope
from shiyu.people.duties import Duty
from shiyu.people.models import Appointment, Person, Post, PostDuty, Unit

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 1)
ONE = timedelta(days=1)
EDITOR = Actor("person", 1, "", (Scope("system_admin", 1, 0, 5),))


def kind(code: str = "10101", name: str = "井盖", **more: Any) -> Kind:
    more = {"major_code": code[:3], "major_name": "公用设施", "category": "component"} | more
    return Kind.objects.create(code=code, name=name, **more)


def standard(of: Kind, ordinal: int = 1, version: int = 1, **more: Any) -> Standard:
    words = {"handling": "4工作时", "filing_condition": f"{ordinal}.{version}"}
    more = {"valid_from": DAY, **words} | more
    return Standard.objects.create(kind=of, ordinal=ordinal, version=version, **more)


def unit(code: str, **more: Any) -> Unit:
    return Unit.objects.create(
        code=code, name=code, short_name=code, kind="department", tier="city",
        place_code="41", **more,
    )  # fmt: skip


def answers(of: Standard, who: Unit, tier: str, role: str) -> None:
    Responsibility.objects.create(standard=of, unit=who, tier=tier, role=role)


# ---- by day -------------------------------------------------------------------------------------


def test_a_condition_holds_on_its_first_and_its_last_day():
    one, two = kind(), kind("10102")
    first = standard(one, valid_until=DAY + ONE)
    second = standard(one, 2, valid_from=DAY + ONE)
    standard(two)

    for day, expected in (
        (DAY - ONE, []), (DAY, [first]), (DAY + ONE, [first, second]), (DAY + 2 * ONE, [second]),
    ):  # fmt: skip
        assert rules.standards_for(one, day) == expected
        assert rules.standard_for(one, day) == (expected[0] if expected else None)
        assert rules.standard_for(one, day, 2) == (second if second in expected else None)
    late = datetime(2026, 6, 2, 15, 59, tzinfo=UTC)
    assert rules.standard_for(one, late, 1) == first
    assert rules.standard_for(one, late + timedelta(minutes=1), 1) is None


def test_the_newest_procedure_in_force_holds_from_its_first_day():
    Procedure.objects.all().delete()
    for version, first in ((1, DAY), (3, DAY + ONE), (2, DAY + ONE)):
        Procedure.objects.create(version=version, valid_from=first)

    with pytest.raises(OutOfOrder, match="2026-05-31 还没有生效的流程参数"):
        rules.procedure_at(DAY - ONE)
    assert rules.procedure_at(DAY).version == 1
    assert rules.procedure_at(DAY + ONE).version == 3
    assert rules.procedure_at(datetime(2026, 6, 1, 15, 59, tzinfo=UTC)).version == 1
    assert rules.procedure_at(datetime(2026, 6, 1, 16, 0, tzinfo=UTC)).version == 3


def test_what_held_before_is_the_version_that_ended_the_day_before():
    one, two = kind(), kind("10102")
    eve = DAY - ONE
    long_ago = DAY - 9 * ONE
    older = standard(one, 1, 1, valid_from=long_ago, valid_until=eve)
    held = standard(one, 1, 2, valid_from=long_ago, valid_until=eve)
    new = standard(one, 1, 5)

    standard(one, 1, 3, valid_from=long_ago, valid_until=eve - ONE)  # ended before
    standard(one, 1, 4, valid_from=DAY, valid_until=eve)  # never held
    standard(one, 1, 7, valid_from=long_ago, valid_until=eve)  # newer
    standard(one, 2, 3, valid_from=long_ago, valid_until=eve)  # another condition
    standard(two, 1, 4, valid_from=long_ago, valid_until=eve)  # another kind

    assert rules.held_before(new) == held
    assert rules.held_before(standard(one, 1, 6, valid_from=DAY + 5 * ONE)) is None
    one_day = standard(one, 3, 1, valid_from=eve, valid_until=eve)
    assert rules.held_before(standard(one, 3, 2)) == one_day
    assert rules.held_before(Standard(kind=one, ordinal=1, version=2, valid_from=DAY)) == older


def test_versions_stand_under_their_condition_the_newest_first():
    one = kind()
    second, old, new = standard(one, 2), standard(one), standard(one, 1, 2)
    standard(kind("10102"))

    assert rules.conditions_of(one) == [[new, old], [second]]


# ---- limits -------------------------------------------------------------------------------------


def test_the_standards_own_limits_come_before_the_procedures_and_empty_ones_are_left_out():
    procedure = Procedure(limits={"accept": "15分钟", "filing": "", "sign": "1工作日"})
    own = Standard(handling="4工作时", limits={"sign": "2工作时", "verify": ""})

    assert rules.limits_of(procedure, None) == {"accept": "15分钟", "sign": "1工作日"}
    assert rules.limits_of(procedure, own) == {
        "accept": "15分钟", "sign": "2工作时", "handling": "4工作时",
    }  # fmt: skip
    assert procedure.limits["sign"] == "1工作日"


def test_a_season_has_its_first_and_last_day_or_is_all_year():
    found = rules.season_of(Standard(season_first="03-01", season_last="11-30"))
    assert found == ("03-01", "11-30")
    assert rules.season_of(Standard()) is None


# ---- who answers --------------------------------------------------------------------------------


def test_who_answers_at_a_tier_is_the_first_lead_then_others_then_who_watches():
    of = standard(kind())
    names = ("co", "lead", "second", "watch", "other", "gone")
    units = {name: unit(name, ended_on=DAY if name == "gone" else None) for name in names}
    answers(of, units["gone"], "county", "lead")
    for name, role in (("co", "co"), ("lead", "lead"), ("second", "lead"), ("watch", "watch")):
        answers(of, units[name], "county", role)
    answers(of, units["other"], "city", "lead")
    answers(standard(kind("10102")), units["other"], "county", "lead")

    found = rules.responsible(of, "county")
    assert found.lead == units["lead"]
    assert found.co == (units["second"], units["co"])
    assert found.watch == (units["watch"],)
    assert rules.responsible(of, "city") == rules.Responsible(units["other"])
    assert rules.responsible(of, "township") == rules.Responsible(None)


def test_units_are_suggested_from_the_cases_own_tier_on_leads_first():
    of = standard(kind())
    rows = (
        ("a", "city", "co"), ("b", "city", "lead"), ("c", "county", "co"), ("d", "county", "lead"),
        ("e", "township", "lead"), ("f", "county", "watch"), ("g", "county", "lead"),
        ("h", "community", "lead"),
    )  # fmt: skip
    for name, tier, role in rows:
        answers(of, unit(name), tier, role)
    answers(of, unit("gone", ended_on=DAY), "county", "lead")
    answers(standard(kind("10102")), unit("x"), "county", "lead")

    def suggested(tier: str) -> str:
        return "".join(s.unit.code for s in rules.suggested_units(of, tier=tier))

    assert suggested("") == "badgceh"
    assert suggested("county") == "dgcbaeh"
    assert suggested("township") == "ebadgch"
    assert suggested("community") == "hbadgce"
    first, *_rest, last = rules.suggested_units(of, tier="county")
    assert (first.role, first.because) == ("lead", "立结案标准列为县区级主责单位")
    assert last.because == "立结案标准列为社区村级主责单位"


# ---- kinds --------------------------------------------------------------------------------------


def test_a_kind_goes_to_the_grid_up_to_its_last_day_and_only_if_it_is_on_the_list():
    today = timezone.localdate()

    assert rules.may_go_to_grid(Kind(name="树")) is None
    assert rules.may_go_to_grid(Kind(name="树", ended_on=today)) is None
    said = "“树”已停用，不能交到网格"
    assert rules.may_go_to_grid(Kind(name="树", ended_on=today - ONE)) == said
    out = Kind(name="树", in_grid=False)
    assert rules.may_go_to_grid(out) == "“树”未入格，不能交到网格：未列入入格事项清单"
    out.not_in_grid_because = "专业性强"
    assert rules.may_go_to_grid(out) == "“树”未入格，不能交到网格：专业性强"


def test_kinds_are_listed_up_to_their_last_day_for_the_public_and_for_the_grid():
    today = timezone.localdate()
    kind("1", ended_on=today), kind("2", ended_on=today - ONE)
    kind("3", for_public=False), kind("4", in_grid=False)

    def codes(found: Any) -> str:
        return "".join(k.code for k in found)

    assert codes(rules.kinds_in_use()) == "134"
    assert codes(rules.kinds_in_use(today - ONE)) == "1234"
    assert codes(rules.kinds_in_use(today + ONE)) == "34"
    assert codes(rules.kinds_for_public()) == "14"
    assert codes(rules.grid_list()) == "13"
    assert codes(rules.grid_list(admitted=False)) == "4"


def test_kinds_are_found_by_every_word_of_the_first_five_and_twenty_at_most():
    cover = kind("10101", "上水井盖", pinyin="shangshuijinggai ssjg")
    tree = kind("20101", "行道树", major_name="园林绿化", pinyin="xingdaoshu xds")
    kind("30101", "井盖", ended_on=DAY)

    for words, expected in {
        "井盖": [cover], "园林": [tree], "XDS": [tree], "201": [tree], "01": [], "公用 井": [cover],
        "公用 树": [], "井 井 井 井 井 树": [cover], "井 井 井 井 树": [], "": [cover, tree],
    }.items():  # fmt: skip
        assert rules.find_kinds(words) == expected, words
    assert rules.find_kinds("", most=1) == [cover]
    for number in range(30):
        kind(f"4{number:02d}", "多")
    assert len(rules.find_kinds("多")) == 20


# ---- usual reasons ------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[SimpleNamespace]:
    """A clock that stands until it is set."""
    standing = SimpleNamespace(now=1000.0)
    standing.monotonic = lambda: standing.now
    monkeypatch.setattr(rules, "time", standing)
    settings.CITY_KEPT_S = 5
    rules._usual.stale_at = 0.0
    yield standing
    rules._usual.stale_at = 0.0


def test_usual_reasons_stand_by_move_in_their_order_and_are_kept_for_some_seconds(clock):
    Reason.objects.update(ended_at=timezone.now())
    for move, text in (("object", "二"), ("object", "一"), ("close", "三")):
        Reason.objects.create(move=move, text=text)
    Reason.objects.create(move="close", text="旧", ended_at=timezone.now())

    assert rules.usual_reasons() == {"object": ["二", "一"], "close": ["三"]}
    Reason.objects.create(move="object", text="四")
    clock.now = 1004.9
    assert rules.usual_reasons() == {"object": ["二", "一"], "close": ["三"]}
    clock.now = 1005.0
    assert rules.usual_reasons() == {"object": ["二", "一", "四"], "close": ["三"]}


# ---- who edits, who objects ---------------------------------------------------------------------


def test_the_program_and_those_who_administer_the_system_edit():
    for duty in Duty.values:
        actor = Actor("person", 1, "", (Scope(duty, 1, 9, 5),))
        assert rules.may_edit(actor) is (duty == "system_admin")
    assert rules.may_edit(Actor.program("x"))
    rules.must_edit(EDITOR)
    with pytest.raises(NotAllowed, match="没有维护立结案标准的权限"):
        rules.must_edit(Actor("person", 1))


def test_editors_are_the_people_who_hold_that_duty():
    post = Post.objects.create(unit=unit("u"), title="x")
    PostDuty.objects.create(post=post, duty="system_admin", place_first=1, place_last=2)
    person = Person.objects.create(username="x", name="x")
    Appointment.objects.create(person=person, post=post, starts_on=DAY - 900 * ONE)

    assert rules.editors() == {person.pk}


def test_people_object_for_the_units_they_work_for_and_not_for_those_they_administer():
    held = tuple(
        Scope(duty, 1, 0, number)
        for number, duty in enumerate(("handle", "intake", "audit_admin", "system_admin"))
    )

    assert rules.objects_for(Actor("person", 1, "", held)) == {0, 1}
    assert rules.objects_for(Actor("key", 1, "", held)) == frozenset()


def test_an_objection_is_ended_once_by_the_editors_or_by_its_unit():
    assert {
        name: (str(move.title), move.source, move.target, move.by)
        for name, move in OBJECTION_MOVES.items()
    } == {
        "adopt": ("采纳", "raised", "adopted", "editor"),
        "decline": ("不采纳", "raised", "declined", "editor"),
        "withdraw": ("撤回异议", "raised", "withdrawn", "unit"),
    }
    assert set(ObjectionStage.values) == {"raised", "adopted", "declined", "withdrawn"}


def test_open_objections_are_listed_apart_the_newest_first():
    of, person = standard(kind()), Person.objects.create(username="x", name="x")

    def raised(code: str, **more: Any) -> Objection:
        more = {"raised_by": person, "raised_at": timezone.now()} | more
        return Objection.objects.create(standard=of, unit=unit(code), said="x", **more)

    first = raised("a")
    ended = raised("b", stage="adopted", ended_at=timezone.now(), ended_by=person)
    last = raised("c")

    assert list(rules.objections()) == [last, ended, first]
    assert list(rules.objections(open_only=True)) == [last, first]

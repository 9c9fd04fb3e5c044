"""Choosing a kind: suggestions with their reasons, and two levels of rows."""

import pytest
from django.utils import timezone

from shiyu.cases.tests.world import World
from shiyu.catalogue.models import Kind
from shiyu.portal import kinds, suggest

pytestmark = pytest.mark.django_db


def make_kinds(*names: str, major: str = "900") -> list[Kind]:
    return [
        Kind.objects.create(
            code=f"{major}{n:02d}",
            name=name,
            category="component",
            major_code=major,
            major_name=f"大类{major}",
        )
        for n, name in enumerate(names)
    ]


def by_words(text: str, *among: Kind) -> list[str]:
    found = suggest.by_words(text, among, at=timezone.now())
    return [f"{offer.kind.name}：{offer.because}" for offer in found]


def test_the_kind_whose_whole_name_is_said_comes_first(world: World) -> None:
    among = make_kinds("路灯井盖", "路灯", "通讯交接箱")

    assert by_words("小区门口的路灯坏了好几天", *among) == [
        "路灯：您写到「路灯」",
        "路灯井盖：您写到「路灯」",
    ]


def test_words_of_the_filing_condition_count_less_than_the_name(world: World) -> None:
    found = suggest.by_words("影响通行，井盖破损", list(world.kinds.values()), at=timezone.now())

    assert found[0].kind == world.kinds["manhole"]


def test_words_that_say_nothing_suggest_nothing(world: World) -> None:
    assert by_words("在这的是了", *world.kinds.values()) == []


def test_traditional_characters_find_the_same_kind(world: World) -> None:
    assert by_words("井蓋破損", *world.kinds.values())[0].startswith("井盖破损")


def test_without_words_the_kinds_reported_of_late_are_offered(world: World) -> None:
    for kind in ("lamp", "lamp", "rubbish"):
        world.report(kind=world.kinds[kind])

    found = suggest.suggested("", at=timezone.now())

    assert [(offer.kind.name, offer.because) for offer in found] == [
        ("路灯不亮", "近来常有人报"),
        ("暴露垃圾", "近来常有人报"),
    ]


def test_rows_come_nine_at_a_time_and_four_in_elder_mode(world: World) -> None:
    make_kinds(*(f"小类{n}" for n in range(11)))

    assert [len(kinds.shelf("900").kinds), kinds.shelf("900").more] == [9, 9]
    assert [len(kinds.shelf("900", "9").kinds), kinds.shelf("900", "9").more] == [2, 0]
    assert len(kinds.shelf("900", rows=kinds.ROWS_ELDER).kinds) == 4


@pytest.mark.parametrize("begin", ["", "-1", "x", "99999999", "²"])
def test_a_strange_beginning_begins_at_the_beginning(world: World, begin: str) -> None:
    assert kinds.shelf("", begin).majors[0].code == "101"

from datetime import date

import pytest
import shapely
from django.db import connection

from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.journal.models import Line
from shiyu.people.actions.access import give_duty
from shiyu.people.actions.accounts import create_person
from shiyu.people.actions.units import create_post, create_unit
from shiyu.people.actors import Actor
from shiyu.people.models import PostDuty
from shiyu.places import actions, events, rules
from shiyu.places.models import City, Place, RosterEntry
from shiyu.places.tests.small_city import PROGRAM, found, found_town, square
from shiyu.places.tree import Interval

pytestmark = pytest.mark.django_db
STRANGER = Actor("person", 7, "路人")


def test_a_city_is_founded_once():
    found()

    with pytest.raises(OutOfOrder, match="已有城市"):
        found(name="另一市", code="880000")

    assert [(city.name, city.code) for city in City.objects.all()] == [("测试市", "990000")]
    assert [(p.code, p.level) for p in Place.objects.all()] == [("990000", "city")]


def test_a_city_needs_a_zone_that_exists():
    with pytest.raises(Refused, match="没有时区"):
        found(timezone="Asia/Kaifeng")

    assert not City.objects.exists()


def test_a_place_is_added_in_the_order_of_codes_and_journalled():
    found_town()
    town = Place.objects.get(code="990101")

    place = actions.add_place(
        town, code="990101050", name="中街街道", level="township", actor=PROGRAM
    )

    names = [p.name for p in rules.below(town).filter(level="township")]
    assert names == ["东门街道", "中街街道", "河湾镇"]
    assert town.first < place.first <= place.last <= town.last
    assert [line.verb for line in Line.objects.filter(subject=f"place:{place.pk}")] == ["add_place"]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"code": "990101001"}, "已用于别的区域"),
        ({"code": "99"}, "不是乡镇街道代码的格式"),
        ({"code": "9901010509 9"}, "不是乡镇街道代码的格式"),
        ({"level": "county", "code": "990102"}, "不能设这一级"),
    ],
)
def test_a_place_that_does_not_fit_changes_nothing(changed, why):
    city = found_town()
    before = Place.objects.count()
    words = {"code": "990101050", "name": "中街街道", "level": "township"} | changed

    with pytest.raises(Refused, match=why):
        actions.add_place(Place.objects.get(code="990101"), **words, actor=PROGRAM)

    city.refresh_from_db()
    assert Place.objects.count() == before


def test_only_those_who_keep_the_map_change_it():
    found_town()
    town = Place.objects.get(code="990101")

    with pytest.raises(NotAllowed):
        actions.add_place(town, code="990101050", name="某", level="township", actor=STRANGER)
    with pytest.raises(NotAllowed):
        actions.set_boundary(town, square(114, 34), source="某", actor=STRANGER)

    assert town.boundary is None


def test_numbers_given_anew_reach_duties_and_listeners():
    found_town()
    town = Place.objects.get(code="990101")
    unit = create_unit(
        "Z", "值班室", kind="centre", tier="county", place_code="990101", actor=PROGRAM
    )
    post = create_post(unit, "受理员", actor=PROGRAM)
    community = Place.objects.get(code="990101100201")
    give_duty(
        post,
        "intake",
        place_code=community.code,
        first=community.first,
        last=community.last,
        actor=PROGRAM,
    )
    heard: list[list[int]] = []

    def listen(sender, place_ids, **_more):
        heard.append(place_ids)

    crowd(town)
    events.renumbered.connect(listen)
    try:
        actions.add_place(town, code="990101050", name="中街", level="township", actor=PROGRAM)
    finally:
        events.renumbered.disconnect(listen)

    community.refresh_from_db()
    duty = PostDuty.objects.get(post=post)
    assert (duty.place_first, duty.place_last) == (community.first, community.last)
    assert community.pk in heard[0]
    assert_a_tree()


def test_a_boundary_must_be_an_area():
    found_town()
    place = Place.objects.get(code="990101")
    crossing = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])

    for shape, why in ((shapely.Point(1, 1), "应是面"), (crossing, "边界无效")):
        with pytest.raises(Refused, match=why):
            actions.set_boundary(place, shape, source="测试", actor=PROGRAM)


def test_a_person_is_enrolled_and_leaves():
    found_town()
    place = Place.objects.get(code="990101001001001")
    person = create_person("wgy", "王五", actor=PROGRAM)

    entry = actions.enrol(
        place, title="网格长", person=person, starts_on=date(2026, 1, 1), actor=PROGRAM
    )
    with pytest.raises(OutOfOrder):
        actions.enrol(
            place, title="网格长", person=person, starts_on=date(2026, 2, 1), actor=PROGRAM
        )
    on_roster = list(rules.roster_of(place))
    actions.leave_roster(entry, on=date(2026, 3, 1), actor=PROGRAM)

    assert on_roster == [entry]
    assert list(rules.roster_of(place)) == []
    assert RosterEntry.objects.get().ends_on == date(2026, 3, 1)


def test_paths_of_a_list_cost_the_same_for_one_row_and_for_eight(django_assert_num_queries):
    found_town()
    numbers = list(Place.objects.filter(level="cell").values_list("first", flat=True))

    with django_assert_num_queries(5):
        one = rules.paths_of(numbers[:1])
    with django_assert_num_queries(5):
        eight = rules.paths_of(numbers)

    assert (len(one), len(eight)) == (1, 8)
    assert [p.name for p in eight[numbers[0]]] == [p.name for p in rules.path_of(numbers[0])]
    assert rules.place_of(numbers[0]).level == "cell"


def test_visible_places_are_those_of_the_scopes():
    found_town()
    town = Place.objects.get(code="990101100")
    actor = held(town)

    assert {p.code[:9] for p in rules.visible_places(actor)} == {"990101100"}
    assert not rules.visible_places(STRANGER).exists()


def held(place):
    from shiyu.people.actors import Scope

    return Actor("person", 1, "值班", (Scope("dispatch", place.first, place.last, 1),))


def crowd(town: Place) -> None:
    """Press the children of a place together, so that no gap between them is left."""
    children = list(town.children.order_by("first"))
    with connection.cursor() as cursor:
        first = children[1].first
        cursor.execute(
            "UPDATE places_place SET last = %s WHERE id = %s", [first - 1, children[0].pk]
        )


def assert_a_tree() -> None:
    places = {p.pk: p for p in Place.objects.all()}
    for place in places.values():
        if place.parent_id:
            above = places[place.parent_id]
            assert above.first < place.first <= place.last <= above.last
        for other in places.values():
            inside = Interval(place.first, place.last).covers(other.first)
            assert inside == (place in climbed(other, places))


def climbed(place, places):
    path = [place]
    while path[-1].parent_id:
        path.append(places[path[-1].parent_id])
    return path

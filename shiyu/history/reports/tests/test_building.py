"""A file becomes a city, once, whatever its order and however often it is tried."""

import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from shiyu.cases import actions as do
from shiyu.cases.audit import Audited, broken_invariants, replay_all
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case, Report
from shiyu.cases.search import find, index_for
from shiyu.cases.tests.world import a_photo
from shiyu.catalogue.models import Kind, Standard
from shiyu.common.errors import Refused
from shiyu.history.reports.building import Tally, build
from shiyu.history.reports.columns import layout
from shiyu.history.reports.tests.exports import COLUMNS, Row, made_up, without_points, write
from shiyu.journal.models import Line
from shiyu.people.actions import appoint, create_person, create_post, give_duty
from shiyu.people.actors import Actor
from shiyu.people.models import Person, Unit
from shiyu.places.models import City, Place

pytestmark = pytest.mark.django_db(transaction=True)
FOUNDER = Actor.program("importer")


def built(path: Path, **changes: Any) -> Tally:
    source = changes.pop("source", "town")
    asked = layout("", COLUMNS, changes.pop("zone", "America/New_York"), "", source)
    return build(path, asked, **changes).tally


def tell_apart(tally: Tally) -> tuple[int, int, int]:
    return tally.imported, tally.already_there, tally.rejected


def is_sound() -> bool:
    return [f for f in replay_all(Audited()) if f] == [] and list(broken_invariants()) == []


def stored() -> list[tuple[Any, ...]]:
    """Everything of each case that does not depend on when or in which order it came in."""
    names = ("reports__source_ref", "stage", "reported_at", "closed_at", "fixed_due_at", "due_at")
    more = ("yellow_at", "kind__name", "place__code", "lon", "lat", "address", "version")
    return sorted(Case.objects.values_list(*names, *more), key=lambda row: row[0])


def test_a_file_becomes_a_city_that_can_be_verified(tmp_path: Path) -> None:
    rows = made_up(400)
    far = [(*made_up(1, first=900)[0][:6], "0.0", "0.0", "", "", "")]

    tally = built(write(tmp_path / "town.csv", rows + far), name="Town")

    closed = [row for row in rows + far if row[2]]
    assert asdict(tally) == {
        "read": 401,
        "imported": 401,
        "already_there": 0,
        "rejected": 0,
        "open": 401 - len(closed),
        "closed": len(closed),
        "with_due": sum(1 for row in rows + far if row[3]),
        "closed_late": sum(1 for row in closed if row[3] and row[2] > row[3]),
        "outside_bounds": 1,
    }
    assert Line.objects.filter(subject__startswith="case:").count() == 401 + len(closed)
    assert City.objects.get().timezone == "America/New_York"
    assert set(Kind.objects.values_list("name", flat=True)) == {row[4] for row in rows}
    assert is_sound()


def test_twice_the_same_file_is_all_there_already(tmp_path: Path) -> None:
    path = write(tmp_path / "town.csv", made_up(120))
    first = built(path)

    again = built(path)

    assert tell_apart(first) == (120, 0, 0)
    assert again == Tally(**(asdict(first) | {"imported": 0, "already_there": 120}))
    assert (Case.objects.count(), Report.objects.count()) == (120, 120)


def test_the_order_of_a_file_does_not_matter(
    tmp_path: Path, database: Any, transactional_db: None
) -> None:
    rows = made_up(200)
    built(write(tmp_path / "town.csv", rows))
    expected = stored()
    connection.close()
    database.renew()
    random.Random(4).shuffle(rows)

    built(write(tmp_path / "town.csv", rows))

    assert stored() == expected


def test_a_longer_file_of_the_same_source_adds_only_what_is_new(tmp_path: Path) -> None:
    built(write(tmp_path / "town.csv", made_up(100)))
    places = set(Place.objects.values_list("code", "first"))
    new = [(*row[:4], "Fallen tree", "Parks", *row[6:]) for row in made_up(50, first=100)]

    tally = built(write(tmp_path / "town.csv", made_up(100) + new))

    assert tell_apart(tally) == (50, 100, 0)
    assert set(Place.objects.values_list("code", "first")) > places
    assert Kind.objects.count() == 4
    assert Unit.objects.filter(kind=Unit.Kind.DEPARTMENT).count() == 4
    assert Person.objects.count() == 1
    assert is_sound()


def test_without_points_the_areas_of_the_file_are_its_places(tmp_path: Path) -> None:
    built(write(tmp_path / "town.csv", without_points(made_up(60))))
    more = [(*row[:10], "Hill") for row in without_points(made_up(60, first=60))]

    tally = built(write(tmp_path / "town.csv", more))

    areas = Place.objects.filter(level=Place.Level.TOWNSHIP)
    assert tell_apart(tally) == (60, 0, 0)
    assert sorted(areas.values_list("name", flat=True)) == ["Harbour", "Hill", "North", "South"]
    assert Case.objects.filter(place__name="Hill").count() == 60
    assert is_sound()


def test_a_row_outside_is_taken_in_without_a_cell(tmp_path: Path) -> None:
    outside: Row = (*made_up(1, first=500)[0][:6], "10.0", "10.0", "", "", "")

    built(write(tmp_path / "town.csv", [*made_up(50), outside]))

    case = Case.objects.get(reports__source_ref="T-500")
    assert (case.place.level, case.lon, case.lat) == (Place.Level.CITY, None, None)


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "Pacific/Kiritimati"])
def test_the_desk_can_work_at_once_whatever_day_it_is_there(tmp_path: Path, zone: str) -> None:
    built(write(tmp_path / "town.csv", made_up(3)), zone=zone)

    with timezone.override(zone):
        desk = Actor.for_person(Person.objects.get(username="desk"))

    assert all(desk.holds(duty) for duty in ("intake", "dispatch", "command", "verify"))


def test_another_city_stays_as_it_is_and_the_refusal_says_what_to_do(tmp_path: Path) -> None:
    built(write(tmp_path / "town.csv", made_up(10)))

    with pytest.raises(Refused, match="SHIYU_HOME"):
        built(write(tmp_path / "other.csv", made_up(10, first=50)), source="other")

    assert Case.objects.count() == 10


@pytest.mark.parametrize(
    ("columns", "zone", "sentence"),
    [
        ("id=id,created=when", "UTC", "没有“when”这一列"),
        (COLUMNS, "Mars/Olympus", "没有时区 Mars/Olympus"),
    ],
)
def test_what_is_asked_wrongly_changes_nothing(
    tmp_path: Path, columns: str, zone: str, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        build(write(tmp_path / "town.csv", made_up(3)), layout("", columns, zone, "", ""))

    assert not City.objects.exists()


def test_a_file_without_one_usable_row_founds_no_city(tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    rows: list[Row] = [("", *row[1:]) for row in made_up(3)]

    with pytest.raises(Refused, match="没有一行可用：没有编号"):
        built(write(tmp_path / "town.csv", rows), rejects=rejects)

    assert not City.objects.exists()
    assert rejects.read_text(encoding="utf-8-sig").splitlines() == [
        "line,reason",
        *(f"{n},没有编号" for n in (2, 3, 4)),
    ]


def test_only_one_import_at_a_time(tmp_path: Path, database: Any) -> None:
    with database.connect("worker", database.name) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('shiyu city from-reports'))")

        with pytest.raises(Refused, match="另一个导入正在进行"):
            built(write(tmp_path / "town.csv", made_up(3)))

    assert built(write(tmp_path / "town.csv", made_up(3))).imported == 3


def test_imported_cases_are_found_by_their_words_once_they_are_indexed(tmp_path: Path) -> None:
    rows = [(*row[:8], "两天了", *row[9:]) for row in made_up(30)]
    built(write(tmp_path / "town.csv", rows))
    found = [find(Case.objects.all(), words).count() for words in ("两天", "pothole")]

    done = index_for(60)

    assert (found, done, index_for(60)) == ([0, 0], 30, 0)
    assert find(Case.objects.all(), "两天").count() == 30
    assert find(Case.objects.all(), "pothole").count() == sum(r[4] == "Pothole" for r in rows)


def test_an_open_imported_case_goes_on_through_live_moves(tmp_path: Path) -> None:
    rows = [row for row in made_up(40) if row[3] and not row[2] and row[4] == "Lamp out"]
    built(write(tmp_path / "town.csv", rows))
    desk = Actor.for_person(Person.objects.get(username="desk"))
    lamps = Unit.objects.get(name="Lamps")
    handler = handler_of(lamps)
    case = Case.objects.earliest("reported_at")
    due = case.fixed_due_at
    assert case.due_at == due

    do.accept(case, actor=desk)
    do.file(case, standard=Standard.objects.get(kind=case.kind), actor=desk)
    do.dispatch(case, lead=lamps, actor=desk)
    case.refresh_from_db()
    assert (case.stage, case.due_at, case.assignments.get().due_at) == (Stage.DISPATCHED, due, due)
    do.sign(case, unit=lamps, actor=handler)
    do.handle(case, unit=lamps, actor=handler, reason="mended", photos=[a_photo()])
    do.verify(case, actor=desk)
    do.close(case, outcome="fixed", actor=desk)

    case.refresh_from_db()
    assert (case.stage, case.outcome) == (Stage.CLOSED, "fixed")
    assert is_sound()


def handler_of(unit: Unit) -> Actor:
    person = create_person("handler", "Handler", actor=FOUNDER, password="a long word of 12")
    post = create_post(unit, "Handler", actor=FOUNDER)
    give_duty(post, "handle", unit=unit, actor=FOUNDER)
    appoint(person, post, starts_on=timezone.localdate(), actor=FOUNDER)
    return Actor.for_person(person)

"""The tree, the map and the addresses as their keeper edits them."""

import json
from typing import Any

import numpy as np
import pytest
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.cases.rules import visible_to
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.people.actors import Actor
from shiyu.places import addresses, locator
from shiyu.places.actions import addresses as keeping
from shiyu.places.actions import reform, renumber, surveys
from shiyu.places.coordinates import bd09_from_gcj02, gcj02_from_wgs84
from shiyu.places.faults import NAMES
from shiyu.places.models import Address, Former, Place, Survey
from shiyu.places.reach import reach_of
from shiyu.places.tree import LAST

PROGRAM = Actor.program("test")


@pytest.fixture
def keeper(world) -> Client:
    client = Client()
    client.force_login(world.people["administrator"])
    return client


@pytest.fixture
def roomy(world):
    """The small city with the numbers of a real one."""
    Place.objects.filter(parent=None).update(last=LAST)
    renumber(Place.objects.get(parent=None), actor=PROGRAM)
    for key, place in world.places.items():
        world.places[key] = Place.objects.get(pk=place.pk)
    return world


def box(code: str, west: float, east: float, south: float = 34.78, north: float = 34.82) -> Any:
    shape = shapely.box(west, south, east, north)
    return {
        "type": "Feature",
        "properties": {"code": code},
        "geometry": json.loads(shapely.to_geojson(shape)),
    }


def a_file(*features: Any) -> SimpleUploadedFile:
    text = json.dumps({"type": "FeatureCollection", "features": list(features)})
    return SimpleUploadedFile("map.geojson", text.encode())


A, B = "41020400100101", "41020400100102"


def test_a_moved_subtree_takes_its_cases_and_its_watchers_along(roomy):
    world = roomy
    case = world.make_case(Stage.FILED)
    other = world.actor("intake_longting")
    assert not visible_to(other).filter(pk=case.pk).exists()

    reform.move_place(world.places["shudian"], to=world.places["longting"], actor=PROGRAM)

    case = Case.objects.get(pk=case.pk)
    place = Place.objects.get(pk=case.place_id)
    assert case.place_number == place.first
    assert visible_to(other).filter(pk=case.pk).exists()
    assert Former.objects.get().parent == world.places["gulou"]
    longting = Place.objects.get(code="410202")
    assert longting.first < place.first <= longting.last

    reform.take_back(world.places["shudian"], actor=PROGRAM)
    assert Place.objects.get(code="410204001").parent == world.places["gulou"]
    assert not visible_to(other).filter(pk=case.pk).exists()


def test_closing_refuses_to_orphan_cells_and_names_them(roomy):
    world = roomy
    community = world.places["community"]

    with pytest.raises(reform.Orphaned, match="书店街社区第一网格") as refused:
        reform.close_place(community, actor=PROGRAM)
    assert [child.code for child in refused.value.children] == [A, B]

    reform.close_place(community, to=world.places["xisi"], actor=PROGRAM)
    assert Place.objects.get(code=A).parent == world.places["xisi"]
    assert Place.objects.get(pk=community.pk).closed_on == timezone.localdate()
    reform.take_back(community, actor=PROGRAM)
    assert Place.objects.get(pk=community.pk).closed_on is None


def test_a_closed_cell_is_no_longer_found_by_a_point(world):
    assert locator.locate(114.31, 34.80).code == A

    reform.close_place(Place.objects.get(code=A), actor=PROGRAM)

    assert locator.locate(114.31, 34.80).code == "410204001001"


@pytest.mark.parametrize("to", ["cell_a", "shudian", "gulou"])
def test_a_place_goes_only_where_it_may_lie(world, to):
    with pytest.raises(Refused):
        reform.move_place(world.places["shudian"], to=world.places[to], actor=PROGRAM)


def test_what_an_edit_touches_is_counted(world):
    world.make_case(Stage.FILED)

    reach = reach_of(world.places["shudian"], to=world.places["longting"])

    assert dict(reach.counts)["open cases"] == 1
    assert {duty.duty for duty in reach.gaining} >= {"intake", "dispatch"}
    assert reach.losing


def test_the_tree_is_edited_on_pages(keeper, roomy):
    page = keeper.get("/places/", {"q": "shudian"}, follow=True).content.decode()
    assert "410204001" in keeper.get("/places/", {"q": "书店街"}).content.decode()
    assert page
    see = keeper.get("/places/in/410204001/move/", {"to": "410202"}).content.decode()
    assert "在办案件" in see
    assert keeper.post("/places/in/410204001/move/", {"to": "410202"}).status_code == 302
    refused = keeper.post("/places/in/410204001001/close/", {"to": ""})
    assert refused.status_code == 422
    assert "书店街社区第一网格" in refused.content.decode()
    assert keeper.post("/places/in/410204001/rename/", {"name": "书店街道"}).status_code == 302
    shown = keeper.get("/places/in/410204001/").content.decode()
    assert "书店街道" in shown
    assert "恢复原名“书店街街道”" in shown
    keeper.post("/places/in/410204001/back/")
    assert Place.objects.get(code="410204001").name == "书店街街道"


def test_the_page_of_a_place_asks_as_often_for_three_children_as_for_one(
    keeper, world, django_assert_max_num_queries
):
    counts = []
    for code in ("410202", "410200"):
        with django_assert_max_num_queries(40) as asked:
            keeper.get(f"/places/in/{code}/")
        counts.append(len(asked))
    assert counts[0] >= counts[1]


def survey_of(*features: Any, crs: str = "wgs84") -> Survey:
    return surveys.read_survey(list(features), source="测绘院", crs=crs, actor=PROGRAM)


def test_a_survey_changes_nothing_until_it_is_published_and_can_be_taken_back(world):
    before = bytes(Place.objects.get(code=A).boundary)
    made = survey_of(box(A, 114.30, 114.33), box(B, 114.33, 114.35))
    assert locator.locate(114.327, 34.80).code == B

    surveys.publish_survey(made, valid_from=timezone.localdate(), actor=PROGRAM)
    assert locator.locate(114.327, 34.80).code == A
    made.refresh_from_db()
    assert made.state == Survey.State.IN_FORCE

    surveys.undo_survey(made, actor=PROGRAM)
    assert bytes(Place.objects.get(code=A).boundary) == before
    assert locator.locate(114.327, 34.80).code == B


def test_a_survey_for_a_later_day_comes_into_force_on_it(world):
    made = survey_of(box(A, 114.30, 114.33), box(B, 114.33, 114.35))
    tomorrow = timezone.localdate() + timezone.timedelta(days=1)
    surveys.publish_survey(made, valid_from=tomorrow, actor=PROGRAM)

    assert surveys.put_due_in_force(timezone.localdate()) == 0
    assert locator.locate(114.327, 34.80).code == B
    assert surveys.put_due_in_force(tomorrow) == 1
    assert locator.locate(114.327, 34.80).code == A


def test_overlaps_and_gaps_are_listed_with_area_and_shape(world):
    made = survey_of(box(A, 114.30, 114.3251), box(B, 114.33, 114.35))

    kinds = {fault["kind"]: fault for fault in made.faults}
    assert kinds["gap"]["area"] > 1_000_000
    assert kinds["gap"]["shape"]
    made = survey_of(box(A, 114.30, 114.34))
    overlap = next(fault for fault in made.faults if fault["kind"] == "overlap")
    assert overlap["refused"]
    assert overlap["area"] > 1_000_000
    assert made.shapes.count() == 0
    with pytest.raises(Refused):
        surveys.publish_survey(made, valid_from=timezone.localdate(), actor=PROGRAM)


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
def test_a_file_in_another_system_is_suspected(world, crs):
    def drawn(points: Any) -> Any:
        lon, lat = gcj02_from_wgs84(points[:, 0], points[:, 1])
        if crs == "bd09":
            lon, lat = bd09_from_gcj02(lon, lat)
        return np.column_stack([lon, lat])

    features = []
    for code, west, east in ((A, 114.30, 114.325), (B, 114.325, 114.35)):
        shape = shapely.transform(shapely.box(west, 34.78, east, 34.82), drawn)
        geometry = json.loads(shapely.to_geojson(shape))
        features.append({"properties": {"code": code}, "geometry": geometry})

    wrong = survey_of(*features)
    right = survey_of(*features, crs=crs)

    suspicion = [fault for fault in wrong.faults if fault["kind"] == "system"]
    assert len(suspicion) == 1
    assert f"按 {NAMES[crs]} 读只有 0 米" in suspicion[0]["says"]
    assert not [fault for fault in right.faults if fault["kind"] == "system"]


def test_another_city_s_map_is_not_taken(world):
    made = survey_of(box(A, 120.30, 120.33, 30.1, 30.2))

    assert made.faults[0]["kind"] == "system"
    assert made.faults[0]["refused"]
    assert made.shapes.count() == 0


def test_a_map_is_read_looked_at_published_and_exported_on_pages(keeper, world):
    typed = {"crs": "wgs84", "source": "测绘院", "code_property": ""}
    file = a_file(box(A, 114.30, 114.33), box("77", 114.33, 114.35))
    at = keeper.post("/places/maps/", {**typed, "file": file})["Location"]
    page = keeper.get(at).content.decode()
    assert "没有这个代码的区域" in page
    assert "<svg" in page
    typed = {"valid_from": timezone.localdate().isoformat()}
    assert keeper.post(f"{at}publish/", typed).status_code == 422
    made = Survey.objects.get()
    assert made.state == Survey.State.READ
    number = next(n for n, fault in enumerate(made.faults) if fault["kind"] == "overlap")
    assert "map-fault" in keeper.get(at, {"fault": number}).content.decode()

    for crs in ("wgs84", "cgcs2000", "gcj02", "bd09"):
        answer = keeper.get("/places/maps/export", {"crs": crs, "level": "cell"})
        assert len(json.loads(answer.content)["features"]) == 2


@pytest.mark.parametrize("raw", [b"", b"no json", b"\xff\xfe", b'{"type":"Feature"}', b"[1,2"])
def test_a_broken_file_is_told_in_a_sentence(keeper, world, raw):
    file = SimpleUploadedFile("map.geojson", raw)

    answer = keeper.post("/places/maps/", {"crs": "wgs84", "source": "测绘院", "file": file})

    assert answer.status_code == 422
    assert not Survey.objects.exists()


def an_address(name: str, lon: float, lat: float, *aliases: str) -> Address:
    return keeping.add_address(name=name, lon=lon, lat=lat, aliases=aliases, actor=PROGRAM)


def test_an_address_becomes_a_point_with_how_sure_that_is(world):
    an_address("书店街 10 号", 114.310, 34.80, "老邮局")
    an_address("书店街20号", 114.320, 34.80)

    exact = addresses.point_of("書店街10号")
    assert (exact.lon, exact.confidence) == (114.310, 1.0)
    assert addresses.point_of("老邮局").confidence == 0.95
    between = addresses.point_of("书店街 15 号")
    assert between.lon == pytest.approx(114.315)
    assert 0.6 < between.confidence < 0.95
    assert (
        addresses.point_of("书店街 900 号") is None
        or addresses.point_of("书店街 900 号").confidence < 0.6
    )
    assert addresses.point_of("没有的地方XYZ") is None


def test_a_closed_address_is_found_no_more(world):
    row = an_address("书店街 10 号", 114.310, 34.80)

    keeping.close_address(row, actor=PROGRAM)

    found = addresses.point_of("书店街10号")
    assert found is None or found.confidence < 0.5
    with pytest.raises(OutOfOrder):
        keeping.close_address(row, actor=PROGRAM)


def test_a_table_of_addresses_is_taken_in_row_by_row(keeper, world):
    text = (
        "地址,经度,纬度,别名\n书店街1号,114.31,34.80,甲、乙\n书店街2号,x,34\n"
        "书店街3号,10,10\n书店街 1 号,114.31,34.8,\n"
    )
    typed = {"crs": "wgs84", "source": "民政局 2026"}

    refused = keeper.post(
        "/places/addresses/import/", {**typed, "file": SimpleUploadedFile("a.csv", text.encode())}
    )
    assert refused.status_code == 422
    page = refused.content.decode()
    assert all(words in page for words in ("坐标不是数字", "不在本市", "重复"))
    assert not Address.objects.exists()

    file = SimpleUploadedFile("a.csv", text.encode())
    taken = keeper.post("/places/addresses/import/", {**typed, "file": file, "accept_valid": "on"})
    assert taken.status_code == 200
    assert Address.objects.get().aliases == ["甲", "乙"]
    assert "书店街1号" in keeper.get("/places/addresses/", {"q": "书店街"}).content.decode()


def test_the_desk_s_entry_form_takes_the_point_of_a_sure_address(world):
    from django.http import QueryDict

    from shiyu.desk.forms.reporting import ReportForm

    an_address("书店街 10 号", 114.310, 34.80)
    typed = "channel=hotline&text=%E7%81%AF&address=%E4%B9%A6%E5%BA%97%E8%A1%9710%E5%8F%B7"
    form = ReportForm(QueryDict(typed))

    assert form.is_valid(), form.errors
    assert form.intake().lon == 114.310

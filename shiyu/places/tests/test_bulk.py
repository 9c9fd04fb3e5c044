import json

import pytest
import shapely

from shiyu.common.errors import NotAllowed, Refused
from shiyu.common.sheets import read_sheets
from shiyu.people.actors import Actor
from shiyu.places import boundaries, bulk
from shiyu.places.coordinates import gcj02_from_wgs84
from shiyu.places.geometry import parse_geojson
from shiyu.places.models import City, Place
from shiyu.places.plan import Planned
from shiyu.places.table import read_places
from shiyu.places.tests.small_city import DATA, PROGRAM, found, found_town, needs_data, square
from shiyu.places.tests.test_actions import assert_a_tree

pytestmark = pytest.mark.django_db


def table(*rows):
    return [Planned(*row, row=number) for number, row in enumerate(rows, 2)]


def feature(code, shape):
    return {
        "type": "Feature",
        "properties": {"code": code},
        "geometry": shapely.geometry.mapping(shape) if shape is not None else None,
    }


def reasons(outcome):
    return [(reject.row, reject.reason) for reject in outcome.rejected]


def test_a_table_makes_a_tree_with_levels_and_parents_from_the_codes():
    found()

    outcome = bulk.import_places(
        table(
            ("990101001", "东门街道", ""),
            ("990101", "东区", ""),
            ("990101001001", "书店社区", ""),
        ),
        actor=PROGRAM,
    )

    places = Place.objects.order_by("first").values_list("name", "level", "parent__name")
    assert outcome.applied
    assert list(places) == [
        ("测试市", "city", None),
        ("东区", "county", "测试市"),
        ("东门街道", "township", "东区"),
        ("书店社区", "community", "东门街道"),
    ]
    assert_a_tree()


def test_the_same_table_again_changes_nothing_and_a_new_name_is_taken_over():
    found()
    rows = (("990101", "东区", ""), ("990101001", "东门街道", ""))
    bulk.import_places(table(*rows), actor=PROGRAM)

    again = bulk.import_places(table(*rows), actor=PROGRAM)
    renamed = bulk.import_places(table(("990101", "新东区", "")), actor=PROGRAM)

    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
    assert (renamed.added, renamed.changed) == (0, 1)
    assert Place.objects.get(code="990101").name == "新东区"


def test_each_wrong_row_is_explained_and_nothing_is_half_imported():
    found()
    rows = table(
        ("990101", "东区", ""),
        ("990101", "又东区", ""),
        ("", "无码", ""),
        ("990102", "", ""),
        ("99010200A", "字母", ""),
        ("990103001", "孤儿街道", "", "990103"),
        ("990104", "甲", "county", "990105"),
        ("990105", "乙", "county", "990104"),
        ("990101002", "平级", "county", "990101"),
        ("990106", "怪级别", "星系"),
    )

    outcome = bulk.import_places(rows, actor=PROGRAM)

    assert reasons(outcome) == [
        (3, "代码与第2行重复"),
        (4, "没有代码"),
        (5, "没有名称"),
        (6, "从代码看不出级别，请加“级别”一列"),
        (7, "没有上级区域 990103"),
        (8, "上级成环：990104 → 990105 → 990104"),
        (9, "上级成环：990104 → 990105 → 990104"),
        (10, "“990101002”不是县区代码的格式"),
        (11, "不认识的级别“星系”"),
    ]
    assert not outcome.applied
    assert Place.objects.count() == 1


def test_the_valid_rows_are_taken_in_when_asked_for():
    found()

    outcome = bulk.import_places(
        table(("990101", "东区", ""), ("12", "短", "")), actor=PROGRAM, accept_valid=True
    )

    assert (outcome.applied, outcome.added, len(outcome.rejected)) == (True, 1, 1)
    assert Place.objects.filter(code="990101").exists()


def test_a_dry_run_writes_nothing():
    found()

    outcome = bulk.import_places(table(("990101", "东区", "")), actor=PROGRAM, dry_run=True)

    assert (outcome.applied, outcome.added, Place.objects.count()) == (False, 1, 1)


def test_places_are_written_into_gaps_without_moving_others():
    found_town()
    before = dict(Place.objects.values_list("code", "first"))
    cells = [
        Planned(f"990101001001{n:03d}", f"格{n}", "cell", "990101001001") for n in range(100, 400)
    ]

    bulk.write_places(cells, actor=PROGRAM)

    after = dict(Place.objects.values_list("code", "first"))
    assert after | before == after
    assert len(after) == len(before) + 300
    assert_a_tree()


def test_a_stranger_imports_nothing():
    found()

    with pytest.raises(NotAllowed):
        bulk.import_places(table(("990101", "东区", "")), actor=Actor("person", 5))
    with pytest.raises(NotAllowed):
        boundaries.import_boundaries([], source="x", actor=Actor("person", 5))


def test_boundaries_in_gcj02_are_stored_in_wgs84():
    found_town()
    drawn = shapely.transform(square(114.3, 34.8, 0.05), gcj)

    outcome = boundaries.import_boundaries(
        [feature("990101", drawn)], crs="gcj02", source="测试", actor=PROGRAM
    )

    kept = shapely.from_wkb(bytes(Place.objects.get(code="990101").boundary))
    assert outcome.applied
    assert shapely.hausdorff_distance(kept, square(114.3, 34.8, 0.05)) < 1e-8


def test_faults_of_boundaries_are_said_row_by_row():
    found_town()
    crossing = shapely.Polygon([(114.5, 34), (114.6, 34.1), (114.6, 34), (114.5, 34.1)])
    features = [
        feature("990101001", square(114.40, 34.5)),
        feature("990101100", square(114.405, 34.5)),
        feature("555555", square(114.6, 34.5)),
        feature("990101", shapely.LineString([(0, 0), (1, 1)])),
        feature("990101001001", square(39.9, 116.3)),
        feature("990101100201", shapely.box(500000, 3800000, 500100, 3800100)),
        feature("", square(1, 1)),
        feature("990101001", square(1, 1)),
        {"type": "Feature", "properties": None, "geometry": {"type": "Polygon"}},
    ]

    outcome = boundaries.import_boundaries(features, source="测试", actor=PROGRAM)

    assert reasons(outcome) == [
        (1, "与 990101100 重叠 509459 平方米（占较小者 50.00%）"),
        (2, "与 990101001 重叠 509459 平方米（占较小者 50.00%）"),
        (3, "没有这个代码的区域 555555"),
        (4, "边界应是面，不是 LineString"),
        (5, "纬度超过 90 度，经纬度可能写反了"),
        (6, "坐标不是经纬度（最大 500100，3800100）"),
        (7, "没有区域代码"),
        (8, "代码 990101001 与第1行重复"),
        (9, "没有区域代码"),
    ]
    assert not outcome.applied
    assert not Place.objects.exclude(boundary=None).exclude(level="cell").exists()
    mended = boundaries.import_boundaries(
        [feature("990101", crossing)], source="测试", actor=PROGRAM
    )
    assert "已修复为2块" in mended.notes[0].reason
    assert "自相交" in mended.notes[0].reason
    assert mended.applied


def test_a_gap_within_the_parent_is_told_with_its_area():
    found_town()
    boundaries.import_boundaries(
        [feature("990101", square(114.3, 34.8, 0.02))], source="a", actor=PROGRAM
    )

    outcome = boundaries.import_boundaries(
        [feature("990101001", shapely.box(114.3, 34.8, 114.31, 34.82))], source="a", actor=PROGRAM
    )

    assert outcome.applied
    assert [note.reason for note in outcome.notes] == [
        "东区内有 2030348 平方米不属于任何下级区域（在 114.31500, 34.81000）"
    ]


def test_what_lies_outside_the_parent_is_told_with_its_area():
    found_town()
    parent, child = square(114.3, 34.8, 0.02), square(114.31, 34.8, 0.02)
    boundaries.import_boundaries([feature("990101", parent)], source="a", actor=PROGRAM)

    outcome = boundaries.import_boundaries([feature("990101001", child)], source="a", actor=PROGRAM)

    assert "有 2030348 平方米在上级东区之外" in [note.reason for note in outcome.notes]


def test_a_small_overlap_is_told_and_taken():
    found_town()
    features = [
        feature("990101001", shapely.box(114.30, 34.8, 114.31001, 34.81)),
        feature("990101100", shapely.box(114.31, 34.8, 114.32, 34.81)),
    ]

    outcome = boundaries.import_boundaries(features, source="测试", actor=PROGRAM)

    assert outcome.applied
    assert [note.row for note in outcome.notes] == [1, 2]
    assert "重叠 1015 平方米" in outcome.notes[0].reason


def test_the_map_version_rises_and_the_frame_of_the_city_widens():
    city = found_town()
    before = city.map_version

    boundaries.import_boundaries(
        [feature("990101", square(114.0, 34.0, 0.5))], source="a", actor=PROGRAM
    )

    city = City.objects.get()
    assert city.map_version > before
    assert (city.west, city.south, city.east, city.north) == (
        114.0,
        34.0,
        114.5,
        pytest.approx(34.82),
    )


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"type":"FeatureCollection"}', "[" * 100_000])
def test_what_is_no_geojson_is_refused(text):
    with pytest.raises(Refused, match="不是 GeoJSON"):
        parse_geojson(text)


@needs_data
def test_the_public_tables_of_a_whole_city_are_taken_in():
    found(code="410200")

    outcomes = [
        bulk.import_places(
            read_places(read_sheets(DATA / f"places_cn/{name}_4102.csv")), actor=PROGRAM
        )
        for name in ("areas", "streets", "villages")
    ]

    assert [(o.added, o.rejected) for o in outcomes] == [(9, []), (124, []), (2528, [])]
    assert Place.objects.get(code="410202001009").parent.name == "北书店街道"


@needs_data
def test_real_county_boundaries_in_gcj02_are_taken_in():
    found(code="410200")
    areas = read_places(read_sheets(DATA / "places_cn/areas_4102.csv"))
    bulk.import_places(areas, actor=PROGRAM)
    text = (DATA / "places_cn/kaifeng_counties_gcj02.geojson").read_text()

    outcome = boundaries.import_boundaries(
        json.loads(text)["features"], crs="gcj02", source="测试", actor=PROGRAM
    )

    assert (outcome.added, outcome.rejected, outcome.applied) == (9, [], True)


def gcj(points):
    lon, lat = gcj02_from_wgs84(points[:, 0], points[:, 1])
    points = points.copy()
    points[:, 0], points[:, 1] = lon, lat
    return points

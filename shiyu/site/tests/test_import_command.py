"""`shiyu import`: what it says, what it writes, and how it ends."""

import csv
import json

import pytest
import shapely
from click.testing import CliRunner

from shiyu.catalogue.models import Kind, Standard
from shiyu.catalogue.tests.sheets import ROWS, csv_of
from shiyu.people.models import Unit
from shiyu.places.models import Place
from shiyu.places.tests.small_city import DATA, found, needs_data, square
from shiyu.site.commands.import_ import command

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def same_role(monkeypatch):
    monkeypatch.setenv("SHIYU_ROLE", "web")


def run(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_standards_are_taken_in_and_summed_up(tmp_path):
    found()
    path = csv_of(tmp_path / "a.csv", ROWS)

    answer = run("standards", path, "--from", "2026-01-01", "--create-units")

    assert (answer.exit_code, Standard.objects.count()) == (0, 3)
    assert answer.stdout.splitlines()[-1] == (
        "读取 3 行：新增 3，变更 0，未变 0，停用 0，退回 0，提示 0。已写入。"
    )
    assert Standard.objects.first().valid_from.isoformat() == "2026-01-01"


def test_a_rejected_row_is_told_and_kept_in_a_file_and_nothing_written(tmp_path):
    found()
    rows = [*ROWS, ["", "", "03", "污水井盖", "缺失", "尽快", "", "", ""]]
    path, rejects = csv_of(tmp_path / "a.csv", rows), tmp_path / "rejects.csv"

    answer = run("standards", path, "--rejects", rejects)

    kept = list(csv.reader(rejects.open(encoding="utf-8-sig")))
    assert (answer.exit_code, Kind.objects.count()) == (1, 0)
    assert "退回 第6行 时限“尽快”看不懂" in answer.stdout
    assert [row[1] for row in kept] == ["行", "6"]


def test_a_dry_run_and_a_bad_season_write_nothing(tmp_path):
    found()
    path = csv_of(tmp_path / "a.csv", ROWS)

    tried = run("standards", path, "--dry-run")
    wrong = run("standards", path, "--season", "冬")

    assert (tried.exit_code, wrong.exit_code, Kind.objects.count()) == (0, 2, 0)
    assert tried.stdout.endswith("未写入任何内容。\n")


def test_places_boundaries_and_units_are_taken_in(tmp_path):
    found()
    places, units, drawn = (tmp_path / name for name in ("p.csv", "u.csv", "b.geojson"))
    places.write_text("代码,名称\n990101,东区\n", encoding="gb18030")
    units.write_text("代码,名称,区域代码\nA,东区城管局,990101\n", encoding="utf-8-sig")
    geometry = shapely.geometry.mapping(square(114, 34))
    feature = {"type": "Feature", "properties": {"adcode": 990101}, "geometry": geometry}
    drawn.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))

    codes = [
        run("places", places).exit_code,
        run("boundaries", drawn, "--crs", "gcj02", "--source", "测绘院").exit_code,
        run("units", units).exit_code,
    ]

    place = Place.objects.get(code="990101")
    assert codes == [0, 0, 0]
    assert (place.boundary_source, Unit.objects.get().place_code) == ("测绘院", "990101")


def test_a_city_that_does_not_exist_yet_and_a_missing_file_are_told(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("代码,名称\n990101,东区\n", encoding="utf-8")

    unfounded, missing = run("places", path), run("places", tmp_path / "none.csv")

    assert (unfounded.exit_code, missing.exit_code) == (1, 2)
    assert "还没有建立城市" in unfounded.output


@needs_data
def test_a_real_citys_standard_is_taken_in_with_its_notes():
    found()
    path = DATA / "standards_cn/yuncheng_filing_handling_closing_standard.csv"

    answer = run("standards", path, "--season", "种植季节=02-15:04-15", "--create-units")

    assert answer.exit_code == 0
    assert "新增 279" in answer.stdout
    assert Kind.objects.count() == 66
    assert Standard.objects.get(season_first="02-15").handling == "种植季节15工作日"

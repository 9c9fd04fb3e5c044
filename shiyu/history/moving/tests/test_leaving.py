"""An export holds every row of every table that is not declared to stay, and can prove it."""

import csv
import errno
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.cases.tests.world import World, a_photo
from shiyu.common.errors import Refused
from shiyu.history.moving import leaving
from shiyu.history.moving.checking import check
from shiyu.history.moving.leaving import Left, leave
from shiyu.history.moving.records import begin, end
from shiyu.history.moving.tables import tables_of, why_left_out
from shiyu.journal.models import Line, Remark
from shiyu.people.models import Person
from shiyu.places.models import Place

pytestmark = pytest.mark.django_db

EVERY = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""


def raw() -> Any:
    connection.ensure_connection()
    return connection.connection


def left_to(path: Path) -> Left:
    return leave(raw(), path, about={"purpose": "试"})


def lines_of(path: Path, table: str) -> list[dict[str, Any]]:
    text = (path / "jsonl" / f"{table}.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def lived(world: World) -> Case:
    """A city in which something has happened, odd words and a picture among it."""
    odd = '引号"逗号,换行\n反斜杠\\制表\t\\N \\" 💧'
    world.make_case(Stage.CLOSED, text=odd, name='王"某', phone="13800000001")
    return world.make_case(Stage.HANDLED, photos=[a_photo()])


def test_every_row_of_every_table_leaves_or_its_table_is_declared_to_stay(
    world: World, tmp_path: Path
) -> None:
    lived(world)
    left = left_to(tmp_path / "out")
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    told = {table["name"]: table["rows"] for table in manifest["tables"]}

    with connection.cursor() as cursor:
        cursor.execute(EVERY)
        every = [row[0] for row in cursor.fetchall()]
        for table in every:
            if why := why_left_out(table):
                assert manifest["left_out"][table] == why
                continue
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            rows = cursor.fetchone()[0]
            assert told.pop(table) == rows == len(lines_of(tmp_path / "out", table)), table
            with (tmp_path / "out/csv" / f"{table}.csv").open(newline="") as file:
                assert len(list(csv.reader(file))) == rows + 1, table
    assert told == {}
    assert left.rows == sum(table["rows"] for table in manifest["tables"])
    assert check(tmp_path / "out") == (left.files, [])


def test_what_leaves_says_the_same_as_what_is_there(world: World, tmp_path: Path) -> None:
    lived(world)
    left_to(tmp_path / "out")

    for model in (Remark, Case, Line):
        table, key = model._meta.db_table, model._meta.pk.column
        found = {row[key]: row for row in lines_of(tmp_path / "out", table)}
        with (tmp_path / "out/csv" / f"{table}.csv").open(newline="") as file:
            spread = {int(row[key]): row for row in csv.DictReader(file)}
        for record in model._default_manager.all():
            for field in model._meta.concrete_fields:
                value, name = getattr(record, field.attname), field.column
                if isinstance(value, str | int | float | bool | type(None) | list | dict):
                    assert found[record.pk][name] == value, (table, name)
                if isinstance(value, str):
                    assert spread[record.pk][name] == value, (table, name)


def test_an_erased_remark_leaves_as_erased(world: World, tmp_path: Path) -> None:
    lived(world)
    gone = Remark.objects.first()
    Remark.objects.filter(pk=gone.pk).update(text="", erased_at=timezone.now())
    left_to(tmp_path / "out")

    (row,) = [r for r in lines_of(tmp_path / "out", "journal_remark") if r["id"] == gone.pk]
    assert (row["text"], bool(row["erased_at"])) == ("", True)


def test_no_secret_leaves_and_what_says_something_of_people_is_marked(
    world: World, tmp_path: Path
) -> None:
    Person.objects.filter(pk=world.people["intake"].pk).update(password="geheim$hash")
    said, _code = world.report(text="打 13912345678 找车主，车 豫B12345，证 410204199001011234")
    left_to(tmp_path / "out")
    whole = "".join(p.read_text() for p in (tmp_path / "out").rglob("*.jsonl"))
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    marked = {table["name"]: table["personal"] for table in manifest["tables"]}

    assert "geheim" not in whole
    assert {"api_key", "portal_draft"} <= manifest["left_out"].keys()
    assert set(marked["cases_reporter"]) == {"name", "phone", "guardian", "hidden"}
    (row,) = lines_of(tmp_path / "out", "cases_reporter")
    assert (row["report_id"], row["hidden"]) == (said.pk, "13912345678; 豫B12345")
    with (tmp_path / "out/csv/cases_reporter.csv").open(newline="") as file:
        assert [one["hidden"] for one in csv.DictReader(file)] == [row["hidden"]]
    assert "13912345678" not in (tmp_path / "out/jsonl/journal_remark.jsonl").read_text()
    assert "410204199001011234" not in whole
    assert {"username", "name", "phone"} <= set(marked["people_person"])
    assert marked["catalogue_kind"] == []


def test_the_dictionary_says_what_every_column_means(world: World, tmp_path: Path) -> None:
    left_to(tmp_path / "out")
    meaning = {t["table"]: t for t in json.loads((tmp_path / "out/dictionary.json").read_text())}
    columns = {c["name"]: c for c in meaning["cases_case"]["columns"]}

    assert meaning["cases_case"]["about"].endswith("(案件).")
    assert columns["place_id"]["refers_to"] == "places_place"
    assert columns["stage"]["choices"]["closed"] == str(Stage.CLOSED.label)
    models = {m._meta.db_table for m in apps.get_models() if m._meta.managed}
    assert {t for t in models if not why_left_out(t)} <= meaning.keys()


def test_places_leave_as_geojson(world: World, tmp_path: Path) -> None:
    left_to(tmp_path / "out")
    found = json.loads((tmp_path / "out/places.geojson").read_text())

    assert len(found["features"]) == Place.objects.count()
    by_code = {f["properties"]["code"]: f for f in found["features"]}
    assert by_code["410204001"]["geometry"]["type"] in ("Polygon", "MultiPolygon")
    assert by_code["410204001"]["properties"]["parent"] == "410204"


def test_pictures_leave_and_one_that_is_lost_is_named(world: World, tmp_path: Path) -> None:
    from shiyu.files.models import Photo
    from shiyu.files.store import path_of

    lived(world)
    first = left_to(tmp_path / "one")
    sha256 = Photo.objects.values_list("sha256", flat=True)[0]
    path_of(sha256, "small").unlink()
    second = left_to(tmp_path / "two")

    assert first.missing == ()
    assert (tmp_path / "one/files" / sha256[:2] / f"{sha256}.jpg").is_file()
    assert second.missing == (f"{sha256}.small.jpg",)


def test_a_zip_holds_the_same_and_is_read_by_its_owner_alone(world: World, tmp_path: Path) -> None:
    lived(world)
    left = left_to(tmp_path / "city.zip")

    assert check(tmp_path / "city.zip") == (left.files, [])
    assert (tmp_path / "city.zip").stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(tmp_path / "city.zip") as packed:
        assert "csv/cases_case.csv" in packed.namelist()


def test_a_changed_missing_or_foreign_file_is_found(world: World, tmp_path: Path) -> None:
    out = tmp_path / "out"
    left_to(out)
    with (out / "csv/places_place.csv").open("a") as file:
        file.write("x")
    (out / "jsonl/places_place.jsonl").unlink()
    (out / "more.txt").write_text("?")
    wrong = " ".join(check(out)[1])

    assert "csv/places_place.csv" in wrong
    assert "jsonl/places_place.jsonl" in wrong
    assert "more.txt" in wrong
    (out / "manifest.json").write_text((out / "manifest.json").read_text() + " ")
    assert any("manifest.json" in sentence for sentence in check(out)[1])
    with pytest.raises(Refused):
        check(tmp_path)


def test_what_is_broken_off_leaves_nothing_and_what_is_there_is_not_written_over(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_how: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    left_to(tmp_path / "out")
    with pytest.raises(Refused, match="已经存在"):
        left_to(tmp_path / "out")
    monkeypatch.setattr(leaving, "_photos", full)
    for name in ("new", "new.zip"):
        with pytest.raises(OSError, match="No space"):
            left_to(tmp_path / name)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_an_export_stands_in_the_journal_before_and_after(world: World, tmp_path: Path) -> None:
    about = begin("迁往新平台，合同 2026-7")
    end(leave(raw(), tmp_path / "out", about=about))

    verbs = Line.objects.filter(subject="city:1", verb__startswith="export").order_by("id")
    first, last = verbs
    assert (first.verb, last.verb) == ("export_begin", "export_end")
    assert Remark.objects.get(pk=first.remark_id).text == "迁往新平台，合同 2026-7"
    assert last.facts["rows"] > 100
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert manifest["journal_line"] == first.id


def test_every_table_has_an_order_to_leave_in(world: World) -> None:
    leaving_tables, staying = tables_of(raw())

    assert all(table.key for table in leaving_tables)
    assert "cases_case" in {table.name for table in leaving_tables}
    assert "django_session" in staying


def test_an_export_is_not_bound_by_the_time_that_a_page_has(database: Any) -> None:
    with database.connect("web", database.name) as own:
        before = own.execute("SHOW statement_timeout").fetchone()[0]
        own.rollback()
        own.autocommit = True
        own.execute(leaving.SNAPSHOT)
        assert own.execute("SHOW statement_timeout").fetchone()[0] == "0"
        own.rollback()
        assert own.execute("SHOW statement_timeout").fetchone()[0] == before

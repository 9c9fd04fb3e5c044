"""The front end is built anew under a running server: whoever asks still finds the files."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from shiyu.site.front import FrontEnd

PUBLISH = settings.ROOT / "web" / "publish.mjs"
NODE = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def folder(tmp_path: Path, settings) -> Path:
    settings.STATICFILES_DIRS = [tmp_path]
    (tmp_path / "built" / "parts").mkdir(parents=True)
    return tmp_path / "built"


@pytest.fixture
def serving(folder: Path) -> FrontEnd:
    """A server that began when there was one script and one part."""
    (folder / "desk.js").write_text('import("./parts/map-aaaaaaaa.js")')
    (folder / "parts" / "map-aaaaaaaa.js").write_text("the map of before")
    return FrontEnd(lambda _request: HttpResponse(status=404))


def asked(serving: FrontEnd, name: str) -> tuple[int, bytes, str]:
    request: HttpRequest = RequestFactory().get(f"/static/built/{name}")
    answer = serving(request)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert int(answer.get("Content-Length", len(content))) == len(content)
    answer.close()
    return answer.status_code, content, answer.get("Cache-Control", "")


def test_a_file_built_anew_is_served_whole_and_a_new_part_is_found(serving, folder):
    assert asked(serving, "desk.js")[1].endswith(b'map-aaaaaaaa.js")')
    (folder / "parts" / "map-bbbbbbbb.js").write_text("the map of now")
    (folder / "desk.js").write_text('import("./parts/map-bbbbbbbb.js") // and much more')

    assert asked(serving, "desk.js")[1].endswith(b"and much more")
    status, content, kept = asked(serving, "parts/map-bbbbbbbb.js")
    assert (status, content) == (200, b"the map of now")
    assert "immutable" in kept  # its name is its content
    assert "immutable" not in asked(serving, "desk.js")[2]


@pytest.mark.parametrize("name", ["parts/none.js", "../secret", "%2e%2e/secret", "parts/", ""])
def test_what_is_not_there_or_lies_outside_is_not_found(serving, folder, name):
    (folder.parent / "secret").write_text("no")

    assert asked(serving, name)[0] == 404


def test_a_part_that_is_gone_is_no_fault_of_the_server(serving, folder):
    assert asked(serving, "parts/map-aaaaaaaa.js")[0] == 200
    (folder / "parts" / "map-aaaaaaaa.js").unlink()

    assert asked(serving, "parts/map-aaaaaaaa.js")[0] == 404


@pytest.mark.skipif(not NODE, reason="building the front end needs Node.js")
def test_building_anew_keeps_the_parts_of_before_for_a_week(serving, folder, tmp_path):
    (folder / "parts" / "old-cccccccc.js").write_text("of last month")
    os.utime(folder / "parts" / "old-cccccccc.js", (0, 0))
    dist = tmp_path / "dist"
    (dist / "parts").mkdir(parents=True)
    (dist / "parts" / "map-bbbbbbbb.js").write_text("the map of now")
    (dist / "desk.js").write_text('import("./parts/map-bbbbbbbb.js")')

    subprocess.run([NODE, PUBLISH, dist, folder], check=True)

    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == {"desk.js", "parts/map-aaaaaaaa.js", "parts/map-bbbbbbbb.js"}
    assert asked(serving, "parts/map-aaaaaaaa.js")[1] == b"the map of before"
    assert asked(serving, "parts/map-bbbbbbbb.js")[0] == 200
    assert not dist.exists()

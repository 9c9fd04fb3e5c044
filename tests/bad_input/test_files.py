"""Over two hundred files through every door that takes files (T-S7)."""

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from shiyu.api.open311.tests.calls import citizen
from shiyu.api.tests.calling import let_in
from shiyu.cases.lifecycle import Stage
from shiyu.cases.tests.world import HERE, World
from shiyu.common.errors import Refused
from shiyu.common.sheets import sheets_of
from shiyu.files import decode, store
from shiyu.files.models import Photo
from shiyu.files.pictures import _check_kind
from shiyu.files.tests.pictures import opened
from tests.bad_input.files import Sent, corpus, workbook

CORPUS = list(corpus())
PHOTOS = [sent for sent in CORPUS if sent.kind == "photo"]
TABLES = [sent for sent in CORPUS if sent.kind == "table"]
WITHIN_S, WITHIN_MB = 5, 512
LEFT = (b"SECRET", b"Exif", b"34.7975", b"<script", b"<svg", b"<?php", b"%PDF", b"PK\x03\x04")
"""Nothing of this may be left in a picture that is kept."""


def taken(sent: Sent) -> tuple[dict[str, Any], bytes, bytes] | None:
    """What is kept of a photo, decoded in this process; None when it is refused."""
    try:
        if not sent.content:
            return None
        _check_kind(sent.content)
        return decode.decode(sent.content)
    except Refused:
        return None
    except Exception:  # in its own process this is an exit: the photo is damaged
        return None


def is_plain(content: bytes) -> list[str]:
    """What a kept picture holds that it should not."""
    image = opened(content)
    wrong = [repr(mark) for mark in LEFT if mark in content]
    if image.format != "JPEG" or not content.startswith(b"\xff\xd8\xff"):
        wrong.append(f"is {image.format}")
    return wrong + (["EXIF"] if image.getexif() else [])


def test_there_are_more_than_two_hundred_and_each_is_another() -> None:
    assert len({sent.content for sent in CORPUS}) >= 200
    assert len({sent.name for sent in CORPUS}) == len(CORPUS)


def test_no_photo_keeps_anything_active_or_a_place() -> None:
    kept = 0
    for sent in PHOTOS:
        began = time.process_time()
        found = taken(sent)
        assert time.process_time() - began < WITHIN_S, sent.name
        assert found is None or sent.harmless, f"{sent.name} is taken for a photo"
        if found is not None:
            kept += 1
            assert [*is_plain(found[1]), *is_plain(found[2])] == [], sent.name
    assert kept > 20, "good pictures among them are taken"


def test_no_table_bursts_or_reads_what_is_not_its_own() -> None:
    """Whatever is no table is refused with a sentence."""
    assert wrong_tables(read_all()) == []


def read_all() -> dict[str, str]:
    """Each table as a page would read it, and how it went."""
    how: dict[str, str] = {}
    for sent in TABLES:
        began = time.process_time()
        try:
            sheets = sheets_of(sent.content)
            cells = " ".join(str(row.cells[:3])[:100] for s in sheets for row in s.rows[:20])
            how[sent.name] = "root:" if "root:" in cells else "read"
        except Refused as refusal:
            how[sent.name] = f"refused: {refusal}"
        assert time.process_time() - began < WITHIN_S, sent.name
    return how


def wrong_tables(how: dict[str, str]) -> list[str]:
    harmless = {sent.name for sent in TABLES if sent.harmless}
    return [
        name
        for name, said in how.items()
        if said == "root:" or (said == "read" and name not in harmless)
    ]


@pytest.mark.long
def test_no_table_needs_more_than_half_a_gigabyte() -> None:
    """In a process of its own that may have no more."""
    script = (
        "import os, resource, json\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'shiyu.site.settings'\n"
        "import django; django.setup()\n"
        "from tests.bad_input import test_files as t\n"
        "now = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        f"resource.setrlimit(resource.RLIMIT_AS, (now + ({WITHIN_MB} << 20),) * 2)\n"
        "print(json.dumps(t.wrong_tables(t.read_all())))\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_good_workbook_of_the_same_make_is_read() -> None:
    assert sheets_of(workbook())[0].rows[0].cells == ("x",)


# ---- through the doors ------------------------------------------------------------------------


def doors(world: World) -> dict[str, Any]:
    """Every way by which a photo comes in."""
    staff, handler = Client(), Client()
    staff.force_login(world.people["intake"])
    handler.force_login(world.people["handler"])
    case = world.make_case(Stage.HANDLING)
    system = let_in(world, "cases:report@410204")
    key = citizen().key
    call = {"channel": "hotline", "text": "井盖", "address": "路", "lon": HERE[0], "lat": HERE[1]}
    unit = world.units["roads"].pk
    asked = {
        "api_key": key,
        "jurisdiction_id": "410200",
        "service_code": "10101",
        "lat": HERE[1],
        "long": HERE[0],
        "description": "井盖破了",
    }
    return {
        "desk": lambda f, n: staff.post("/desk/new/", call | {"ref": f"f{n}", "photos": [f]}),
        "move": lambda f, n: handler.post(
            f"/cases/{case.number}/handle/", {"unit": unit, "reason": "办好了", "photos": [f]}
        ),
        "api": lambda f, n: system.upload(f),
        "one page": lambda f, n: Client().post(
            "/report/whole/",
            {
                "text": "井盖破了",
                "lat": HERE[1],
                "lon": HERE[0],
                "draft": f"{n:032x}",
                "photos": [f],
            },
        ),
        "open311": lambda f, n: Client().post("/open311/requests.json", asked | {"media": f}),
    }


@pytest.mark.long
@pytest.mark.django_db
def test_every_photo_through_every_door(world: World) -> None:
    """In the process of its own that decodes, as in the city: 0 errors of ours, 0 places left."""
    seen: Counter[str] = Counter()
    opened_doors = doors(world)
    for number, sent in enumerate(PHOTOS):
        for door, send in opened_doors.items():
            photo = SimpleUploadedFile("photo.jpg", sent.content, content_type="image/jpeg")
            before = Photo.objects.count()
            answer = send(photo, number)
            assert answer.status_code < 500, (door, sent.name)
            more = Photo.objects.count() - before
            seen[f"{door} {'kept' if more else 'refused'}"] += 1
            assert not more or sent.harmless, (door, sent.name)
    for photo in Photo.objects.all():
        assert is_plain(store.path_of(photo.sha256).read_bytes()) == []
    print(dict(seen))


def test_every_field_that_takes_a_file_is_one_of_these_doors() -> None:
    """A new form with a file fails here until somebody has sent the corpus through it."""
    root = Path(__file__).resolve().parents[2] / "shiyu"
    found = {
        str(path.relative_to(root))
        for path in root.glob("**/*.py")
        if "/tests/" not in str(path)
        and any(word in path.read_text() for word in ("request.FILES", "forms.FileField"))
    }
    new = sorted(found - set(TAKES_FILES))
    assert new == [], f"{new}: takes files. Send tests/bad_input/files.py through it (doors)"
    assert set(TAKES_FILES) <= found


TAKES_FILES = {
    "api/open311/creating.py": "doors: open311",
    "catalogue/forms.py": "tables: sheets_of",
    "catalogue/views/city.py": "tables: sheets_of",
    "common/answered.py": "looks at what was sent before, keeps none",
    "common/sentences.py": "sentences",
    "desk/forms/base.py": "doors: desk, move",
    "desk/views/moving.py": "doors: move",
    "desk/views/reporting.py": "doors: desk",
    "places/forms.py": "maps: tests/bad_input/parsers.py; addresses: tables",
    "places/views/addresses.py": "tables: sheets_of",
    "places/views/maps.py": "maps: tests/bad_input/parsers.py",
    "portal/proofs.py": "proofs: shiyu/portal/tests/test_proof.py",
    "portal/views/following.py": "photos by keep_photo: the same reader",
    "portal/views/proof.py": "proofs",
    "portal/views/whole.py": "doors: one page",
    "portal/views/writing.py": "photos by keep_photo: the same reader",
    "site/samples.py": "a sample of a form, sends nothing",
}

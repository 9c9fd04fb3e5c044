"""What no well-meaning client sends to `/api/v1`: a clear sentence each, and nothing changed."""

import json
import threading
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client

from shiyu.api.tests.calling import System, let_in, told
from shiyu.cases.models import Case, Report
from shiyu.cases.tests.world import World, a_photo
from shiyu.common.models import Answered
from shiyu.common.once import hidden
from shiyu.files.models import Photo

pytestmark = pytest.mark.django_db
GOOD = {"text": "路灯不亮", "lon": 114.31, "lat": 34.80}


@pytest.fixture
def system(world: World) -> System:
    return let_in(world, "cases:report@410204", "cases:read@410204")


def refused(answer: Any) -> tuple[int, str, str]:
    said = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert set(said) <= {
        *("type", "title", "status", "code", "detail", "request_id", "errors"),
    }
    assert said["status"] == answer.status_code
    assert (Report.objects.count(), Answered.objects.count()) == (0, 0)
    return answer.status_code, said["code"], said["detail"]


BODIES: list[tuple[bytes | str, int, str, str]] = [
    (b"", 422, "invalid", "字段"),
    (b"{", 400, "unreadable", "不是有效的 JSON"),
    (b"\xff\xfe", 400, "unreadable", "不是有效的 JSON"),
    (b'{"text": NaN}', 400, "unreadable", "不是有效的 JSON"),
    (b'{"text": "a", "text": "b"}', 400, "unreadable", "“text”写了两次"),
    (b'{"text": "a\\u0000b"}', 400, "unreadable", "NUL"),
    (b'{"text": "\\ud800"}', 400, "unreadable", "不是有效的 JSON"),
    (b"[" * 60_000, 400, "unreadable", "嵌套"),
    (b'{"text": ' + b"[" * 13 + b"]" * 13 + b"}", 400, "unreadable", "最多嵌套 12 层"),
    (b'{"lon": ' + b"9" * 5000 + b"}", 400, "unreadable", "不是有效的 JSON"),
    (b'"text"', 422, "invalid", "字段"),
    (b"null", 422, "invalid", "字段"),
    (b'{"text": "' + b"a" * 200_000 + b'"}', 413, "too_large", "最多 128 KB"),
]


@pytest.mark.parametrize(("body", "status", "code", "says"), BODIES, ids=range(len(BODIES)))
def test_a_body_that_cannot_be_read(
    body: bytes, status: int, code: str, says: str, system: System
) -> None:
    found = refused(system.post("/cases", body))

    assert found[:2] == (status, code)
    assert says in found[2]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("state", "closed", "没有这个字段"),
        ("stage", "closed", "没有这个字段"),
        ("version", 9, "没有这个字段"),
        ("source", "desk:1", "没有这个字段"),
        ("text", 7, "应是文字"),
        ("text", "字" * 2001, "最多 2000 字"),
        ("lon", 200, "不能大于 180"),
        ("lon", "x", "应是数字"),
        ("channel", "import", "只能是"),
        ("kind", "不存在", "格式不对"),
        ("kind", "99999", "没有代码为“99999”的类别"),
        ("photos", ["x"], "填写不符合要求"),
        ("photos", ["0" * 32], "没有其中的照片"),
        ("phone", "别打电话", "格式不对"),
        ("occurred_at", "2026-11-22T08:00:00", "时间须带时区"),
        ("occurred_at", "昨天", "ISO 8601"),
    ],
)
def test_a_field_that_does_not_fit_is_named(
    field: str, value: Any, says: str, system: System
) -> None:
    answer = system.post("/cases", GOOD | {field: value})

    assert refused(answer)[:2] == (422, "invalid")
    (wrong,) = answer.json()["errors"]
    assert wrong["field"].split(".")[0] == field
    assert says in wrong["detail"]


@pytest.mark.parametrize("name", [f.attname for f in Case._meta.concrete_fields])
def test_no_column_of_a_case_can_be_set_from_outside(name: str, system: System) -> None:
    if name in {"channel", "address", "lon", "lat"}:
        return
    assert refused(system.post("/cases", GOOD | {name: "1"}))[:2] == (422, "invalid")


def test_another_content_type_is_refused(system: System) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml", ""):
        found = refused(system.post("/cases", json.dumps(GOOD), content_type=kind or "x"))
        assert found[:2] == (415, "wrong_content_type")
    assert refused(system.post("/photos", GOOD))[:2] == (415, "wrong_content_type")


def test_a_change_without_its_own_name_is_refused(system: System) -> None:
    headers = {"Authorization": f"Bearer {system.key}"}
    path = "/api/v1/cases"
    bare = Client().post(path, json.dumps(GOOD), content_type="application/json", headers=headers)
    assert refused(bare)[:2] == (400, "idempotency_key_missing")
    assert refused(system.post("/cases", GOOD, once="x" * 201))[:2] == (422, "refused")


def test_a_query_nobody_knows_is_refused(system: System) -> None:
    for asked in ("stagee=filed", "limit=0", "limit=1000", "limit=x", "cursor=x", "stage=open"):
        assert refused(system.get(f"/cases?{asked}"))[:2] == (422, "invalid")
    assert refused(system.get("/cases?place=nowhere"))[:2] == (422, "invalid")
    assert refused(system.get("/cases?stage=%00"))[0] == 422


def test_what_is_no_address_of_ours_is_said_so(system: System) -> None:
    for path in ("/", "/nowhere", "/cases/", "/cases/KF1", "/cases/../me"):
        assert system.get(path).status_code in {404, 422}, path
    answer = system.browser.delete("/api/v1/cases", headers=system._headers())
    assert (answer.status_code, answer["Allow"]) == (405, "GET, POST")
    assert answer.json()["code"] == "no_such_method"


def test_changes_are_never_made_by_get(system: System, world: World) -> None:
    case = world.make_case("reported")

    answer = system.get(f"/cases/{case.number}/moves/accept")

    assert answer.status_code == 405
    case.refresh_from_db()
    assert case.stage == "reported"


def test_what_is_no_photo_is_refused(system: System) -> None:
    for content in (b"", b"x", b"<svg onload=alert(1)>", b"GIF89a"):
        answer = system.upload(SimpleUploadedFile("a.jpg", content, content_type="image/jpeg"))
        assert refused(answer)[0] == 422
    assert Photo.objects.count() == 0


def test_anothers_photo_cannot_be_taken(system: System, world: World) -> None:
    other = let_in(world, "cases:report")
    theirs = other.upload(a_photo()).json()["id"]

    assert told(system.post("/cases", GOOD | {"photos": [theirs]})) == (422, "invalid")
    assert system.upload(a_photo()).status_code == 201


def test_a_name_with_every_strange_sign_is_kept_as_it_is_or_refused(system: System) -> None:
    for text in ("' OR 1=1 --", "<script>alert(1)</script>", "{{ 7*7 }}", "😀" * 10, "\u202eabc"):
        answer = system.post("/cases", GOOD | {"text": text})
        assert answer.status_code == 201
        number = answer.json()["number"]
        kept = system.get(f"/cases/{number}/remarks").json()["items"][0]["text"]
        assert kept == text.replace("\u202e", "")


def test_errors_speak_the_readers_language(system: System) -> None:
    answer = system.post("/cases", GOOD, once=" ", **{"Accept-Language": "en"})

    assert answer["Content-Language"] == "en"


@pytest.mark.django_db(transaction=True)
def test_of_two_same_requests_at_once_one_waits_for_nothing(world: World) -> None:
    """409 while the first is under way, not a second case and not a wait."""
    system = let_in(world, "cases:report@410204")
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        known = f"key:{system.client.pk}\nv1 POST /api/v1/cases\n" if system.client else ""
        known += hidden("k1")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [known])
        found: list[Any] = []

        def ask() -> None:
            found.append(system.post("/cases", GOOD, once="k1"))
            connections.close_all()

        thread = threading.Thread(target=ask)
        thread.start()
        thread.join(20)
        cursor.execute("ROLLBACK")

    assert told(found[0]) == (409, "in_progress")
    assert Report.objects.count() == 0
    assert system.post("/cases", GOOD, once="k1").status_code == 201

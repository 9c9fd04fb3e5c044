"""Keeping photos on disk and in the database, and showing them to those who may."""

import hashlib
import io
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler, TemporaryFileUploadHandler
from django.db import transaction
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from shiyu.common.errors import Refused
from shiyu.files import actions, rules, store
from shiyu.files.models import Photo
from shiyu.files.pictures import LIMIT
from shiyu.files.tests.pictures import opened, picture, upload, with_exif
from shiyu.files.uploads import REQUEST_LIMIT, SizeLimit
from shiyu.people.actors import Actor
from shiyu.people.models import Person
from shiyu.people.tests.made import make_person

ACTOR = Actor.receipt(7)


@pytest.fixture(autouse=True)
def own_disk(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture(autouse=True)
def things() -> Iterator[None]:
    """Things are seen by those who do intake; whoever holds the receipt 7 sees thing:7."""
    rules.policies["thing"] = lambda actor, subject: (
        actor.holds("intake") or (actor.ref, subject) == ("receipt:7", "thing:7")
    )
    yield
    del rules.policies["thing"]


def keep(subject: str = "thing:1", content: bytes | None = None, **more: Any) -> Photo:
    content = content or picture()
    return actions.keep_photo(upload(content), subject=subject, role="scene", actor=ACTOR, **more)


def show(client: Client, photo: Photo, size: str = "full", **headers: str) -> Any:
    return client.get(reverse("files:photo", args=[photo.public_id, size]), headers=headers)


@pytest.mark.django_db
def test_a_photo_is_stored_under_its_own_hash_and_entered_with_what_it_said() -> None:
    photo = keep(content=with_exif())

    content = store.path_of(photo.sha256).read_bytes()
    assert hashlib.sha256(content).hexdigest() == photo.sha256
    assert (photo.width, photo.height, photo.bytes) == (80, 40, len(content))
    assert (photo.added_by, photo.lat) == ("receipt:7", pytest.approx(34.7975, abs=1e-4))
    assert len(photo.public_id) == 32
    assert store.path_of(photo.sha256, "small").exists()
    assert oct(store.path_of(photo.sha256).stat().st_mode)[-3:] == "600"


@pytest.mark.django_db
def test_the_same_picture_twice_is_one_file_and_two_photos() -> None:
    first, second = keep(), keep()

    assert first.sha256 == second.sha256
    assert first.public_id != second.public_id
    assert len(list(store.stored())) == 1


@pytest.mark.django_db
def test_a_report_brings_at_most_three_photos() -> None:
    for _ in range(3):
        keep(at_most=actions.A_REPORT)

    with pytest.raises(Refused, match="最多 3 张"):
        keep(at_most=actions.A_REPORT)
    assert Photo.objects.count() == 3


@pytest.mark.django_db
def test_a_refused_photo_leaves_neither_row_nor_file() -> None:
    with pytest.raises(Refused):
        keep(content=b"not a photo")

    assert not Photo.objects.exists()
    assert not list(store.stored())


@pytest.mark.django_db(transaction=True)
def test_a_transaction_undone_leaves_a_file_without_a_row_never_a_row_without_a_file() -> None:
    with transaction.atomic():
        photo = keep()
        transaction.set_rollback(True)

    assert not Photo.objects.exists()
    assert store.path_of(photo.sha256).exists()


@pytest.mark.django_db
def test_a_disk_that_fails_leaves_no_row_and_no_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(store.NoRoom, match="磁盘已满"):
        keep()

    assert not Photo.objects.exists()
    assert not [p for p in Path(settings.MEDIA_ROOT).rglob("*") if p.is_file()]


@pytest.mark.django_db
def test_only_old_files_without_a_row_are_removed() -> None:
    kept, orphan, fresh = keep(), store.put(picture(size=(9, 9)), b"s"), store.put(b"new", b"s")
    long_ago = (timezone.now() - timedelta(days=9)).timestamp()
    for sha256 in (kept.sha256, orphan):
        os.utime(store.path_of(sha256), (long_ago, long_ago))

    removed = actions.remove_orphans(before=timezone.now() - timedelta(days=1))

    assert removed == 1
    assert {path.stem for path in store.stored()} == {kept.sha256, fresh}
    assert not store.path_of(orphan, "small").exists()


@pytest.fixture
def viewer(client: Client, db: None) -> Person:
    person = make_person("viewer", "intake")
    client.force_login(person)
    return person


def test_a_photo_is_shown_as_a_picture_and_nothing_else(client: Client, viewer: Person) -> None:
    photo = keep()

    response = show(client, photo)

    content = b"".join(response.streaming_content)
    assert opened(content).size == (80, 40)
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["Cache-Control"] == "private, no-cache"
    assert response["Content-Disposition"].startswith("inline")


def test_a_browser_that_has_it_is_asked_again_but_sent_nothing(
    client: Client, viewer: Person
) -> None:
    photo = keep()
    etag = show(client, photo, "small")["ETag"]

    assert show(client, photo, "small", **{"if-none-match": etag}).status_code == 304
    assert show(client, photo, "full", **{"if-none-match": etag}).status_code == 200
    Person.objects.filter(pk=viewer.pk).update(is_active=False)
    assert show(client, photo, "small", **{"if-none-match": etag}).status_code == 404


def test_what_one_may_not_see_does_not_exist(client: Client, db: None) -> None:
    photo, unspoken_for = keep(), keep("secret:1")
    outsider = Client()
    outsider.force_login(make_person("outsider", "handle"))
    insider = Client()
    insider.force_login(make_person("insider", "intake"))

    assert show(client, photo).status_code == 404
    assert show(outsider, photo).status_code == 404
    assert show(insider, photo).status_code == 200
    assert show(insider, unspoken_for).status_code == 404


def test_a_receipt_shows_the_photos_of_its_own_report_only(client: Client, db: None) -> None:
    own, other = keep("thing:7"), keep("thing:8")

    def by_receipt(request: HttpRequest) -> list[Actor]:
        return [Actor.receipt(7)] if request.COOKIES.get("receipt") == "7" else []

    rules.who_asks.append(by_receipt)
    try:
        assert show(client, own).status_code == 404
        client.cookies["receipt"] = "7"
        assert show(client, own).status_code == 200
        assert show(client, other).status_code == 404
    finally:
        rules.who_asks.remove(by_receipt)


@pytest.mark.parametrize(
    "path", ["x" * 32 + "/full.jpg", "0" * 32 + "/full.jpg", "0" * 32 + "/huge.jpg",
             "0" * 32 + "/full.png", "../secrets/django"],
)  # fmt: skip
def test_no_other_path_leads_anywhere(client: Client, viewer: Person, path: str) -> None:
    assert client.get(f"/files/{path}").status_code == 404


def test_a_lost_file_is_not_found(client: Client, viewer: Person) -> None:
    photo = keep()
    store.remove(photo.sha256)

    assert show(client, photo).status_code == 404


def test_a_photo_is_only_ever_fetched(client: Client, viewer: Person) -> None:
    url = reverse("files:photo", args=[keep().public_id, "full"])

    assert client.post(url).status_code == 405
    assert client.delete(url).status_code == 405


@pytest.mark.django_db
def test_of_a_huge_upload_no_more_is_kept_than_says_it_is_too_large() -> None:
    request = RequestFactory().post("/", {"photos": io.BytesIO(b"\0" * (LIMIT + 5_000_000))})
    request.upload_handlers = [SizeLimit(request), MemoryFileUploadHandler(request)]
    request.upload_handlers.append(TemporaryFileUploadHandler(request))

    kept = request.FILES["photos"]

    assert LIMIT < kept.size < LIMIT + 200_000
    with pytest.raises(Refused, match="照片超过 20 MB"):
        actions.keep_photo(kept, subject="thing:1", role="scene", actor=ACTOR)


def test_a_request_larger_than_any_form_of_ours_is_refused_before_it_is_read() -> None:
    with pytest.raises(RequestDataTooBig):
        SizeLimit().handle_raw_input(io.BytesIO(), {}, REQUEST_LIMIT + 1)

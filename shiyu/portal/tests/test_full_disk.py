"""A disk that is full while a photo is attached: a sentence, and nothing half (磁盘满)."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shiyu.cases import actions
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.cases.tests.world import HERE, World, a_photo
from shiyu.files import store
from shiyu.files.models import Photo
from shiyu.journal.models import Line
from shiyu.portal.tests.phone import Phone, photo_taken_at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def room(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path / "files")
    return tmp_path / "files"


@contextmanager
def full_disk(most: int = 16) -> Iterator[None]:
    """The kernel itself writes no more than so many bytes to any file of this process."""
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, kept[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)


def files_in(room: Path) -> list[Path]:
    return [path for path in room.rglob("*") if path.is_file()]


def test_a_resident_is_told_and_nothing_half_is_kept(world: World, room: Path) -> None:
    phone = Phone()
    with full_disk():
        page = phone.take(photo_taken_at(*HERE))

    assert page.status_code == 507
    assert "磁盘已满" in page.content.decode()
    assert not Photo.objects.exists()
    assert files_in(room) == []
    assert phone.take(photo_taken_at(*HERE)).status_code == 302


def test_a_move_with_its_photo_is_made_whole_or_not_at_all(world: World, room: Path) -> None:
    case = world.make_case(Stage.HANDLING)
    lines = Line.objects.filter(subject=case.subject).count()
    said = {"reason": "已更换", "photos": [a_photo()], "unit": world.units["roads"]}

    with full_disk(), pytest.raises(store.NoRoom, match="没有保存") as refused:
        actions.handle(case, actor=world.actor("handler"), **said)

    assert refused.value.field == "photos"
    assert Case.objects.get(pk=case.pk).version == case.version
    assert Line.objects.filter(subject=case.subject).count() == lines
    assert not Photo.objects.exists()
    assert files_in(room) == []


def test_a_thumbnail_without_its_picture_is_taken_away(room: Path) -> None:
    with full_disk(64), pytest.raises(store.NoRoom):
        store.put(b"x" * 65, b"s")

    assert files_in(room) == []

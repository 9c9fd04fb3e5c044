"""Counting goes on where no room is left for it (计数文件)."""

import errno
import os
from pathlib import Path

import pytest
from prometheus_client import values

from shiyu.common import measures, reserved
from shiyu.common.reserved import Reserved


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a full disk answers whoever wants room on it; memory is not a disk."""
    taken = os.posix_fallocate

    def full(descriptor: int, offset: int, size: int) -> None:
        if "memfd" not in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken(descriptor, offset, size)

    monkeypatch.setattr(os, "posix_fallocate", full)


def test_whatever_counts_in_files_takes_its_room_first() -> None:
    assert measures.MEASURES
    assert values.MmapedDict is Reserved


def test_the_room_is_taken_when_the_file_is_opened(tmp_path: Path) -> None:
    counts = Reserved(str(tmp_path / "counter_1.db"))

    assert (tmp_path / "counter_1.db").stat().st_blocks * 512 >= reserved.ROOM_BYTES
    counts.write_value("a", 3.0, 0.0)
    (found,) = Reserved.read_all_values_from_file(tmp_path / "counter_1.db")
    assert found[:2] == ("a", 3.0)


def test_without_room_it_is_counted_in_memory(tmp_path: Path, no_room: None) -> None:
    counts = Reserved(str(tmp_path / "counter_2.db"))
    counts.write_value("a", 2.0, 0.0)

    assert counts.read_value("a")[0] == 2.0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("full", [False, True])
def test_many_names_are_all_counted(
    tmp_path: Path, full: bool, request: pytest.FixtureRequest
) -> None:
    counts = Reserved(str(tmp_path / "counter_3.db"))
    counts.write_value("first", 1.0, 0.0)
    if full:
        request.getfixturevalue("no_room")
    names = [f"{n}-{'x' * 4000}" for n in range(300)]

    for name in names:
        counts.write_value(name, 5.0, 0.0)

    assert counts.read_value("first")[0] == 1.0
    assert {counts.read_value(name)[0] for name in names} == {5.0}
    on_disk = (tmp_path / "counter_3.db").stat().st_size
    assert on_disk == (1 if full else 2) * reserved.ROOM_BYTES

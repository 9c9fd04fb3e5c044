"""The files and names that the guides name are there (文档与程序一致)."""

import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILE = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|html|ts|css|toml|yml|service|timer))`")
CHAIN = re.compile(FILE.pattern + r"((?:,? ?`[a-z_A-Z]\w*`)+)")
HISTORY = ("docs/decisions/", "docs/evidence/")
"""Pages that say how it was on their day."""


NOT_OURS = {"node_modules", "__pycache__", "built", ".venv", ".git"}


@cache
def kept() -> frozenset[str]:
    """Every file of the project, by its way from the root."""
    found: list[str] = []
    for folder, inner, files in os.walk(ROOT):
        inner[:] = [name for name in inner if name not in NOT_OURS]
        found += (str((Path(folder) / name).relative_to(ROOT)) for name in files)
    return frozenset(found)


def guides() -> Iterator[Path]:
    for name in sorted(kept()):
        if name.endswith(".md") and not name.startswith(HISTORY):
            yield ROOT / name


@cache
def meant(name: str) -> list[str]:
    """The files that a guide may mean by the end of a path."""
    return [file for file in kept() if file == name or file.endswith(f"/{name}")]


def nowhere(text: str) -> Iterable[str]:
    """Files that are not there, and names that do not stand in the file named before them."""
    for name in set(FILE.findall(text)):
        if not meant(name):
            yield name
    for name, said in CHAIN.findall(text):
        there = " ".join((ROOT / file).read_text() for file in meant(name))
        for word in re.findall(r"\w+", said):
            if there and not re.search(rf"\b{word}\b", there):
                yield f"{word} in {name}"


def test_every_file_and_name_that_a_guide_names_is_there() -> None:
    wrong = {
        str(page.relative_to(ROOT)): found
        for page in guides()
        if (found := sorted(nowhere(page.read_text())))
    }

    assert not wrong


def test_a_file_that_has_gone_and_a_name_that_has_moved_are_seen() -> None:
    told = "first `notices/actions.py` `owe`, then `cases/rules.py` `visible_to`, `seen_by_all`"

    assert sorted(nowhere(told)) == ["notices/actions.py", "seen_by_all in cases/rules.py"]

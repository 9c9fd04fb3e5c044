"""A database for journals alone, made once for these tests; each test writes in it as it likes."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shiyu.common.tests.database import TestDatabase, _copy, drop
from shiyu.journal import sealing
from shiyu.journal.tests.ledger import ALONE, Ledger

REAL = sealing.REACHED


@pytest.fixture
def ledger(
    django_db_setup: None, database: TestDatabase, tmp_path: Path, monkeypatch: Any
) -> Iterator[Ledger]:
    """An empty journal in a database of its own, beside the run's; its own home and witness."""
    name = f"{database.name}_journal"
    monkeypatch.setenv("SHIYU_HOME", str(tmp_path))
    monkeypatch.delenv("SHIYU_WITNESS", raising=False)
    monkeypatch.setattr(sealing, "REACHED", ALONE)
    with database.connect() as server:
        drop(server, name)
        _copy(server, name, database.template)
    with contextlib.ExitStack() as open_ones:
        doors = [
            open_ones.enter_context(database.connect(role, name))
            for role in ("web", "worker", "postgres")
        ]
        yield Ledger(*doors, home=tmp_path)
    with database.connect() as server:
        drop(server, name)


@pytest.fixture
def horizon(ledger: Ledger, monkeypatch: Any) -> None:
    """The real horizon, which every writing transaction of the whole server holds back."""
    monkeypatch.setattr(sealing, "REACHED", REAL)

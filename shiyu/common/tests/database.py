"""The database of a test run: an embedded cluster for tests alone, a fresh database for each run.

Loaded by pytest before Django's settings (`-p` in pyproject.toml), so that neither the settings
nor a program started by a test can ever reach a city's own data. Tests connect as `web`.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from shiyu.common import wall
from shiyu.common.connection import SEE_ALL, URLS
from shiyu.common.embedded import Cluster
from shiyu.common.home import PROJECT, home

MIGRATING_PACKAGES = ("django", "django-allauth", "procrastinate")
KEPT_TEMPLATES = 3
SEES_ALL = wall.seeing("tests")


class TestDatabase:
    """One run's own database, copied from a template that has been migrated once."""

    __test__ = False

    def __init__(self) -> None:
        place = os.environ.setdefault("SHIYU_TEST_HOME", str(home() / "test"))
        # Each worker of a divided run has a cluster of its own: what is under way in one holds
        # back, in all databases of a cluster, what sealing and the live feed may read.
        if worker := os.environ.get("PYTEST_XDIST_WORKER"):
            place = f"{place}-{worker}"
        self.cluster = Cluster(Path(place), throwaway=True)
        self.written = self.cluster.hold()
        self.name = f"test_{os.getpid()}"

    def url(self, role: str, database: str | None = None) -> str:
        password = quote(self.written["passwords"][role], safe="")
        where = f"{self.written['host']}:{self.written['port']}"
        return f"postgresql://{role}:{password}@{where}/{database or self.name}"

    def environment(self, database: str | None = None) -> dict[str, str]:
        """What tells a program to use a database of this cluster: the run's, or another."""
        return {URLS[role]: self.url(role, database) for role in URLS}

    def connect(self, role: str = "postgres", database: str = "postgres") -> Any:
        more = {"options": SEES_ALL} if role in SEE_ALL else {}
        return psycopg.connect(self.url(role, database), autocommit=True, **more)

    def make(self) -> None:
        """The run's database, from the template of today's migrations."""
        template = f"template_{_fingerprint()}"
        with self._alone(), self.connect() as server:
            self._sweep(server, keep=template)
            if template not in _names(server, "template_"):
                self._migrate(server, template)
            _copy(server, self.name, template)
        self.template = template

    def renew(self) -> None:
        """Put the run's database back as it was made, whatever a test has committed."""
        with self.connect() as server:
            drop(server, self.name)
            _copy(server, self.name, self.template)

    def remove(self) -> None:
        with self.connect() as server:
            drop(server, self.name)

    def _migrate(self, server: Any, template: str) -> None:
        """A template, migrated by the program's own command in a process of its own."""
        making = f"making_{os.getpid()}"
        drop(server, making)
        server.execute(sql.SQL("CREATE DATABASE {} OWNER owner").format(sql.Identifier(making)))
        ended = subprocess.run(
            [sys.executable, "-c", "from shiyu.site.cli import main; main()", "migrate"],
            env={**os.environ, **self.environment(making)},
            capture_output=True,
            text=True,
        )
        if ended.returncode:
            raise RuntimeError(f"shiyu migrate failed:\n{ended.stdout[-3000:]}{ended.stderr}")
        words = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        server.execute(words.format(sql.Identifier(making), sql.Identifier(template)))

    def _sweep(self, server: Any, *, keep: str) -> None:
        """Drop what killed runs left, and the templates of migrations long gone."""
        for name in [*_names(server, "test_"), *_names(server, "making_")]:
            if not Path(f"/proc/{name.split('_')[1]}").exists() or name == self.name:
                drop(server, name)
        for name in _names(server, "template_")[KEPT_TEMPLATES:]:
            if name != keep:
                drop(server, name)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.cluster.home / "template.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _fingerprint() -> str:
    """Changes whenever a migration would leave another database behind."""
    digest = hashlib.sha256()
    package = PROJECT / "shiyu"
    sources = [*package.glob("*/migrations/*.py"), *package.glob("common/*.sql")]
    for path in sorted(
        [*sources, package / "site/commands/migrate_.py", package / "site/settings.py"]
    ):
        digest.update(path.name.encode() + path.read_bytes())
    for name in MIGRATING_PACKAGES:
        digest.update(f"{name} {version(name)}".encode())
    return digest.hexdigest()[:16]


def _names(server: Any, prefix: str) -> list[str]:
    """Databases by the beginning of their names, newest first."""
    rows = server.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY oid DESC", [prefix]
    )
    return [name for (name,) in rows]


def _copy(server: Any, name: str, template: str) -> None:
    words = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER owner STRATEGY file_copy")
    server.execute(words.format(sql.Identifier(name), sql.Identifier(template)))


def drop(server: Any, name: str) -> None:
    """Drop a database even while a killed test's connections are still there."""
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


run = TestDatabase()
os.environ |= run.environment()
os.environ["SHIYU_HOME"] = tempfile.mkdtemp(prefix="shiyu-test-")
os.environ["SHIYU_POOL"] = "0"
os.environ["SHIYU_CITY_KEPT_S"] = "0"  # each page asks for the city: the same queries each time

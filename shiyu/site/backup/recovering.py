"""A base backup brought forward to a moment, in a cluster of its own beside the living (恢复)."""

import json
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shiyu.common.binaries import Installation, attempt, give_to_server, installations
from shiyu.common.connection import EMBEDDED_FILE
from shiyu.common.embedded import PASSWORD_ROLES, Cluster
from shiyu.site.backup.server import restore_command
from shiyu.site.backup.store import Base, Store, Trouble
from shiyu.site.backup.taking import check

PATIENCE_S = 24 * 3600
STATUS_LINE = 7  # of postmaster.pid
AUTO = "postgresql.auto.conf"
BEGIN, END = "# begin: restored beside the living city", "# end: restored"
HELD_BACK = "archive_mode = 'off'"
"""What stands aside must never write into the archive of the living one."""
REACHED = re.compile(r"last completed transaction was at log time (\S+ \S+)")
STOPPED = re.compile(r"recovery stopping (?:before|after) (?:commit|abort) of transaction")
SHORT = "recovery ended before configured recovery target was reached"
Tell = Callable[[str], None]


class TooLate(Trouble):
    """The archive ends before the moment that was asked for."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What came of it: the last transaction that is in, on which timeline it goes on."""

    last_at: datetime | None
    timeline: int
    cluster: Cluster


def tools_of(major: int) -> Installation:
    found = [here for here in installations() if here.major == major]
    if not found:
        have = ", ".join(str(here.major) for here in installations()) or "none"
        raise Trouble(
            f"The backup is of PostgreSQL {major}; here is {have}. Install PostgreSQL {major}, or "
            "name its programs with SHIYU_POSTGRES: another major version cannot read it."
        )
    return found[0]


def recover(
    store: Store, base: Base, into: Path, at: datetime | None, tell: Tell, *, more_wal: Path | None
) -> Recovered:
    """Copy the base, replay WAL up to that moment (all there is: None), open it, close the door
    to the archive, and give every role a fresh password."""
    tools = tools_of(base.major)
    data = into / f"postgres-{base.major}"
    tell("copying the base backup")
    copy_tree(store.data_of(base), data)
    tell("checking the copy")
    check(tools, data)
    (data / "backup_manifest").unlink()  # it told the copy; the cluster's files change from now on
    _aim(data, store, at, more_wal)
    own_by_server(data)
    log = into / "postgres.log"
    log.write_text("")
    log.chmod(0o600)
    give_to_server(log)
    tell("replaying the archived WAL")
    _replay(tools, data, log, at, tell)
    said = log.read_text(errors="replace")
    times = REACHED.findall(said)
    _settle(data)
    written = _fresh_passwords(tools, data)
    own_by_server(data)
    draft = into / EMBEDDED_FILE
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(written, file, indent=2)
    cluster = Cluster(into)
    return Recovered(_moment(times[-1]) if times else None, _timeline(tools, data), cluster)


def copy_tree(source: Path, target: Path) -> None:
    try:
        shutil.copytree(source, target, symlinks=True)
    except OSError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise Trouble(f"The copy to {target} failed: {error.strerror or error}.") from error
    target.chmod(0o700)


def own_by_server(data: Path) -> None:
    """Where the server runs as another user, its files are that user's."""
    give_to_server(data, *data.rglob("*"))


def open_door(data: Path) -> None:
    """Let a restored cluster archive again: it has taken the living one's place."""
    _drop_block(data)


def _aim(data: Path, store: Store, at: datetime | None, more_wal: Path | None) -> None:
    (data / "recovery.signal").touch()
    command = restore_command(store, *([more_wal] if more_wal else []))
    lines = [BEGIN, HELD_BACK, f"restore_command = {_quoted(command)}", "hot_standby = off"]
    lines += ["recovery_target_action = 'promote'", "recovery_target_timeline = 'latest'"]
    if at is not None:
        lines.append(f"recovery_target_time = '{at.astimezone(UTC).isoformat()}'")
    with (data / AUTO).open("a") as conf:
        conf.write("\n".join([*lines, END, ""]))


def _settle(data: Path) -> None:
    """What only the recovery needed goes; the door to the archive stays shut."""
    _drop_block(data)
    with (data / AUTO).open("a") as conf:
        conf.write(f"{BEGIN}\n{HELD_BACK}\n{END}\n")


def _drop_block(data: Path) -> None:
    text = (data / AUTO).read_text()
    pattern = re.compile(f"^{re.escape(BEGIN)}$.*?^{re.escape(END)}$\n?", re.S | re.M)
    (data / AUTO).write_text(pattern.sub("", text))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _replay(tools: Installation, data: Path, log: Path, at: datetime | None, tell: Tell) -> None:
    """Start it where nobody reaches it; once it is open, stop it."""
    door = Path(tempfile.mkdtemp(prefix="shiyu-door-"))  # a socket's path is short, `data` is not
    give_to_server(door)
    quiet = f"-c listen_addresses= -c unix_socket_directories={door}"
    words = ["-D", str(data), "-s", "-w", "-t", str(PATIENCE_S), "-l", str(log)]
    try:
        ended = attempt([tools.tool("pg_ctl"), "start", *words, "-o", quiet])
        if ended.returncode or not _opened(data, log, tell):
            raise _why(log, at)
    finally:
        attempt([tools.tool("pg_ctl"), "stop", "-D", str(data), "-s", "-w", "-m", "fast"])
        shutil.rmtree(door, ignore_errors=True)


def _opened(data: Path, log: Path, tell: Tell) -> bool:
    """Wait until recovery has ended and it is open; False where it gave up."""
    status = ""
    while status != "ready":
        try:
            status = (data / "postmaster.pid").read_text().split("\n")[STATUS_LINE].strip()
        except (FileNotFoundError, IndexError):
            return False
        replayed = len(re.findall(r"restored log file", log.read_text(errors="replace")))
        tell(f"replaying the archived WAL: {replayed} files")
        time.sleep(0.1)
    return True


def _why(log: Path, at: datetime | None) -> Trouble:
    said = log.read_text(errors="replace")
    times = REACHED.findall(said)
    if SHORT in said:
        until = times[-1] if times else "the end of the base backup"
        return TooLate(
            f"The archive ends at {until}, before {at}: nothing later was archived, or WAL is "
            "missing. Restore to an earlier moment, or leave out --to for the newest there is."
        )
    fatal = re.findall(r"(?:FATAL|PANIC): +(.*)", said)
    broken = re.findall(r"the archived file is broken.*", said)
    why = (broken or fatal or ["no reason"])[-1]
    return Trouble(f"The database could not be brought forward: {why}")


def _fresh_passwords(tools: Installation, data: Path) -> dict[str, Any]:
    """Passwords of its own, given by the single-user server: no old password is needed."""
    passwords = {role: secrets.token_urlsafe(24) for role in ("postgres", *PASSWORD_ROLES)}
    said = "".join(f"ALTER ROLE {role} PASSWORD '{word}'\n" for role, word in passwords.items())
    words = [tools.tool("postgres"), "--single", "-D", str(data), "postgres"]
    ended = attempt(words, said=said)
    if ended.returncode or "ERROR" in ended.stderr:
        last = (ended.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Trouble(f"The roles of the restored database cannot be given passwords: {last}")
    return {"host": "127.0.0.1", "port": 0, "database": "shiyu", "passwords": passwords}


def _timeline(tools: Installation, data: Path) -> int:
    ended = attempt([tools.tool("pg_controldata"), "-D", str(data)])
    found = re.search(r"TimeLineID: +(\d+)", ended.stdout)
    return int(found[1]) if found else 0


def _moment(text: str) -> datetime:
    """A time of the server's log, which is kept in UTC."""
    return datetime.fromisoformat(text.strip()[:26].rstrip("+").strip()).replace(tzinfo=UTC)

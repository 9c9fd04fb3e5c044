"""What a city has decided about its backups, in a file beside its data (备份方案)."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from shiyu.common.home import home

FILE = "backup.json"
KEPT = 7
EVERY_HOURS = 24.0
DRILL_DAYS = 7.0
OLDEST_DAYS = 35
"""No backup is kept longer: what was erased is gone from every backup after that."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where backups go, how many stay, how often one is taken and tried out.

    passphrase_file  what the secrets are sealed with; empty: they are kept apart by the operator.
    """

    to: str
    keep: int = KEPT
    every_hours: float = EVERY_HOURS
    drill_days: float = DRILL_DAYS
    passphrase_file: str = ""


def read_plan() -> Plan | None:
    """The city's plan; None where nobody has made one."""
    try:
        return Plan(**json.loads((home() / FILE).read_text()))
    except FileNotFoundError:
        return None


def write_plan(plan: Plan) -> None:
    write_whole(home() / FILE, json.dumps(asdict(plan), indent=1))


def write_whole(path: Path, text: str) -> None:
    """A file with this text, whole and flushed, or the one before."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

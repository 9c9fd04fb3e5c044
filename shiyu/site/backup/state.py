"""How the backups stand, in a file beside the data: for the page and `shiyu watch` (备份现状).

Whoever serves pages may reach neither the backups' disk nor the role that asks the archiver; the
keeper can, and writes down every half minute what it saw. A file that grows old is itself news.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shiyu.common.home import home
from shiyu.site.backup.drilling import last_drill
from shiyu.site.backup.plan import Plan, write_whole
from shiyu.site.backup.server import Connection, archiving
from shiyu.site.backup.store import Store, lines_of

FILE = "backup-state.json"
LATEST = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """What the keeper last saw.

    looked_at  when it looked; kept_at when it last could copy everything.
    trouble    why it could not; empty when all is well.
    bases      name, ended_at, bytes of each whole base backup, the newest first.
    gap        WAL that is missing behind the newest base; empty when nothing is.
    drills     the latest restore drills, the newest first, as they are kept.
    """

    looked_at: str
    to: str
    keep: int
    every_hours: float
    drill_days: float
    kept_at: str = ""
    trouble: str = ""
    sealed: bool = False
    bases: list[dict[str, Any]] = field(default_factory=list)
    archiving: str = ""
    archived_until: str = ""
    gap: str = ""
    drills: list[dict[str, Any]] = field(default_factory=list)


def see(plan: Plan, store: Store, connection: Connection) -> Seen:
    """All of it, just after a round that went well."""
    now = datetime.now(UTC).isoformat()
    bases = store.bases()
    state, until = archiving(connection), store.archived_until()
    says = "off" if state.mode == "off" else "fails" if state.fails else ""
    if not says and str(store.wal) not in state.command:
        says = "elsewhere"
    return Seen(
        looked_at=now,
        kept_at=now,
        to=plan.to,
        keep=plan.keep,
        every_hours=plan.every_hours,
        drill_days=plan.drill_days,
        sealed=bool(plan.passphrase_file),
        bases=[{"name": b.name, "ended_at": b.ended_at, "bytes": b.bytes} for b in reversed(bases)],
        archiving=says,
        archived_until=until.isoformat() if until else "",
        gap=store.gap_after(bases[-1]) if bases else "",
        drills=_drills(store),
    )


def _drills(store: Store) -> list[dict[str, Any]]:
    kept = lines_of(store.drills)[-LATEST:][::-1]
    last = last_drill()
    return kept or ([asdict(last)] if last else [])


def in_trouble(plan: Plan, trouble: str) -> Seen:
    """What was seen before, and why nothing could be seen now."""
    now = datetime.now(UTC).isoformat()
    before = read_seen() or Seen(now, plan.to, plan.keep, plan.every_hours, plan.drill_days)
    return replace(before, looked_at=now, to=plan.to, trouble=trouble)


def write_seen(seen: Seen) -> None:
    """Readable for the group: the pages run as another user."""
    write_whole(home() / FILE, json.dumps(asdict(seen), ensure_ascii=False, indent=1))
    path(home()).chmod(0o640)


def read_seen() -> Seen | None:
    """What the keeper wrote down; None where it never did."""
    try:
        return Seen(**json.loads(path(home()).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def path(folder: Path) -> Path:
    return folder / FILE

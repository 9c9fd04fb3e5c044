"""The drill: a backup really restored to a random second, verified, measured (恢复演练)."""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from shiyu.common.binaries import DatabaseTrouble
from shiyu.common.connection import is_embedded
from shiyu.common.embedded import Cluster
from shiyu.common.home import home
from shiyu.site.backup import server
from shiyu.site.backup.alone import alone_in
from shiyu.site.backup.plan import write_whole
from shiyu.site.backup.recovering import TooLate
from shiyu.site.backup.restoring import random_moment, restore_beside
from shiyu.site.backup.store import Store, Trouble, append_line

RESULT = "drill.json"
LOSS_MOST_S = 60.0
BACK_WITHIN_S = 300.0
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Drill:
    """How a drill went.

    loss_s  how long ago the newest archived moment was: so much would have been lost just then.
    back_s  from the decision to a city restored, made safe and verified.
    """

    at: str
    well: bool
    moment: str = ""
    base: str = ""
    last_at: str = ""
    loss_s: float = 0.0
    back_s: float = 0.0
    gigabytes: float = 0.0
    photos: int = 0
    says: str = ""
    seconds: dict[str, float] = field(default_factory=dict)


def drill(
    store: Store, tell: Tell, *, into: Path | None = None, at: datetime | None = None
) -> Drill:
    """Restore aside, verify, measure, take away again; the result is kept, whatever it is."""
    place = into or home() / "drill"
    with alone_in(place, tell, waits=True):  # the keeper's own may have just begun
        return _drill(store, tell, place, at)


def _drill(store: Store, tell: Tell, place: Path, at: datetime | None) -> Drill:
    begun, clock = datetime.now(UTC), time.monotonic()
    loss = loss_now(store)
    try:
        _put_away(store)
        moment = at or random_moment(store)
        try:
            found = restore_beside(store, place, moment, tell, with_keys=False, living=False)
        except TooLate:  # a city at rest: nothing was written after that second
            found = restore_beside(store, place, None, tell, with_keys=False, living=False)
        said = "; ".join(found.verified)
        if found.photos_missing:
            said = f"{len(found.photos_missing)} pictures are missing"
        result = Drill(
            at=begun.isoformat(),
            well=not found.photos_missing,
            moment=found.asked,
            base=found.base,
            last_at=found.last_at,
            loss_s=round(loss, 1),
            back_s=round(time.monotonic() - clock, 1),
            gigabytes=round(_size(place) / 1e9, 3),
            photos=found.photos,
            says=said,
            seconds=found.seconds,
        )
    except (Trouble, DatabaseTrouble, OSError) as trouble:
        result = Drill(begun.isoformat(), well=False, loss_s=round(loss, 1), says=str(trouble))
    finally:
        _clear_away(place)
    append_line(store.drills, asdict(result))
    write_whole(home() / RESULT, json.dumps(asdict(result), ensure_ascii=False, indent=1))
    return result


def last_drill() -> Drill | None:
    try:
        return Drill(**json.loads((home() / RESULT).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def loss_now(store: Store) -> float:
    """Seconds between now and the newest archived WAL; 0 where nothing was written since."""
    until = store.archived_until()
    if until is None:
        return float("inf")
    try:
        with server.connect() as connection:
            row = connection.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone()
            last = server.archiving(connection).last_wal
    except (Trouble, OSError):
        row, last = None, None
    if row and last and row[0] == last:
        return 0.0
    return (datetime.now(UTC) - until).total_seconds()


def _put_away(store: Store) -> None:
    """End the WAL file in hand, so that there is a moment to go back to just after a backup."""
    cluster = Cluster(home())
    if is_embedded() and cluster.is_running():
        with server.superuser(cluster) as living:
            server.finish_wal(living, store, patience_s=20)


def _size(place: Path) -> int:
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


def _clear_away(place: Path) -> None:
    if place.exists():
        Cluster(place).stop()
        shutil.rmtree(place, ignore_errors=True)

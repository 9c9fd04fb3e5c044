"""Makes a restored city safe to open: `python -m shiyu.site.backup.settling REACHED.json` (善后).

Runs with SHIYU_HOME naming the restored city, before anybody is let in, and may be run again.

- Transaction ids of unsealed lines mean nothing in another cluster: they are cleared.
- Nobody is signed in; every session of then has ended.
- What was owed to the outside may have been sent after that moment: outcome unknown, a person
  decides. Nothing is sent twice by itself.
- Counters go on behind what was given out: no number means two things.
- What must never be taken back (erasures, revoked keys, closed accounts) is carried out again.
"""

import json
import sys
from pathlib import Path
from typing import Any

from shiyu.common.embedded import Cluster
from shiyu.common.home import home
from shiyu.common.wall import seeing_here
from shiyu.notices.lifecycle import MOVES
from shiyu.site.backup.again import again
from shiyu.site.backup.server import Connection, superuser
from shiyu.site.start import django_ready

GAP = 10_000
"""Counters are written down each minute: so many numbers are left out for what came after."""

UNKNOWN = """
WITH lost AS (
    UPDATE notices_delivery SET state = %s, why = 'restored', ended_at = now(), sealed = ''
     WHERE state = ANY(%s)
    RETURNING id, attempts
), told AS (
    UPDATE notices_attempt a SET outcome = 'unknown', why = 'restored', ended_at = now()
      FROM lost WHERE a.delivery_id = lost.id AND a.outcome = ''
)
SELECT count(*) FROM lost
"""
SESSIONS = ("django_session", "usersessions_usersession")
WORKERS = "DELETE FROM procrastinate_workers"
COUNTERS = "SELECT schemaname || '.' || sequencename, last_value, max_value FROM pg_sequences"


def settle(server: Connection, reached: dict[str, Any]) -> dict[str, Any]:
    """All that is done in the database itself, in one transaction; what was done, as counts."""
    with server.transaction():
        done: dict[str, Any] = {"lines_cleared": _begin_span(server)}
        done["sessions"] = sum(
            server.execute(f"DELETE FROM {table}").rowcount  # noqa: S608 - names of our own
            for table in SESSIONS
        )
        doubt = MOVES["doubt"]
        row = server.execute(UNKNOWN, [doubt.target, [*doubt.sources]]).fetchone()
        done["deliveries_unknown"] = row[0] if row else 0
        done["counters"] = _go_on(server, reached.get("sequences", {}))
    return done


def _begin_span(server: Connection) -> int:
    """Once for each restore: the sealer has not run here yet."""
    server.execute(seeing_here("restored"))
    server.execute("SET ROLE owner")
    row = server.execute("SELECT journal_begin_span()").fetchone()
    server.execute("RESET ROLE")
    return int(row[0]) if row else 0


def _go_on(server: Connection, reached: dict[str, int]) -> int:
    """Counters behind the last number that the city is known to have given out."""
    moved = 0
    for name, last, most in server.execute(COUNTERS).fetchall():
        wanted = min(max(last or 0, reached.get(name, 0)) + GAP, most)
        server.execute("SELECT setval(%s::regclass, %s)", [name, wanted])
        moved += 1
    return moved


def replay_erasures() -> dict[str, int]:
    """People who were erased, at any time, are erased here too."""
    from shiyu.privacy.actions.replaying import replay_erasures as replay

    return replay()


def main() -> int:
    said = json.loads(Path(sys.argv[1]).read_text())
    if said.get("only_again"):
        django_ready()
        found = again(said["later"]) | {"erased": replay_erasures()}
    else:
        with superuser(Cluster(home())) as server:
            found = settle(server, said["reached"])
        django_ready()
        found |= again(said["later"]) | {"erased": replay_erasures()}
    print(json.dumps(found, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Of servers that all take writes, the one promoted last: an old primary is refused (主库栅栏).

After a standby has been promoted, the old primary may come back as it was: to libpq two servers
with `target_session_attrs=read-write` look alike. Each promotion begins a new timeline, so that
the higher one is the city's. Only where an address names several hosts; one host is not asked.
"""

import asyncio
import time
from typing import Any

import psycopg

TIMELINE = """
SELECT CASE WHEN pg_is_in_recovery() THEN 0
            ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END
"""
WHO = ("dbname", "user", "password", "sslmode", "sslrootcert", "sslcert", "sslkey", "passfile")
"""Of an address, what a look needs: a pool adds much of its own."""
LOOK_S = 2
REST_S = 30.0
"""For how long a host that did not let in is not asked again, so that a dead one costs little."""

_highest = 0
_resting: dict[tuple[str, str], float] = {}


class Fenced(psycopg.AsyncConnection[Any]):
    """A connection of the queue and the live feed, to the one server that counts."""

    @classmethod
    async def connect(cls, conninfo: str = "", **words: Any) -> Any:
        return await super().connect(conninfo, **await asyncio.to_thread(narrowed, words))


def narrowed(words: dict[str, Any]) -> dict[str, Any]:
    """The same address with the one host that counts; refuses where only an older one is left."""
    hosts = str(words.get("host") or "").split(",")
    if len(hosts) < 2:
        return words
    ports = str(words.get("port") or "5432").split(",")
    ports = ports if len(ports) == len(hosts) else ports[:1] * len(hosts)
    found = _timelines(words, list(zip(hosts, ports, strict=True)))
    if not any(timeline for timeline, *_ in found):
        return words  # none takes writes: libpq says so in its own words
    timeline, host, port = max(found)
    if timeline < _highest:
        raise psycopg.OperationalError(
            f"the server at {host} is on timeline {timeline}, the city on {_highest}:"
            " an old primary that was started as it was"
        )
    _remember(timeline)
    return words | {"host": host, "port": port}


def _timelines(words: dict[str, Any], hosts: list[tuple[str, str]]) -> list[tuple[int, str, str]]:
    """What each host says that lets in; 0 of a standby."""
    awake = [at for at in hosts if _resting.get(at, 0) < time.monotonic()]
    found = []
    for host, port in awake or hosts:
        here = {name: words[name] for name in WHO if words.get(name)}
        here |= {"host": host, "port": port, "connect_timeout": LOOK_S}
        try:
            with psycopg.connect(**here, autocommit=True) as server:
                row = server.execute(TIMELINE).fetchone()
        except psycopg.OperationalError:
            _resting[host, port] = time.monotonic() + REST_S
        else:
            assert row
            found.append((int(row[0]), host, port))
    return found


def _remember(timeline: int) -> None:
    global _highest
    _highest = max(_highest, timeline)

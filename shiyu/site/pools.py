"""The pool of connections of this process: how it stands (连接池)."""

import time
from typing import Any, cast

from django.db import connections

from shiyu.common import measures

NOTED_EVERY_S = 1.0
_noted_at = 0.0


def pool() -> Any:
    """The pool of `default`; None where this process has none, or has not yet opened it."""
    settings = connections["default"].settings_dict
    if not settings["OPTIONS"].get("pool"):
        return None
    return cast(Any, connections["default"])._connection_pools.get("default")


def note() -> None:
    """Keep how the pool stands, once a second at most."""
    global _noted_at
    now = time.monotonic()
    if now - _noted_at < NOTED_EVERY_S:
        return
    _noted_at = now
    found = pool()
    if found is None:
        return
    stands = found.get_stats()
    measures.POOL_SIZE.set(stands.get("pool_size", 0))
    measures.POOL_AVAILABLE.set(stands.get("pool_available", 0))
    measures.POOL_WAITING.set(stands.get("requests_waiting", 0))

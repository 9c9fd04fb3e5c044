"""Which process may open connections at all: by construction, none but those made for it (放行).

`bar()` is called first of all by whatever is not made to go outside: pages, feed, sealer, the
workers of every queue but `outside`. From then on the interpreter itself refuses every name that
is looked up and every connection or datagram, whichever library asks; it cannot be taken back.
Sockets of this machine's own files (Unix) stay open, so the broker can be asked. The database is
reached by libpq, which this does not concern.
"""

import os
import socket
import sys
from collections.abc import Callable, Collection
from typing import Any

OUTBOUND = "outside"
"""The queue and the broker: what is made to go outside."""


class Barred(PermissionError):
    """This process was not made to go outside (不得外联)."""


_barred = False


def is_barred() -> bool:
    """Whether this process may open no connection."""
    return _barred


def bar(*, names: Collection[str] = ()) -> None:
    """Refuse every connection from now on; `names` may still be looked up (the database's)."""
    global _barred
    if _barred:
        return
    _barred = True
    sys.addaudithook(_hook(frozenset(names)))


def database_names() -> set[str]:
    """Host names of the database: its driver looks them up in the feed and the workers."""
    from shiyu.common.connection import ROLES, conninfo

    hosts = (str(conninfo(role).get("host", "")) for role in ROLES)
    return {name for host in hosts for name in host.split(",") if name}


def _hook(names: frozenset[str]) -> Callable[[str, tuple[Any, ...]], None]:
    looking_up = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
    going = {"socket.connect", "socket.sendto", "socket.sendmsg"}
    heard = frozenset(looking_up | going)

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event not in heard:  # thousands are raised for each page: the shortest way out
            return
        if event in looking_up:
            host = args[0]
            if host and (host.decode() if isinstance(host, bytes) else str(host)) not in names:
                raise Barred(1, "this process may look up no name")
        elif event in going and args[1] is not None and not _is_own_file(args[0]):
            raise Barred(1, "this process may open no connection")

    return hook


def _is_own_file(asking: socket.socket) -> bool:
    return asking.family == getattr(socket, "AF_UNIX", None)


def broker_path() -> str:
    """Where the broker listens."""
    from shiyu.common.home import home

    return os.environ.get("SHIYU_BROKER") or str(home() / "run" / "broker.sock")

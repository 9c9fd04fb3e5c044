"""A network between pages and database that can be cut: two namespaces of the kernel (分区).

The city runs in a namespace of its own with two wires: one to its clients, one to its database.
The database's wire is cut whole (nothing passes) or half (requests pass, replies are lost), by
the kernel itself, so that what is tested are true timeouts of TCP.
"""

import contextlib
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass

NAME = f"shiyu{os.getpid() % 10_000}"
HERE_DB, THERE_DB = "10.77.0.1", "10.77.0.2"
HERE_WEB, THERE_WEB = "10.78.0.1", "10.78.0.2"


@dataclass
class Network:
    """The wires, and the port at which the database answers inside."""

    database_port: int
    inside = NAME

    @property
    def words(self) -> list[str]:
        """Put before a command, it runs inside."""
        return ["ip", "netns", "exec", self.inside]

    def cut(self) -> None:
        _ip("link", "set", f"{NAME}d", "down")

    def lose_replies(self) -> None:
        _ip("route", "replace", "blackhole", f"{THERE_DB}/32")

    def heal(self) -> None:
        _ip("link", "set", f"{NAME}d", "up")
        subprocess.run(["ip", "route", "del", "blackhole", f"{THERE_DB}/32"], capture_output=True)


@contextlib.contextmanager
def network(postgres: int, pages: int) -> Iterator[Network]:
    """Two wires; the database is reached at HERE_DB inside, the pages at 127.0.0.1 outside."""
    _ip("netns", "add", NAME)
    doors: list[socket.socket] = []
    try:
        for mark, here, there in (("d", HERE_DB, THERE_DB), ("w", HERE_WEB, THERE_WEB)):
            _ip("link", "add", f"{NAME}{mark}", "type", "veth", "peer", "name", f"{mark}0")
            _ip("link", "set", f"{mark}0", "netns", NAME)
            _ip("addr", "add", f"{here}/30", "dev", f"{NAME}{mark}")
            _ip("link", "set", f"{NAME}{mark}", "up")
            _ip("-n", NAME, "addr", "add", f"{there}/30", "dev", f"{mark}0")
            _ip("-n", NAME, "link", "set", f"{mark}0", "up")
        _ip("-n", NAME, "link", "set", "lo", "up")
        inside = _pass_on((HERE_DB, 0), ("127.0.0.1", postgres), doors)
        _pass_on(("127.0.0.1", pages), (THERE_WEB, pages), doors)
        yield Network(inside)
    finally:
        for door in doors:
            door.close()
        subprocess.run(["ip", "link", "del", f"{NAME}d"], capture_output=True)
        subprocess.run(["ip", "link", "del", f"{NAME}w"], capture_output=True)
        _ip("netns", "del", NAME)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _pass_on(listen: tuple[str, int], to: tuple[str, int], doors: list[socket.socket]) -> int:
    """Forward bytes both ways, a thread for each direction."""
    door = socket.create_server(listen, backlog=256)
    doors.append(door)

    def accept() -> None:
        while True:
            try:
                near, _ = door.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(to, timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=pump, args=(one, other), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return int(door.getsockname()[1])


def pump(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65_536):
            other.sendall(data)
    for end in (one, other):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()

"""A network between pages and database that can be cut: two namespaces of the kernel (分区).

The city runs in a namespace of its own with two wires: one to its clients, one to its database.
The database's wire is cut whole (nothing passes) or half (requests pass, replies are lost), by
the kernel itself, so that what is tested are true timeouts of TCP.
"""

import contextlib
import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

NAMES = "shiyu-parted"
"""Of all namespaces made here; what stands behind it is the process that made it."""


@dataclass
class Network:
    """The wires, and the port at which the database answers inside.

    Two networks never have an address in common: a route to another's would lead nowhere.
    """

    number: int
    database_port: int = 0
    process: int = field(default_factory=os.getpid)

    @property
    def inside(self) -> str:
        return f"{NAMES}{self.process}"

    def wire(self, mark: str) -> str:
        return f"shy{self.process}{mark}"

    @property
    def here_db(self) -> str:
        return f"10.77.{self.number}.1"

    @property
    def there_db(self) -> str:
        return f"10.77.{self.number}.2"

    @property
    def there_web(self) -> str:
        return f"10.78.{self.number}.2"

    @property
    def words(self) -> list[str]:
        """Put before a command, it runs inside."""
        return ["ip", "netns", "exec", self.inside]

    def cut(self) -> None:
        _ip("link", "set", self.wire("d"), "down")

    def lose_replies(self) -> None:
        _ip("route", "replace", "blackhole", f"{self.there_db}/32")

    def heal(self) -> None:
        _ip("link", "set", self.wire("d"), "up")
        _try("route", "del", "blackhole", f"{self.there_db}/32")

    def lay(self) -> None:
        _ip("netns", "add", self.inside)
        for mark, net in (("d", "10.77"), ("w", "10.78")):
            wire, there = self.wire(mark), f"{mark}{self.process}"
            _ip("link", "add", wire, "type", "veth", "peer", "name", there)
            _ip("link", "set", there, "netns", self.inside)
            _ip("addr", "add", f"{net}.{self.number}.1/30", "dev", wire)
            _ip("link", "set", wire, "up")
            _ip("-n", self.inside, "addr", "add", f"{net}.{self.number}.2/30", "dev", there)
            _ip("-n", self.inside, "link", "set", there, "up")
        _ip("-n", self.inside, "link", "set", "lo", "up")

    def take_up(self) -> None:
        _try("route", "del", "blackhole", f"{self.there_db}/32")
        for mark in "dw":
            _try("link", "del", self.wire(mark))
        _try("netns", "del", self.inside)


@contextlib.contextmanager
def network(postgres: int, pages: int) -> Iterator[Network]:
    """Two wires; the database is reached at `here_db` inside, the pages at 127.0.0.1 outside."""
    clear_away()
    wires = Network(free_number())
    doors: list[socket.socket] = []
    try:
        wires.lay()
        wires.database_port = _pass_on((wires.here_db, 0), ("127.0.0.1", postgres), doors)
        _pass_on(("127.0.0.1", pages), (wires.there_web, pages), doors)
        yield wires
    finally:
        for door in doors:
            door.close()
        wires.take_up()


def clear_away() -> None:
    """What a killed run left: its process is gone, its wires would still be there."""
    for line in _try("netns", "list").splitlines():
        name = line.split()[0]
        owner = name.removeprefix(NAMES)
        if name.startswith(NAMES) and owner.isdigit() and not Path(f"/proc/{owner}").exists():
            Network(0, process=int(owner)).take_up()


def free_number() -> int:
    """Of no network that has an address here."""
    taken = set(re.findall(r" 10\.7[78]\.(\d+)\.", _try("-4", "-o", "addr")))
    return next(number for number in range(256) if str(number) not in taken)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _try(*words: str) -> str:
    """What it printed, well or not: nothing there to be undone is no trouble."""
    return subprocess.run(["ip", *words], capture_output=True, text=True).stdout


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

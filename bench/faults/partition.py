"""T-F6: pages and database parted, whole and half; nothing hangs, nothing is lost or doubled."""

import http.client
import math
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import quote

from bench.faults.network import Network, network
from bench.faults.place import Facts, Place, kept, place, verified
from bench.served import SHIYU, Process, Trouble
from shiyu.common.connection import URLS
from shiyu.common.embedded import Cluster

HANGS_AFTER_S = 10.0
BACK_WITHIN_S = 15.0


class Inside(Process):
    """`shiyu serve` in the namespace."""

    def __init__(self, words: list[str], *, log: Path, port: int, **environment: str) -> None:
        self.port = port
        command = [*words, *SHIYU, "serve", "--host", "0.0.0.0", "--port", str(port)]
        command += ["--live-port", str(port + 1), "--with-workers"]
        super().__init__(command, log=log, SHIYU_PROXIES="1", **environment)


def run(short: float = 5, long: float = 30) -> Facts:
    with place() as city:
        written = Cluster(city.home).start()
        with network(written["port"], city.port) as wires:
            return _run(city, wires, written, short, long)


def _run(city: Place, wires: Network, written: Facts, short: float, long: float) -> Facts:
    at = f"{wires.here_db}:{wires.database_port}/{written['database']}"
    passwords = written["passwords"]
    urls = {
        name: f"postgresql://{role}:{quote(passwords[role], safe='')}@{at}"
        for role, name in URLS.items()
        if role != "owner"
    }
    serving = Inside(wires.words, log=city.log, port=city.port, **urls)
    city.serving = serving  # type: ignore[assignment]
    if until_answers(city.port) is None:
        raise Trouble(f"the city inside the network did not answer; see {city.log}")
    found: Facts = {"cuts": []}
    probe = Probe(city.port)
    with city.crowd(systems=2, residents=1):
        time.sleep(5)
        for how, cut in (("whole", wires.cut), ("replies", wires.lose_replies)):
            for seconds in (short, long):
                probe.begin()
                cut()
                time.sleep(seconds)
                wires.heal()
                healed = time.monotonic()
                back = until_answers(city.port) or math.inf
                longest, statuses = probe.end()
                found["cuts"].append(
                    {
                        "lost": how,
                        "seconds": seconds,
                        "longest_request_s": round(longest, 1),
                        "answers": dict(statuses),
                        "back_s": round(back - healed, 1),
                    }
                )
                time.sleep(5)
    city.end()
    found |= kept(rows=city.ledger.rows())
    found |= verified(city)
    found["well"] = bool(
        found["acknowledged"]
        and not (found["lost"] or found["doubled"] or found["cases_without_a_line"])
        and found["verify"]
        and all(
            cut["longest_request_s"] <= HANGS_AFTER_S + 1 and cut["back_s"] <= BACK_WITHIN_S
            for cut in found["cuts"]
        )
    )
    return found


class Probe:
    """Asks for a page that needs the database, again and again; how long the longest took."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.stop = threading.Event()
        self.longest = 0.0
        self.statuses: Counter[str] = Counter()
        self.threads: list[threading.Thread] = []

    def begin(self) -> None:
        self.stop, self.longest, self.statuses = threading.Event(), 0.0, Counter()
        self.threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(3)]
        for thread in self.threads:
            thread.start()

    def end(self) -> tuple[float, Counter[str]]:
        self.stop.set()
        for thread in self.threads:
            thread.join()
        return self.longest, self.statuses

    def _ask(self) -> None:
        while not self.stop.is_set():
            begun = time.monotonic()
            status = _get(self.port)
            self.longest = max(self.longest, time.monotonic() - begun)
            self.statuses[status] += 1
            time.sleep(0.2)


def _get(port: int) -> str:
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
    try:
        asking.request("GET", "/account/login/", headers={"Host": "127.0.0.1"})
        return str(asking.getresponse().status)
    except OSError:
        return "broken"
    finally:
        asking.close()


def until_answers(port: int, patience_s: float = 120) -> float | None:
    """When it did; none where it never did."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        if _get(port) in {"200", "302"}:
            return time.monotonic()
        time.sleep(0.2)
    return None

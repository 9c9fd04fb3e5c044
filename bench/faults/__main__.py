"""`python -m bench.faults NAME [NAME=VALUE...] [--json FILE]`: one proof, its figures, 0 if well.

moment seconds=60 gigabytes=2    T-F9          back to a random second; the server lost
races races=200 ways=50          T-F16         so many at once at one case
partition short=5 long=30        T-F6          pages and database parted (root)
full only=0                      T-F4          each disk full (root)
pool seconds=30                  T-F15         no connection left
upgrade seconds=30               T-F10, T-F14  migrated and taken over under load
clocks seconds=30                T-F5          wrong clocks (needs a compiler)
standby seconds=20               T-F11         a standby promoted under load
peers seconds=40                 T-F8          neighbours down, slow, talking nonsense, lying
migrations most=0 whole=3        T-F10         each migration broken off at each statement
memory seconds=12                T-F12         no memory left, pictures made to use it up

killing kind=1|2|3 kills=3       T-F1 … T-F3   pages, workers, the database killed (short)

FAULTS_LOG=FILE keeps what the city printed.
T-F1, T-F2, T-F3 at length: `python -m bench.killed --only pages|worker|database --kills N`.
"""

import json
import os
import signal
import sys
import time
from importlib import import_module
from pathlib import Path

from bench.measure import machine


def main() -> int:
    # Whoever ends a proof early ends its city and its small disks, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    words = sys.argv[1:]
    file = words.pop(words.index("--json") + 1) if "--json" in words else ""
    name, *said = [word for word in words if word != "--json"]
    asked = {key: float(value) for key, _, value in (word.partition("=") for word in said)}
    begun, load = time.monotonic(), os.getloadavg()[0]
    found = import_module(f"bench.faults.{name}").run(**asked)
    found = {"proof": name, "machine": machine(), "load": load, **found}
    found["took_s"] = round(time.monotonic() - begun)
    text = json.dumps(found, ensure_ascii=False, indent=1, default=str)
    print(text)
    if file:
        Path(file).write_text(text)
    return 0 if found["well"] else 1


if __name__ == "__main__":
    sys.exit(main())

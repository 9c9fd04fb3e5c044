"""`python -m bench.load NAME [NAME=VALUE...] [--home HOME] [--json FILE]`: figures, 0 if well.

day      rate=60 minutes=10 users=200 steps=15 top=60   T-L1  a mixed day, and steps to the knee
create   clients=8 minutes=5                            T-L2  one report a request, each kept once
hotline  rows=100000 kills=10                           T-L3  an import killed, repeated, malformed
streams  count=2000 rate=20 seconds=60                  T-L4  streams, killed and come back
fanout   count=2000 rate=20                             T-L4  the same in processor time alone
jobs     rate=50 minutes=10 rows=100000                 T-L5  jobs, with an import beside them
plans                                                   T-L6  statements and plans of every list
soak     rate=20 minutes=120                            T-L7  memory, open transactions, bloat
overload rate=25 times=5 seconds=60                     T-L8  five times too much
refusing                                                T-L8  the same in processor time alone
latency  rounds=15                                            each page and list by size of city

--home HOME is a demo city that is kept (not for create); without it one of `cases=` cases is made
for this run alone. All but `plans` and `latency` write into it.
"""

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path

from bench.measure import machine

OF_ITS_OWN = frozenset({"create"})


def main() -> int:
    words = sys.argv[1:]
    file = _taken(words, "--json")
    home = _taken(words, "--home")
    if not words:
        print((__doc__ or "").strip())
        return 2
    name, *said = words
    asked = {key: float(value) for key, _, value in (word.partition("=") for word in said)}
    begun, load = time.monotonic(), os.getloadavg()[0]
    work = import_module(f"bench.load.{name}")
    given = {} if name in OF_ITS_OWN else {"home": Path(home) if home else None}
    found = work.run(**given, **asked)
    found = {"proof": name, "asked": asked, "machine": machine(), "load": load, **found}
    found |= {"load_after": os.getloadavg()[0], "took_s": round(time.monotonic() - begun)}
    text = json.dumps(found, ensure_ascii=False, indent=1, default=str)
    print(text)
    if file:
        Path(file).write_text(text)
    return 0 if found["well"] else 1


def _taken(words: list[str], name: str) -> str:
    if name not in words:
        return ""
    at = words.index(name)
    value = words[at + 1]
    del words[at : at + 2]
    return value


if __name__ == "__main__":
    sys.exit(main())

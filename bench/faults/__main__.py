"""`python -m bench.faults NAME [NAME=VALUE...] [--json FILE]`: one proof, its figures, 0 if well.

moment seconds=60 gigabytes=2     T-F9   back to a random second; the server lost
"""

import json
import os
import sys
import time
from importlib import import_module

from bench.measure import machine


def main() -> int:
    words = sys.argv[1:]
    file = words.pop(words.index("--json") + 1) if "--json" in words else ""
    name, *said = [word for word in words if word != "--json"]
    asked = {key: float(value) for key, _, value in (word.partition("=") for word in said)}
    begun, load = time.monotonic(), os.getloadavg()[0]
    found = import_module(f"bench.faults.{name}").run(**asked)
    found = {"proof": name, "machine": machine(), "load": load, **found}
    found["seconds"] = round(time.monotonic() - begun)
    text = json.dumps(found, ensure_ascii=False, indent=1, default=str)
    print(text)
    if file:
        with open(file, "w") as kept:
            kept.write(text)
    return 0 if found["well"] else 1


if __name__ == "__main__":
    sys.exit(main())

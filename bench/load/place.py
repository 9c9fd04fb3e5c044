"""The city that bears the load: a kept one, or one made for this run alone (受压城市)."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.served import SHIYU, carry_out, own_home
from shiyu.common.embedded import Cluster

Facts = dict[str, Any]
PEOPLE = [sys.executable, "-m", "bench.load.people"]


@contextmanager
def demo_city(home: Path | None, *, cases: int) -> Iterator[tuple[Path, Path]]:
    """Its directory and its log; a kept city is migrated and stays, another is gone afterwards."""
    if home is None:
        with own_home() as own:
            log = own / "bench.log"
            carry_out([*SHIYU, "migrate"], log=log)
            carry_out([*SHIYU, "demo", "make", "--cases", str(cases)], log=log)
            yield own, log
        return
    for name in [name for name in os.environ if name.startswith("SHIYU_")]:
        del os.environ[name]
    os.environ["SHIYU_HOME"] = str(home)
    cluster, log = Cluster(home), home / "bench.log"
    cluster.hold()
    try:
        carry_out([*SHIYU, "migrate"], log=log)
        yield home, log
    finally:
        cluster.release()


def plan_of(users: int, *, log: Path) -> Facts:
    """Who is signed in, which keys other systems have, what is looked for."""
    plan: Facts = json.loads(carry_out([*PEOPLE, str(users)], log=log))
    return plan

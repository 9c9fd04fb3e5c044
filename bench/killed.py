"""Kills every process of a city at work, over and over, and sees what became of what was done.

    python -m bench.killed [--seconds 300] [--every 3] [--json FILE]
    python -m bench.killed --only pages --kills 50          (T-F1)
    python -m bench.killed --only worker --kills 100 --freeze 20 --at-once 5 --reap 10    (T-F2)
    python -m bench.killed --only database --kills 20       (T-F3)
    python -m bench.killed --want pages=50,worker=100,database=20 …     (all three, one city)

A made city in a directory of its own; residents, a desk, other systems, bulk moves, exports, an
import and calendar edits at once, webhooks and mail to real servers of this machine. Every few
seconds one process is killed with SIGKILL: pages, live feed, sealer, workers, the database, the
command itself. Then everything is let come to rest, `shiyu verify` is asked, and what was
acknowledged is compared with what is kept and with what arrived outside. Exit status 0 when
nothing was lost, doubled or found false.
"""

import argparse
import asyncio
import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.faults.judging import judge
from bench.killed_load import Crowd
from bench.killed_watch import Doing, amcheck, worst
from bench.killer import Killer
from bench.measure import machine
from bench.served import SHIYU, carry_out, own_home
from shiyu.notices.tests.peers import HttpPeer, MailPeer, http_peer, mail_peer

Facts = dict[str, Any]
REST_WITHIN_S = 420
IMPORTED = 6_000
CITY = [sys.executable, "-m", "bench.killed_city"]
MUST_BE_NONE = (
    *("moves_lost", "moves_doubled", "reports_lost", "reports_doubled", "batches_not_done"),
    *("arrived_twice", "sent_not_arrived", "arrived_not_known", "imported_wrong"),
    *("export_files", "failures"),
)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--seconds", type=float, default=300)
    asked.add_argument("--every", type=float, default=3, help="seconds between two kills")
    asked.add_argument("--alive-s", type=float, default=10, help="kill nobody younger")
    asked.add_argument("--json", type=Path)
    asked.add_argument("--keep-log", type=Path)
    asked.add_argument("--only", default="", help="kill only what is called so")
    asked.add_argument("--kills", type=int, default=0, help="end after so many kills")
    asked.add_argument("--want", type=_numbers, default={}, help="so many kills of each kind")
    asked.add_argument("--freeze", type=int, default=0, help="let so many workers seem dead")
    asked.add_argument("--at-once", type=int, default=0, help="so many times kill all of them")
    asked.add_argument("--reap", type=int, default=0, help="kill the reaping command so often")
    asked.add_argument("--frozen-s", type=float, default=60)
    how = asked.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with own_home() as home, http_peer(_slowly) as peer, mail_peer() as post:
        try:
            found = run(home, how, peer, post)
        finally:
            if how.keep_log:
                how.keep_log.write_bytes((home / "killed.log").read_bytes())
    text = json.dumps(found, ensure_ascii=False, indent=1)
    print(text)
    if how.json:
        how.json.write_text(text)
    return 0 if found["well"] else 1


def _numbers(said: str) -> dict[str, int]:
    return {kind: int(n) for kind, _, n in (part.partition("=") for part in said.split(","))}


def run(home: Path, how: argparse.Namespace, peer: HttpPeer, post: MailPeer) -> Facts:
    log = home / "killed.log"
    log.touch()
    plan = _made(home, log, peer, post)
    killer, doing = Killer(home, log, how), Doing()
    try:
        return _killed(home, log, how, plan, killer, doing, peer, post)
    finally:
        killer.end()
        doing.end()


def _killed(
    home: Path,
    log: Path,
    how: argparse.Namespace,
    plan: Facts,
    killer: Killer,
    doing: Doing,
    peer: HttpPeer,
    post: MailPeer,
) -> Facts:
    crowd, ledger = asyncio.run(_work(home, plan, killer, how.seconds, how.every))
    found: Facts = {"machine": machine(), "load": os.getloadavg()[0], "seconds": how.seconds}
    found |= {"all_at_once": killer.at_once, "reaping_killed": killer.reaped}
    found |= {"frozen": killer.frozen, "database_back_s": worst(killer)}
    found |= {"kills": dict(killer.killed), "killed": killer.killed.total()}
    found |= {"done": dict(crowd.done), "repeats": dict(crowd.repeats)}
    found["failures"] = dict(crowd.failures)
    print(found, file=sys.stderr, flush=True)  # half of a long proof is not lost with the rest
    _bring_in(home, log, killer)
    found |= _come_to_rest(log)
    found["doing_with_nobody_at_it_s"] = doing.end()
    found["amcheck"] = amcheck(home)
    killer.end()
    found["imported_wrong"] = _imported(log)
    received = home / "received.json"
    received.write_text(json.dumps(_received(peer, post)))
    found |= json.loads(carry_out([*CITY, "reckon", str(ledger), str(received)], log=log))
    verified = subprocess.run([*SHIYU, "verify"], capture_output=True, text=True, check=False)
    found["verify"] = [line for line in verified.stdout.splitlines() if line[:1] in "✓✗"]
    none = {f"no_{name}": not found[name] for name in MUST_BE_NONE}
    return judge(found, **none, verify=not verified.returncode, amcheck=not found["amcheck"])


def _made(home: Path, log: Path, peer: HttpPeer, post: MailPeer) -> Facts:
    os.environ["SHIYU_EGRESS"] = f"webhook=127.0.0.1/32@{peer.port},mail=127.0.0.1/32@{post.port}"
    carry_out([*SHIYU, "migrate"], log=log)
    carry_out([sys.executable, "-m", "bench.city", str(home / "plan.json")], log=log)
    carry_out([*CITY, "open", str(peer.port), str(post.port)], log=log)
    with (home / "import.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["工单编号", "来电时间", "诉求内容", "地址"])
        for n in range(IMPORTED):
            table.writerow([f"DH{n:06d}", f"2026-01-{n % 28 + 1:02d} 08:10", f"垃圾{n}", "书店街"])
    plan: Facts = json.loads((home / "plan.json").read_text())
    return plan | {"photo": ""}


async def _work(
    home: Path, plan: Facts, killer: Killer, seconds: float, every: float
) -> tuple[Crowd, Path]:
    """Everybody at work while one process after another is killed."""
    ledger = home / "ledger.jsonl"
    with ledger.open("a") as file:
        crowd = Crowd(plan, killer.port, file)
        numbers = {"systems": 2, "desk": 1, "residents": 1, "together": 1, "exports": 1}
        at_work = asyncio.create_task(crowd.run(numbers))
        while not crowd.ready.is_set() and not at_work.done():
            await asyncio.sleep(0.2)
        end, edits = time.monotonic() + seconds, 0
        while time.monotonic() < end and not at_work.done() and not killer.is_done():
            await asyncio.sleep(every * random.uniform(0.3, 1.7))
            killer.kill_one()
            _import_again(home, killer)
            if killer.killed.total() % 12 == 6:
                edits += 1
                killer.edits.append(_spoken(home, [*CITY, "calendar", str(edits)]))
        crowd.stopping.set()
        while not at_work.done():
            killer.keep_serving()
            await asyncio.sleep(0.5)
        await at_work
    return crowd, ledger


def _import_again(home: Path, killer: Killer) -> None:
    """The import goes on from where it was killed, as somebody would who types it again."""
    if killer.importing is None or killer.importing.poll() not in {None, 0}:
        words = [*SHIYU, "import", "reports", str(home / "import.csv"), "--preset", "12345"]
        killer.importing = _spoken(home, words)


def _spoken(home: Path, words: list[str]) -> "subprocess.Popen[bytes]":
    with (home / "killed.log").open("ab") as log:
        return subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def _bring_in(home: Path, log: Path, killer: Killer) -> None:
    """The import once more, to its end, and nobody kills it."""
    if killer.importing is not None:
        killer.importing.wait()
    killer.keep_serving()
    carry_out([*SHIYU, "import", "reports", str(home / "import.csv"), "--preset", "12345"], log=log)


def _imported(log: Path) -> int:
    """How many rows of the file are missing or there twice."""
    return int(carry_out([*CITY, "imported", str(IMPORTED)], log=log))


def _come_to_rest(log: Path) -> Facts:
    """Wait until nothing is under way; what was left, and how long it took."""
    begun = time.monotonic()
    while True:
        left: Facts = json.loads(carry_out([*CITY, "waiting"], log=log))
        under_way = any(n for name, n in left.items() if name not in {"failed_jobs"})
        if not under_way or time.monotonic() - begun > REST_WITHIN_S:
            return {"left": left, "rest_s": round(time.monotonic() - begun)}
        time.sleep(3)


def _received(peer: HttpPeer, post: MailPeer) -> dict[str, list[str]]:
    """What arrived, as the city names it."""
    from email import message_from_bytes

    mails = [message_from_bytes(mail.content)["Message-ID"] for mail in post.mails]
    return {
        "webhooks": [f"{r.path} {r.headers['webhook-id']}" for r in peer.received],
        "mails": [str(name).strip("<>").split("@")[0] for name in mails],
    }


def _slowly(handler: Any) -> None:
    """A receiver that takes its time: kills fall between what was sent and its answer."""
    time.sleep(0.03)
    handler.send_response(204)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


if __name__ == "__main__":
    sys.exit(main())

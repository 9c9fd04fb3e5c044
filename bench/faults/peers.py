"""T-F8: neighbours down, slow, talking nonsense, hanging up, busy, broken; what they say again and
out of order; a file that comes twice, shuffled. Nobody is told a thing twice unless it says
"outcome unknown"; a resting neighbour is not run at; what waits is bounded.

`seconds` is how long each mood lasts. At the end all are well; what rests by the breaker's rule may
still be owed, which is the truth.
"""

import csv
import json
import os
import random
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg

from bench.faults.judging import judge, unharmed
from bench.faults.moody import MOODS, Neighbours, neighbours
from bench.faults.place import Facts, Place, kept, place, verified
from bench.served import carry_out
from shiyu.common.connection import conninfo

ROWS = 300
CITY = [sys.executable, "-m", "bench.killed_city"]
SECRET = "whsec_c2VjcmV0"
OPEN_SMS = """
import sys
from shiyu.site.start import django_ready
django_ready()
from django.utils import timezone
from shiyu.notices.models import Wishes
from shiyu.notices.preferences import GROUPS
from shiyu.notices.tests.conftest import make_address, make_connector
from shiyu.people.models import Person
url = f"http://127.0.0.1:{sys.argv[1]}/sms"
made = make_connector("sms", secret=sys.argv[2], url=url)
for n, person in enumerate(Person.objects.order_by("id")):
    make_address(person, "sms", f"138{n:08d}")
    Wishes.objects.update_or_create(
        person=person, defaults={"mail": [*GROUPS], "sms": [*GROUPS], "quiet": "never"}
    )
print(made.ref)
"""
ROWS_OF = """
SELECT d.channel, d.state, d.why, d.ref::text, d.event::text, s.name, d.attempts
  FROM notices_delivery d LEFT JOIN notices_subscription s ON s.id = d.subscription_id
"""
WAITING = """
SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'outside' AND status IN ('todo', 'doing')
"""
OWED = "SELECT count(*) FROM notices_delivery WHERE state = 'owed'"
RESTS = """
SELECT count(*) FROM (
    SELECT open_until FROM notices_connector WHERE in_use
    UNION ALL SELECT open_until FROM notices_subscription) peers WHERE open_until > now()
"""
TEXTS = "SELECT count(*) FROM notices_delivery WHERE channel = 'sms' AND state = 'sent'"
FEW = 6
MOST_JOBS_WAITING = 50


def run(seconds: float = 40) -> Facts:
    with place() as city, neighbours() as them:
        os.environ["SHIYU_EGRESS"] = ",".join(
            f"{name}=127.0.0.1/32@{port}"
            for name, port in (
                ("webhook", them.http_port),
                ("sms", them.http_port),
                ("mail", them.mail_port),
            )
        )
        carry_out([*CITY, "open", str(them.http_port), str(them.mail_port)], log=city.log)
        words = [sys.executable, "-c", OPEN_SMS, str(them.http_port), SECRET]
        provider = carry_out(words, log=city.log)
        city.serve()
        moods = []
        with city.crowd(systems=1, residents=1, desk=3) as crowd:
            until = time.monotonic() + 90
            while _ask(TEXTS) < FEW and time.monotonic() < until:  # something to be receipted
                time.sleep(1)
            for mood in MOODS:
                moods.append(_mood(them, mood, seconds))
        found: Facts = {"moods": moods, "failures": dict(crowd.failures)}
        found |= _said_again(city, provider)
        found["import"] = _twice(city)
        city.end()
        found |= _told(them)
        found |= kept(rows=city.ledger.rows())
        found |= verified(city)
        return _judged(found)


def _mood(them: Neighbours, mood: str, seconds: float) -> Facts:
    """One mood for a while: what is owed, what waits in the queue, who rests."""
    before = sum(them.mood.asked.values())
    them.turn(mood)
    with psycopg.connect(**conninfo("owner"), autocommit=True) as owner:
        for table in ("connector", "subscription"):  # so that each mood is met, not slept through
            owner.execute(f"UPDATE notices_{table} SET open_until = NULL, failures = 0")
    jobs = rests = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(1)
        jobs, rests = max(jobs, _ask(WAITING)), max(rests, _ask(RESTS))
    asked = sum(them.mood.asked.values()) - before
    row = {"mood": mood, "asked": asked, "owed": _ask(OWED)}
    return row | {"jobs_waiting_most": jobs, "peers_resting": rests}


def _said_again(city: Place, provider: str) -> Facts:
    """Receipts of the provider of text messages: twice, out of order, of strangers, too late."""
    with psycopg.connect(**conninfo("backup")) as connection:
        sms = [row for row in connection.execute(ROWS_OF) if row[0] == "sms"]
    states = Counter(f"{state} {why}".strip() for _channel, state, why, *_ in sms)
    sent = [row[3] for row in sms if row[1] == "sent"][:40]
    if not sent:
        return {"texts": dict(states), "receipts_of": 0}
    said = [(ref, "delivered") for ref in sent] * 2
    said += [(ref, "failed") for ref in sent]  # after it had arrived: too late to be true
    said += [(ref, "delivered") for ref in sent]
    statuses = Counter(_receipt(city, provider, ref, state) for ref, state in said)
    shuffled = random.sample(said, len(said))
    statuses.update(_receipt(city, provider, ref, state) for ref, state in shuffled)
    forged = {
        "other secret": _receipt(city, provider, sent[0], "failed", secret="whsec_b3RoZXI="),
        "an hour old": _receipt(city, provider, sent[0], "failed", ago=3600),
    }
    with psycopg.connect(**conninfo("backup")) as connection:
        now = {row[3]: row[1] for row in connection.execute(ROWS_OF) if row[0] == "sms"}
    wrong = [ref for ref in sent if now[ref] != "arrived"]
    return {
        "texts": dict(states),
        "receipts": {str(k): n for k, n in statuses.items()},
        "receipts_forged": forged,
        "receipts_of": len(sent),
        "receipts_wrong": len(wrong),
    }


def _receipt(
    city: Place, provider: str, ref: str, state: str, *, secret: str = SECRET, ago: int = 0
) -> int:
    from shiyu.notices.channels.webhook import signed

    body = json.dumps({"id": ref, "state": state, "number": "p1"}).encode()
    headers = signed("r1", body, [(1, secret)], at=int(time.time()) - ago)
    url = f"http://127.0.0.1:{city.port}/notices/receipts/{provider}/"
    asking = urllib.request.Request(url, body, headers | {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(asking, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def _twice(city: Place) -> Facts:
    """A hotline's file; the same again; shuffled; with each row twice."""
    rows = [
        [f"DH0{n:05d}", f"2026-01-{n % 28 + 1:02d} 08:10", f"垃圾{n}", "书店街"]
        for n in range(ROWS)
    ]
    shuffled = random.sample(rows, len(rows))
    wrong = []
    for name, said in (("once", rows), ("again", rows), ("shuffled", shuffled), ("doubled", shuffled + rows)):  # fmt: skip  # noqa: E501
        file = city.home / f"{name}.csv"
        _write(file, said)
        city.run("import", "reports", str(file), "--preset", "12345")
        counted = carry_out([*CITY, "imported", str(ROWS)], log=city.log)
        wrong.append((name, int(counted)))
    return {"rows": ROWS, "wrong": [row for row in wrong if row[1]]}


def _write(file: Path, rows: list[list[str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(["工单编号", "来电时间", "诉求内容", "地址"])
        table.writerows(rows)


def _told(them: Neighbours) -> Facts:
    """What each neighbour was told how often, against what the city believes."""
    with psycopg.connect(**conninfo("backup")) as connection:
        rows = connection.execute(ROWS_OF).fetchall()
    told = them.mood.told
    states: Counter[str] = Counter()
    twice = told_not_known = known_not_told = 0
    for channel, state, why, ref, event, subscription, _attempts in rows:
        key = {"mail": f"mail {ref}", "sms": f"/sms {ref}"}.get(channel, f"/{subscription} {event}")
        states[f"{channel} {state} {why}".strip()] += 1
        twice += max(0, told[key] - 1)
        told_not_known += bool(told[key] and state in {"owed", "failed", "expired"})
        known_not_told += bool(not told[key] and state in {"sent", "arrived"})
    return {
        "deliveries": dict(states),
        "told": sum(told.values()),
        "told_twice": twice,
        "told_and_not_known": told_not_known,
        "believed_and_not_told": known_not_told,
    }


def _judged(found: Facts) -> Facts:
    down = [row for row in found["moods"] if row["mood"] in {"slow", "garbage", "hangs up"}]
    most = max(row["jobs_waiting_most"] for row in found["moods"])
    return judge(
        found,
        **unharmed(found),
        no_client_failed=not found["failures"],
        none_told_twice=not found["told_twice"],
        all_told_is_known=not found["told_and_not_known"],
        all_believed_was_told=not found["believed_and_not_told"],
        file_taken_in_once=not found["import"]["wrong"],
        receipts_tried=found["receipts_of"],
        receipts_right=not found.get("receipts_wrong"),
        strangers_receipts_refused=set(found.get("receipts_forged", {}).values()) == {401},
        the_broken_rest=any(row["peers_resting"] for row in down),
        few_jobs_wait=most <= MOST_JOBS_WAITING,
    )


def _ask(query: str) -> int:
    with psycopg.connect(**conninfo("backup")) as connection:
        row: Any = connection.execute(query).fetchone()
    return int(row[0])

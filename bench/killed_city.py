"""The city that is killed: who is told outside, a calendar edit, and what must hold afterwards.

python -m bench.killed_city open WEBHOOK_PORT MAIL_PORT
python -m bench.killed_city calendar MINUTE
python -m bench.killed_city waiting            how much is still to be done, as JSON
python -m bench.killed_city imported ROWS      how many of them are missing or doubled
python -m bench.killed_city reckon LEDGER.jsonl RECEIVED.json
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from shiyu.site.start import django_ready

Facts = dict[str, Any]
MOVES = ("accept", "file", "dispatch", "sign", "handle", "verify", "close")


def open_outside(webhook: int, mail: int) -> Facts:
    """Two subscriptions to every event, and mail to everybody on duty."""
    from django.utils import timezone

    from shiyu.common.vault import seal
    from shiyu.notices.events import EVENTS
    from shiyu.notices.models import Connector, House, Subscription
    from shiyu.notices.tests.conftest import make_address
    from shiyu.people.models import Person

    now = timezone.now()
    for name in ("one", "two"):
        row = Subscription(
            owner="person:1",
            name=name,
            url=f"http://127.0.0.1:{webhook}/{name}",
            types=sorted(EVENTS),
            made_at=now,
        )
        row.sealed = seal("whsec_c2VjcmV0", belongs_to=f"subscription:{row.ref}:1")
        row.save()
    settings = {"host": "127.0.0.1", "port": mail, "security": "plain", "sender": "a@city.example"}
    Connector.objects.create(
        channel="mail", name="mail", made_at=now, in_use=True, settings=settings
    )
    House.objects.update_or_create(pk=1, defaults={"address": "https://city.example"})
    people = [make_address(person) for person in Person.objects.all()]
    return {"addresses": len(people)}


def edit_calendar(number: int) -> Facts:
    """Draw up other office hours, look at what they do, publish them once it has been reckoned."""
    import time

    from django.db import OperationalError
    from django.utils import timezone

    from shiyu.calendars import actions
    from shiyu.calendars.models import Retiming
    from shiyu.people.actors import Actor

    who = Actor.program("bench")
    hours = [["08:00", "12:00"], ["14:00", f"18:{number % 60:02d}"]]
    revision = actions.draw_up_hours(
        "city", actor=who, valid_from=timezone.localdate(), hours=hours, weekdays=[1, 2, 3, 4, 5, 6]
    )
    look = actions.look_ahead(revision, actor=who)
    while look.state not in {Retiming.State.DONE, Retiming.State.FAILED}:
        time.sleep(0.5)
        try:
            look.refresh_from_db()
        except OperationalError:
            time.sleep(1)
    actions.publish(revision, actor=who, turned_late=look.turned_late)
    return {"revision": revision.pk, "turned_late": look.turned_late}


def waiting() -> Facts:
    """What is under way or owed, and whether anything was given up."""
    from django.db import connection

    from shiyu.calendars.models import Retiming
    from shiyu.desk.models import Batch, Export
    from shiyu.notices.models import Delivery

    with connection.cursor() as cursor:
        cursor.execute("""SELECT count(*) FILTER (WHERE status = 'doing'),
            count(*) FILTER (WHERE status = 'todo' AND queue_name IN ('bulk', 'interactive')),
            count(*) FILTER (WHERE status = 'failed') FROM procrastinate_jobs""")
        doing, todo, failed = cursor.fetchone()
    runs = Retiming.objects.filter(kind="apply", state__in=["waiting", "running"])
    return {
        "jobs": doing + todo,
        "deliveries": Delivery.objects.filter(state__in=["owed", "sending"]).count(),
        "batches": Batch.objects.filter(state="running").count(),
        "exports": Export.objects.filter(stage="approved").count(),
        "sweeps": runs.count(),
        "failed_jobs": failed,
    }


def reckon(ledger: Path, received: Path) -> Facts:
    """Compare what was acknowledged, what is kept, and what arrived outside."""
    said = [json.loads(line) for line in ledger.read_text().splitlines()]
    kept = _lines_kept()
    told = Counter((row["number"], row["verb"]) for row in said if row.get("verb") in MOVES)
    reports = {row["number"] for row in said if row.get("verb") == "report" or "code" in row}
    arrived = json.loads(received.read_text())
    return {
        "acknowledged_moves": told.total(),
        "moves_lost": (told - kept["moves"]).total(),
        "moves_doubled": sum(n - 1 for n in kept["moves"].values()),
        "acknowledged_reports": len(reports),
        "reports_lost": len(reports - kept["numbers"]),
        "reports_kept": len(kept["numbers"]),
        "reports_doubled": kept["same_words"],
        **_of_batches({row["batch"] for row in said if "batch" in row}),
        **_of_exports({row["export"] for row in said if "export" in row}),
        **_of_deliveries(arrived),
    }


def _lines_kept() -> Facts:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.number, l.verb, count(*) FROM journal_line l
            JOIN cases_case c ON l.subject = 'case:' || c.id
            WHERE l.verb = ANY(%s) GROUP BY 1, 2""",
            [list(MOVES)],
        )
        moves = Counter({(number, verb): n for number, verb, n in cursor.fetchall()})
        cursor.execute(
            "SELECT c.number FROM cases_case c JOIN cases_report r ON r.case_id = c.id"
            " WHERE r.source NOT LIKE 'import%' AND r.source !~ '^12345'"
        )
        numbers = {number for (number,) in cursor.fetchall()}
        cursor.execute("""SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n
            FROM cases_report r JOIN journal_remark m ON m.id = r.remark_id
            WHERE r.source = 'portal' OR r.source ~ '^(desk|key)'
            GROUP BY r.source, m.text) AS same""")
        (same,) = cursor.fetchone()
    return {"moves": moves, "numbers": numbers, "same_words": int(same)}


def _of_batches(keys: set[str]) -> Facts:
    from shiyu.desk.models import Batch, BatchItem

    items = BatchItem.objects.filter(batch__key__in=keys)
    return {
        "batches": len(keys),
        "batches_not_done": Batch.objects.filter(key__in=keys).exclude(state="done").count(),
        "batch_cases": items.count(),
        "batch_cases_refused": items.filter(state="refused").count(),
    }


def _of_exports(keys: set[str]) -> Facts:
    from shiyu.desk import workbook
    from shiyu.desk.models import Export

    made = Export.objects.filter(key__in=keys, stage="made")
    whole = sum(workbook.path_of(row.key).is_file() for row in made)
    stages = Export.objects.filter(key__in=keys).values_list("stage", flat=True)
    return {"exports": dict(Counter(stages)), "export_files": whole - made.count()}


def _of_deliveries(arrived: dict[str, list[str]]) -> Facts:
    """Nothing arrives twice; what was sent arrived; what arrived was sent, or is unknown."""
    from shiyu.notices.models import Delivery

    webhooks, mails = Counter(arrived["webhooks"]), Counter(arrived["mails"])
    rows = list(Delivery.objects.select_related("subscription"))
    key = {
        row.pk: f"/{row.subscription.name} {row.event}" if row.subscription else str(row.ref)
        for row in rows
    }
    came = webhooks + mails
    sent = {key[row.pk] for row in rows if row.state in {"sent", "arrived"}}
    unknown = {key[row.pk] for row in rows if row.state == "unknown"}
    return {
        "deliveries": dict(Counter(f"{row.channel} {row.state}" for row in rows)),
        "arrived_webhooks": webhooks.total(),
        "arrived_mails": mails.total(),
        "arrived_twice": sum(n - 1 for n in came.values()),
        "sent_not_arrived": len(sent - set(came)),
        "arrived_not_known": len(set(came) - sent - unknown),
        "unknown_that_arrived": len(unknown & set(came)),
    }


def imported(count: int) -> int:
    """Rows of the imported file that are missing or there twice."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT source_ref) FROM cases_report"
            " WHERE source_ref LIKE 'DH0%'"
        )
        rows, refs = cursor.fetchone()
    return int(abs(rows - count) + abs(refs - count))


def main() -> int:
    what, *words = sys.argv[1:]
    django_ready()
    if what == "open":
        found = open_outside(int(words[0]), int(words[1]))
    elif what == "calendar":
        found = edit_calendar(int(words[0]))
    elif what == "waiting":
        found = waiting()
    elif what == "imported":
        print(imported(int(words[0])))
        return 0
    else:
        found = reckon(Path(words[0]), Path(words[1]))
    print(json.dumps(found, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())

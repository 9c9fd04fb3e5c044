"""The city whose lists are measured, and what is opened in it, in processes of their own.

    python -m bench.past fill COUNT      the demo city grows to COUNT cases, nearly all long closed
    python -m bench.past pages           what each person opens, as JSON
    python -m bench.past floor FILE      queries of each page, and their bare SQL timed, as JSON

What is added was recorded by another system: two lines a case at most, through the bulk writer of
imports; two of a hundred are open still and wait to be accepted. Words, kinds and places are
those of the demo city's own cases.
"""

import argparse
import json
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import polars as pl

from shiyu.site.start import django_ready

if TYPE_CHECKING:
    from django.test import Client

BATCH = 8_000
OPEN_SHARE = 0.02
YEARS = 3
SOURCE = "past"
FLOOR_ROUNDS = 5
CASES_OPENED = 4
DESK = {
    "intake": ("shi-zx1", ("to_accept", "to_file", "to_dispatch", "to_close", "all")),
    "handler": ("410200d01-cz", ("to_sign", "handling", "all")),
    "verifier": ("410202-hc1", ("to_verify", "all")),
    "grid": ("410202001-wg1", ("mine", "all")),
}
FILTERED = {
    "red": "/desk/all/?light=red&state=open",
    "today": "/desk/all/?light=today&state=open",
    "channel": "/desk/to_accept/?channel=import",
    "week": "/desk/all/?days=7",
    "place": "/desk/all/?place=410202",
    "ended": "/desk/all/?place=410202001&state=ended",
    "search words": "/desk/search/?q=井盖",
    "search seldom": "/desk/search/?q=书店街 路灯",
}


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    asked.add_argument("what", choices=["fill", "pages", "floor"])
    asked.add_argument("about", nargs="?", default="")
    how = asked.parse_args()
    django_ready()
    if how.what == "fill":
        print(json.dumps(fill(int(how.about))))
    elif how.what == "pages":
        print(json.dumps(pages(), ensure_ascii=False))
    else:
        print(json.dumps(floors(json.loads(Path(how.about).read_text())), ensure_ascii=False))
    return 0


def fill(count: int) -> dict[str, Any]:
    """Let the city grow to so many cases; each batch is a transaction."""
    from django.db import connection

    from shiyu.cases.models import Case
    from shiyu.facts.actions import fold_all

    there = Case.objects.count()
    begun, chance = time.perf_counter(), np.random.default_rng(there)
    pattern, about = _pattern(), _about()
    for start in range(there, count, BATCH):
        _write(_rows(pattern, min(BATCH, count - start), start, chance), about)
    wrote = time.perf_counter() - begun
    folded = fold_all()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    whole = time.perf_counter() - begun
    return {
        "cases": max(count, there),
        "added": max(count - there, 0),
        "seconds": round(wrote, 1),
        "folded": folded,
        "folding_s": round(whole - wrote, 1),
    }


def _pattern() -> pl.DataFrame:
    """Where and what the demo city's own cases are, once each."""
    from shiyu.cases.models import Case
    from shiyu.journal.models import Remark

    rows = Case.objects.exclude(kind=None).exclude(lon=None).order_by("id")
    names = ("kind_id", "kind__name", "place_id", "place_number", "place__name", "lon", "lat")
    found = list(rows.values_list(*names, "address", "reports__remark_id")[:20_000])
    texts = dict(Remark.objects.filter(pk__in=[r[-1] for r in found]).values_list("pk", "text"))
    columns = ("kind_id", "kind_name", "place_id", "place_number", "place_name", "lon", "lat")
    table = [(*row[:-1], texts.get(row[-1], "")) for row in found]
    return pl.DataFrame(table, schema=[*columns, "address", "words"], orient="row")


def _about() -> Any:
    from shiyu.cases.bulk import Recorded
    from shiyu.catalogue.models import Procedure
    from shiyu.people.models import Unit
    from shiyu.places.rules import the_city

    long_ago = date(2000, 1, 1)
    procedure, _new = Procedure.objects.get_or_create(
        version=900, defaults={"valid_from": long_ago, "limits": {}}
    )
    city = the_city()
    centre = Unit.objects.get(kind=Unit.Kind.CENTRE, tier="city")
    return Recorded(SOURCE, city.number_prefix, city.timezone, procedure, centre.pk)


def _rows(pattern: pl.DataFrame, count: int, start: int, chance: Any) -> pl.DataFrame:
    """So many cases as the importer wants them, spread over the years before the demo began."""
    newest = datetime.now(UTC) - timedelta(days=50)
    rows = pattern[chance.integers(0, pattern.height, count)]
    ago = pl.Series(chance.integers(0, YEARS * 365 * 86_400, count))
    lasting = pl.Series(chance.exponential(3 * 86_400, count).astype(int) + 600)
    reported = pl.lit(newest).cast(pl.Datetime("us", "UTC")) - pl.duration(seconds=ago)
    closed = reported + pl.duration(seconds=lasting)
    is_open = pl.Series(chance.random(count) < OPEN_SHARE)
    return rows.with_columns(
        pl.Series("source_ref", [str(start + nth) for nth in range(count)]),
        reported.alias("reported_at"),
        pl.when(~pl.lit(is_open)).then(closed).alias("closed_at"),
        (reported + pl.duration(days=5)).alias("due_at"),
        pl.lit(None, pl.Int64).alias("unit_id"),
    )


def _write(rows: pl.DataFrame, about: Any) -> None:
    """One batch, with the words to find its cases by."""
    from django.db import connection, transaction

    from shiyu.cases.bulk import write_recorded
    from shiyu.cases.bulk.words import cut_many
    from shiyu.cases.models import Case

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")
        write_recorded(rows, about)
        named = dict(zip(rows["source_ref"], _texts(rows), strict=True))
        made = Case.objects.filter(reports__source=SOURCE, reports__source_ref__in=list(named))
        keys = list(made.values_list("pk", "reports__source_ref"))
        words = cut_many(pl.Series([named[ref] for _pk, ref in keys]))
        with cursor.copy("COPY cases_found (case_id, words) FROM STDIN") as copy:
            for (pk, _ref), found in zip(keys, words, strict=True):
                copy.write_row((pk, found))


def _texts(rows: pl.DataFrame) -> list[str]:
    parts = [pl.col(name).fill_null("") for name in ("kind_name", "address", "place_name", "words")]
    return rows.select(text=pl.concat_str(parts, separator=" "))["text"].to_list()


def pages() -> list[dict[str, str]]:
    """What is opened: who, under what name, at which address."""
    from shiyu.cases.lifecycle import Stage
    from shiyu.cases.models import Case
    from shiyu.history.kaifeng.stories import receipt_to_follow

    found: list[dict[str, str]] = []

    def add(who: str, name: str, path: str) -> None:
        login = DESK[who][0] if who in DESK else ""
        found.append({"who": login, "name": name, "path": quote(path, safe="/?&=")})

    for who, (_login, queues) in DESK.items():
        for queue in queues:
            add(who, f"{who}: {queue}", f"/desk/{queue}/")
    for name, path in FILTERED.items():
        add("intake", name, path)
    for stage in (Stage.REPORTED, Stage.FILED, Stage.HANDLING, Stage.HANDLED, Stage.CLOSED):
        numbers = Case.objects.filter(stage=stage, place_number__gt=0).order_by("-id")
        for number in numbers.values_list("number", flat=True)[:CASES_OPENED]:
            add("intake", f"case {stage}", f"/cases/{number}/")
    waiting = Case.objects.filter(stage=Stage.REPORTED).order_by("due_at", "id")
    for number in waiting.values_list("number", flat=True)[:CASES_OPENED]:
        add("intake", "case in its list", f"/cases/{number}/?in=to_accept")
    some = Case.objects.order_by("-id").values_list("number", flat=True)[0]
    add("intake", "search number", f"/desk/search/?q={some}")
    add("intake", "daily figures", "/desk/figures/")
    add("intake", "figures of 30 days", "/desk/figures/?days=30")
    for name, path in (("home", "/"), ("report", "/report/words/"), ("find", "/r/")):
        add("resident", f"resident: {name}", path)
    if code := receipt_to_follow():
        add("resident", "resident: follow", f"/r/{code}/")
    return found


def floors(opened: list[dict[str, str]]) -> dict[str, dict[str, float]]:
    """For each name the queries of its pages, how long their bare SQL takes on its own, and how
    many blocks of 8 kB it touches: that figure does not know how busy the machine is.
    """
    from django.test import Client

    clients: dict[str, Client] = {}
    found: dict[str, list[Floor]] = {}
    for page in opened:
        client = clients.setdefault(page["who"], _client(page["who"]))
        client.get(page["path"])  # what a process keeps is kept by now
        found.setdefault(page["name"], []).append(_floor(client, page["path"]))
    return {
        name: {
            "queries": max(page.queries for page in figures),
            "floor_p50": round(statistics.median(page.ms for page in figures), 2),
            "blocks": max(page.blocks for page in figures),
            "blocks_of_one": max(page.blocks_of_one for page in figures),
        }
        for name, figures in found.items()
    }


def _client(who: str) -> "Client":
    from django.test import Client

    from shiyu.people.models import Person

    client = Client()
    if who:
        person = Person.objects.get(username=who)
        client.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
    return client


@dataclass(frozen=True, slots=True)
class Floor:
    """What the reads of one page cost bare; `blocks_of_one` is of the greediest of them."""

    queries: int
    ms: float
    blocks: int
    blocks_of_one: int


def _floor(client: "Client", path: str) -> Floor:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from shiyu.facts.figures import ROOM

    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    texts = [q["sql"].replace("FOR NO KEY UPDATE", "") for q in captured.captured_queries]
    reads = [text for text in texts if _is_read(text.removeprefix(ROOM))]
    connection.ensure_connection()
    bare, took = connection.connection, []
    for _ in range(FLOOR_ROUNDS):
        begun = time.perf_counter()
        for text in reads:
            with bare.cursor() as cursor:
                cursor.execute(text.encode())
                cursor.set_result(-1)
                cursor.fetchall()
        took.append(1000 * (time.perf_counter() - begun))
    blocks = [_blocks(bare, text.removeprefix(ROOM)) for text in reads]
    return Floor(len(reads), statistics.median(took), sum(blocks), max(blocks, default=0))


def _is_read(text: str) -> bool:
    return text.lstrip("( \n").upper().startswith(("SELECT", "WITH"))


def _blocks(bare: Any, text: str) -> int:
    """How many blocks a statement touches, whether they were at hand or not."""
    with bare.cursor() as cursor:
        cursor.execute(b"EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT json) " + text.encode())
        ((told,),) = cursor.fetchall()
    plan = told[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


if __name__ == "__main__":
    sys.exit(main())

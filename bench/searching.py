"""How long the database looks for words, by duty and word, as it was and as it is, by turns.

    SHIYU_HOME=CITY .venv/bin/python -m bench.searching [--people 2] [--rounds 5] [--was] [WORD ...]

In a kept city, in one process, in each person's own sight: milliseconds between question and
answer of all statements that find the ids of a first page (fifty and one), the median of the
rounds. `--was` asks the same in turn as it was before: one statement for all ways, the words
through the view `cases_words`. Both must find the same.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import reduce
from typing import Any

from shiyu.site.start import django_ready

WORDS = (
    "路灯",
    "占道经营",
    "垃圾",
    "井盖",
    "道路",
    "书店街 路灯",
    "污水 外溢",
    "zfj",
    "没有人说过",
)
MOST = 51
FEW_WAS = 1000

Ids = list[tuple[int, int]]


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    asked.add_argument("words", nargs="*", default=list(WORDS))
    asked.add_argument("--people", type=int, default=2, help="of each duty")
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--was", action="store_true")
    how = asked.parse_args()
    django_ready()
    from shiyu.cases.models import Case
    from shiyu.common.wall import beyond

    with beyond("command line"):
        count = Case.objects.count()
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load {os.getloadavg()[0]:.1f}, {count} cases")
    print("| | " + " | ".join(how.words) + " |")
    print("|---|" + "---|" * len(how.words))
    for name, actor in people(how.people):
        row = [cell(actor, words, how.rounds, how.was) for words in how.words]
        print(f"| {name} | " + " | ".join(row) + " |", flush=True)


def people(most: int) -> "list[tuple[str, Any]]":
    """Some of each duty: those who see all, a county, a township or less, and units."""
    from bench.load.people import sessions
    from shiyu.people.actors import Actor
    from shiyu.people.models import Person

    found: dict[str, list[tuple[str, Any]]] = {}
    for login, seen in (("shi-zx1", "the whole city"), ("410200d01-cz", "the largest unit")):
        found[login] = [(seen, Actor.for_person(Person.objects.get(username=login)))]
    for session in sessions(60):
        actor = Actor.for_person(Person.objects.get(pk=session["id"]))
        of_duty = found.setdefault(session["duty"], [])
        if len(of_duty) < most:
            of_duty.append((session["duty"], actor))
    return [one for rows in found.values() for one in rows]


def cell(actor: Any, words: str, rounds: int, was: bool) -> str:
    """Milliseconds, before → now where both are asked; which must be the same cases."""
    ways = (before, now) if was else (now,)
    took: dict[Any, list[float]] = {way: [] for way in ways}
    found: dict[Any, Ids] = {}
    for _ in range(rounds):
        for way in ways:
            found[way], spent = timed(actor, words, way)
            took[way].append(spent)
    differs = len({tuple(ids) for ids in found.values()}) > 1
    told = " → ".join(f"{statistics.median(took[way]):.0f}" for way in ways)
    return f"{told} ({len(found[now])}{', DIFFERENT' if differs else ''})"


def timed(actor: Any, words: str, way: "Callable[[Any, Any, Any], Ids]") -> tuple[Ids, float]:
    """What one way finds, and the milliseconds its statements took."""
    from django.db import connection

    from shiyu.cases import finding, rules
    from shiyu.common.wall import within
    from shiyu.people.seeing import sight_of

    spent = 0.0

    def clocked(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal spent
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent += time.perf_counter() - began

    with within(sight_of(actor)):
        asked = finding.read(words)
        meant = finding.meaning(asked)
        cases = rules.visible_to(actor, start=rules.start_of_newest(actor).to_count)
        with connection.execute_wrapper(clocked):
            return way(cases, asked, meant), spent * 1000


def now(cases: Any, asked: Any, meant: Any) -> Ids:
    from shiyu.cases import finding

    return finding.ranked(finding.look_up(cases, asked, meant), most=MOST)


def before(cases: Any, asked: Any, meant: Any) -> Ids:
    """As it was until 22 November 2026."""
    from django.db.models import Q, Value

    from shiyu.cases.finding import WAYS
    from shiyu.cases.models import Assignment

    found: list[tuple[str, Any, Any]] = []
    if meant.kinds:
        found.append(("kind", *[Q(kind__in=meant.kinds)] * 2))
    if asked.words:
        seen = Q(found__words__contains=list(asked.words))
        found.append(("words", said_before(asked.words), seen))
    if meant.places:
        inside = reduce(lambda a, b: a | b, (Q(place_number__range=at) for at in meant.places))
        found.append(("place", inside, inside))
    if meant.units:
        parts = Assignment.objects.filter(unit__in=meant.units).values("case_id")
        found.append(("unit", *[Q(pk__in=parts)] * 2))
    asked_for = []
    for at, (name, where, _seen) in enumerate(found):
        left = reduce(lambda q, surer: q.exclude(surer[2]), found[:at], cases).filter(where)
        ranks = left.annotate(rank=Value(WAYS.index(name))).order_by("-pk")
        asked_for.append(ranks.values_list("rank", "pk")[:MOST])
    if not asked_for:
        return []
    whole = asked_for[0].union(*asked_for[1:], all=True) if len(asked_for) > 1 else asked_for[0]
    if len(asked_for) > 1:
        whole = whole.order_by("rank", "-id")[:MOST]
    return [(int(rank), int(pk)) for rank, pk in whole]


def said_before(words: Sequence[str]) -> Any:
    """Words that few cases have as these ids, all others through the view of the search."""
    from django.db import connection
    from django.db.models import Q
    from django.db.models.expressions import RawSQL

    from shiyu.cases.search import SAID

    few = (
        "SELECT CASE WHEN count(*) <= %s THEN array_agg(case_id) END FROM (SELECT case_id "
        "FROM cases_words WHERE words @> %s::text[] LIMIT %s) AS some_of_them"
    )
    with connection.cursor() as cursor:
        cursor.execute(few, [FEW_WAS, list(words), FEW_WAS + 1])
        (ids,) = cursor.fetchone()
    return Q(pk__in=ids) if ids is not None else Q(pk__in=RawSQL(SAID, (list(words),)))


if __name__ == "__main__":
    main()

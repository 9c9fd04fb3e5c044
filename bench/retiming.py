"""How fast a calendar's edit reaches every open case, beside the same done case by case (重算时限).

    .venv/bin/python bench/retiming.py [--cases 100000] [--sample 5000] [--json]

Makes a city of its own: the demo city, its open cases copied (each copy some minutes earlier)
until there are so many. Then office hours are changed, so that nearly every due time moves, and
followed twice: case by case for a sample, as a single move does it, and by the sweep for all.
Afterwards a sample is replayed by `shiyu verify`'s own code.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COPY_CASES = """
    INSERT INTO cases_case ({columns})
    SELECT {values} FROM cases_case c WHERE c.id = ANY(%(ids)s)
"""
COPY_PARTS = """
    INSERT INTO cases_assignment ({columns})
    SELECT {values} FROM cases_assignment c WHERE c.case_id = ANY(%(ids)s)
"""
COPY_LINES = """
    INSERT INTO journal_line (id, occurred_at, subject, verb, actor, facts, remark_id)
    SELECT l.id + %(lines)s, l.occurred_at - %(shift)s * interval '1 minute',
           'case:' || (substr(l.subject, 6)::bigint + %(cases)s), l.verb, l.actor, l.facts,
           l.remark_id
      FROM journal_line l WHERE l.subject = ANY(%(subjects)s)
"""


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    asked.add_argument("--cases", type=int, default=100_000)
    asked.add_argument("--sample", type=int, default=5_000)
    asked.add_argument("--json", action="store_true")
    asked.add_argument("--home", type=Path, help="A home with a demo city, used and changed.")
    how = asked.parse_args()
    home = how.home or Path(tempfile.mkdtemp(prefix="retiming-"))
    os.environ |= {"SHIYU_HOME": str(home), "SHIYU_POOL": "0", "PYTHONPATH": str(ROOT)}
    sys.path.insert(0, str(ROOT))
    try:
        if how.home is None:
            for words in (["migrate"], ["demo", "make"]):
                shiyu(*words)
        found = measured(how.cases, how.sample)
    finally:
        if how.home is None:
            shutil.rmtree(home, ignore_errors=True)
    print(json.dumps(found) if how.json else told(found))
    return 0 if not found["faults"] else 1


def shiyu(*words: str) -> None:
    """A command of the program, in a process of its own."""
    run = [sys.executable, "-c", "from shiyu.site.cli import main; main()", *words]
    subprocess.run(run, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def measured(cases: int, sample: int) -> dict[str, Any]:
    """Copy, change the calendar, follow it both ways, and replay."""
    from shiyu.site.start import django_ready

    django_ready()
    from bench.served import database_cpu_s
    from shiyu.common.home import home

    found: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "load": os.getloadavg()[0],
        "cases": fill(cases),
    }
    from shiyu.cases.actions import retiming

    retiming.follow_calendars()
    edit([["08:30", "12:00"], ["13:30", "17:00"]])
    found["settled_s"], _changed = timed(retiming.follow_calendars)
    edit([["09:00", "12:00"], ["14:00", "17:30"]])
    found["one_by_one_n"] = sample
    found["one_by_one_s"], found["one_by_one_changed"] = timed(lambda: one_by_one(sample))
    before = time.process_time(), database_cpu_s(home())
    found["sweep_s"], found["changed"] = timed(retiming.follow_calendars)
    found["python_cpu_s"] = round(time.process_time() - before[0], 2)
    found["database_cpu_s"] = round(database_cpu_s(home()) - before[1], 2)
    found["faults"] = replayed(sample)
    return found


def fill(wanted: int) -> int:
    """Copies of the open cases until there are so many; returns how many there are."""
    from django.db import connection, transaction

    from shiyu.cases.lifecycle import OPEN
    from shiyu.cases.models import Assignment, Case
    from shiyu.journal.models import Line

    there = Case.objects.filter(stage__in=OPEN)
    ids = list(there.exclude(number__contains="x").values_list("pk", flat=True))  # no copies
    before = there.count() // len(ids) - 1  # copies of an earlier run
    step = Case.objects.latest("pk").pk + 1
    lines = Line.objects.order_by("-id").values_list("id", flat=True)[0] + 1
    copies = max(before, -(-wanted // len(ids)) - 1)
    for nth in range(before + 1, copies + 1):
        asked = {
            "ids": ids,
            "subjects": [f"case:{pk}" for pk in ids],
            "cases": nth * step,
            "lines": nth * lines,
            "shift": nth * 7 % 40_000,
        }
        with transaction.atomic(), connection.cursor() as cursor:
            other = {"id": "c.id + %(cases)s", "number": f"c.number || 'x{nth}'"}
            cursor.execute(_copying(COPY_CASES, Case, other), asked)
            earlier = "c.{0} - %(shift)s * interval '1 minute'"
            other = {n: earlier.format(n) for n in ("sent_at", "signed_at", "handled_at")}
            other["case_id"] = "c.case_id + %(cases)s"
            cursor.execute(_copying(COPY_PARTS, Assignment, other, leave="id"), asked)
            cursor.execute(COPY_LINES, asked)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE cases_case, cases_assignment, journal_line")
    return len(ids) * (copies + 1)


def _copying(words: str, model: Any, other: dict[str, str], leave: str = "") -> str:
    names = [f.column for f in model._meta.concrete_fields if f.column != leave]
    values = [other.get(name, f"c.{name}") for name in names]
    return words.format(columns=", ".join(names), values=", ".join(values))


def edit(hours: list[list[str]]) -> None:
    """Other office hours for all time: nearly every due time moves."""
    from datetime import date

    from shiyu.calendars.actions import set_hours
    from shiyu.people.actors import Actor

    set_hours("city", valid_from=date(2000, 1, 1), hours=hours, actor=Actor.program("bench"))


def one_by_one(most: int) -> int:
    """The way it was done before: the ORM's rows, the clock replayed case by case, written back."""
    from django.db import transaction

    from shiyu.calendars.rules import read_calendars
    from shiyu.cases import timing
    from shiyu.cases.lifecycle import OPEN
    from shiyu.cases.models import Assignment, Case
    from shiyu.cases.story import STEPS, step_of
    from shiyu.journal.actions import announce, moment
    from shiyu.journal.models import Line

    calendars, done, changed = read_calendars(), 0, 0
    rows = Case.objects.filter(stage__in=OPEN).order_by("-pk").defer("place__boundary")
    ids = list(rows.values_list("pk", flat=True)[:most])
    while done < len(ids):
        with transaction.atomic():
            batch = list(
                Case.objects.filter(pk__in=ids[done : done + 500])
                .select_for_update(no_key=True, of=("self",))
                .select_related("procedure", "standard")
                .prefetch_related("assignments")
            )
            done += 500
            steps: dict[str, list[Any]] = {}
            since = min(case.taken_in_at for case in batch)
            subjects = [case.subject for case in batch]
            lines = Line.objects.filter(subject__in=subjects, recorded_at__gte=since)
            for line in lines.order_by("id"):
                if line.verb in STEPS:
                    steps.setdefault(line.subject, []).append(step_of(line))
            now = moment()
            parts: list[Any] = []
            for case in batch:
                own = [part for part in case.assignments.all() if part.state != "left"]
                timing.refresh(case, own, steps.get(case.subject, []), now=now, calendars=calendars)
                case.version += 1
                parts += own
            Case.objects.bulk_update(batch, ["clock", "due_at", "yellow_at", "paused", "version"])
            Assignment.objects.bulk_update(parts, ["due_at", "yellow_at", "paused"])
            for case in batch:
                announce("case", case.pk, case.version)
            changed += len(batch)
    return changed


def timed(act: Callable[[], int]) -> tuple[float, int]:
    begun = time.perf_counter()
    done = act()
    return round(time.perf_counter() - begun, 2), done


def replayed(sample: int) -> int:
    """How many of a sample are not what the journal's replay makes of them."""
    from shiyu.cases.audit import Audited, _audit_batch
    from shiyu.cases.lifecycle import OPEN
    from shiyu.cases.models import Case

    rows = Case.objects.filter(stage__in=OPEN).order_by("-pk")
    rows = rows.prefetch_related("procedure", "standard", "assignments")
    faults = list(_audit_batch(list(rows[:sample]), Audited()))
    for fault in faults[:5]:
        print(fault.subject, fault.says, file=sys.stderr)
    return len(faults)


def told(found: dict[str, Any]) -> str:
    one = found["one_by_one_n"] / found["one_by_one_s"]
    many = found["cases"] / found["sweep_s"]
    cpu = found["python_cpu_s"] + found["database_cpu_s"]
    return (
        f"{found['machine']}, load {found['load']:.1f}\n"
        f"{found['cases']:,} open cases; {found['changed']:,} due times changed\n"
        f"case by case  {found['one_by_one_n']:,} in {found['one_by_one_s']} s: {one:,.0f}/s\n"
        f"sweep         {found['cases']:,} in {found['sweep_s']} s: {many:,.0f}/s\n"
        f"              {many / one:.1f} times as fast\n"
        f"processor     {found['python_cpu_s']} s of Python, {found['database_cpu_s']} s of "
        f"PostgreSQL: {found['changed'] / cpu:,.0f} changes a second of it\n"
        f"faults in {found['one_by_one_n']:,} replayed: {found['faults']}"
    )


if __name__ == "__main__":
    sys.exit(main())

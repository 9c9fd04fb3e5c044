"""The canary: a made-up report that becomes a notice, again and again (金丝雀).

Three steps, each by the program's own way: a report is taken in by the action every channel uses,
and undone in the same transaction, so that no case, number, figure, list or letter ever knows of
it; a job in the queue people wait for owes a notice; the sender hands it to the city's own mail
server, for whoever keeps watch. What does not come through in time is told to them, and is an
alarm (ShiyuCanaryLost).
"""

import json
import logging
import os
import time
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection, transaction

from shiyu.cases.actions import Intake, report
from shiyu.common.errors import Refused
from shiyu.common.home import home
from shiyu.common.orders import order
from shiyu.journal.actions import moment
from shiyu.notices.actions import owe
from shiyu.notices.actions.flying import canary_arrived
from shiyu.people.actors import Actor
from shiyu.people.models import Person
from shiyu.places.models import Place

PLAN = "canary-plan.json"
LAST = "canary.json"
WAIT_S = 120.0
LOOK_S = 0.5
log = logging.getLogger(__name__)
STEPS = {"report": "上报", "job": "任务", "delivery": "送达", "none": ""}


@dataclass(frozen=True, slots=True)
class Plan:
    """To whom it flies, by the names they sign in with, and how often."""

    to: tuple[str, ...]
    every_minutes: float = 10.0


@dataclass(frozen=True, slots=True)
class Flight:
    """How a flight went; `stopped_at` names the step it did not finish, "none" if it did."""

    flight: str
    well: bool
    stopped_at: str
    begun_at: str
    arrived_at: str
    seconds: float


def read_plan() -> Plan | None:
    """The city's plan; None where no canary flies."""
    try:
        said = json.loads((home() / PLAN).read_text())
    except FileNotFoundError:
        return None
    return Plan(tuple(said["to"]), float(said["every_minutes"]))


def write_plan(plan: Plan) -> None:
    """Keep the plan."""
    (home() / PLAN).write_text(json.dumps(asdict(plan), ensure_ascii=False))


def fly(plan: Plan, *, wait_s: float = WAIT_S) -> Flight:
    """One flight, waited for; what came of it is kept for the watch and the checkup."""
    name, began, begun_at = uuid.uuid4().hex[:12], time.monotonic(), _now()
    stopped = _flown(name, plan, until=began + wait_s)
    well = stopped == "none"
    arrived_at = _now() if well else str((last() or {}).get("arrived_at", ""))
    flight = Flight(name, well, stopped, begun_at, arrived_at, round(time.monotonic() - began, 1))
    _keep(flight)
    if not well:
        _page(flight, plan)
    return flight


def last() -> dict[str, object] | None:
    """How the last flight went."""
    try:
        found: dict[str, object] = json.loads(last_file().read_text())
    except FileNotFoundError:
        return None
    return found


def last_file() -> Path:
    """Where that is kept: with the figures, which a process without other rights may write."""
    return Path(os.environ.get("PROMETHEUS_MULTIPROC_DIR") or home() / "metrics") / LAST


def rehearse_report(flight: str) -> None:
    """Take a made-up report in and undo it. Raises Refused, or what the database says."""
    cell = Place.objects.filter(level="cell").order_by("pk").first() or Place.objects.first()
    said = Intake(
        source="canary",
        source_ref=flight,
        channel="public",
        text="canary",
        address="canary",
        place=cell,
    )
    with transaction.atomic():
        made, _code = report(said, actor=Actor.program("canary"))
        with connection.cursor() as cursor:
            subject = made.case.subject
            cursor.execute("SELECT count(*) FROM journal_line WHERE subject = %s", [subject])
            lines = cursor.fetchone()
        transaction.set_rollback(True)
    if not lines or not lines[0]:
        raise Refused("the report left no line in the journal")


def _flown(flight: str, plan: Plan, *, until: float) -> str:
    from shiyu.site.jobs import owe_it

    people = list(Person.objects.filter(username__in=plan.to).values_list("pk", flat=True))
    try:
        rehearse_report(flight)
    except Exception as error:  # whatever keeps a report from being taken in is looked for
        log.error("the canary's report was not taken in", exc_info=error)
        return "report"
    job = order(owe_it.configure(), flight=flight, people=people)
    while _is_waiting(job):
        if time.monotonic() > until:
            return "job"
        time.sleep(LOOK_S)
    while not canary_arrived(flight):
        if time.monotonic() > until:
            return "delivery"
        time.sleep(LOOK_S)
    return "none"


def _is_waiting(job: int) -> bool:
    """A job that was carried out is gone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE id = %s AND status <> 'succeeded'", [job]
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def _keep(flight: Flight) -> None:
    path = last_file()
    path.parent.mkdir(mode=0o2770, parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(asdict(flight)))
    draft.replace(path)


def _page(flight: Flight, plan: Plan) -> None:
    """Tell who keeps watch, by the ordinary connectors; the alarm is for when these are dead."""
    people = list(Person.objects.filter(username__in=plan.to).values_list("pk", flat=True))
    with transaction.atomic():
        facts = {"step": STEPS[flight.stopped_at], "flight": flight.flight}
        told = f"canary:{flight.flight}"
        owe(people, told, "canary_lost", facts=facts, at=moment(None), urgent=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

"""A case under lock with all that a move asks of it, in one prepared statement (取案).

Beside the case's own columns the statement brings its parts, reports and lines as JSON, the
database's clock and the calendars' version. They are read in the statement's snapshot, which is
older than the lock if somebody else was just writing: then the row under lock is not the row of
the snapshot, and the same is asked again, with the lock held. Whoever writes to what belongs to
a case therefore writes the case's row too.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from shiyu.calendars.rules import Calendars, read_calendars
from shiyu.cases import rules, story
from shiyu.cases.models import Assignment, Case, Report
from shiyu.cases.replay import Step
from shiyu.catalogue.models import Kind, Procedure, Standard
from shiyu.common.ready import ANY, STAMP, Select, as_of
from shiyu.common.wall import beyond
from shiyu.places.models import Place

PARTS = tuple(column.attname for column in Assignment._meta.concrete_fields)
REPORTS = ("id", "case_id", "source", "by_person_id")  # in the order of the model
TIMES = frozenset({"sent_at", "opened_at", "signed_at", "handled_at", "due_at", "yellow_at"})
LIST = """
    (SELECT coalesce(json_agg(json_build_array({columns}) ORDER BY one.id), '[]'::json)
       FROM {table} one WHERE {where})
"""
BESIDE = {
    "parts_json": LIST.format(
        columns=", ".join(f"one.{name}" for name in PARTS),
        table=Assignment._meta.db_table,
        where="one.case_id = cases_case.id",
    ),
    "reports_json": LIST.format(
        columns=", ".join(f"one.{name}" for name in REPORTS),
        table=Report._meta.db_table,
        where="one.case_id = cases_case.id",
    ),
    "lines_json": LIST.format(
        columns="one.verb, one.occurred_at, one.actor, one.facts, one.remark_id",
        table="journal_line",
        where="one.subject = 'case:' || cases_case.id"
        " AND one.recorded_at >= cases_case.taken_in_at",
    ),
    "row_locked": "cases_case.xmin::text",
    "row_seen": "(SELECT one.xmin::text FROM cases_case one WHERE one.id = cases_case.id)",
    "database_now": "greatest(clock_timestamp(), cases_case.last_at)",
    "next_remark": "nextval('journal_remark_id_seq')",
    "standing": STAMP,
    "newest_calendar": "(SELECT coalesce(max(one.id), 0) FROM calendars_calendar one)",
}


@dataclass(frozen=True, slots=True)
class Gathered:
    """A locked case, its parts by unit as they are written, its steps, and whom it concerns.

    now          the database's clock with the lock held, never before the case's last line.
    next_remark  the number of what may be written with the move.
    standing     the stamp of what stands for all: see `ready.as_of`.
    """

    case: Case
    parts: dict[int, Assignment]
    steps: list[Step]
    concern: rules.Concern
    now: datetime
    calendars: Calendars
    next_remark: int
    standing: str | None


class _Line(NamedTuple):
    verb: str
    occurred_at: datetime
    actor: str
    facts: dict[str, Any]
    remark_id: int | None


def gather(case: Case) -> Gathered:
    """Lock a case and read what its next move needs, in the caller's transaction.

    Raises  Case.DoesNotExist.
    """
    if known := _ahead.get().pop(case.pk, None):
        return known
    found = _CASE.first(case.pk)
    if found is not None and not _is_whole(found):
        found = _CASE.first(case.pk)
    if found is None:
        raise Case.DoesNotExist(f"no case {case.pk}")
    return _gathered(found, vars(found))


@contextmanager
def ahead(cases: Iterable[Case]) -> Iterator[None]:
    """Lock many cases at once, in the order of their keys, each for its one move inside.

    Whoever moves one of them twice inside reads it anew the second time.
    """
    keys = sorted(case.pk for case in cases)
    found = {case.pk: case for case in _CASES(keys)} if keys else {}
    token = _ahead.set({pk: _gathered(c, vars(c)) for pk, c in found.items() if _is_whole(c)})
    try:
        yield
    finally:
        _ahead.reset(token)


_nothing: dict[int, Gathered] = {}
_ahead: ContextVar[dict[int, Gathered]] = ContextVar("ahead", default=_nothing)


def _is_whole(case: Case) -> bool:
    """Whether what belongs to the case was read as it stands under the lock."""
    return bool(vars(case)["row_locked"] == vars(case)["row_seen"])


def has_open_children(case: Case) -> bool:
    """Whether a case split off this one is still open (分解件未办结); only orders have any."""
    if case.direction != Case.Direction.DOWN:
        return False
    with beyond("children"):
        return bool(_CHILDREN(case.pk))


def _gathered(case: Case, beside: dict[str, Any]) -> Gathered:
    with as_of(beside["standing"]):
        _put_at_hand(case)
    parts = _records(Assignment, PARTS, beside["parts_json"])
    reports = _records(Report, REPORTS, beside["reports_json"])
    lines = [_Line(verb, _time(at), *rest) for verb, at, *rest in _listed(beside["lines_json"])]
    by_unit = {part.unit_id: part for part in parts}
    return Gathered(
        case,
        by_unit,
        [story.step_of(line) for line in lines if line.verb in story.STEPS],
        rules.concern_of(case, by_unit, reports),
        timezone.localtime(beside["database_now"]),
        read_calendars(beside["newest_calendar"]),
        beside["next_remark"],
        beside["standing"],
    )


def _put_at_hand(case: Case) -> None:
    """What most moves ask of a case besides its own columns, all of which stands for all."""
    case.procedure = _PROCEDURE(case.procedure_id)[0]
    case.place = _PLACE(case.place_id)[0]
    case.kind = _KIND(case.kind_id)[0] if case.kind_id else None
    case.standard = _STANDARD(case.standard_id)[0] if case.standard_id else None


def _records(model: type[Any], names: tuple[str, ...], said: object) -> list[Any]:
    times = [at for at, name in enumerate(names) if name in TIMES]
    found: list[Model] = []
    for row in _listed(said):
        for at in times:
            row[at] = _time(row[at]) if row[at] else None
        found.append(model.from_db("default", names, row))
    return found


def _listed(said: object) -> Iterable[list[Any]]:
    found = json.loads(said) if isinstance(said, str | bytes) else said
    return cast("list[list[Any]]", found)


def _time(said: str) -> datetime:
    return datetime.fromisoformat(said).astimezone(UTC)


def _locked() -> QuerySet[Case]:
    beside = {name: RawSQL(sql, ()) for name, sql in BESIDE.items()}  # noqa: S611 - our own words
    return Case.objects.select_for_update(no_key=True, of=("self",)).annotate(**beside)


def _cases(keys: Sequence[int]) -> QuerySet[Case]:
    wanted = RawSQL("SELECT unnest(%s::bigint[])", (keys,))
    return _locked().filter(pk__in=wanted).order_by("pk")


_CHILDREN = Select(lambda case: Case.objects.open().filter(parent=case).only("pk")[:1], ANY)
_PROCEDURE = Select(lambda pk: Procedure.objects.filter(pk=pk), ANY, stands=True)
_PLACE = Select(lambda pk: Place.objects.filter(pk=pk).defer("boundary"), ANY, stands=True)
_KIND = Select(lambda pk: Kind.objects.filter(pk=pk), ANY, stands=True)
_STANDARD = Select(lambda pk: Standard.objects.filter(pk=pk), ANY, stands=True)
_CASE = Select(lambda pk: _locked().filter(pk=pk), ANY)
_CASES = Select(_cases, [ANY])

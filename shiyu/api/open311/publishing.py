"""What anybody may know of a case through Open311, and what only who reported it (公开范围).

Anybody: its kind, its stage, the unit, its times, and the place down to the community, with a
point rounded to about a hundred metres. Never a word anybody wrote, an address, a photo, a name.
The system that sent a report sees of its own also the words and the place as it gave them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from shiyu.api.entry import Caller
from shiyu.api.open311.forms import Record, when
from shiyu.api.open311.jurisdictions import Jurisdiction
from shiyu.cases.lifecycle import FINAL, Stage
from shiyu.cases.models import Assignment, Case, Report
from shiyu.journal.models import Remark
from shiyu.places.models import Place
from shiyu.places.rules import paths_of

ROUNDED = 3
"""Decimals of a published point: some hundred metres, a stretch of street and not a house."""
OPEN, CLOSED = "open", "closed"
STATUSES = (OPEN, CLOSED)


def published(where: Jurisdiction, caller: Caller | None) -> "QuerySet[Case]":
    """The cases that this client may know of in a jurisdiction, each with `own`.

    Reported by residents' kinds only: neither orders from above nor kinds kept from the public.
    """
    mine = Report.objects.filter(case=OuterRef("pk"), source=caller.actor.ref if caller else "")
    cases = Case.objects.filter(place_number__range=(where.first, where.last))
    cases = cases.filter(direction=Case.Direction.UP).annotate(own=Exists(mine))
    return cases.filter(Q(kind__for_public=True) | Q(own=True))


def going_out(cases: Iterable[Case], caller: Caller | None) -> list[Case]:
    """Those of the cases read that may go out: asked of each row again, as it stands.

    What is published is read in everybody's sight, so that the database hides nothing here; this
    stands in its place, and `own` is made anew and not believed.
    """
    read = list(cases)
    own: set[int] = set()
    if caller is not None:
        mine = Report.objects.filter(case__in=read, source=caller.actor.ref)
        own = set(mine.values_list("case_id", flat=True))
    for case in read:
        case.own = case.pk in own  # type: ignore[attr-defined]
    return [case for case in read if case.pk in own or _is_public(case)]


def _is_public(case: Case) -> bool:
    return case.direction == Case.Direction.UP and case.kind is not None and case.kind.for_public


def with_all(cases: "QuerySet[Case]") -> "QuerySet[Case]":
    """What a record needs, in as many queries for one case as for a thousand."""
    lead = Assignment.objects.filter(lead=True).select_related("unit")
    cases = cases.select_related("kind", "place", "centre").defer("place__boundary")
    return cases.prefetch_related(Prefetch("assignments", lead, to_attr="leads"))


def records(
    cases: Sequence[Case], *, caller: Caller | None, extended: bool = False
) -> list[Record]:
    """Cases as service requests, in the order of the standard's example."""
    paths = paths_of({case.place_number for case in cases})
    own = [case for case in cases if case.own]  # type: ignore[attr-defined]
    words = _own_words(own, caller.actor.ref) if caller else {}
    return [_record(case, paths[case.place_number], words, extended) for case in cases]


def status_of(case: Case) -> str:
    """The standard's two: open, closed."""
    return CLOSED if case.stage in FINAL else OPEN


def stages_of(statuses: Iterable[str]) -> frozenset[str]:
    """Our stages behind the standard's statuses."""
    asked = set(statuses)
    closed = frozenset(str(stage) for stage in FINAL)
    every = frozenset(Stage.values)
    return (closed if CLOSED in asked else frozenset()) | (
        every - closed if OPEN in asked else frozenset()
    )


def notes_of(case: Case) -> str:
    """Where a case stands, in words: the stage, and how it ended."""
    stage, outcome = str(case.get_stage_display()), str(case.get_outcome_display())
    return f"{stage}：{outcome}" if case.outcome else stage


def agency_of(case: Case) -> str:
    """The unit that leads, else the centre that has it."""
    leads: list[Assignment] = case.leads  # type: ignore[attr-defined]
    working = [part.unit.name for part in leads if part.state not in ("objected", "left")]
    return working[0] if working else case.centre.name


def expected(case: Case) -> str | None:
    """When it is to be put right: the due time of handling, or the one its source gave."""
    if case.stage in FINAL:
        return None
    return when(case.due_at if case.clock == "handling" and case.due_at else case.fixed_due_at)


def _record(case: Case, path: list[Place], words: dict[int, str], extended: bool) -> Record:
    own: bool = case.own  # type: ignore[attr-defined]
    found: dict[str, Any] = {
        "service_request_id": case.number,
        "status": status_of(case),
        "status_notes": notes_of(case),
        "service_name": case.kind.name if case.kind else None,
        "service_code": case.kind.code if case.kind else None,
        "description": words.get(case.pk) or None,
        "agency_responsible": agency_of(case),
        "service_notice": None,
        "requested_datetime": when(case.reported_at),
        "updated_datetime": when(case.last_at),
        "expected_datetime": expected(case),
        "address": case.address if own and case.address else _place_name(path),
        "address_id": _community(path).code,
        "zipcode": None,
        "lat": _point(case.lat, own),
        "long": _point(case.lon, own),
        "media_url": None,
    }
    if extended:
        found["extended_attributes"] = {
            "stage": case.stage,
            "outcome": case.outcome or None,
            "round": case.round,
            "version": case.version,
        }
    return found


def _community(path: list[Place]) -> Place:
    """The place as far down as is published: no grid cell."""
    return [p for p in path if p.level != Place.Level.CELL][-1]


def _place_name(path: list[Place]) -> str:
    kept = [p.name for p in path if p.level not in (Place.Level.CITY, Place.Level.CELL)]
    return "".join(kept) or path[0].name


def _point(degrees: float | None, own: bool) -> float | None:
    return degrees if degrees is None or own else round(degrees, ROUNDED)


def _own_words(cases: Sequence[Case], source: str) -> dict[int, str]:
    """What the client itself said, as far as it is not erased; others may share its cases."""
    if not cases:
        return {}
    said = Report.objects.filter(case__in=cases, source=source, remark_id__isnull=False)
    rows = said.values_list("case_id", "remark_id")
    of_case = {remark: case for case, remark in rows if remark is not None}
    kept = Remark.objects.filter(pk__in=list(of_case), erased_at__isnull=True)
    return {of_case[pk]: text for pk, text in kept.values_list("pk", "text")}

"""Reporting a case, finding cases, reading one (案件)."""

import hashlib
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Query

from shiyu.api.audience import LOOKERS, REPORTERS
from shiyu.api.repeats import key_of
from shiyu.api.v1 import paging
from shiyu.api.v1.finding import case_of, kind_called, photos_named, place_called
from shiyu.api.v1.paging import PAGE, USUAL, Cursor, Limit
from shiyu.api.v1.routes import Given, actor_of, route
from shiyu.api.v1.shapes import (
    In,
    KindOut,
    Out,
    PlaceOut,
    UnitOut,
    When,
    kind_out,
    place_out,
    unit_out,
)
from shiyu.api.v1.texts import (
    CaseNumber,
    Code,
    Lat,
    Lon,
    Moment,
    Name,
    Phone,
    PhotoIds,
    Ref,
    Short,
    Text,
)
from shiyu.cases import actions, rules, timing
from shiyu.cases.actions import Intake
from shiyu.cases.lifecycle import OPEN, Stage
from shiyu.cases.models import Assignment, Case, CaseQuerySet
from shiyu.common.once import is_again
from shiyu.people.actors import Actor

Number = Annotated[CaseNumber, Path(description="案件编号")]


class ReportIn(In):
    """A problem somebody saw (上报). Say where (a point, a place or an address) and what."""

    ref: Ref | None = None
    channel: Literal["public", "hotline", "patrol", "sensor", "department"] = "public"
    text: Text = ""
    address: Short = ""
    lon: Lon | None = None
    lat: Lat | None = None
    place: Code | None = None
    kind: Code | None = None
    photos: PhotoIds = []
    name: Name = ""
    phone: Phone = ""
    occurred_at: Moment | None = None


class Reported(Out):
    """What became of a report; the receipt code is told this once."""

    number: str
    receipt: str | None
    stage: str
    place: PlaceOut
    centre: UnitOut
    reported_at: When
    due_at: When | None
    version: int


class PartOut(Out):
    """The part of one unit (承办)."""

    unit: UnitOut
    lead: bool
    state: str
    due_at: When | None
    light: str | None


class CaseOut(Out):
    """A case as it stands (案件)."""

    number: str
    stage: str
    stage_title: str
    direction: str
    channel: str
    round: int
    outcome: str | None
    kind: KindOut | None
    place: PlaceOut
    centre: UnitOut
    address: str
    lon: float | None
    lat: float | None
    reported_at: When
    last_at: When
    closed_at: When | None
    due_at: When | None
    light: str | None
    paused: bool
    version: int


class CaseWhole(CaseOut):
    """A case with the parts of its units."""

    merged_into: str | None
    parent: str | None
    parts: list[PartOut]


class CasePage(Out):
    """Cases, the newest first."""

    items: list[CaseOut]
    next: str | None


@route(
    "POST",
    "/cases",
    audience=REPORTERS,
    answer={201: Reported, 200: Reported},
    cost=2,
    as_one=True,
    tag="cases",
    summary="上报",
)
def report(request: HttpRequest, data: ReportIn) -> Given:
    """Take in a problem somebody saw.

    `ref` is your own number for it: the same one again is the same report, answered 200 and
    without its receipt code. Without one the Idempotency-Key is taken.
    """
    actor = actor_of(request)
    ref = data.ref or hashlib.sha256(key_of(request).encode()).hexdigest()
    unheard = not data.ref and not is_again()
    taken, code = actions.report(intake_of(actor, data, ref), actor=actor, unheard=unheard)
    case = taken.case
    where = f"/api/v1/cases/{case.number}"
    headers = {"Location": where, "ETag": f'"{case.version}"'}
    return Given(reported(case, code), 201 if code else 200, headers)


def intake_of(actor: Actor, data: ReportIn, ref: str) -> Intake:
    """What a client says, as every channel says it."""
    return Intake(
        source=actor.ref,
        source_ref=ref,
        channel=data.channel,
        text=data.text,
        address=data.address,
        lon=data.lon,
        lat=data.lat,
        place=place_called(data.place) if data.place and data.lon is None else None,
        kind=kind_called(data.kind) if data.kind else None,
        photos=photos_named(actor, data.photos),
        name=data.name,
        phone=data.phone,
        occurred_at=data.occurred_at,
    )


def reported(case: Case, code: str) -> Reported:
    """The answer to a report; the code is empty for one that was there already."""
    return Reported(
        number=case.number,
        receipt=code or None,
        stage=case.stage,
        place=place_out(case.place),
        centre=unit_out(case.centre),
        reported_at=case.reported_at,
        due_at=case.due_at,
        version=case.version,
    )


@route(
    "GET",
    "/cases",
    audience=LOOKERS,
    answer=CasePage,
    name="list_cases",
    cost=2,
    query=(*PAGE, "stage", "open", "kind", "place", "centre", "reported_from", "reported_to"),
    tag="cases",
    summary="案件列表",
)
def list_cases(
    request: HttpRequest,
    stage: Annotated[Stage | None, Query()] = None,
    is_open: Annotated[bool | None, Query(alias="open", description="只看在办的")] = None,
    kind: Annotated[Code | None, Query()] = None,
    place: Annotated[Code | None, Query(description="区域及其下辖")] = None,
    centre: Annotated[Code | None, Query()] = None,
    reported_from: Annotated[Moment | None, Query()] = None,
    reported_to: Annotated[Moment | None, Query()] = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Given:
    """Cases this key may see, the newest first. New ones never shift the pages after the first."""
    actor = actor_of(request)
    rows = rules.visible_to(actor, start=rules.start_of_newest(actor)).order_by("-id")
    if stage is not None:
        rows = rows.filter(stage=stage)
    if is_open is not None:
        rows = rows.open() if is_open else rows.exclude(stage__in=OPEN)
    if kind:
        rows = rows.filter(kind__code=kind)
    if place:
        within = place_called(place)
        rows = rows.filter(place_number__range=(within.first, within.last))
    if centre:
        rows = rows.filter(centre__code=centre)
    if reported_from:
        rows = rows.filter(reported_at__gte=reported_from)
    if reported_to:
        rows = rows.filter(reported_at__lt=reported_to)
    last = paging.after(request, cursor)
    if last is not None:
        rows = rows.filter(pk__lt=last)
    found = list(rows.with_row()[: limit + 1])
    shown = [CaseOut(**_facts(case)) for case in found]
    end = found[limit - 1].pk if len(found) > limit else None
    return paging.page(request, CasePage, shown, limit=limit, last=end)


@route("GET", "/cases/{number}", audience=LOOKERS, answer=CaseWhole, tag="cases", summary="案件")
def get_case(request: HttpRequest, number: Number) -> Given:
    """A case as it stands; `ETag` names its version, for `If-Match` of a move."""
    rows: CaseQuerySet = rules.visible_to(actor_of(request)).with_row()
    case = case_of(actor_of(request), number, rows=rows.select_related("merged_into", "parent"))
    parts = case.assignments.exclude(state=Assignment.State.LEFT).select_related("unit")
    body = CaseWhole(
        **_facts(case),
        merged_into=case.merged_into.number if case.merged_into else None,
        parent=case.parent.number if case.parent else None,
        parts=[_part(part) for part in parts],
    )
    return Given(body, headers={"ETag": f'"{case.version}"'})


def _part(part: Assignment) -> PartOut:
    lamp = timing.lamp(part, now=timezone.now())
    return PartOut(
        unit=unit_out(part.unit),
        lead=part.lead,
        state=part.state,
        due_at=part.due_at,
        light=lamp["light"],
    )


def _facts(case: Case) -> dict[str, Any]:
    """What both shapes of a case say."""
    return {
        "number": case.number,
        "stage": str(case.stage),
        "stage_title": str(case.get_stage_display()),
        "direction": case.direction,
        "channel": case.channel,
        "round": case.round,
        "outcome": case.outcome or None,
        "kind": kind_out(case.kind) if case.kind else None,
        "place": place_out(case.place),
        "centre": unit_out(case.centre),
        "address": case.address,
        "lon": case.lon,
        "lat": case.lat,
        "reported_at": case.reported_at,
        "last_at": case.last_at,
        "closed_at": case.closed_at,
        "due_at": case.due_at,
        "light": timing.lamp(case, now=timezone.now())["light"],
        "paused": case.paused,
        "version": case.version,
    }

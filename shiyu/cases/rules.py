"""Who may do what with a case, and which cases anyone sees (权限与可见范围)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import BooleanField, OuterRef, Q, QuerySet, Subquery, Value
from django.utils.translation import gettext as _

from shiyu.cases.channels import Channel
from shiyu.cases.lifecycle import HANDLE, INTAKE, MOVES, PATROL, VERIFY, Stage
from shiyu.cases.models import Assignment, Case, CaseQuerySet, Report
from shiyu.cases.replay import Standing
from shiyu.cases.replay.offers import offered
from shiyu.common.errors import NotAllowed
from shiyu.people.actors import Actor, Scope
from shiyu.people.duties import LOOK, LOOKING

PROGRAM_MAY = frozenset({"resume", "import_close", "hand_over"})
REPORTER_MAY = frozenset({"withdraw", "reopen", "remark"})
WHO = ("case", "by_person", "source")
"""What is asked of a report to know who made it."""
FEW, MANY = 5_000, 20_000
"""So many parts of a unit are sorted sooner than the newest cases of a city are gone through."""


@dataclass(frozen=True, slots=True)
class Concern:
    """What permission asks of a case: live rows and made-up histories both answer it.

    units      all units that have or had a part.
    reporters  references of the actors who reported it.
    """

    place_number: int
    centre_id: int
    units: frozenset[int]
    reporters: frozenset[str]


def concern(case: Case) -> Concern:
    """The live case's answers, in two queries."""
    units = Assignment.objects.filter(case=case).values_list("unit_id", flat=True)
    return concern_of(case, units, Report.objects.filter(case=case).only(*WHO))


def concern_of(case: Case, units: Iterable[int], reports: Iterable[Report]) -> Concern:
    """The same of what has been read already.

    Who enters what somebody else saw (a hotline clerk) is not its reporter.
    """
    reporters: set[str] = set()
    for report in reports:
        reporters.add(f"receipt:{report.pk}")
        if report.by_person_id and case.channel == Channel.PATROL:
            reporters.add(f"person:{report.by_person_id}")
        if report.source.startswith("key:"):  # another system passes on what its reporter says
            reporters.add(report.source)
    return Concern(case.place_number, case.centre_id, frozenset(units), frozenset(reporters))


def may(actor: Actor, name: str, case: Concern, *, unit: int | None = None) -> bool:
    """Whether this actor may make this move here; the stage is not asked.

    unit  the part the move concerns: a handler may speak only for a unit of their own.
    """
    if actor.kind == "program":
        return name in PROGRAM_MAY
    if actor.ref in case.reporters and name in REPORTER_MAY:
        return True
    if actor.kind == "receipt":
        return False
    return any(_by_duty(actor, duty, case, unit) for duty in MOVES[name].duties)


def must(actor: Actor, name: str, case: Case) -> None:
    """The same, refused in the words in which the move itself refuses it.

    Raises   NotAllowed.
    """
    if not may(actor, name, concern(case)):
        raise not_yours(name)


def not_yours(name: str) -> NotAllowed:
    """What somebody is told who may not make a move of a case that they see."""
    return NotAllowed(_("您的岗位不能对这件案件“%(move)s”") % {"move": MOVES[name].title})


def _by_duty(actor: Actor, duty: str, case: Concern, unit: int | None) -> bool:
    if duty == HANDLE:
        own = actor.units(HANDLE) & case.units
        return unit in own if unit is not None else bool(own)
    here = [s for s in actor.scopes(duty) if s.covers(case.place_number)]
    if duty in {VERIFY, PATROL}:
        return bool(here)
    return any(s.unit_id == case.centre_id for s in here)


class Start(Enum):
    """Where the database begins to look for the cases somebody may know of; they are the same.

    EACH  at each case found otherwise: who takes part in it? For one case, for some named ones,
          for those of a stage, for the newest where many of them are the actor's.
    OWN   at what the actor's units ever had: for the newest or a rare sort of few.
    SET   at the newest, with what the units ever had read first: where it is neither few nor many.
    """

    EACH = "each"
    OWN = "own"
    SET = "set"

    @property
    def to_count(self) -> "Start":
        """Where a count or a search of the same actor begins."""
        return self if self is Start.EACH else Start.OWN


def visible_to(actor: Actor, *, start: Start = Start.EACH) -> CaseQuerySet:
    """Every case this actor may know of; all others do not exist for them (可见案件).

    Duties over places show their subtree; handling shows what was sent to the unit; a reporter
    sees what they reported. The program's own jobs see all.
    """
    if actor.kind == "program":
        return Case.objects.all()
    if actor.kind == "receipt":
        return Case.objects.filter(pk__in=Report.objects.filter(pk=actor.id).values("case_id"))
    if actor.kind not in {"person", "key"} or not actor.held:
        return Case.objects.none()
    ways = [Q(place_number__range=(s.first, s.last)) for s in _widest(actor)]
    units = actor.units(HANDLE)
    parts, said = Assignment.objects.filter(unit__in=units), _reported_by(actor)
    if start is Start.EACH:
        ways += [Q(_takes_part(parts))] if units else []
        ways.append(Q(_takes_part(said)))
        return Case.objects.filter(reduce(or_, ways))
    if start is Start.OWN and units and not ways:
        own = parts.order_by().values("case_id")
        return Case.objects.filter(pk__in=own.union(said.values("case_id")))
    ways += [Q(pk__in=parts.values("case_id"))] if units else []
    ways.append(Q(pk__in=said.values("case_id")))
    return Case.objects.filter(reduce(or_, ways))


def _takes_part(some: "QuerySet[Any]") -> Subquery:
    """Whether one of these is of the case: asked of each case (by EXISTS PostgreSQL may read all).

    It then makes a set of them first, as if every case of the city would be asked about.
    """
    of_it = some.filter(case=OuterRef("pk")).order_by().annotate(one=Value(value=True))
    return Subquery(of_it.values("one")[:1], output_field=BooleanField())


def start_of_newest(actor: Actor) -> Start:
    """Where a list of the newest begins: by how many cases the actor's units ever had.

    Whoever goes through a large city from its newest case on comes to those of a small unit last;
    whoever reads first what a large unit ever had reads its whole history.
    """
    units = actor.units(HANDLE) if actor.kind in {"person", "key"} else frozenset()
    if not units:
        return Start.SET
    had = Assignment.objects.filter(unit__in=units).order_by().values("pk")[: MANY + 1].count()
    if had > MANY:
        return Start.EACH
    return Start.OWN if had <= FEW and not _widest(actor) else Start.SET


def knows_reporter(actor: Actor, case: Case) -> bool:
    """Whether this actor takes the case in, and so learns who reported it, masked (受理)."""
    here = [s for s in actor.scopes(INTAKE) if s.covers(case.place_number)]
    return any(s.unit_id == case.centre_id for s in here)


def known_reporters(actor: Actor) -> CaseQuerySet:
    """The cases of which this actor is told who reported them, masked: `knows_reporter`."""
    ways = [
        Q(place_number__range=(s.first, s.last), centre=s.unit_id) for s in actor.scopes(INTAKE)
    ]
    return visible_to(actor).filter(reduce(or_, ways)) if ways else Case.objects.none()


def may_see(actor: Actor, subject: str) -> bool:
    """Whether this actor may see the case of this name, e.g. case:17: the policy of its photos."""
    pk = subject.partition(":")[2]
    return pk.isdecimal() and visible_to(actor).filter(pk=int(pk)).exists()


def _reported_by(actor: Actor) -> "QuerySet[Report]":
    """What this person or key reported; a key is the source of what it sends."""
    if actor.kind == "key":
        return Report.objects.filter(source=actor.ref)
    return Report.objects.filter(by_person=actor.id)


def _widest(actor: Actor) -> list[Scope]:
    """The looking scopes without those inside another, so that the query stays small."""
    widest: list[Scope] = []
    for scope in sorted(actor.scopes(*LOOKING, LOOK), key=lambda s: (s.first, -s.last)):
        if not widest or scope.last > widest[-1].last:
            widest.append(scope)
    return widest


def open_moves(
    actor: Actor, case: Case, standing: Standing, *, about: Concern | None = None
) -> list[str]:
    """Moves this actor can make with this case right now, in table order.

    about  the case's concern where it is known already.
    """
    about = about or concern(case)
    own = own_part(actor, standing)
    return [
        name
        for name, move in MOVES.items()
        if standing.stage in move.sources
        and may(actor, name, about, unit=own if HANDLE in move.duties and own else None)
        and offered(standing, name, actor.ref, own)
    ]


def own_part(actor: Actor, standing: Standing) -> int | None:
    """The unit for which this actor has a part in the case, the active one first."""
    own = [u for u in standing.parts if u in actor.units(HANDLE)]
    return next((u for u in own if standing.parts[u].active), own[0] if own else None)


def reopens_until(case: Case) -> datetime:
    """Until when a reporter's "not fixed" reopens a closed case (重办期限)."""
    closed = case.closed_at or case.last_at
    return closed + timedelta(days=case.procedure.reopen_days)


def why_not_closed(case: Case, standing: Standing) -> list[str]:
    """What still stands between this case and its closure, in the order of the work."""
    if standing.stage not in {s for s in Stage if s not in {Stage.VERIFIED, Stage.CLOSED}}:
        return []
    missing = []
    if standing.stage in {Stage.REPORTED, Stage.ACCEPTED}:
        missing.append(_("还没有立案"))
    if standing.check_open:
        missing.append(_("立案前核查没有反馈"))
    if standing.stage == Stage.FILED:
        missing.append(_("还没有派遣"))
    for part in standing.parts.values():
        if part.active and part.state != "handled":
            missing.append(_("有承办单位没有反馈"))
            break
    if standing.stage == Stage.SUSPENDED:
        missing.append(_("案件正在挂账"))
    is_order = case.direction == Case.Direction.DOWN  # only an order has children
    if is_order and Case.objects.filter(parent=case).open().exists():
        missing.append(_("有分解出的案件没有办结"))
    missing.append(_("核查未完成"))
    return missing

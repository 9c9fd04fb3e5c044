"""Queues are duties: what waits for the person who looks, as a query each (待办队列)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, FilteredRelation, Q, QuerySet, Value
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from shiyu.cases import rules
from shiyu.cases.lifecycle import COMMAND, DISPATCH, HANDLE, INTAKE, PATROL, VERIFY, Stage
from shiyu.cases.models import Case, CaseQuerySet
from shiyu.people.actors import Actor
from shiyu.people.duties import Duty

COUNTED_TO = 1000
"""A queue is counted exactly up to here, and 「1000+」 after."""

Choose = Callable[[Actor], Q]


@dataclass(frozen=True, slots=True)
class Queue:
    """One kind of work that waits (队列).

    waits    which of the visible cases wait for this actor.
    duties   holding any of them shows the queue.
    states   of the actor's own part: the queue is sorted by that part's due time.
    newest   newest first instead of by time left: for lists that are not work.
    """

    name: str
    title: StrPromise
    words: str
    duties: tuple[str, ...]
    waits: Choose
    stages: frozenset[Stage] = frozenset()
    states: tuple[str, ...] = ()
    newest: bool = False

    @property
    def due(self) -> str:
        """The due time by which it is sorted; "" for newest first."""
        if self.newest:
            return ""
        return "part_due" if self.states else "due_at"

    def cases(self, actor: Actor, *, start: rules.Start = rules.Start.EACH) -> CaseQuerySet:
        """What waits for this actor, unsorted; nothing they may not see."""
        cases = rules.visible_to(actor, start=start)
        if self.states:
            cases = with_own_part(cases, actor, self.states)
        return cases.filter(self.waits(actor))

    def elsewhere(self, actor: Actor) -> CaseQuerySet:
        """All visible cases at these stages, whoever they wait for (全部)."""
        return rules.visible_to(actor).filter(stage__in=self.stages)


def with_own_part(cases: CaseQuerySet, actor: Actor, states: Iterable[str]) -> CaseQuerySet:
    """Cases in which a unit of the actor has a part in one of these states, with its times."""
    own = Q(assignments__unit__in=actor.units(HANDLE), assignments__state__in=tuple(states))
    joined = cases.alias(own=FilteredRelation("assignments", condition=own))
    return joined.filter(own__isnull=False).annotate(
        part_due=F("own__due_at"), part_yellow=F("own__yellow_at"), part_paused=F("own__paused")
    )


def _at_centre(duty: str, *stages: Stage) -> Choose:
    return lambda actor: Q(centre__in=actor.units(duty), stage__in=stages)


def _to_dispatch(actor: Actor) -> Q:
    objected = ~Q(awaits=[]) & Q(awaits__contains=["objection"])  # as the partial index has it
    waits = Q(stage=Stage.FILED) | objected
    return waits & Q(centre__in=actor.units(DISPATCH))


def _to_decide(actor: Actor) -> Q:
    first = Q(awaits__overlap=["extension", "suspension"], centre__in=actor.units(DISPATCH))
    second = Q(awaits__overlap=["endorsed", "void", "appeal"], centre__in=actor.units(COMMAND))
    return ~Q(awaits=[]) & (first | second)


def _here(actor: Actor, *duties: str) -> Q:
    scopes = actor.scopes(*duties)
    return reduce(or_, (Q(place_number__range=(s.first, s.last)) for s in scopes), Q(pk__in=()))


def _of_handler(*stages: Stage) -> Choose:
    return lambda _actor: Q(stage__in=stages)


WORKING = (Duty.INTAKE, Duty.DISPATCH, Duty.COMMAND, Duty.HANDLE, Duty.VERIFY, Duty.PATROL)
UNITS_WORK = (Stage.DISPATCHED, Stage.HANDLING)

QUEUES: dict[str, Queue] = {
    queue.name: queue
    for queue in (
        Queue(
            "to_accept",
            _("待受理"),
            "dsl daishouli",
            (INTAKE,),
            _at_centre(INTAKE, Stage.REPORTED),
            frozenset({Stage.REPORTED}),
        ),
        Queue(
            "to_file",
            _("待立案"),
            "dla dailian",
            (INTAKE,),
            _at_centre(INTAKE, Stage.ACCEPTED),
            frozenset({Stage.ACCEPTED}),
        ),
        Queue(
            "to_dispatch",
            _("待派遣"),
            "dpq daipaiqian",
            (DISPATCH,),
            _to_dispatch,
            frozenset({Stage.FILED}),
        ),
        Queue(
            "to_decide",
            _("待我审批"),
            "dwsp daiwoshenpi",
            (DISPATCH, COMMAND),
            _to_decide,
        ),
        Queue(
            "to_sign",
            _("待签收"),
            "dqs daiqianshou",
            (HANDLE,),
            _of_handler(*UNITS_WORK),
            states=("sent",),
        ),
        Queue(
            "handling",
            _("处置中"),
            "czz chuzhizhong",
            (HANDLE,),
            _of_handler(*UNITS_WORK),
            states=("signed",),
        ),
        Queue(
            "to_check",
            _("待现场核实"),
            "dxchs daixianchang",
            (VERIFY, PATROL),
            lambda actor: (
                ~Q(awaits=[]) & Q(awaits__contains=["check"]) & _here(actor, VERIFY, PATROL)
            ),
        ),
        Queue(
            "to_verify",
            _("待核查"),
            "dhc daihecha",
            (VERIFY,),
            lambda actor: Q(stage=Stage.HANDLED) & _here(actor, VERIFY),
            frozenset({Stage.HANDLED}),
        ),
        Queue(
            "to_close",
            _("待结案"),
            "dja daijiean",
            (INTAKE,),
            _at_centre(INTAKE, Stage.VERIFIED),
            frozenset({Stage.VERIFIED}),
        ),
        Queue(
            "suspended",
            _("挂账"),
            "gz guazhang",
            (DISPATCH, COMMAND, HANDLE),
            lambda _actor: Q(stage=Stage.SUSPENDED),
        ),
        Queue(
            "mine",
            _("我上报的"),
            "wsbd woshangbao",
            (*WORKING, Duty.REPORT),
            lambda actor: Q(pk__in=_reported_by(actor)),
            newest=True,
        ),
        Queue("all", _("全部"), "qb quanbu", WORKING, lambda _actor: Q(), newest=True),
    )
}
"""Every queue by name, in the order of the work."""


def _reported_by(actor: Actor) -> object:
    return Case.objects.filter(reports__by_person=actor.id).values("pk")


def held_by(actor: Actor) -> list[Queue]:
    """The queues of this actor's duties."""
    return [queue for queue in QUEUES.values() if actor.holds(*queue.duties)]


def counted(cases: CaseQuerySet) -> int:
    """How many, looking no further than one past the bound."""
    return cases.order_by().values("pk")[: COUNTED_TO + 1].count()


Counting = tuple[str, tuple[Any, ...]]
"""A statement that counts, and its values."""


def counting(cases: "QuerySet[Any]") -> Counting:
    """The statement that counts these, looking no further than the bound."""
    some = cases.order_by().annotate(one=Value(1)).values("one")[: COUNTED_TO + 1]
    try:
        text, params = some.query.sql_with_params()
    except EmptyResultSet:
        text, params = "SELECT 1 WHERE false", ()
    return f"(SELECT count(*) FROM ({text}) AS counted)", tuple(params)  # noqa: S608 - Django's own


def counted_each(asked: Sequence[Counting]) -> list[int]:
    """What each of these statements counts: one query for all of them."""
    if not asked:
        return []
    values = [value for _text, params in asked for value in params]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(text for text, _params in asked)}", values)
        return list(cursor.fetchone())


@lru_cache(maxsize=1024)
def counting_work(actor: Actor) -> tuple[tuple[str, ...], tuple[Counting, ...]]:
    """The names of the actor's queues of work, and how each is counted.

    Kept for as long as somebody's duties stay the same: to say these statements again would take
    longer than to carry them out.
    """
    work = [queue for queue in held_by(actor) if not queue.newest]  # the others are no work
    return tuple(queue.name for queue in work), tuple(counting(q.cases(actor)) for q in work)


@lru_cache(maxsize=1024)
def counting_all(actor: Actor, name: str) -> Counting:
    """How all visible cases at this queue's stages are counted, whoever they wait for (全部)."""
    return counting(QUEUES[name].elsewhere(actor))


def shown_count(count: int) -> str:
    """A bounded count for a reader: 「1000+」 past the bound."""
    return f"{COUNTED_TO}+" if count > COUNTED_TO else str(count)

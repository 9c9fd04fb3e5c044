"""Handing the open work of a unit to those that take its place (机构变更移交)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from shiyu.cases.actions.tell import handlers_of
from shiyu.cases.actions.turn import begin
from shiyu.cases.models import Assignment, Case, CaseQuerySet
from shiyu.common.errors import OutOfOrder, Refused
from shiyu.common.wall import beyond
from shiyu.journal.actions import moment
from shiyu.notices.actions import owe
from shiyu.people.actors import Actor
from shiyu.people.models import Heir, Unit, UnitChange
from shiyu.places.models import Place

LIVE = (*("sent", "signed", "handled"), Assignment.State.OBJECTED)
HANDED = "unit-changes"


@dataclass(frozen=True, slots=True)
class Share:
    """What one heir takes: within these numbers of places, of these kinds (承接范围)."""

    unit: Unit
    places: tuple[tuple[int, int], ...]
    kinds: frozenset[str]

    def takes(self, case: Case) -> bool:
        """Whether this case is the heir's; an empty list asks nothing."""
        here = any(first <= case.place_number <= last for first, last in self.places)
        kind = case.kind
        named = kind is not None and bool({kind.code, kind.major_code} & self.kinds)
        return (here or not self.places) and (named or not self.kinds)


def open_work(units: Iterable[int]) -> CaseQuerySet:
    """Open cases in which one of these units has a live part or is the centre."""
    ids = list(units)
    parts = Assignment.objects.filter(unit__in=ids, state__in=LIVE).values("case_id")
    return Case.objects.open().filter(Q(pk__in=parts) | Q(centre__in=ids))


@transaction.atomic
def hand_over(case: Case, *, unit: Unit, to: Unit, actor: Actor, change: int | None = None) -> Case:
    """Put the successor in the place of a unit in one open case; its clock goes on (移交).

    Only the program does this, when a unit was merged or split: nobody moves cases by hand past
    the desk. The old unit's part stays in the record as left.

    Raises  Refused  if both are the same; OutOfOrder for an objection in a suspended case.
    """
    if unit.pk == to.pk:
        raise Refused("the successor is the unit itself")
    turn = begin(case, "hand_over", actor=actor)
    facts: dict[str, int] = {"change": change} if change else {}
    changes: dict[str, object] = {}
    if turn.case.centre_id == unit.pk:
        changes, facts = {"centre": to}, facts | {"centre": to.pk}
    return turn.finish(unit=unit.pk, units=[to.pk], facts=facts, changes=changes)


def hand_over_some(change: UnitChange, most: int) -> int:
    """Hand over up to `most` of the open cases of a unit that has ended; returns how many.

    Each in a transaction of its own (or a savepoint of the caller's): whoever is killed in the
    middle begins again with what is left. A case that cannot go over now is tried again later.
    """
    heirs = Heir.objects.filter(change=change).select_related("unit").order_by("ordinal")
    shares, last = _shares(list(heirs)), 0
    actor = Actor.program(HANDED)
    taken: Counter[int] = Counter()
    while taken.total() < most:
        waiting = open_work([change.unit_id]).filter(pk__gt=last).order_by("pk")
        batch = list(waiting.select_related("kind")[: min(200, most - taken.total())])
        if not batch:
            break
        for case in batch:
            last = case.pk
            to = heir_of(case, shares)
            try:
                hand_over(case, unit=change.unit, to=to, actor=actor, change=change.pk)
            except OutOfOrder:
                continue
            taken[to.pk] += 1
    _tell_heirs(change, taken)
    return taken.total()


def _tell_heirs(change: UnitChange, taken: Mapping[int, int]) -> None:
    """Tell those at work for an heir how much has come to them: one notice, not one a case."""
    for unit, count in taken.items():
        told = {"unit": change.unit.name, "count": count}
        people = sorted(handlers_of([unit]))
        owe(people, f"unit:{unit}", "handed_over", facts=told, at=moment())


def heir_of(case: Case, shares: Sequence[Share]) -> Unit:
    """Who takes this case: the first whose share it is, else the last."""
    return next((share.unit for share in shares if share.takes(case)), shares[-1].unit)


@beyond("work of a unit")
def dealt(unit: Unit, heirs: Sequence[Heir]) -> list[int]:
    """How many of a unit's open cases each of these heirs would take (移交预览)."""
    counts = dict.fromkeys((heir.unit.pk for heir in heirs), 0)
    shares = _shares(heirs)
    cases = open_work([unit.pk]).select_related("kind").only("place_number", "kind")
    for case in cases.iterator():
        counts[heir_of(case, shares).pk] += 1
    return list(counts.values())


def _shares(heirs: Sequence[Heir]) -> list[Share]:
    codes = {code for heir in heirs for code in heir.places}
    spans = {
        code: (first, last)
        for code, first, last in Place.objects.filter(code__in=codes).values_list(
            "code", "first", "last"
        )
    }
    return [
        Share(
            heir.unit,
            tuple(spans[code] for code in heir.places if code in spans) or _nowhere(heir),
            frozenset(heir.kinds),
        )
        for heir in heirs
    ]


def _nowhere(heir: Heir) -> tuple[tuple[int, int], ...]:
    """Places that are gone hold nothing; no places at all means everywhere."""
    return ((1, 0),) if heir.places else ()

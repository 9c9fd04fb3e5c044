"""What an edit of the tree touches: places, cases, the scopes of people (影响范围).

Cases lie above this module: they add themselves to `counters` when the program starts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from shiyu.people.models import PostDuty, Unit
from shiyu.places import rules
from shiyu.places.models import Address, Place

Counter = Callable[[int, int], Sequence[tuple[str, int]]]
"""From the numbers of a subtree to what there is in it, as words and a count."""

counters: list[Counter] = []
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Reach:
    """What lies in a subtree, and whose scope it enters or leaves."""

    below: list[Place]
    counts: list[tuple[str, int]]
    losing: list[PostDuty] = field(default_factory=list)
    gaining: list[PostDuty] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)


def reach_of(place: Place, *, to: Place | None = None) -> Reach:
    """What an edit of this place touches.

    to  the parent it would get: who looks over it then and not now, and the other way round.
    """
    below = list(
        rules.below(place).filter(closed_on__isnull=True).exclude(pk=place.pk)[: SHOWN + 1]
    )
    counts = [found for counter in counters for found in counter(place.first, place.last)]
    addresses = Address.objects.filter(
        place__first__range=(place.first, place.last), closed_on__isnull=True
    )
    counts.append(("addresses", addresses.count()))
    codes = [place.code, *(row.code for row in below)]
    units = list(Unit.objects.filter(place_code__in=codes, ended_on=None)[:SHOWN])
    if to is None:
        return Reach(below, counts, units=units)
    now, then = _above(place.parent), _above(to)
    return Reach(
        below,
        counts,
        losing=_duties(now - then),
        gaining=_duties(then - now),
        units=units,
    )


def _above(place: Place | None) -> set[str]:
    return {row.code for row in rules.path_of(place.first)} if place else set()


def _duties(codes: set[str]) -> list[PostDuty]:
    duties = PostDuty.objects.filter(place_code__in=codes).select_related("post__unit")
    return list(duties.order_by("post__unit__name", "duty")[:SHOWN])

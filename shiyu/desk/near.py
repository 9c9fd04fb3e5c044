"""Open cases of the same kind close by: perhaps the same thing, a person decides (相似案件)."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from shiyu.cases import rules
from shiyu.cases.models import Case
from shiyu.people.actors import Actor
from shiyu.places.coordinates import metres_between

METRES = 100
DAYS = 30
SHOWN = 5
METRES_IN_DEGREE = 111_320


@dataclass(frozen=True, slots=True)
class Near:
    """Another case and how far away it is."""

    case: Case
    metres: int


def near_to(case: Case, actor: Actor, *, now: datetime) -> list[Near]:
    """Visible open cases of the last 30 days within 100 m, of the same kind where it is known."""
    if case.lon is None or case.lat is None:
        return []
    north = METRES / METRES_IN_DEGREE
    east = north / max(math.cos(math.radians(case.lat)), 0.01)
    close_by = (
        rules.visible_to(actor)
        .open()
        .filter(
            reported_at__gte=now - timedelta(days=DAYS),
            lon__range=(case.lon - east, case.lon + east),
            lat__range=(case.lat - north, case.lat + north),
        )
        .exclude(pk=case.pk)
    )
    if case.kind_id is not None:
        close_by = close_by.filter(kind=case.kind_id)
    else:
        close_by = close_by.filter(place_number=case.place_number)
    found = [Near(other, _metres(case, other)) for other in close_by.with_row()[: SHOWN * 4]]
    inside = [near for near in found if near.metres <= METRES]
    return sorted(inside, key=lambda near: (near.metres, near.case.pk))[:SHOWN]


def _metres(case: Case, other: Case) -> int:
    here, there = (case.lon or 0.0, case.lat or 0.0), (other.lon or 0.0, other.lat or 0.0)
    return round(float(metres_between(*here, *there)))

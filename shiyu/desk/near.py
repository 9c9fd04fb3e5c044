"""Open cases of the same kind close by: perhaps the same thing, a person decides (相似案件)."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.core.exceptions import EmptyResultSet

from shiyu.cases import rules
from shiyu.cases.models import Case, CaseQuerySet
from shiyu.common.ready import ANY, Select
from shiyu.people.actors import Actor
from shiyu.places.coordinates import metres_between

METRES = 100
DAYS = 30
SHOWN = 5
ROW = ("number", "address", "stage", "lon", "lat", "kind__name")
METRES_IN_DEGREE = 111_320
SIDES = (1.0625, 2.0625, 3.0625, 4.0625)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""Samples of what is asked for: where the values stand in the statement."""


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
    box = (case.lon - east, case.lon + east, case.lat - north, case.lat + north)
    same = case.place_number if case.kind_id is None else case.kind_id
    try:
        others = _close_by(actor, with_kind=case.kind_id is not None)(
            now - timedelta(days=DAYS), *box, case.pk, same
        )
    except EmptyResultSet:  # whoever sees nothing
        return []
    found = [Near(other, _metres(case, other)) for other in others]
    inside = [near for near in found if near.metres <= METRES]
    return sorted(inside, key=lambda near: (near.metres, near.case.pk))[:SHOWN]


@lru_cache(maxsize=512)
def _close_by(actor: Actor, *, with_kind: bool) -> Select[Case]:
    """The statement that finds them, kept for as long as somebody's duties stay the same."""

    def build(
        since: datetime, west: float, east: float, south: float, north: float, own: int, same: int
    ) -> CaseQuerySet:
        # said as an index of open cases has it: a list of stages would be given anew each time
        seen = rules.visible_to(actor).filter(closed_at__isnull=True, reported_at__gte=since)
        inside = seen.filter(lon__range=(west, east), lat__range=(south, north)).exclude(pk=own)
        alike = inside.filter(kind=same) if with_kind else inside.filter(place_number=same)
        return alike.select_related("kind").only(*ROW)[: SHOWN * 4]

    return Select(build, LONG_AGO, *SIDES, ANY, ANY + 30)


def _metres(case: Case, other: Case) -> int:
    here, there = (case.lon or 0.0, case.lat or 0.0), (other.lon or 0.0, other.lat or 0.0)
    return round(float(metres_between(*here, *there)))

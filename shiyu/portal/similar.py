"""Whether somebody has reported the same already (可能重复)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, radians

from django.utils import timezone
from django.utils.crypto import salted_hmac

from shiyu.cases.models import Case
from shiyu.common.wall import beyond
from shiyu.places.coordinates import metres_between
from shiyu.portal.models import Draft
from shiyu.portal.track import plain_stage

RADIUS_M = 100
DAYS = 30
SHOWN_MOST = 3
DEGREE_M = 111_000


@dataclass(frozen=True, slots=True)
class Similar:
    """An open case of the same kind close by, and all that a stranger may know of it.

    mark  stands for the case in this draft's form; it says nothing of which case it is.
    """

    case: Case
    metres: int
    mark: str

    @property
    def kind(self) -> str:
        return str(self.case.kind)

    @property
    def stage(self) -> str:
        return plain_stage(self.case)

    @property
    def reported_at(self) -> datetime:
        return self.case.reported_at


@beyond("similar")
def to_draft(draft: Draft) -> Sequence[Similar]:
    """Open reports of this kind within 100 m and 30 days, the nearest first."""
    if draft.kind_id is None or draft.lon is None or draft.lat is None:
        return ()
    span = RADIUS_M / DEGREE_M
    wide = span / max(cos(radians(draft.lat)), 0.01)
    near = Case.objects.open().filter(
        kind=draft.kind_id,
        direction=Case.Direction.UP,
        reported_at__gte=timezone.now() - timedelta(days=DAYS),
        lon__range=(draft.lon - wide, draft.lon + wide),
        lat__range=(draft.lat - span, draft.lat + span),
    )
    found = [_similar(draft, case) for case in near.select_related("kind")[:50]]
    found = [s for s in found if s.metres <= RADIUS_M]
    return sorted(found, key=lambda s: s.metres)[:SHOWN_MOST]


def chosen(draft: Draft, mark: str) -> Case | None:
    """The case a mark stands for, while it is still open and close by."""
    return next((s.case for s in to_draft(draft) if s.mark == mark), None)


def _similar(draft: Draft, case: Case) -> Similar:
    points = draft.lon or 0.0, draft.lat or 0.0, case.lon or 0.0, case.lat or 0.0
    metres = round(float(metres_between(*points)))
    mark = salted_hmac("portal.similar", f"{draft.ref}\n{case.pk}", algorithm="sha256")
    return Similar(case, metres, mark.hexdigest()[:20])

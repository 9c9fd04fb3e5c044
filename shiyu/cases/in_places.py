"""How many cases a part of the city holds (区域内案件)."""

from shiyu.cases.models import Case
from shiyu.common.wall import beyond


@beyond("places anew")
def cases_within(first: int, last: int) -> list[tuple[str, int]]:
    """Open cases, and all of them, in the places with these numbers; for places.reach."""
    within = Case.objects.filter(place_number__range=(first, last))
    return [("open cases", within.open().count()), ("cases", within.count())]

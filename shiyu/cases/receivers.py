"""What cases do when something below them changes."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

FOLLOW = """
    UPDATE cases_case SET place_number = places_place.first
      FROM places_place
     WHERE places_place.id = cases_case.place_id
       AND cases_case.place_id = ANY(%s)
       AND cases_case.place_number <> places_place.first
"""


def follow_places(place_ids: Sequence[int], **_more: Any) -> None:
    """Take over new numbers of places, in the transaction that gives them (随区域重编).

    A scope is compared with the number a case carries: an old one would show the case to the
    wrong people. Nothing that happened to a case changes, so no line is written.
    """
    with connection.cursor() as cursor:
        cursor.execute(FOLLOW, [list(place_ids)])

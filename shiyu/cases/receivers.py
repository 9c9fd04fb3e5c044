"""What cases do when something below them changes."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.dispatch import receiver

from shiyu.cases import search
from shiyu.cases.models import Case
from shiyu.common.wall import beyond
from shiyu.journal.events import erased
from shiyu.journal.models import Remark

FOLLOW = """
    UPDATE cases_case SET place_number = places_place.first
      FROM places_place
     WHERE places_place.id = cases_case.place_id
       AND cases_case.place_id = ANY(%s)
       AND cases_case.place_number <> places_place.first
"""


@beyond("places anew")
def follow_places(place_ids: Sequence[int], **_more: Any) -> None:
    """Take over new numbers of places, in the transaction that gives them (随区域重编).

    A scope is compared with the number a case carries: an old one would show the case to the
    wrong people. Nothing that happened to a case changes, so no line is written.
    """
    with connection.cursor() as cursor:
        cursor.execute(FOLLOW, [list(place_ids)])


@receiver(erased)
@beyond("erased words")
def forget_words(remark: Remark, **_more: Any) -> None:
    """Find a case no longer by words that were erased, in the transaction that erases them."""
    kind, _, pk = remark.subject.partition(":")
    if kind != "case":
        return
    case = Case.objects.select_related("kind", "place").defer("place__boundary").get(pk=int(pk))
    search.index(case, search.words_said(case))

"""The canary's notice: owed, sent and settled as every other, and of nobody (金丝雀通知).

It goes by the ordinary connectors to the verified addresses of who keeps watch. Its kind keeps it
out of the list of deliveries; it belongs to no case and no subscription hears of it.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from shiyu.notices.actions.owing import owe_deliveries
from shiyu.notices.lifecycle import Channel, State
from shiyu.notices.models import Address, Delivery

KIND = "canary"
THERE = frozenset({State.SENT, State.ARRIVED})


@transaction.atomic
def owe_canary(flight: str, people_ids: Iterable[int]) -> int:
    """Owe each verified mail address of these people the canary of a flight; how many. Once."""
    now = timezone.now()
    found = Address.objects.filter(person_id__in=list(people_ids), channel=Channel.MAIL)
    owed = [
        Delivery(
            key=f"canary:{flight}:{address.pk}",
            channel=Channel.MAIL,
            kind=KIND,
            facts={"flight": flight},
            urgent=True,
            address=address,
            due_at=now,
            owed_at=now,
        )
        for address in found.exclude(verified_at=None)
    ]
    owe_deliveries(owed)
    return len(owed)


def canary_arrived(flight: str) -> bool:
    """Whether every notice of a flight has been taken by the city's mail server."""
    states = set(_of(flight).values_list("state", flat=True))
    return bool(states) and states <= THERE


def _of(flight: str) -> QuerySet[Delivery]:
    return Delivery.objects.filter(key__startswith=f"canary:{flight}:", kind=KIND)

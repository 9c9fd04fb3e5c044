"""Rosters follow their people: who leaves hands their places on (名册随人员变更)."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrPromise

from shiyu.journal.actions import record
from shiyu.people import following
from shiyu.people.actors import Actor
from shiyu.people.models import Person
from shiyu.places.models import RosterEntry


class Rosters:
    """Places on whose roster somebody stands (网格长、楼长等)."""

    title: StrPromise | str = gettext_lazy("名册上的职务（网格长、楼长等）")

    def count(self, person: Person) -> int:
        return _current(person).count()

    def hand_over(self, person: Person, *, to: Person, actor: Actor) -> int:
        """End each entry today and begin the same one for the other person."""
        today = timezone.localdate()
        entries = list(_current(person).select_for_update())
        for entry in entries:
            again = RosterEntry.objects.create(
                place_id=entry.place_id, title=entry.title, person=to, starts_on=today
            )
            entry.ends_on = max(entry.starts_on, today - timedelta(days=1))
            entry.save(update_fields=["ends_on"])
            facts = {"entry": entry.pk, "to": again.pk}
            record(f"place:{entry.place_id}", "hand_over_roster", actor=actor, facts=facts)
        return len(entries)


def _current(person: Person) -> QuerySet[RosterEntry]:
    today = timezone.localdate()
    going = Q(ends_on__isnull=True) | Q(ends_on__gte=today)
    return RosterEntry.objects.filter(going, person=person)


def register() -> None:
    """Let people know what is personal here."""
    following.personal.append(Rosters())

"""Somebody leaves: posts end, successors begin, what is personal finds a new owner (离任移交)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common.errors import Refused
from shiyu.journal.actions import record
from shiyu.people import following, rules
from shiyu.people.actions.access import appoint, end_appointment
from shiyu.people.actions.accounts import deactivate
from shiyu.people.actors import Actor
from shiyu.people.duties import Duty
from shiyu.people.models import Appointment, Person


@dataclass(frozen=True, slots=True)
class Departure:
    """How somebody leaves (离任安排).

    last_day    the last day in all posts; None: at once.
    successors  who takes over each post, by the appointment that ends; others stay empty.
    personal    who is given what is personal, or None to leave it where it is.
    close       whether the account is closed, which only a departure at once can do.
    """

    last_day: date | None = None
    successors: Mapping[int, Person] = field(default_factory=dict)
    personal: Person | None = None
    close: bool = False


@transaction.atomic
def depart(person: Person, how: Departure, *, actor: Actor) -> int:
    """End all posts of somebody who leaves and hand over what is theirs; returns how many things.

    Raises  Refused  for a last day gone by, an account closed while posts go on, and whatever
            appointing a successor refuses.
    """
    actor = rules.require(actor, Duty.SECURITY_ADMIN)
    rules.require_another(actor, person)
    if actor.kind == "person" and rules.administration_of([person.pk]):
        raise Refused(_("管理员离任由两人办理：在人员页上逐项离任，再停用账号"))
    today = timezone.localdate()
    if how.last_day is not None and how.last_day < today:
        raise Refused(_("最后一天不能早于今天"), field="last_day")
    if how.close and how.last_day is not None:
        raise Refused(_("到期离任的，离任以后再停用账号"), field="close")
    if how.personal is not None and how.personal.pk == person.pk:
        raise Refused(_("移交给另一个人"), field="personal")
    first = how.last_day + timedelta(days=1) if how.last_day else today
    for held in Appointment.objects.not_over().filter(person=person).order_by("pk"):
        successor = how.successors.get(held.pk)
        end_appointment(held, actor=actor, ends_on=how.last_day)
        if successor is not None:
            appoint(
                successor,
                held.post,
                starts_on=max(first, held.starts_on),
                ends_on=held.ends_on if held.acting_for_id else None,
                acting_for=held.acting_for,
                actor=actor,
            )
    handed = _hand_over(person, how.personal, actor) if how.personal else 0
    if how.close:
        deactivate(person, actor=actor)
    return handed


def _hand_over(person: Person, to: Person, actor: Actor) -> int:
    handed = sum(kind.hand_over(person, to=to, actor=actor) for kind in following.personal)
    if handed:
        facts = {"to": to.pk, "count": handed}
        record(f"person:{person.pk}", "hand_over", actor=actor, facts=facts)
    return handed

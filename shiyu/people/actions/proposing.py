"""Proposals to change an administrator's account: one proposes, another approves (账号变更申请)."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.journal.actions import moment, record
from shiyu.people import events, rules
from shiyu.people.actions import access, accounts, sessions
from shiyu.people.actions.two import Wanted, approved
from shiyu.people.actors import Actor
from shiyu.people.duties import Duty
from shiyu.people.lifecycle import ANOTHER, PROPOSAL_MOVES, Stage, What
from shiyu.people.models import Appointment, Person, Post, PostDuty, Proposal, Unit


@transaction.atomic
def propose(wanted: Wanted, *, actor: Actor) -> Proposal:
    """Put what one alone may not do before another administrator (提出变更).

    Raises  NotAllowed for whoever could not do it themself; OutOfOrder when it waits already.
    """
    actor = rules.require(actor, Duty.SECURITY_ADMIN)
    if wanted.what not in What.values:
        raise Refused(_("没有这种变更"))
    if wanted.person is not None:  # two at once do not both wait
        Person.objects.select_for_update(no_key=True).get(pk=wanted.person)
    facts = {name: str(v) if isinstance(v, date) else v for name, v in wanted.facts.items()}
    same = Proposal.objects.filter(what=wanted.what, person=wanted.person, facts=facts)
    if same.filter(stage=Stage.ASKED).exists():
        raise OutOfOrder(_("已经提出过了，正在等另一名管理员批准"))
    now = moment()
    made = Proposal.objects.create(
        what=wanted.what,
        person_id=wanted.person,
        facts=facts,
        secret=wanted.secret,
        asked_by_id=actor.id,
        asked_at=now,
    )
    _tell(made, "propose", actor)
    return made


@transaction.atomic
def approve_proposal(found: Proposal, *, actor: Actor) -> Proposal:
    """Approve it, and have it carried out in the name of who proposed (批准).

    Raises  NotAllowed for who proposed, whom it is about, or who had either account in hand;
            OutOfOrder when decided; whatever the change itself refuses by now.
    """
    found = _begin(found, "approve", actor)
    proposer = Actor.for_person(found.asked_by)
    with approved():
        CARRY_OUT[found.what](found, proposer)
    return _decide(found, "approve", actor)


@transaction.atomic
def refuse_proposal(found: Proposal, *, actor: Actor) -> Proposal:
    """Do not approve it (不批准). Raises as approving does."""
    return _decide(_begin(found, "refuse", actor), "refuse", actor)


@transaction.atomic
def withdraw_proposal(found: Proposal, *, actor: Actor) -> Proposal:
    """Take one's own back (撤回). Raises NotAllowed, OutOfOrder."""
    return _decide(_begin(found, "withdraw", actor), "withdraw", actor)


def _begin(found: Proposal, name: str, actor: Actor) -> Proposal:
    locked = Proposal.objects.select_for_update(of=("self",)).select_related("asked_by", "person")
    found = locked.get(pk=found.pk)
    move = PROPOSAL_MOVES[name]
    if not rules.may_move_proposal(actor, name, found):
        if move.whose == ANOTHER:
            raise NotAllowed(
                _("由另一名管理员批准：不能是提出的人、变更的本人，也不能是近期由他们经手账号的人")
            )
        raise NotAllowed(_("只有提出的人可以撤回"))
    if found.stage not in move.sources:
        raise OutOfOrder(_("这项变更已经办完"))
    return found


def _decide(found: Proposal, name: str, actor: Actor) -> Proposal:
    found.stage, found.secret = PROPOSAL_MOVES[name].target, ""
    found.decided_by_id, found.decided_at = actor.id, moment(found.asked_at)
    found.save(update_fields=["stage", "secret", "decided_by", "decided_at"])
    _tell(found, f"{name}_proposal", actor)
    return found


def _tell(found: Proposal, verb: str, actor: Actor) -> None:
    facts = {"proposal": found.pk, "what": found.what} | {
        name: value for name, value in found.facts.items() if name in {"post", "duty"}
    }
    record(found.about, verb, actor=actor, facts=facts)
    events.proposal_moved.send(Proposal, proposal=found, verb=verb)


def _person(found: Proposal) -> Person:
    assert found.person is not None
    return found.person


def _appoint(found: Proposal, actor: Actor) -> object:
    said = found.facts
    return access.appoint(
        _person(found),
        Post.objects.get(pk=said["post"]),
        starts_on=date.fromisoformat(said["starts_on"]),
        ends_on=date.fromisoformat(said["ends_on"]) if said.get("ends_on") else None,
        acting_for=Person.objects.get(pk=said["acting_for"]) if said.get("acting_for") else None,
        actor=actor,
    )


def _end_appointment(found: Proposal, actor: Actor) -> object:
    held = Appointment.objects.select_related("person", "post").get(pk=found.facts["appointment"])
    day = found.facts.get("ends_on")
    ends_on = date.fromisoformat(day) if day else None
    return access.end_appointment(held, ends_on=ends_on, actor=actor)


def _give_duty(found: Proposal, actor: Actor) -> object:
    said: dict[str, Any] = dict(found.facts)
    unit = Unit.objects.get(pk=said["unit"]) if said.get("unit") else None
    place = {name: said[name] for name in ("place_code", "first", "last")}
    return access.give_duty(
        Post.objects.get(pk=said["post"]), said["duty"], unit=unit, actor=actor, **place
    )


def _withdraw_duty(found: Proposal, actor: Actor) -> object:
    given = PostDuty.objects.filter(pk=found.facts["given"]).first()
    if given is None:
        raise OutOfOrder(_("这项职责已经收回"))
    return access.withdraw_duty(given, actor=actor)


CARRY_OUT: dict[str, Callable[[Proposal, Actor], object]] = {
    What.DEACTIVATE: lambda found, by: accounts.deactivate(_person(found), actor=by),
    What.REACTIVATE: lambda found, by: accounts.reactivate(_person(found), actor=by),
    What.SET_PASSWORD: lambda found, by: accounts.set_hashed(
        _person(found), found.secret, actor=by
    ),
    What.REMOVE_SECOND_FACTOR: lambda found, by: sessions.remove_second_factor(
        _person(found), actor=by
    ),
    What.APPOINT: _appoint,
    What.END_APPOINTMENT: _end_appointment,
    What.GIVE_DUTY: _give_duty,
    What.WITHDRAW_DUTY: _withdraw_duty,
}
"""How each is carried out once two have agreed."""

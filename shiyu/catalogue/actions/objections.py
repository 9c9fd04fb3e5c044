"""What units hold against a standard, and what the editors answer (标准异议)."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.catalogue import rules
from shiyu.catalogue.lifecycle import OBJECTION_MOVES
from shiyu.catalogue.models import Objection, Standard
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.journal.actions import moment, record
from shiyu.notices.actions import owe
from shiyu.people.actors import Actor
from shiyu.people.models import Unit


@transaction.atomic
def object_to(standard: Standard, *, unit: Unit, said: str, actor: Actor) -> Objection:
    """A unit's objection to a condition as it stands or is to come (提出标准异议).

    The version goes on to hold: whoever edits the catalogue answers, and may revise.

    Raises  NotAllowed  for a unit that is not the actor's.
            OutOfOrder  for a version that has ended, or against which the unit objects already.
    """
    if unit.pk not in rules.objects_for(actor):
        raise NotAllowed(_("您不能代表“%(unit)s”提出异议") % {"unit": unit.name})
    words = _words(said, "said", _("写明哪里不合适、依据什么、希望怎么改"))
    standard = Standard.objects.select_related("kind").get(pk=standard.pk)
    if standard.valid_until is not None and standard.valid_until < timezone.localdate():
        raise OutOfOrder(_("这一版已经失效，请对现行或将生效的版本提出"))
    Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    standing = Objection.objects.filter(standard=standard, unit=unit, stage="raised")
    if standing.exists():
        raise OutOfOrder(_("您单位对这一版的异议还没有答复；要改，先撤回再提"))
    at = moment()
    made = Objection.objects.create(
        standard=standard, unit=unit, said=words, raised_by_id=actor.id, raised_at=at
    )
    facts = {"standard": standard.pk, "unit": unit.pk, "version": standard.version}
    record(made.subject, "raise", actor=actor, at=at, facts=facts)
    owe(rules.editors(), made.subject, "standard_objected", facts=_told(made), at=at)
    return made


@transaction.atomic
def adopt_objection(objection: Objection, *, answer: str, actor: Actor) -> Objection:
    """Hold with the unit, and say what follows (采纳); the revision is a step of its own."""
    return _answered(objection, "adopt", answer, actor)


@transaction.atomic
def decline_objection(objection: Objection, *, answer: str, actor: Actor) -> Objection:
    """Leave the standard as it is, and say why (不采纳)."""
    return _answered(objection, "decline", answer, actor)


@transaction.atomic
def withdraw_objection(objection: Objection, *, actor: Actor) -> Objection:
    """Take an objection back (撤回异议): anybody of the unit whose it is."""
    if objection.unit_id not in rules.objects_for(actor):
        raise NotAllowed(_("只有提出异议的单位可以撤回"))
    return _end(objection, "withdraw", "", actor)


def _answered(objection: Objection, move: str, answer: str, actor: Actor) -> Objection:
    rules.must_edit(actor)
    words = _words(answer, "answer", _("写明答复"))
    ended = _end(objection, move, words, actor)
    owe(
        {ended.raised_by_id},
        ended.subject,
        "standard_answered",
        facts=_told(ended),
        at=ended.ended_at or ended.raised_at,
    )
    return ended


def _end(objection: Objection, name: str, answer: str, actor: Actor) -> Objection:
    move = OBJECTION_MOVES[name]
    locked = Objection.objects.select_for_update(of=("self",))
    objection = locked.select_related("standard__kind", "unit").get(pk=objection.pk)
    if objection.stage != move.source:
        told = {"stage": objection.get_stage_display(), "move": move.title}
        raise OutOfOrder(_("这条异议%(stage)s，不能“%(move)s”") % told)
    objection.stage, objection.answer = move.target, answer
    objection.ended_at = moment(objection.raised_at)
    objection.ended_by_id = actor.id
    objection.save(update_fields=["stage", "answer", "ended_at", "ended_by"])
    facts = {"standard": objection.standard_id, "unit": objection.unit_id}
    record(objection.subject, name, actor=actor, at=objection.ended_at, facts=facts)
    return objection


def _words(text: str, field: str, missing: str) -> str:
    words = " ".join(text.split())
    if not words:
        raise Refused(missing, field=field)
    if len(words) > Objection.LONGEST:
        raise Refused(_("最多 %(most)d 字") % {"most": Objection.LONGEST}, field=field)
    return words


def _told(objection: Objection) -> dict[str, object]:
    """What the sentences of notices name."""
    standard = objection.standard
    return {
        "unit": objection.unit.short_name or objection.unit.name,
        "kind": standard.kind.name,
        "ordinal": standard.ordinal,
    }

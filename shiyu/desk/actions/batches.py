"""One move for many cases: choose, say what, carry out case by case (批量办理).

Each case is a transaction of its own, in which its item is locked first: whoever comes twice,
or after a worker was killed, finds it done. The item is the key under which it is done once.
When its job is given up (`given_up.py`), one that got on since is ordered again; one that did not
is stopped, and what is left waits until it is taken up by hand. A case that stops it once more is
left out, and the rest goes on.
"""

import inspect
from collections.abc import Callable, Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from shiyu.cases import rules, story
from shiyu.cases.actions import refusal_of
from shiyu.cases.lifecycle import MOVES
from shiyu.cases.models import Case
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.common.wall import within
from shiyu.desk.models import Batch, BatchItem
from shiyu.desk.together import MOST, NO_VERSION, Said, way_of
from shiyu.journal.actions import moment, record
from shiyu.notices.actions import owe
from shiyu.people.actors import Actor
from shiyu.people.models import Person
from shiyu.people.seeing import sight_of

AT_ONCE = 20
"""Up to so many are carried out while the person waits; more are a job's."""

WHY_LENGTH = 300
PROGRAM = Actor.program("batches")


@transaction.atomic
def choose(cases: Iterable[Case], move: str, *, actor: Actor, back: str = "") -> Batch:
    """Keep which cases were chosen for a move, at the versions they were seen at (选定).

    Raises  Refused for none, or more than may be chosen; NotAllowed without the duty.
    """
    way_of(move)
    if actor.kind != "person" or not actor.holds(*MOVES[move].duties):
        raise NotAllowed(_("您的岗位不能批量“%(move)s”") % {"move": MOVES[move].title})
    chosen = {case.pk: case.version for case in cases}
    if not chosen:
        raise Refused(_("先在列表里选几件"))
    if len(chosen) > MOST:
        raise Refused(_("一次最多 %(most)d 件，请缩小筛选范围") % {"most": MOST})
    batch = Batch.objects.create(person_id=actor.id, move=move, back=back, made_at=moment())
    BatchItem.objects.bulk_create(
        BatchItem(batch=batch, case_id=pk, version=chosen[pk]) for pk in sorted(chosen)
    )
    return batch


@transaction.atomic
def say(batch: Batch, said: Said, *, actor: Actor) -> Batch:
    """Keep what was filled in for all cases, before it is previewed again (填写)."""
    batch = _locked(batch, actor)
    batch.said = said
    batch.save(update_fields=["said"])
    return batch


@transaction.atomic
def begin(batch: Batch, *, actor: Actor, later: Callable[[Batch], object]) -> Batch:
    """Carry the move out: now for a few, by a job for many (确认办理).

    later  owes the job, in this transaction.
    """
    batch = _locked(batch, actor)
    items = batch.items.count()
    batch.state, batch.left = Batch.State.RUNNING, items
    batch.save(update_fields=["state", "left"])
    facts = {"move": batch.move, "cases": items}
    record(f"batch:{batch.pk}", "begin", actor=actor, facts=facts)
    if items > AT_ONCE:
        later(batch)
    else:
        carry_out(batch)
    return batch


def carry_out(batch: Batch) -> None:
    """Make the move for every case that still waits; may be begun again after any stop."""
    actor = Actor.for_person(Person.objects.get(pk=batch.person_id))
    waiting = batch.items.filter(state=BatchItem.State.WAITING)
    for pk in list(waiting.values_list("pk", flat=True)):
        with within(sight_of(actor)):  # also where the worker carries it out
            _one(batch, pk, actor)
    _end(batch)


def refusal_for(item: BatchItem, case: Case | None, batch: Batch, actor: Actor) -> str:
    """Why this case would be refused now, by the action's own rules; "" if it would go."""
    try:
        refusal = refusal_of(lambda: _make(item, case, batch, actor))
    except Refused as said:
        return said.message
    return refusal.message if refusal else ""


@transaction.atomic
def _one(batch: Batch, pk: int, actor: Actor) -> None:
    item = BatchItem.objects.select_for_update().get(pk=pk)
    if item.state != BatchItem.State.WAITING:
        return
    case = whole(actor).filter(pk=item.case_id).first()
    try:
        with transaction.atomic():
            _make(item, case, batch, actor)
        item.state, item.why = BatchItem.State.DONE, ""
    except Refused as refusal:
        item.state, item.why = BatchItem.State.REFUSED, refusal.message[:WHY_LENGTH]
    item.save(update_fields=["state", "why"])


def _make(item: BatchItem, case: Case | None, batch: Batch, actor: Actor) -> None:
    """The move of one case, at the version it was chosen at."""
    if case is None:
        raise Refused(_("您已看不到这件案件"))
    if case.version != item.version:
        who, when, did = story.last_move(case)
        told = {"who": who, "when": when, "did": did, "stage": case.get_stage_display()}
        raise OutOfOrder(_("%(who)s %(when)s 已“%(did)s”，现在%(stage)s") % told)
    way = way_of(batch.move)
    given = way.give(case, batch.said, actor)
    if batch.move not in NO_VERSION and "version" in inspect.signature(way.act).parameters:
        given["version"] = item.version
    way.act(case, actor=actor, **given)


@transaction.atomic
def _end(batch: Batch) -> None:
    batch = Batch.objects.select_for_update().get(pk=batch.pk)
    if batch.state == Batch.State.RUNNING:
        batch.state, batch.ended_at = Batch.State.DONE, moment()
        batch.save(update_fields=["state", "ended_at"])


@transaction.atomic
def go_on_or_stop(batch: Batch, *, later: Callable[[Batch], object]) -> bool:
    """One whose job was given up goes on if it got on since it was ordered; whether it stops.

    Where it did not, it stops at the case at which it stood; where that had stopped it before, the
    case is left out.
    """
    batch = Batch.objects.select_for_update().get(pk=batch.pk)
    if batch.state != Batch.State.RUNNING:
        return False
    left, facts = _left(batch), {}
    stands_at = batch.items.filter(state=BatchItem.State.WAITING).first()
    if stands_at is not None and (batch.left is None or left >= batch.left):
        if not stands_at.why:
            _stop(batch, left, stands_at)
            return True
        _leave_out(stands_at)
        left, facts = left - 1, {"left_out": stands_at.case_id}
    batch.left = left
    batch.save(update_fields=["left"])
    record(f"batch:{batch.pk}", "resume", actor=PROGRAM, facts=facts)
    later(batch)
    return False


def _leave_out(item: BatchItem) -> None:
    """A case at which the whole stopped twice, so that the rest goes on (跳过)."""
    item.state = BatchItem.State.REFUSED
    item.why = _("办到这件时两次中断，已跳过。请逐件办理，再不行告诉系统管理员")
    item.save(update_fields=["state", "why"])


def _stop(batch: Batch, left: int, stands_at: BatchItem) -> None:
    """End it, and tell who ordered it how far it came (中断)."""
    count = batch.items.count()
    stands_at.why = _("办到这件时中断")
    stands_at.save(update_fields=["why"])
    batch.state, batch.ended_at = Batch.State.STOPPED, moment()
    batch.save(update_fields=["state", "ended_at"])
    record(f"batch:{batch.pk}", "stop", actor=PROGRAM, facts={"cases": count, "left": left})
    told = {"move": str(MOVES[batch.move].title), "count": count, "left": left}
    # Named by its key, which its page has for an address: no query for each notice shown.
    owe([batch.person_id], f"batch:{batch.key}", "batch_stopped", facts=told, at=batch.ended_at)


@transaction.atomic
def resume(batch: Batch, *, actor: Actor, later: Callable[[Batch], object]) -> Batch:
    """Go on with what is left of one that was stopped (继续办理)."""
    batch = _locked(batch, actor, Batch.State.STOPPED)
    batch.state, batch.ended_at, batch.left = Batch.State.RUNNING, None, _left(batch)
    batch.save(update_fields=["state", "ended_at", "left"])
    record(f"batch:{batch.pk}", "resume", actor=actor, facts={})
    later(batch)
    return batch


def _left(batch: Batch) -> int:
    return batch.items.filter(state=BatchItem.State.WAITING).count()


def whole(actor: Actor) -> "rules.CaseQuerySet":
    """The actor's cases with what a bulk move asks of them."""
    seen = rules.visible_to(actor).select_related("kind", "standard", "centre", "place")
    return seen.defer("place__boundary")


def _locked(batch: Batch, actor: Actor, state: str = Batch.State.CHOSEN) -> Batch:
    batch = Batch.objects.select_for_update().get(pk=batch.pk)
    if batch.person_id != actor.id or actor.kind != "person":
        raise NotAllowed(_("这批案件由选定的人办理"))
    if batch.state != state:
        raise OutOfOrder(_("这批案件%(state)s") % {"state": batch.get_state_display()})
    return batch

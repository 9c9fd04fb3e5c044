"""What a change of a unit does on its day, and the handing over after it (机构变更生效)."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common.errors import OutOfOrder, Refused
from shiyu.common.pinyin import pinyin_key
from shiyu.journal.actions import moment, record
from shiyu.people import following, rules
from shiyu.people.actors import Actor
from shiyu.people.models import Appointment, Heir, Person, Post, PostDuty, Unit, UnitChange

AT_ONCE = 50
"""Open cases handed over in the request that makes a change; the job takes the rest."""
A_WHILE = 500


@transaction.atomic
def take_effect(change: UnitChange, *, actor: Actor) -> None:
    """Make a change true, now that its day has come (生效).

    Raises  Refused  for a closing unit that still has something open.
    """
    unit = Unit.objects.select_for_update().get(pk=change.unit_id)
    kind = UnitChange.Kind
    if change.kind == kind.RENAME:
        unit.name, unit.short_name = change.name_after, change.short_after
        unit.pinyin = pinyin_key(unit.short_name)[:200]
    elif change.kind == kind.MOVE:
        unit.parent_id = change.parent_after_id
    else:
        if change.kind == kind.CLOSE:
            _nothing_open(unit)
        unit.ended_on = change.from_on - timedelta(days=1)
    unit.save()
    change.applied_at, change.hindered = moment(), ""
    change.save(update_fields=["applied_at", "hindered"])
    record(f"unit:{unit.pk}", change.kind, actor=actor, facts={"change": change.pk})
    if change.kind in rules.WITH_HEIRS:
        _succeed(change, unit, actor)


def apply_due_changes() -> int:
    """Make true whatever is due today; what cannot be says why and is tried again (到期生效)."""
    today, done = timezone.localdate(), 0
    due = UnitChange.objects.filter(applied_at=None, cancelled_at=None, from_on__lte=today)
    for pk in due.order_by("from_on", "pk").values_list("pk", flat=True):
        try:
            with transaction.atomic():
                change = UnitChange.objects.select_for_update(of=("self",)).get(pk=pk)
                if change.applied_at is None and change.cancelled_at is None:
                    take_effect(change, actor=Actor.program("unit-changes"))
                    done += 1
        except Refused as refusal:
            UnitChange.objects.filter(pk=pk).update(hindered=refusal.message[:300])
    return done


def hand_over_waiting(most: int = A_WHILE) -> int:
    """Hand over open work of units that have ended, some at a time, to the end (移交在办)."""
    ended = UnitChange.objects.filter(kind__in=rules.WITH_HEIRS, applied_at__isnull=False)
    of_unit = {change.unit_id: change for change in ended.select_related("unit")}
    done = 0
    for change in of_unit.values():
        if change.finished_at is None:
            _finish(change)
    for follower in following.units:
        for unit in follower.waiting(of_unit.keys()):
            done += _hand_over(of_unit[unit], most)
    return done


def _succeed(change: UnitChange, unit: Unit, actor: Actor) -> None:
    heirs = list(change.heirs.select_related("unit").order_by("ordinal"))
    first = heirs[0].unit
    children = Unit.objects.filter(parent=unit, ended_on=None)
    below = rules.ancestors(first)
    children.update(parent=unit.parent_id if unit.pk in below else first.pk)
    held = Appointment.objects.not_over().filter(post__unit=unit)
    touched = set(held.values_list("person", flat=True))
    for heir in heirs:
        for post in Post.objects.filter(pk__in=heir.posts, unit=unit).order_by("pk"):
            _move_post(post, heir, actor)
    for left in Appointment.objects.not_over().filter(post__unit=unit):
        _leave(left, change, actor)
    over = PostDuty.objects.filter(unit=unit).exclude(post__unit=unit)
    touched |= _holders(over.values_list("post", flat=True))
    over.update(unit=heirs[-1].unit)
    inheriting = PostDuty.objects.filter(unit__in=[heir.unit_id for heir in heirs])
    touched |= _holders(inheriting.values_list("post", flat=True))
    _raise_versions(touched)
    for follower in following.units:
        follower.follow(change)
    _hand_over(change, AT_ONCE)


def _move_post(post: Post, heir: Heir, actor: Actor) -> None:
    """The same post in the heir's unit, with its duties and its holders from the day on."""
    there = Post.objects.create(unit=heir.unit, title=post.title)
    for duty in post.duties.all():
        own = duty.unit_id == post.unit_id
        duty.pk, duty.post = None, there
        duty.unit = heir.unit if own else duty.unit
        duty.save(force_insert=True)
    facts: dict[str, object] = {"change": heir.change_id, "from": post.pk, "unit": heir.unit_id}
    record(f"post:{there.pk}", "create", actor=actor, facts=facts)
    day = heir.change.from_on
    for held in Appointment.objects.not_over().filter(post=post).order_by("pk"):
        ends_on = held.ends_on
        _leave(held, heir.change, actor)
        again = Appointment.objects.create(
            person_id=held.person_id,
            post=there,
            starts_on=max(day, held.starts_on),
            ends_on=max(ends_on, day) if ends_on else None,
            acting_for_id=held.acting_for_id,
        )
        facts = {"post": there.pk, "appointment": again.pk, "change": heir.change_id}
        record(f"person:{held.person_id}", "appoint", actor=actor, facts=facts)


def _leave(held: Appointment, change: UnitChange, actor: Actor) -> None:
    last = change.from_on - timedelta(days=1)
    if held.starts_on <= last:
        held.ends_on = last
    else:
        held.ends_on, held.left_at = held.starts_on, moment()
    held.save(update_fields=["ends_on", "left_at"])
    facts = {"post": held.post_id, "appointment": held.pk, "ends_on": held.ends_on}
    facts["change"] = change.pk
    record(f"person:{held.person_id}", "end_appointment", actor=actor, facts=facts)


def _hand_over(change: UnitChange, most: int) -> int:
    done = sum(follower.hand_over_some(change, most) for follower in following.units)
    if done:
        UnitChange.objects.filter(pk=change.pk).update(handed=F("handed") + done)
    if change.finished_at is None:
        _finish(change)
    return done


def _finish(change: UnitChange) -> None:
    """Say once that nothing open is left with the old unit."""
    if any(change.unit_id in follower.waiting([change.unit_id]) for follower in following.units):
        return
    change.refresh_from_db(fields=["handed", "finished_at"])
    if change.finished_at is None:
        change.finished_at = moment()
        change.save(update_fields=["finished_at"])
        facts = {"change": change.pk, "cases": change.handed}
        program = Actor.program("unit-changes")
        record(f"unit:{change.unit_id}", "handed_over", actor=program, facts=facts)


def _nothing_open(unit: Unit) -> None:
    found = [f"{t.title} {t.count}" for t in following.touched_by(unit) if t.open]
    if below := Unit.objects.filter(parent=unit, ended_on=None).count():
        found.append(_("下级机构 %(count)d 个") % {"count": below})
    if held := Appointment.objects.not_over().filter(post__unit=unit).count():
        found.append(_("在岗 %(count)d 人") % {"count": held})
    if found:
        text = _("%(unit)s 还有%(what)s，不能停用；请办完、离任，或改用并入")
        raise OutOfOrder(text % {"unit": unit, "what": "、".join(found)})


def _holders(posts: Iterable[int]) -> set[int]:
    held = Appointment.objects.not_over().filter(post__in=list(posts))
    return set(held.values_list("person", flat=True))


def _raise_versions(person_ids: Iterable[int]) -> None:
    Person.objects.filter(pk__in=list(person_ids)).update(access_version=F("access_version") + 1)

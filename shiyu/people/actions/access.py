"""Who holds which post and what a post may do (任职、职责).

Every change raises `access_version` of all it touches: a session built on an older version is
built anew with its next request. Locks are taken on the post first, then on people by id, so
that two changes together cannot give one account two administrator duties.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common.errors import OutOfOrder, Refused
from shiyu.journal.actions import moment, record
from shiyu.people import rules
from shiyu.people.actions.two import two_people
from shiyu.people.actors import Actor
from shiyu.people.duties import ADMINISTRATION, OF_A_UNIT, Duty
from shiyu.people.models import Appointment, Person, Post, PostDuty, Unit


@transaction.atomic
def appoint(
    person: Person,
    post: Post,
    *,
    starts_on: date,
    actor: Actor,
    ends_on: date | None = None,
    acting_for: Person | None = None,
) -> Appointment:
    """Put a person into a post, from a day on (任职), or in another's place for a time (代理).

    acting_for  whose post it is: it needs an end, starts and ends by itself, and each act done by
                it names both. What may not be held together may not be held by acting either.
    """
    actor = rules.require(actor, Duty.SECURITY_ADMIN)
    rules.require_another(actor, person)
    two_people(
        "appoint",
        actor=actor,
        people=[person],
        duties=post.duties.values_list("duty", flat=True),
        post=post.pk,
        starts_on=starts_on,
        ends_on=ends_on,
        acting_for=acting_for.pk if acting_for else None,
    )
    post, (person,) = _lock(post, [person.pk])
    if ends_on and ends_on < starts_on:
        raise Refused(_("任职止日早于起日"), field="ends_on")
    if post.unit.ended_on is not None:
        raise Refused(_("%(unit)s 已停用") % {"unit": post.unit}, field="post")
    if acting_for is not None:
        _may_stand_in(person, acting_for, post, starts_on, ends_on)
    if not person.is_active:
        raise Refused(_("这个账号已停用，先恢复再任职"), field="person")
    theirs = Appointment.objects.not_over().filter(person=person, post=post)
    if _overlapping(theirs, starts_on, ends_on):
        raise OutOfOrder(_("这段时间已在这个岗位上"), field="starts_on")
    held = rules.administration_of([person.pk]).get(person.pk, set())
    _refuse_clash(held | set(post.duties.values_list("duty", flat=True)))
    appointment = Appointment.objects.create(
        person=person, post=post, starts_on=starts_on, ends_on=ends_on, acting_for=acting_for
    )
    _raise_versions([person.pk])
    facts: dict[str, object] = {"post": post.pk, "appointment": appointment.pk}
    facts |= {"starts_on": starts_on} | ({"ends_on": ends_on} if ends_on else {})
    facts |= {"acting_for": acting_for.pk} if acting_for else {}
    record(f"person:{person.pk}", "act_for" if acting_for else "appoint", actor=actor, facts=facts)
    return appointment


@transaction.atomic
def end_appointment(
    appointment: Appointment, *, actor: Actor, ends_on: date | None = None
) -> Appointment:
    """Let a person leave a post: at once, or with the end of a day to come (离任)."""
    actor = rules.require(actor, Duty.SECURITY_ADMIN)
    rules.require_another(actor, appointment.person)
    duties = appointment.post.duties.values_list("duty", flat=True)
    two_people(
        "end_appointment",
        actor=actor,
        people=[appointment.person],
        duties=duties,
        appointment=appointment.pk,
        post=appointment.post_id,
        ends_on=ends_on,
    )
    _lock(appointment.post, [appointment.person_id])
    appointment.refresh_from_db()
    today = timezone.localdate()
    if not Appointment.objects.not_over().filter(pk=appointment.pk).exists():
        raise OutOfOrder(_("已经离任"))
    if ends_on is not None and ends_on >= max(today, appointment.starts_on):
        appointment.ends_on = ends_on
    else:
        appointment.ends_on = max(today, appointment.starts_on)
        appointment.left_at = moment()
    appointment.save(update_fields=["ends_on", "left_at"])
    _raise_versions([appointment.person_id])
    facts = {
        "post": appointment.post_id,
        "appointment": appointment.pk,
        "ends_on": str(appointment.ends_on),
        "at_once": appointment.left_at is not None,
    }
    record(f"person:{appointment.person_id}", "end_appointment", actor=actor, facts=facts)
    return appointment


@transaction.atomic
def give_duty(
    post: Post,
    duty: str,
    *,
    actor: Actor,
    place_code: str = "",
    first: int | None = None,
    last: int | None = None,
    unit: Unit | None = None,
) -> PostDuty:
    """Give a post a duty over a subtree of places, or over a unit (授予职责).

    first, last  preorder numbers of the place; the places module knows them.
    """
    actor = rules.require(actor, Duty.SECURITY_ADMIN)
    _check_scope(duty, place_code, first, last, unit)
    holders = set(Appointment.objects.not_over().filter(post=post).values_list("person", flat=True))
    post, people = _lock(post, holders)
    for person in people:
        rules.require_another(actor, person)
    two_people(
        "give_duty",
        actor=actor,
        people=people,
        duties=[duty],
        post=post.pk,
        duty=duty,
        place_code=place_code,
        first=first,
        last=last,
        unit=unit.pk if unit else None,
    )
    if duty in ADMINISTRATION:
        _refuse_clash({duty, *post.duties.values_list("duty", flat=True)})
        for held in rules.administration_of([p.pk for p in people]).values():
            _refuse_clash(held | {duty})
    given, is_new = PostDuty.objects.get_or_create(
        post=post,
        duty=duty,
        place_code=place_code,
        unit=unit,
        defaults={"place_first": first, "place_last": last},
    )
    if is_new:
        _raise_versions(p.pk for p in people)
        record(f"post:{post.pk}", "give_duty", actor=actor, facts=_named(given))
    return given


@transaction.atomic
def withdraw_duty(given: PostDuty, *, actor: Actor) -> None:
    """Take a duty from a post; its holders lose it with their next request (收回职责)."""
    actor = rules.require(actor, Duty.SECURITY_ADMIN)
    holders = Appointment.objects.not_over().filter(post=given.post_id)
    _post, people = _lock(given.post, set(holders.values_list("person", flat=True)))
    two_people(
        "withdraw_duty",
        actor=actor,
        people=people,
        duties=[given.duty],
        given=given.pk,
        post=given.post_id,
        duty=given.duty,
    )
    facts = _named(given)
    gone, _rows = PostDuty.objects.filter(pk=given.pk).delete()
    if not gone:
        raise OutOfOrder(_("这项职责已经收回"))
    _raise_versions(p.pk for p in people)
    record(f"post:{given.post_id}", "withdraw_duty", actor=actor, facts=facts)


@transaction.atomic
def follow_places(intervals: Mapping[str, tuple[int, int]], *, actor: Actor) -> int:
    """Take over new numbers of places into the scopes of duties (随区域重编).

    Called in the transaction that renumbers the tree; returns how many duties changed.
    """
    actor = rules.require(actor, Duty.SYSTEM_ADMIN)
    changed = []
    for given in PostDuty.objects.select_for_update().filter(place_code__in=intervals):
        numbers = intervals[given.place_code]
        if (given.place_first, given.place_last) != numbers:
            given.place_first, given.place_last = numbers
            changed.append(given)
    if changed:
        PostDuty.objects.bulk_update(changed, ["place_first", "place_last"], batch_size=500)
        posts = {given.post_id for given in changed}
        holders = Appointment.objects.not_over().filter(post__in=posts)
        _raise_versions(set(holders.values_list("person", flat=True)))
        record("duties:all", "follow_places", actor=actor, facts={"changed": len(changed)})
    return len(changed)


def _may_stand_in(
    person: Person, whose: Person, post: Post, starts_on: date, ends_on: date | None
) -> None:
    if ends_on is None:
        raise Refused(_("代理须写明到哪一天为止"), field="ends_on")
    if ends_on < timezone.localdate():
        raise Refused(_("代理期已经过去"), field="ends_on")
    if whose.pk == person.pk:
        raise Refused(_("不能代理自己"), field="acting_for")
    own = Appointment.objects.not_over().filter(person=whose, post=post, acting_for=None)
    if not _overlapping(own, starts_on, ends_on):
        text = _("%(name)s 这段时间不在这个岗位上")
        raise Refused(text % {"name": whose.name}, field="acting_for")


def _lock(post: Post, person_ids: Iterable[int]) -> tuple[Post, list[Person]]:
    """The post and people as they are now, held until the end of the transaction."""
    post = Post.objects.select_for_update(of=("self",)).select_related("unit").get(pk=post.pk)
    people = Person.objects.select_for_update().filter(pk__in=list(person_ids)).order_by("pk")
    return post, list(people)


def _check_scope(
    duty: str, place_code: str, first: int | None, last: int | None, unit: Unit | None
) -> None:
    if duty not in Duty.values:
        raise Refused(_("没有这种职责"), field="duty")
    of_a_unit = duty in OF_A_UNIT
    if of_a_unit and (unit is None or place_code):
        raise Refused(_("处置职责的范围是一个机构"), field="unit")
    if not of_a_unit and unit is not None:
        raise Refused(_("这项职责的范围是一个区域"), field="place_code")
    needs_place = not of_a_unit and duty not in ADMINISTRATION
    if needs_place and (not place_code or first is None or last is None or first > last):
        raise Refused(_("这项职责的范围是一个区域"), field="place_code")


def _refuse_clash(duties: set[str]) -> None:
    if rules.clashing(duties):
        raise Refused(
            _("系统管理、安全管理、审计管理三员分立，一个账号只能担任其中一员"), field="duty"
        )


def _overlapping(theirs: Iterable[Appointment], starts_on: date, ends_on: date | None) -> bool:
    return any(
        (a.ends_on is None or a.ends_on >= starts_on)
        and (ends_on is None or a.starts_on <= ends_on)
        for a in theirs
    )


def _raise_versions(person_ids: Iterable[int]) -> None:
    Person.objects.filter(pk__in=list(person_ids)).update(access_version=F("access_version") + 1)


def _named(given: PostDuty) -> dict[str, object]:
    scope = {"unit": given.unit_id} if given.unit_id else {"place": given.place_code}
    return {"duty": given.duty, **scope}

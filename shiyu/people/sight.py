"""What a change of posts gives and takes, said before it is made (权限预览)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.people import following
from shiyu.people.actors import Actor, Scope, duties_in_force, predecessors, scopes_of
from shiyu.people.models import Appointment, Person, Post, PostDuty, Unit

COUNTED_TO = 10_000


@dataclass(frozen=True, slots=True)
class Seen:
    """One figure of what somebody sees, before and after (可见范围变化)."""

    title: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What somebody gains and loses by a change (权限变化)."""

    duties: Sequence[str]
    seen: Sequence[Seen]


def of_appointing(person: Person, post: Post) -> Effect:
    """What holding this post, too, would give today."""
    held = _held(person)
    duties = list(post.duties.select_related("unit"))
    return Effect(in_words(duties), _seen(person, held, (*held, *_scopes(post, duties))))


def of_leaving(person: Person, ending: Iterable[Appointment]) -> Effect:
    """What the end of these appointments would take today."""
    ending = list(ending)
    gone = {held.post_id for held in ending}
    duties = list(PostDuty.objects.filter(post__in=gone).select_related("unit"))
    rest = Appointment.objects.in_force(timezone.localdate()).filter(person=person)
    left: list[Scope] = []
    for other in rest.exclude(pk__in=[held.pk for held in ending]).select_related("post"):
        left += _scopes(other.post, list(other.post.duties.all()))
    return Effect(in_words(duties), _seen(person, _held(person), tuple(left)))


def of_duty(post: Post, duty: PostDuty) -> Effect:
    """What this duty alone lets a holder of the post see, who has nothing else."""
    actor = Actor("person", 0, "", tuple(_scopes(post, [duty])))
    return Effect(in_words([duty]), [Seen(t, "0", _most(n)) for t, n in _counts(actor)])


def in_words(duties: Iterable[PostDuty]) -> list[str]:
    """Each duty with its scope: 「派遣：鼓楼区」."""
    duties = list(duties)
    names = following.names_of_places([duty.place_code for duty in duties])
    return [_("%(duty)s：%(where)s") % {"duty": d.get_duty_display(), "where": where(d, names)}
            for d in duties]  # fmt: skip


def where(duty: PostDuty, names: dict[str, str]) -> str:
    """The scope of a duty in words."""
    if duty.unit is not None:
        return duty.unit.name
    return names.get(duty.place_code) or duty.place_code or _("全市")


def duty_of(post: Post, duty: str, *, place: following.Named | None, unit: Unit | None) -> PostDuty:
    """A duty as it would be given, not written."""
    first, last = (place.first, place.last) if place else (None, None)
    code = place.code if place else ""
    return PostDuty(
        post=post, duty=duty, place_code=code, place_first=first, place_last=last, unit=unit
    )


def _held(person: Person) -> tuple[Scope, ...]:
    if not person.is_active:
        return ()
    return duties_in_force([person.pk], timezone.localdate()).get(person.pk, ())


def _scopes(post: Post, duties: Sequence[PostDuty]) -> list[Scope]:
    before = predecessors({duty.unit_id for duty in duties if duty.unit_id})
    return [s for duty in duties for s in scopes_of(duty, post.unit_id, None, before)]


def _seen(person: Person, before: tuple[Scope, ...], after: tuple[Scope, ...]) -> list[Seen]:
    then = Actor("person", person.pk, person.name, after)
    now = Actor("person", person.pk, person.name, before)
    figures = zip(_counts(now), _counts(then), strict=True)
    return [Seen(title, _most(a), _most(b)) for (title, a), (_title, b) in figures]


def _counts(actor: Actor) -> list[tuple[str, int]]:
    return [figure for look in following.sight for figure in look(actor)]


def _most(count: int) -> str:
    return f"{COUNTED_TO:,}+" if count > COUNTED_TO else f"{count:,}"

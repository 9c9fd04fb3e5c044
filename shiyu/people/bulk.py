"""The one bulk writer of people: whole staffs at once, under the rules of actions (批量任职)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.hashers import make_password
from django.db import transaction

from shiyu.common.pinyin import pinyin_key
from shiyu.journal.actions import record
from shiyu.people import rules
from shiyu.people.actors import Actor
from shiyu.people.duties import Duty
from shiyu.people.models import Appointment, Person, Post, PostDuty, Unit


@dataclass(frozen=True, slots=True)
class Reach:
    """A duty and how far it reaches: a subtree of places, or the post's own unit (职责范围)."""

    duty: str
    place_code: str = ""
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedPost:
    """A post as it is to be written, with its duties and who holds it (拟设岗位).

    people  username and name of each.
    """

    unit: Unit
    title: str
    reaches: tuple[Reach, ...]
    people: tuple[tuple[str, str], ...]


@transaction.atomic
def write_staff(planned: Sequence[PlannedPost], *, starts_on: date, actor: Actor) -> list[Person]:
    """Put made-up people into new posts; nobody can sign in yet (演示人员任职).

    Raises  NotAllowed  for anyone but the program: real people are appointed one at a time.
    """
    rules.require(actor, Duty.SECURITY_ADMIN)
    posts = Post.objects.bulk_create(Post(unit=p.unit, title=p.title) for p in planned)
    PostDuty.objects.bulk_create(
        _duty(post, reach) for post, p in zip(posts, planned, strict=True) for reach in p.reaches
    )
    people = write_people([person for p in planned for person in p.people], actor=actor)
    held = [post for post, p in zip(posts, planned, strict=True) for _person in p.people]
    Appointment.objects.bulk_create(
        Appointment(person=person, post=post, starts_on=starts_on)
        for person, post in zip(people, held, strict=True)
    )
    facts = {"posts": len(posts), "people": len(people), "starts_on": starts_on.isoformat()}
    record("people:made_up", "appoint", actor=actor, facts=facts)
    return people


@transaction.atomic
def write_people(named: Sequence[tuple[str, str]], *, actor: Actor) -> list[Person]:
    """Give made-up people accounts without a password (演示账号)."""
    rules.require(actor, Duty.SECURITY_ADMIN)
    nobody = make_password(None)
    people = Person.objects.bulk_create(
        Person(
            username=username,
            name=name,
            pinyin=pinyin_key(name)[:120],
            password=nobody,
            made_up=True,
        )
        for username, name in named
    )
    record("people:made_up", "create", actor=actor, facts={"people": len(people)})
    return list(people)


def _duty(post: Post, reach: Reach) -> PostDuty:
    of_unit = reach.duty == Duty.HANDLE
    return PostDuty(
        post=post,
        duty=reach.duty,
        place_code=reach.place_code,
        place_first=reach.first,
        place_last=reach.last,
        unit=post.unit if of_unit else None,
    )

"""Every way in which access ends, as the actions of the program do it."""

from collections.abc import Callable

from allauth.usersessions.models import UserSession

from shiyu.api import actions as api
from shiyu.api.models import Key
from shiyu.people import actions as people
from shiyu.people.actors import Actor
from shiyu.people.models import Appointment, Person, PostDuty

PROGRAM = Actor.program("test")
NEW_PASSWORD = "another long enough secret"


def _post_of(person: Person) -> Appointment:
    return Appointment.objects.filter(person=person, left_at=None).latest("pk")


def end_sessions(person: Person) -> None:
    for session in UserSession.objects.filter(user=person):
        people.end_session(session, actor=PROGRAM)


ENDS: dict[str, Callable[[Person], object]] = {
    "the session is ended": end_sessions,
    "a new password is set": lambda p: people.set_password(p, NEW_PASSWORD, actor=PROGRAM),
    "the account is closed": lambda p: people.deactivate(p, actor=PROGRAM),
    "the post is left": lambda p: people.end_appointment(_post_of(p), actor=PROGRAM),
    "the duty is withdrawn": lambda p: people.withdraw_duty(
        PostDuty.objects.get(post=_post_of(p).post), actor=PROGRAM
    ),
}
KEEP_THE_SESSION = frozenset({"the post is left", "the duty is withdrawn"})
"""Whoever is still signed in goes on being signed in, and sees nothing."""

RIGHTS_END = KEEP_THE_SESSION | {"the account is closed"}

KEYS_END: dict[str, Callable[[Key], object]] = {
    "the key is revoked": lambda key: api.revoke(key, why="测试", actor=PROGRAM),
    "its grants are narrowed": lambda key: api.regrant(
        key.client, scopes=["cases:read@410202"], actor=PROGRAM
    ),
}

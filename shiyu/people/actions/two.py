"""What is done to an administrator's account waits for a second administrator (两人办理).

Each action that could, asks `two_people` first. Carried out under an approved proposal, or by the
program itself, it goes on; otherwise it ends here, and a page that can propose proposes it.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from shiyu.common.errors import NotAllowed
from shiyu.people import rules
from shiyu.people.actors import Actor
from shiyu.people.duties import ADMINISTRATION
from shiyu.people.models import Person


@dataclass(slots=True)
class Wanted:
    """What somebody was about to do alone, for the page that tried it (拟办变更).

    facts   ids, codes and days only.
    secret  the hash of a new password.
    """

    what: str = ""
    person: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    secret: str = ""


_approved: ContextVar[bool] = ContextVar("approved by two", default=False)
_gathered: ContextVar[Wanted | None] = ContextVar("what needs two", default=None)


def two_people(
    what: str,
    *,
    actor: Actor,
    people: Iterable[Person],
    duties: Iterable[str] = (),
    secret: str = "",
    **facts: Any,
) -> None:
    """See that one alone does not do this to an administrator.

    people  whose accounts it touches; the first is the one it is about.
    duties  what else it gives or takes.

    Raises  NotAllowed, and remembers what was wanted for `gathering`.
    """
    touched = list(people)
    if actor.kind != "person" or _approved.get():
        return
    held = rules.administration_of([one.pk for one in touched])
    if not held and not ADMINISTRATION.intersection(duties):
        return
    if not rules.may_approve_others(actor, [one.pk for one in touched]):
        return  # nobody else administers yet: a city is just being set up
    wanted = _gathered.get()
    if wanted is not None:
        wanted.what, wanted.facts, wanted.secret = what, facts, secret
        wanted.person = touched[0].pk if touched else None
    raise NotAllowed(_("涉及管理员的账号、岗位和职责，由一名管理员提出，另一名管理员批准"))


@contextmanager
def gathering() -> Iterator[Wanted]:
    """Gather what was stopped here, to propose it."""
    wanted = Wanted()
    token = _gathered.set(wanted)
    try:
        yield wanted
    finally:
        _gathered.reset(token)


@contextmanager
def approved() -> Iterator[None]:
    """Carry out what two have agreed on."""
    token = _approved.set(True)
    try:
        yield
    finally:
        _approved.reset(token)

"""Who may manage units, posts, people and duties, and whom one may look at."""

from collections.abc import Collection, Iterable

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from shiyu.common.errors import NotAllowed
from shiyu.people.actors import Actor
from shiyu.people.duties import ADMINISTRATION, Duty
from shiyu.people.models import Appointment, Person


def may(actor: Actor, *duties: str) -> bool:
    """Whether one of these duties is held, or the program itself acts (set-up, import)."""
    return actor.kind == "program" or actor.holds(*duties)


def require(actor: Actor, *duties: str) -> None:
    """Refuse an actor without any of these duties."""
    if not may(actor, *duties):
        titles = "、".join(str(Duty(duty).label) for duty in duties)
        raise NotAllowed(_("这件事由%(duties)s岗位办理") % {"duties": titles})


def require_another(actor: Actor, person: Person) -> None:
    """Refuse somebody who would change their own access."""
    if actor.kind == "person" and actor.id == person.pk:
        raise NotAllowed(_("自己的岗位、职责和账号由另一位安全管理员办理"))


def visible_to(actor: Actor) -> "QuerySet[Person]":
    """Everyone for those who administer; for others, themselves."""
    if may(actor, *ADMINISTRATION):
        return Person.objects.all()
    return Person.objects.filter(pk=actor.id if actor.kind == "person" else 0)


def clashing(duties: Iterable[str]) -> bool:
    """Whether these duties hold more than one of the three administrator duties (三员分立)."""
    return len(ADMINISTRATION.intersection(duties)) > 1


def administration_of(person_ids: Collection[int]) -> dict[int, set[str]]:
    """Administrator duties of these accounts through all posts they hold or are to hold."""
    rows = (
        Appointment.objects.not_over()
        .filter(person_id__in=person_ids, post__duties__duty__in=ADMINISTRATION)
        .values_list("person_id", "post__duties__duty")
    )
    found: dict[int, set[str]] = {}
    for person_id, duty in rows:
        found.setdefault(person_id, set()).add(duty)
    return found


def must_use_second_factor(person: Person, actor: Actor) -> bool:
    """Administrators sign in with a one-time code; made-up people of a demo city need not."""
    return actor.holds(*ADMINISTRATION) and not person.made_up

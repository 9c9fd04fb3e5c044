"""Who may manage units, posts, people and duties, and whom one may look at."""

from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common.errors import NotAllowed, Refused
from shiyu.people.actors import Actor
from shiyu.people.apart import stand_apart
from shiyu.people.duties import ADMINISTRATION, Duty
from shiyu.people.lifecycle import ANOTHER, PROPOSAL_MOVES
from shiyu.people.models import Appointment, Person, Proposal, Unit, UnitChange

SECOND_FACTORS = ("totp", "webauthn")
"""What counts as a second factor, after enrolling (二次验证)."""
WITH_HEIRS = (UnitChange.Kind.MERGE, UnitChange.Kind.SPLIT)
ENDINGS = (UnitChange.Kind.CLOSE, *WITH_HEIRS)


def may(actor: Actor, *duties: str) -> bool:
    """Whether one of these duties is held, or the program itself acts (set-up, import)."""
    return actor.kind == "program" or actor.holds(*duties)


def holders_of(duty: str) -> set[int]:
    """The active people who hold a duty today, anywhere (今日任职)."""
    held = Appointment.objects.in_force(timezone.localdate())
    held = held.filter(post__duties__duty=duty, person__is_active=True)
    return set(held.values_list("person", flat=True))


def require(actor: Actor, *duties: str) -> Actor:
    """Refuse an actor without any of these duties; a deputy is given back saying for whom."""
    if not may(actor, *duties):
        titles = "、".join(str(Duty(duty).label) for duty in duties)
        raise NotAllowed(_("这件事由%(duties)s岗位办理") % {"duties": titles})
    return actor.speaking(lambda one: one.holds(*duties))


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


def approvers() -> set[int]:
    """Everybody who holds an administrator duty today: who may be the second person (三员)."""
    return set().union(*(holders_of(duty) for duty in ADMINISTRATION))


def may_approve_others(actor: Actor, people: Collection[int]) -> bool:
    """Whether there is anybody who could approve what this actor wants to do to these people."""
    return bool(approvers() - {actor.id, *people})


def proposals_of(actor: Actor) -> "QuerySet[Proposal]":
    """Proposals to change administrators, for all who administer (可见变更申请)."""
    found = Proposal.objects.all()
    return found if actor.kind == "person" and actor.holds(*ADMINISTRATION) else found.none()


def may_move_proposal(actor: Actor, name: str, found: Proposal) -> bool:
    """Whether this step is this actor's: another administrator's, or who proposed it.

    Another is neither who proposed nor whom it is about, and lately had neither account in hand.
    """
    if actor.kind != "person" or not actor.holds(*ADMINISTRATION):
        return False
    if PROPOSAL_MOVES[name].whose != ANOTHER:
        return actor.id == found.asked_by_id
    if actor.id in {found.asked_by_id, found.person_id}:
        return False
    return stand_apart(found.asked_by_id, actor.id)


def must_use_second_factor(person: Person, actor: Actor) -> bool:
    """Administrators sign in with a one-time code; made-up people of a demo city need not."""
    return actor.holds(*ADMINISTRATION) and not person.made_up


def ancestors(unit: Unit) -> list[int]:
    """Ids of the units above this one, the nearest first (上级机构)."""
    found: list[int] = []
    above = unit.parent_id
    parents = dict(Unit.objects.exclude(parent=None).values_list("pk", "parent_id"))
    while above is not None and above not in found:
        found.append(above)
        above = parents.get(above)
    return found


def find_units(words: str, *, ended: bool = True) -> "QuerySet[Unit]":
    """Units by code, present or former name, or sound (检索机构)."""
    words = words.strip().lower()
    former = UnitChange.objects.filter(kind="rename", name_before__icontains=words)
    found = Unit.objects.filter(
        Q(code__istartswith=words)
        | Q(name__icontains=words)
        | Q(short_name__icontains=words)
        | Q(pinyin__contains=words)
        | Q(pk__in=former.values("unit"))
    )
    return found if ended else found.filter(ended_on=None)


def one_unit(words: str, *, field: str = "unit") -> Unit:
    """The one unit in use that somebody typed: by code or whole name, else the only one found."""
    living = Unit.objects.filter(ended_on=None)
    words = words.strip()
    exact = list(living.filter(Q(code=words) | Q(name=words) | Q(short_name=words))[:2])
    found = exact if len(exact) == 1 else list(find_units(words, ended=False)[:6]) if words else []
    if len(found) == 1:
        return found[0]
    if not found:
        raise Refused(_("没有名称、代码或拼音是“%(words)s”的机构") % {"words": words}, field=field)
    names = "、".join(f"{unit.name}（{unit.code}）" for unit in found[:5])
    raise Refused(_("有几个机构符合：%(names)s。写代码或全名") % {"names": names}, field=field)


def find_people(words: str) -> "QuerySet[Person]":
    """People by account, name or sound (检索人员)."""
    words = words.strip()
    said = Q(name__contains=words) | Q(username__startswith=words.lower())
    return Person.objects.filter(said | Q(pinyin__contains=words.lower())).order_by("pinyin", "pk")

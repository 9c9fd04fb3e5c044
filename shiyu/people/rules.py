"""Who may manage units, posts, people and duties, and whom one may look at."""

from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common.errors import NotAllowed, Refused
from shiyu.people.actors import Actor
from shiyu.people.duties import ADMINISTRATION, Duty
from shiyu.people.models import Appointment, Person, Unit, UnitChange

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

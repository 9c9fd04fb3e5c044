"""What the database shows to an actor: the second wall's words for the duties held (视野)."""

from functools import lru_cache

from shiyu.common.wall import EVERYTHING, KEY, PERSON, PUBLIC, UNIT, Sight, holder
from shiyu.people.actors import Actor, Scope
from shiyu.people.duties import LOOK, LOOKING, OF_A_UNIT


@lru_cache(maxsize=4096)
def sight_of(actor: Actor) -> Sight:
    """The sight of a person, a key or the program; a receipt's is its case: `look_also_at`."""
    if actor.kind == "program":
        return EVERYTHING
    if actor.kind not in ("person", "key"):
        return PUBLIC
    person = actor.id if actor.kind == "person" else 0
    if not actor.held:
        return Sight(person=person)
    own = {holder(UNIT, unit) for unit in actor.units(*OF_A_UNIT)}
    own.add(holder(PERSON if person else KEY, actor.id))
    looking = actor.scopes(*LOOKING, LOOK)
    return Sight(places=_joined(looking), holders=frozenset(own), person=person)


def _joined(scopes: tuple[Scope, ...]) -> tuple[tuple[int, int], ...]:
    """The intervals of these scopes, those that touch made one."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted((s.first, s.last) for s in scopes if s.first <= s.last):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    return tuple(joined)

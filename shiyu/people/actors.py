"""Who acts: a post-holder, a receipt holder, a key, or the program itself (办理主体)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from django.db import connection
from django.utils import timezone

from shiyu.people.models import Appointment, Person, PostDuty


@dataclass(frozen=True, slots=True)
class Scope:
    """How far a duty reaches: places first..last in preorder, for the unit that gives it.

    A duty over a unit (handling) has no places: `first` is greater than `last`.
    `acting_for`: whose duty it is, where its holder stands in for somebody (代理).
    """

    duty: str
    first: int
    last: int
    unit_id: int
    acting_for: int | None = None

    def covers(self, place_number: int) -> bool:
        """Whether this place lies in the scope's subtree."""
        return self.first <= place_number <= self.last


@dataclass(frozen=True, slots=True)
class Actor:
    """One who looks or acts, with what they hold at this moment.

    kind   "person", "receipt" (someone with a receipt code), "key" or "program".
    id     the person's, report's or key's id; 0 for the program.
    name   shown in stories and notices; a receipt holder has none.
    acting_for   in whose place this act is done (代理), set by `speaking`.
    """

    kind: str
    id: int
    name: str = ""
    held: tuple[Scope, ...] = field(default=())
    acting_for: int | None = None

    @classmethod
    def for_person(cls, person: Person, *, on: date | None = None) -> "Actor":
        """The actor a person is today, with the duties of every post they hold."""
        if not person.is_active:
            return cls("person", person.pk, person.name)
        held = duties_in_force([person.pk], on or timezone.localdate())
        return cls("person", person.pk, person.name, held.get(person.pk, ()))

    @classmethod
    def program(cls, name: str = "program") -> "Actor":
        """The program itself, named after the job it does."""
        return cls("program", 0, name)

    @classmethod
    def receipt(cls, report_id: int) -> "Actor":
        """Whoever holds the receipt of this report (持回执人)."""
        return cls("receipt", report_id)

    @property
    def ref(self) -> str:
        """Name of this actor in the journal, e.g. person:12."""
        return f"{self.kind}:{self.id}" if self.kind != "program" else f"program:{self.name}"

    def speaking(self, may: Callable[["Actor"], bool]) -> "Actor":
        """Oneself where one's own duties allow it; else the deputy of whose duties do (代理).

        may  whether somebody with these duties alone may do it.
        """
        whose = dict.fromkeys(s.acting_for for s in self.held if s.acting_for)
        if not whose or may(replace(self, held=_of(self.held, None))):
            return self
        for person in whose:
            if may(replace(self, held=_of(self.held, person))):
                return replace(self, acting_for=person)
        return self

    def holds(self, *duties: str) -> bool:
        """Whether any of these duties is held anywhere."""
        return any(s.duty in duties for s in self.held)

    def scopes(self, *duties: str) -> tuple[Scope, ...]:
        """The scopes in which any of these duties is held."""
        return tuple(s for s in self.held if s.duty in duties)

    def units(self, *duties: str) -> frozenset[int]:
        """The units for which any of these duties is held."""
        return frozenset(s.unit_id for s in self.scopes(*duties))


def duties_in_force(person_ids: Iterable[int], day: date) -> dict[int, tuple[Scope, ...]]:
    """What each of these people holds on this day, in two queries; three where units are handled.

    Whoever handles for a unit handles for those it took over from, too.
    """
    held: dict[int, list[Scope]] = {}
    posts: dict[int, list[tuple[int, int, int | None]]] = {}
    rows = Appointment.objects.in_force(day).filter(person_id__in=list(person_ids))
    columns = ("post_id", "person_id", "post__unit_id", "acting_for_id")
    for post_id, *holder in rows.values_list(*columns):
        posts.setdefault(post_id, []).append((holder[0], holder[1], holder[2]))
    duties = list(PostDuty.objects.filter(post_id__in=posts))
    before = predecessors({duty.unit_id for duty in duties if duty.unit_id})
    for duty in duties:
        for person_id, unit_id, whose in posts[duty.post_id]:
            held.setdefault(person_id, []).extend(scopes_of(duty, unit_id, whose, before))
    return {person: tuple(scopes) for person, scopes in held.items()}


def scopes_of(
    duty: PostDuty,
    unit_id: int,
    acting_for: int | None = None,
    before: Mapping[int, Iterable[int]] | None = None,
) -> list[Scope]:
    """How far one duty of a post of this unit reaches; `before`: predecessors of units."""
    if duty.unit_id is None:
        first, last = duty.place_first or 1, duty.place_last or 0
        return [Scope(duty.duty, first, last, unit_id, acting_for)]
    units = (duty.unit_id, *(before or {}).get(duty.unit_id, ()))
    return [Scope(duty.duty, 1, 0, unit, acting_for) for unit in units]


PREDECESSORS = """
    WITH RECURSIVE past (heir, unit) AS (
        SELECT h.unit_id, c.unit_id FROM people_heir h JOIN people_unitchange c
            ON c.id = h.change_id AND c.applied_at IS NOT NULL
         WHERE h.unit_id = ANY (%s)
        UNION
        SELECT past.heir, c.unit_id FROM past
          JOIN people_heir h ON h.unit_id = past.unit
          JOIN people_unitchange c ON c.id = h.change_id AND c.applied_at IS NOT NULL
    )
    SELECT heir, unit FROM past WHERE heir <> unit ORDER BY heir, unit
"""


def predecessors(unit_ids: Iterable[int]) -> dict[int, list[int]]:
    """The units that each of these took over from, however long ago (前身), in one query."""
    wanted = list(unit_ids)
    found: dict[int, list[int]] = {}
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(PREDECESSORS, [wanted])
            for heir, unit in cursor.fetchall():
                found.setdefault(heir, []).append(unit)
    return found


def _of(held: Iterable[Scope], whose: int | None) -> tuple[Scope, ...]:
    return tuple(scope for scope in held if scope.acting_for == whose)

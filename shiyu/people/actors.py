"""Who acts: a post-holder, a receipt holder, a key, or the program itself (办理主体)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone

from shiyu.people.models import Appointment, Person, PostDuty


@dataclass(frozen=True, slots=True)
class Scope:
    """How far a duty reaches: places first..last in preorder, for the unit that gives it.

    A duty over a unit (handling) has no places: `first` is greater than `last`.
    """

    duty: str
    first: int
    last: int
    unit_id: int

    def covers(self, place_number: int) -> bool:
        """Whether this place lies in the scope's subtree."""
        return self.first <= place_number <= self.last


@dataclass(frozen=True, slots=True)
class Actor:
    """One who looks or acts, with what they hold at this moment.

    kind   "person", "receipt" (someone with a receipt code), "key" or "program".
    id     the person's, report's or key's id; 0 for the program.
    name   shown in stories and notices; a receipt holder has none.
    """

    kind: str
    id: int
    name: str = ""
    held: tuple[Scope, ...] = field(default=())

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
    """What each of these people holds on this day, in two queries."""
    held: dict[int, list[Scope]] = {}
    posts: dict[int, list[tuple[int, int]]] = {}
    rows = Appointment.objects.in_force(day).filter(person_id__in=list(person_ids))
    for person_id, post_id, unit_id in rows.values_list("person_id", "post_id", "post__unit_id"):
        posts.setdefault(post_id, []).append((person_id, unit_id))
    for duty in PostDuty.objects.filter(post_id__in=posts):
        for person_id, unit_id in posts[duty.post_id]:
            held.setdefault(person_id, []).append(_scope(duty, unit_id))
    return {person: tuple(scopes) for person, scopes in held.items()}


def _scope(duty: PostDuty, unit_id: int) -> Scope:
    if duty.unit_id is not None:
        return Scope(duty.duty, 1, 0, duty.unit_id)
    return Scope(duty.duty, duty.place_first or 1, duty.place_last or 0, unit_id)

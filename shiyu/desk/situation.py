"""A case as one person meets it: its lines, where it stands, what they may do (办理情形)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from django.utils import timezone

from shiyu.calendars.rules import Calendars, read_calendars
from shiyu.cases import rules, story, timing
from shiyu.cases.clock import Clock
from shiyu.cases.models import Assignment, Case, Look, Rating, Report
from shiyu.cases.replay import Standing, Step, replay
from shiyu.cases.siting import TIERS
from shiyu.catalogue.rules import usual_reasons
from shiyu.desk import offers, reads
from shiyu.desk.near import Near, near_to
from shiyu.journal.models import Line, Remark
from shiyu.people.actors import Actor
from shiyu.people.models import Unit

LOOKS_MOST = 50


@dataclass
class Situation:
    """What the page and the forms of a case ask of it; each answer is looked up once.

    lists  the lists of suggestions that the page's forms lean on.
    """

    case: Case
    actor: Actor
    now: datetime
    lines: list[Line]
    lists: frozenset[str] = frozenset()

    @classmethod
    def of(cls, case: Case, actor: Actor) -> "Situation":
        return cls(case, actor, timezone.now(), reads.LINES(case.subject, case.taken_in_at))

    @cached_property
    def steps(self) -> list[Step]:
        return [story.step_of(line) for line in self.lines if line.verb in story.STEPS]

    @cached_property
    def standing(self) -> Standing:
        return replay(replace(step, answered=True) for step in self.steps)

    def has(self, verb: str) -> bool:
        """Whether the journal tells of such a step: if not, nothing of it need be looked up."""
        return any(line.verb == verb for line in self.lines)

    @cached_property
    def parts(self) -> list[Assignment]:
        """The parts of all units, those that left too, each with its unit."""
        return reads.PARTS(self.case.pk)

    @cached_property
    def concern(self) -> rules.Concern:
        units = (part.unit_id for part in self.parts)
        return rules.concern_of(self.case, units, self.reports)

    @cached_property
    def reports(self) -> list[Report]:
        """All reports of the case, each with its reporter and who took it down."""
        return reads.REPORTS(self.case.pk)

    @cached_property
    def looks(self) -> list[Look]:
        """Who asked to see the reporters, the last first; not each time the page was drawn."""
        if not self.asides.looked:
            return []
        looks = Look.objects.filter(report__case=self.case, under=None)
        looks = looks.select_related("person", "end")
        kept = looks.order_by("-until", "-id")[:LOOKS_MOST]  # those still open are among them
        return sorted(kept, key=lambda look: -look.pk)

    @cached_property
    def ratings(self) -> list[Rating]:
        found = Rating.objects.filter(report__case=self.case).order_by("id")
        return list(found) if self.has("rate") else []

    @cached_property
    def remarks(self) -> dict[int, Remark]:
        """All words that the page shows: of lines, reports, looks and ratings."""
        every = (self.lines, self.reports, self.looks, self.ratings)
        wanted = {one.remark_id for some in every for one in some if one.remark_id}
        return Remark.objects.in_bulk(wanted) if wanted else {}

    @cached_property
    def others(self) -> dict[int, str]:
        """Numbers of the other cases that this one or its lines name, where the actor may know."""
        ids = reads.ids_in([line.facts for line in self.lines], *reads.CASES_NAMED)
        ids |= {pk for pk in (self.case.merged_into_id, self.case.parent_id) if pk}
        if not ids:
            return {}
        return dict(rules.visible_to(self.actor).filter(pk__in=ids).values_list("pk", "number"))

    @cached_property
    def asides(self) -> reads.Asides:
        """Names, places, suggestions: many small things in one query."""
        return reads.asides(self.case, self.lines, self.lists, today=timezone.localdate())

    @cached_property
    def permitted(self) -> list[str]:
        """What this actor may do at this stage, whether or not it would be refused."""
        return rules.open_moves(self.actor, self.case, self.standing, about=self.concern)

    @cached_property
    def moves(self) -> list[str]:
        """What this actor may do now and would not be refused: what the stage asks for first."""
        worth = (name for name in self.permitted if offers.worth(self, name))
        return sorted(worth, key=offers.rank)

    @property
    def is_unseen(self) -> bool:
        """Whether this is the first look of one of the actor's units at its part (未查看)."""
        own, sent = self.actor.units("handle"), Assignment.State.SENT
        return any(p.unit_id in own and p.state == sent and not p.opened_at for p in self.parts)

    def part_opened(self) -> None:
        """The parts are read again, as they are after that look."""
        self.__dict__.pop("parts", None)

    @cached_property
    def clocks(self) -> list[Clock]:
        return timing.clocks_of(self.case, self.steps, now=self.now, calendars=self.calendars)

    @cached_property
    def calendars(self) -> Calendars:
        return read_calendars(self.asides.calendars)

    @cached_property
    def units(self) -> dict[int, Unit]:
        """The units that have or had a part, by id."""
        return {part.unit_id: part.unit for part in self.parts}

    @cached_property
    def near(self) -> list[Near]:
        return near_to(self.case, self.actor, now=self.now)

    @cached_property
    def usual_reasons(self) -> dict[str, list[str]]:
        """What is usually said of each move (常用理由)."""
        return usual_reasons()

    @cached_property
    def knows_reporter(self) -> bool:
        """Whether this actor takes the case in, and so sees who reported it, masked (受理)."""
        return rules.knows_reporter(self.actor, self.case)

    def own_units(self, states: Iterable[str]) -> list[Unit]:
        """The actor's own units whose part is in one of these states."""
        own = self.actor.units("handle")
        parts = self.standing.parts
        found = [u for u in parts if u in own and parts[u].state in set(states)]
        return [self.units[u] for u in found if u in self.units]

    @property
    def tier(self) -> str:
        """The tier at which units are responsible for this case: that of its centre."""
        tier = self.case.centre.tier
        return tier if tier in TIERS else TIERS[0]

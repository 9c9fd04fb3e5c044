"""A case as one person meets it: its lines, where it stands, what they may do (办理情形)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from django.utils import timezone

from shiyu.calendars.rules import Calendars, read_calendars
from shiyu.cases import rules, story, timing
from shiyu.cases.clock import Clock
from shiyu.cases.models import Assignment, Case, Report
from shiyu.cases.replay import Standing, Step, replay
from shiyu.cases.siting import TIERS
from shiyu.catalogue.rules import usual_reasons
from shiyu.desk import offers
from shiyu.desk.near import Near, near_to
from shiyu.journal.models import Line
from shiyu.people.actors import Actor
from shiyu.people.models import Unit


@dataclass
class Situation:
    """What the page and the forms of a case ask of it; each answer is looked up once."""

    case: Case
    actor: Actor
    now: datetime
    lines: list[Line]

    @classmethod
    def of(cls, case: Case, actor: Actor) -> "Situation":
        return cls(case, actor, timezone.now(), story.lines_of(case))

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
        return list(self.case.assignments.select_related("unit"))

    @cached_property
    def concern(self) -> rules.Concern:
        reports = Report.objects.filter(case=self.case).only("case", "by_person")
        return rules.concern_of(self.case, (part.unit_id for part in self.parts), reports)

    @cached_property
    def moves(self) -> list[str]:
        """What this actor may do now and would not be refused: what the stage asks for first."""
        found = rules.open_moves(self.actor, self.case, self.standing, about=self.concern)
        return sorted((name for name in found if offers.worth(self, name)), key=offers.rank)

    @cached_property
    def clocks(self) -> list[Clock]:
        return timing.clocks_of(self.case, self.steps, now=self.now, calendars=self.calendars)

    @cached_property
    def calendars(self) -> Calendars:
        return read_calendars()

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

"""Orders from above in the demo city: sent down, split for townships, answered upwards (交办)."""

from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

from shiyu.cases.bulk import Past, Told
from shiyu.cases.lifecycle import Outcome, Stage
from shiyu.cases.models import Case
from shiyu.cases.replay import Step
from shiyu.catalogue.models import Kind
from shiyu.history.kaifeng import words
from shiyu.history.kaifeng.story import Enough, Story
from shiyu.history.kaifeng.town import Cell, Town
from shiyu.people.duties import Duty
from shiyu.people.models import Tier, Unit

MOST_COUNTIES, MOST_TOWNSHIPS = 3, 4


class Order:
    """One order with its children: for each county it goes to, some of its townships."""

    def __init__(self, town: Town, chance: Random, kind: Kind, *, at: datetime, ref: str) -> None:
        self.town, self.chance, self.kind, self.ref = town, chance, kind, ref
        city = next(c for c in town.centres.values() if c.tier == Tier.CITY)
        clerk = chance.choice(
            [
                ref
                for ref in town.holders[Duty.INTAKE, city.pk]
                if town.actors[ref].holds("dispatch")
            ]
        )
        self.past = self._case(city, city.place_code, clerk, at, ref, words.ORDERS)
        self.story = Story(town, chance, self.past, self._cell(""), kind)
        self.children: list[Past] = []

    def tell(self) -> list[Past]:
        """The order and its children as far as the present."""
        with suppress(Enough):
            self._tell()
        return [self.past, *self.children]

    def _tell(self) -> None:
        story = self.story
        story.wait(story.delay(12))
        story.step("accept", story.desk(Duty.INTAKE), to=Stage.ACCEPTED)
        story.wait(story.delay(20))
        facts = {"kind": self.kind, "standard": story.standard}
        story.step("file", story.desk(Duty.INTAKE), to=Stage.FILED, facts=facts)
        story.wait(story.delay(12))
        counties = [unit for unit in self.town.centres.values() if unit.tier == Tier.COUNTY]
        units = self.chance.sample(counties, self.chance.randint(1, MOST_COUNTIES))
        story.step("dispatch", story.desk(Duty.DISPATCH), to=Stage.DISPATCHED, units=tuple(units))
        self._answered(units)
        story.until_then(self.town.office(story.at, story.delay(90)))
        checker = self.town.someone(self.chance, Duty.VERIFY, story.centre.pk)
        story.step("verify", checker, to=Stage.VERIFIED, said=story.one_of(words.VERIFIED))
        story.wait(story.delay(40))
        story.step(
            "close", story.desk(Duty.INTAKE), to=Stage.CLOSED, outcome=Outcome.FIXED, said=""
        )

    def _answered(self, units: list[Unit]) -> None:
        """Each county signs and splits; when all children are done, each answers."""
        story, ended = self.story, []
        for unit in units:
            story.until_then(self.town.office(story.at, story.delay(40)))
            story.step("sign", story.handler(unit), to=Stage.HANDLING, unit=unit)
            ended.append(self._split(unit))
        done = [at for at in ended if at is not None]
        if len(done) < len(units):
            raise Enough
        story.at = max(story.at, *done)
        for unit in units:
            story.until_then(self.town.office(story.at, story.delay(60)))
            said = story.one_of(words.HANDLED)
            story.step("handle", story.handler(unit), unit=unit, said=said)
        story.stage = str(Stage.HANDLED)

    def _split(self, unit: Unit) -> datetime | None:
        """Children for townships of the county; when the last is closed, if it is."""
        story = self.story
        story.wait(story.delay(30))
        if story.at > self.town.now:
            raise Enough
        here = self.town.places[unit.place_code]
        rooms = [
            room
            for room in self.town.centres.values()
            if room.tier == Tier.TOWNSHIP
            and here.first <= self.town.places[room.place_code].first <= here.last
        ]
        chosen = self.chance.sample(rooms, min(len(rooms), self.chance.randint(2, MOST_TOWNSHIPS)))
        clerk = story.handler(unit)
        children = [self._child(unit, room, clerk) for room in chosen]
        story.at += timedelta(seconds=2)
        story.step("split", clerk, unit=unit, facts={"children": [c.past for c in children]})
        self.children += [child.past for child in children]
        ended = [self._done(child, room) for child, room in zip(children, chosen, strict=True)]
        return None if None in ended else max(at for at in ended if at is not None)

    def _child(self, centre: Unit, room: Unit, clerk: str) -> Story:
        ref = f"{self.ref}-{room.place_code}"
        past = self._case(centre, room.place_code, clerk, self.story.at, ref, words.CHILDREN)
        past.parent = self.past
        return Story(self.town, self.chance, past, self._cell(room.place_code), self.kind)

    def _done(self, story: Story, room: Unit) -> datetime | None:
        """A child's own way to its end; when it was closed."""
        try:
            story.wait(story.delay(15))
            story.step("accept", story.desk(Duty.INTAKE), to=Stage.ACCEPTED)
            story.wait(story.delay(15))
            facts = {"kind": self.kind, "standard": story.standard}
            story.step("file", story.desk(Duty.INTAKE), to=Stage.FILED, facts=facts)
            story.wait(story.delay(10))
            sender, sent = story.desk(Duty.DISPATCH), story.at
            story.step("dispatch", sender, to=Stage.DISPATCHED, units=(room,))
            story.until_then(self.town.office(story.at, story.delay(45)))
            story.step("sign", story.handler(room), to=Stage.HANDLING, unit=room)
            share = self.chance.uniform(0.15, 0.7)
            story.until_then(self.town.handled(story.standard, sent, share, room))
            said = story.one_of(words.HANDLED)
            story.step("handle", story.handler(room), to=Stage.HANDLED, unit=room, said=said)
            story.until_then(self.town.office(story.at, story.delay(60)))
            said = story.one_of(words.VERIFIED)
            story.step("verify", story.checker(), to=Stage.VERIFIED, said=said)
            story.wait(story.delay(25))
            clerk = story.desk(Duty.INTAKE)
            story.step("close", clerk, to=Stage.CLOSED, outcome=Outcome.FIXED)
        except Enough:
            return None
        return story.at

    def _case(
        self,
        centre: Unit,
        place_code: str,
        clerk: str,
        at: datetime,
        ref: str,
        texts: tuple[str, ...],
    ) -> Past:
        place = self.town.places[place_code]
        case = Case(
            direction=Case.Direction.DOWN,
            channel="superior",
            kind=self.kind,
            procedure=self.town.procedure,
            place=place,
            place_number=place.first,
            centre=centre,
        )
        said = self.chance.choice(texts).format(what=self.kind.name)
        past = Past(case, "demo", ref, [Told(Step("report", at, clerk), said)])
        past.by_person = int(clerk.split(":")[1])
        return past

    def _cell(self, township: str) -> Cell:
        cells = [c for c in self.town.cells if not township or c.township == township]
        return self.chance.choice(cells)

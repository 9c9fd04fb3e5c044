"""All stories of the demo city: six weeks of reports, orders, and what lies on the desks now."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import numpy as np

from shiyu.cases.actions.taking import ALPHABET, RECEIPT_SIGNS, receipt_hash
from shiyu.cases.bulk import Past
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Report
from shiyu.catalogue.models import Kind, Standard
from shiyu.history.kaifeng import rhythm, words
from shiyu.history.kaifeng.life import live
from shiyu.history.kaifeng.orders import Order
from shiyu.history.kaifeng.story import Story, begin
from shiyu.history.kaifeng.town import Cell, Town, points
from shiyu.people.duties import Duty
from shiyu.people.models import Tier, Unit

WEEKS = 6
CHANNELS = {"public": 0.23, "hotline": 0.28, "patrol": 0.41, "sensor": 0.04, "department": 0.04}
DOUBLED = 0.03
ON_THE_DESKS: dict[str, tuple[int, int, float, float]] = {
    Stage.REPORTED: (3, 6, 1, 12),
    Stage.ACCEPTED: (2, 5, 6, 40),
    Stage.FILED: (2, 5, 6, 25),
    Stage.DISPATCHED: (2, 4, 15, 80),
    Stage.HANDLED: (1, 3, 60, 240),
    Stage.VERIFIED: (1, 2, 60, 300),
}
"""For each stage how many fresh cases lie at each centre, and how old they are in minutes."""
ASKS: tuple[tuple[str, ...], ...] = (
    ("check_open",),
    ("ask_extension",),
    ("ask_suspension",),
    ("ask_suspension", "endorse_suspension"),
    ("ask_void",),
)
"""What waits for an answer at each centre."""
FOR_A_GUEST: dict[str, tuple[int, float, float]] = {
    Stage.DISPATCHED: (4, 15, 90),
    Stage.HANDLING: (4, 60, 400),
    Stage.HANDLED: (2, 90, 300),
}
"""The same for each unit that a reader may sign in to."""
OLDER = 0.1
CASES_AN_ORDER = 500


class Stories:
    """Tells the stories one after another, the same ones for the same seed and moment."""

    def __init__(
        self, town: Town, kinds: list[Kind], *, seed: int, count: int, weeks: int = WEEKS
    ) -> None:
        matter = Kind.Category.MATTER
        self.orderable = [kind for kind in kinds if kind.category == matter]
        self.kinds = [kind for kind in kinds if kind.category != matter]
        self.town, self.count, self.weeks = town, count, weeks
        self.chance = Random(seed)
        self.draws = np.random.default_rng(seed)
        self.start = town.now - timedelta(weeks=weeks)
        self.sky = rhythm.weather(self.draws, self.start, town.now)
        self._told = 0

    def all(self, guests: list[Unit]) -> Iterator[list[Past]]:
        """Every group of cases, oldest first; then what lies on the desks now."""
        yield from self.life()
        yield from self.on_the_desks(guests)

    def life(self) -> Iterator[list[Past]]:
        """What was reported in these weeks, and orders from above."""
        yield from self._life()
        yield from self._orders()

    def on_the_desks(self, guests: list[Unit]) -> Iterator[list[Past]]:
        """What lies on the desks now, some of it for whoever signs in to look."""
        for centre in self._centres():
            for stage, (fewest, most, young, old) in ON_THE_DESKS.items():
                for _nth in range(self.chance.randint(fewest, most)):
                    yield [self._waiting(centre, stage, young, old).past]
        for centre in self._centres():
            for ask in ASKS:
                yield [self._asking(centre, ask)]
        for unit in guests:
            desk = self._centre_of(unit)
            yield [self._asking(desk, ("check_open",), lead=unit)]
            for stage, (many, young, old) in FOR_A_GUEST.items():
                for _nth in range(many):
                    yield [self._waiting(desk, stage, young, old, lead=unit).past]

    def _orders(self) -> Iterator[list[Past]]:
        """Orders from above, begun in office hours; the last ones but a day ago."""
        kinds = [kind for kind in self.orderable if kind.in_grid]
        count = max(3, self.count // CASES_AN_ORDER)
        for number in range(count):
            days = self.chance.uniform(0.5, self.weeks * 7 - 1)
            ago = timedelta(days=days * (1 - number / count))
            at = self.town.office(self.town.now - ago, 5)
            if at < self.town.now:
                kind = self.chance.choice(kinds)
                ref = f"order-{number:04d}"
                yield Order(self.town, self.chance, kind, at=at, ref=ref).tell()

    def _life(self) -> Iterator[list[Past]]:
        zone = self.town.calendar.zone.info
        when = rhythm.arrivals(
            self.draws, self.count, start=self.start, now=self.town.now, zone=zone, sky=self.sky
        )
        picked = self.draws.choice(len(self.town.cells), self.count, p=self.town.weights)
        cells = [self.town.cells[int(one)] for one in picked]
        where = points(cells, self.draws)
        names, shares = list(CHANNELS), list(CHANNELS.values())
        drawn = rhythm.Kinds(self.kinds, self.draws)
        for at, cell, point in zip(when, cells, where, strict=True):
            channel = self.chance.choices(names, shares)[0]
            raining = self.sky.rains(at)
            month = at.astimezone(zone).month
            kind = drawn.draw(month=month, raining=raining, patrol=channel == "patrol")
            yield self._group(cell, point, kind, channel, at, raining=raining)

    def _group(
        self,
        cell: Cell,
        point: tuple[float, float],
        kind: Kind,
        channel: str,
        at: datetime,
        *,
        raining: bool,
    ) -> list[Past]:
        """A case, now and then with a second report of the same that is merged into it."""
        first = self._begin(cell, point, kind, channel, at, raining=raining)
        live(Story(self.town, self.chance, first, cell, kind))
        again = at + timedelta(minutes=self.chance.uniform(4, 150))
        if self.chance.random() >= DOUBLED or channel == "patrol" or again >= self.town.now:
            return [first]
        second = self._begin(cell, point, kind, "public", again, raining=raining)
        joined = Story(self.town, self.chance, second, cell, kind)
        joined.wait(joined.delay(6))
        over = _ended(first)
        if joined.at >= self.town.now or (over is not None and joined.at >= over):
            return [first]
        if joined.centre.pk == first.case.centre.pk:
            facts = {"into": first}
            clerk = joined.desk(Duty.INTAKE)
            said = joined.one_of(words.MERGE)
            joined.step("merge", clerk, to=Stage.MERGED, said=said, facts=facts)
            return [first, second]
        return [first]

    def _begin(
        self,
        cell: Cell,
        point: tuple[float, float] | None,
        kind: Kind,
        channel: str,
        at: datetime,
        *,
        raining: bool = False,
    ) -> Past:
        self._told += 1
        past = begin(
            self.town,
            self.chance,
            cell=cell,
            point=point,
            kind=kind,
            channel=channel,
            at=at,
            ref=f"{self._told:06d}",
            raining=raining,
        )
        if channel == "public":
            past.receipt = receipt_hash(receipt_of(self._told))
        return past

    def _waiting(
        self, centre: Unit, stage: str, young: float, old: float, lead: Unit | None = None
    ) -> Story:
        """A fresh case that waits at a stage; one in ten has waited too long."""
        age = self.chance.uniform(young, old)
        if self.chance.random() < OLDER:
            age *= self.chance.uniform(1.5, 3)
        cell = self._cell_of(centre, lead)
        at = self.town.now - timedelta(minutes=age)
        kind = self._kind_for(lead)
        channel = "public" if centre.tier == Tier.COUNTY else "hotline"
        past = self._begin(cell, points([cell], self.draws)[0], kind, channel, at)
        story = Story(self.town, self.chance, past, cell, kind, until=stage, age=age, lead=lead)
        story.standard = self.chance.choice(self._unhurried(kind) or [story.standard])
        live(story)
        return story

    def _asking(self, centre: Unit, ask: tuple[str, ...], lead: Unit | None = None) -> Past:
        """A case that waits for an answer beside its stage: a check, more time, voiding."""
        stage = Stage.ACCEPTED if ask[0] == "check_open" else Stage.HANDLING
        story = self._waiting(centre, stage, 150, 400, lead=lead)
        past, story.until = story.past, ""
        left = (self.town.now - past.told[-1].step.at) / (len(ask) + 1)
        for verb in ask:
            story.at = past.told[-1].step.at + left
            if verb == "check_open":
                story.step(verb, story.desk(Duty.INTAKE))
            elif verb.startswith("ask_") and verb != "ask_void":
                unit = story.units[0]
                said = story.one_of(words.ASKED[verb])
                story.step(verb, story.handler(unit), unit=unit, said=said)
            else:
                said = story.one_of(words.ASKED.get(verb, ("",)))
                story.step(verb, story.desk(Duty.DISPATCH), said=said)
        return past

    def _kind_for(self, lead: Unit | None) -> Kind:
        """A kind that this unit leads; any everyday one where no unit is asked for."""
        everyday = [kind for kind in self.kinds if kind.name in rhythm.POPULAR and kind.in_grid]
        known = self.town.standards
        own = [
            kind
            for kind in self.kinds
            if lead is not None
            and {self.town.leads[s.pk].pk for s in known[kind.pk]} & {lead.pk, lead.parent_id}
        ]
        found = own or everyday
        return self.chance.choice([kind for kind in found if self._unhurried(kind)] or found)

    def _unhurried(self, kind: Kind) -> list[Standard]:
        """Conditions of a kind with days to handle them, so that fresh work is not late yet."""
        return [s for s in self.town.standards[kind.pk] if "工作日" in s.handling]

    def _centres(self) -> list[Unit]:
        desks = (Tier.CITY, Tier.COUNTY)
        return [unit for unit in self.town.centres.values() if unit.tier in desks]

    def _centre_of(self, unit: Unit) -> Unit:
        """The desk that sends to a unit: of its county, else of the city."""
        place = self.town.places[unit.place_code]
        for centre in self._centres():
            here = self.town.places[centre.place_code]
            if centre.tier == Tier.COUNTY and here.first <= place.first <= here.last:
                return centre
        return self._centres()[0]

    def _cell_of(self, centre: Unit, lead: Unit | None) -> Cell:
        """A town cell of the centre's place; of the room's township, if a room is asked for."""
        where = lead.place_code if lead is not None and lead.tier == Tier.TOWNSHIP else ""
        here = self.town.places[where or centre.place_code]
        cells = [
            cell
            for cell in self.town.cells
            if here.first <= cell.place.first <= here.last and (where or cell.in_town)
        ]
        return self.chance.choice(cells or self.town.cells)


def receipt_of(number: int) -> str:
    """The receipt code of a made-up report, known so that a reader may follow one."""
    return "".join(Random(f"receipt {number}").choices(ALPHABET, k=RECEIPT_SIGNS))


def _ended(past: Past) -> datetime | None:
    """When a story came to its end; None if it goes on."""
    ends = {"dismiss", "settle", "close", "withdraw", "void", "merge"}
    return next((t.step.at for t in past.told if t.step.verb in ends), None)


def receipt_to_follow() -> str:
    """The receipt code of a made-up case that is being handled, for a reader to follow."""
    waiting = Report.objects.filter(
        source="demo", receipt__isnull=False, case__stage=Stage.HANDLING
    ).order_by("-reported_at")
    report = waiting.first()
    code = receipt_of(int(report.source_ref)) if report else ""
    return "-".join((code[:4], code[4:8], code[8:])) if code else ""

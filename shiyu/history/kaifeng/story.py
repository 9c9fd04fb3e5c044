"""One made-up case of the demo city, step by step, as its people would have done it (案件故事).

A story decides what happens and when; whether it may have happened is the engine's to say.
"""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from shiyu.cases.bulk import REPORTER, Past, Told
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.cases.replay import Step
from shiyu.catalogue.models import Kind, Standard
from shiyu.files.models import Photo
from shiyu.history.kaifeng import words
from shiyu.history.kaifeng.town import Cell, Town
from shiyu.people.duties import Duty
from shiyu.people.models import Tier, Unit

AFTER, CHECK, SCENE = Photo.Role.AFTER, Photo.Role.CHECK, Photo.Role.SCENE
WITH_A_CAMERA = {"patrol": 1.0, "public": 0.7, "sensor": 0.5}


class Enough(Exception):
    """The story has come to the present, or as far as it was wanted."""


class Story:
    """A case as it is being told: where it is, who has it, what time it is.

    until  the stage at which the telling stops, for work that is to lie on a desk.
    age    minutes since the report, within which that stage is reached.
    lead   whom it is sent to, if that is not to be chosen.
    """

    def __init__(
        self,
        town: Town,
        chance: Random,
        past: Past,
        cell: Cell,
        kind: Kind,
        *,
        until: str = "",
        age: float = 0.0,
        lead: Unit | None = None,
    ) -> None:
        self.town, self.chance, self.past = town, chance, past
        self.cell, self.kind = cell, kind
        self.standard: Standard = chance.choice(town.standards[kind.pk])
        self.at: datetime = past.told[0].step.at
        self.stage = str(Stage.REPORTED)
        self.centre: Unit = past.case.centre
        self.units: list[Unit] = []
        self.sent_at = self.at
        self.late = self.more_time = False
        self.until = until
        self._left = age
        self._lead = lead

    @property
    def rushed(self) -> bool:
        """Whether the work must come to a stage in a given time."""
        return bool(self.until)

    def step(
        self,
        verb: str,
        actor: str,
        *,
        to: str = "",
        unit: Unit | None = None,
        units: tuple[Unit, ...] = (),
        outcome: str = "",
        said: str = "",
        facts: dict[str, Any] | None = None,
    ) -> None:
        """Tell one step at the story's present time."""
        if self.at > self.town.now:
            raise Enough
        mended = {"handle": AFTER, "settle": AFTER, "verify": CHECK}.get(verb)
        one = Step(
            verb,
            self.at,
            actor,
            unit.pk if unit else None,
            tuple(u.pk for u in units),
            units[0].pk if units and verb == "dispatch" else None,
            str(outcome),
        )
        shown = self.town.album.shows(self.kind, mended) if mended else ()
        self.past.told.append(Told(one, said, facts or {}, shown))
        self.stage = to or self.stage
        if self.until and self.stage == self.until:
            raise Enough

    def wait(self, minutes: float) -> None:
        """Let some minutes pass; in a hurry, a part of what is left."""
        if self.rushed:
            minutes = self._left * self.chance.uniform(0.15, 0.35)
            self._left -= minutes
        self.at += timedelta(minutes=minutes, seconds=self.chance.randint(1, 40))

    def until_then(self, at: datetime) -> None:
        """Go on at a given time, or a little later if that is past already; hurry if one must."""
        if self.rushed:
            self.wait(0)
        else:
            self.at = max(at, self.at + timedelta(minutes=self.chance.randint(3, 25)))

    def delay(self, median: float, spread: float = 0.7) -> float:
        """Minutes somebody takes, most of them near the median, a few far longer."""
        return median * self.chance.lognormvariate(0, spread)

    def one_of(self, texts: tuple[str, ...]) -> str:
        return self.chance.choice(texts)

    def happens(self, share: float) -> bool:
        """Whether something that befalls such a share of cases befalls this one."""
        return not self.rushed and self.chance.random() < share

    def desk(self, duty: str) -> str:
        """Somebody at the desk of the centre that has the case."""
        return self.town.someone(self.chance, duty, self.centre.pk)

    def walker(self) -> str:
        """Somebody who walks the grid of this township."""
        return self.town.someone(self.chance, Duty.PATROL, self.town.centres[self.cell.township].pk)

    def handler(self, unit: Unit) -> str:
        return self.town.someone(self.chance, Duty.HANDLE, unit.pk)

    def checker(self) -> str:
        """Somebody of the county who checks on site, never who handled."""
        county = self.town.centres[self.cell.county]
        checker = self.town.someone(self.chance, Duty.VERIFY, county.pk)
        return self.walker() if self.chance.random() < 0.4 else checker

    def choose_lead(self) -> Unit:
        """The unit this case would be sent to; the township's room for what it may take on."""
        if self._lead is not None:
            return self._lead
        room = self.town.centres[self.cell.township]
        small = self.kind.in_grid and self.kind.settles
        if small and self.centre.tier == Tier.COUNTY and self.chance.random() < 0.45:
            return room
        return self.town.lead(self.chance, self.standard, self.centre)


def begin(
    town: Town,
    chance: Random,
    *,
    cell: Cell,
    point: tuple[float, float] | None,
    kind: Kind,
    channel: str,
    at: datetime,
    ref: str,
    raining: bool = False,
) -> Past:
    """A report by somebody through a channel, said in their words."""
    centre = town.centre(cell, town.procedure.tier_for(channel))
    where = words.address(chance, cell.community, village=not cell.in_town)
    standard = chance.choice(town.standards[kind.pk])
    is_thing = kind.category == Kind.Category.COMPONENT
    what = words.condition(chance, kind.name, standard.filing_condition, is_thing=is_thing)
    texts: tuple[str, ...] = words.REPORTS
    if channel == "patrol":
        texts = words.PATROLS
    elif raining and chance.random() < 0.5:
        texts = words.IN_RAIN
    case = Case(
        channel=channel,
        kind=kind if channel in {"patrol", "sensor"} or chance.random() < 0.6 else None,
        procedure=town.procedure,
        place=cell.place,
        place_number=cell.place.first,
        lon=point[0] if point else None,
        lat=point[1] if point else None,
        address=where,
        centre=centre,
    )
    actor = _reporter(town, chance, cell, channel)
    said = chance.choice(texts).format(where=where, what=what)
    seen = channel in WITH_A_CAMERA and chance.random() < WITH_A_CAMERA[channel]
    shown = town.album.shows(kind, SCENE) if seen else ()
    past = Past(case, "demo", ref, [Told(Step("report", at, actor), said, photos=shown)])
    if actor != REPORTER:
        past.by_person = int(actor.split(":")[1])
    if channel in {"public", "hotline"} and chance.random() < 0.8:
        past.name = chance.choice(words.CALLERS)
        past.phone = f"1990000{chance.randint(0, 9999):04d}"
    return past


def _reporter(town: Town, chance: Random, cell: Cell, channel: str) -> str:
    """Who enters a report: staff take calls and walk the grid, residents write themselves."""
    if channel in {"hotline", "department"}:
        centre = town.centre(cell, town.procedure.tier_for(channel))
        return town.someone(chance, Duty.INTAKE, centre.pk)
    if channel == "patrol":
        return town.someone(chance, Duty.PATROL, town.centres[cell.township].pk)
    return REPORTER

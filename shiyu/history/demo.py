"""The demo city: founded, staffed and lived in up to now by the program's own rules (演示城市).

Everything in it but public names, codes and limits is made up, and says so. The same seed and
the same moment give the same city. What was begun is taken up again where it stopped.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from random import Random

from django.core.files.base import ContentFile
from django.db import transaction

from shiyu.calendars.actions import fill_from_holiday_table, found_calendar
from shiyu.cases.models import Case, Report
from shiyu.catalogue.models import Kind
from shiyu.common.errors import Refused
from shiyu.files.actions import keep_photo
from shiyu.files.models import Photo
from shiyu.history.assessments import assess_everything
from shiyu.history.engine import Engine
from shiyu.history.kaifeng.catalogue import publish_catalogue
from shiyu.history.kaifeng.organisation import Size, found_organisation, keep_own_hours
from shiyu.history.kaifeng.pictures import MOTIFS, picture
from shiyu.history.kaifeng.places import NAME, ROOT, build_kaifeng
from shiyu.history.kaifeng.stories import Stories
from shiyu.history.kaifeng.town import Album, Town, read_town
from shiyu.journal.actions import moment, record
from shiyu.journal.models import Line
from shiyu.people.actions import give_made_up_people_a_password
from shiyu.people.actors import Actor
from shiyu.people.demo import DEMO_PASSWORD, sign_ins
from shiyu.people.duties import Duty
from shiyu.people.models import Unit
from shiyu.places.actions import found_city
from shiyu.places.bulk import write_places
from shiyu.places.models import City, Place

MAKER = Actor.program("demo")
IN_FORCE = date(2024, 1, 1)
SUBJECT = "city:1"
PICTURES = "demo:pictures"
DEMO = "demo"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What was decided when the demo city was begun, kept in the journal.

    size  "demo", or "city-1" (`large`).
    """

    seed: int
    cases: int
    now: datetime
    size: str = DEMO

    def facts(self) -> dict[str, object]:
        decided = {"seed": self.seed, "cases": self.cases, "now": self.now.isoformat()}
        return decided if self.size == DEMO else decided | {"size": self.size}


def make(*, seed: int, cases: int, now: datetime | None, progress: Progress) -> int:
    """Make the demo city, or go on with one that was begun; returns how many cases were added.

    Raises  Refused  where another city stands in this database.
    """
    plan = begun(Plan(seed, cases, now or moment()), progress)
    if is_done():
        return 0
    added = _live(plan, progress)
    done()
    return added


def begun(wanted: Plan, progress: Progress, size: Size = Size()) -> Plan:  # noqa: B008 - frozen
    """Found the city that is wanted, or go on with the one that is there; how it was begun.

    Raises  Refused  where another city stands in this database, or a made-up one of another size.
    """
    city = City.objects.filter(pk=1).first()
    if city is not None and not city.is_demo:
        raise Refused(f"本库已是{city.name}，不能再建演示城市")
    if city is None:
        _found(wanted, progress, size)
    plan = _plan()
    if plan.size != wanted.size:
        raise Refused(f"本库的演示城市是按 {plan.size} 规模建的，不能再按 {wanted.size} 建")
    return plan


@transaction.atomic
def done() -> None:
    """Let the made-up people sign in, assess what is done, and say that the city is whole."""
    give_made_up_people_a_password(DEMO_PASSWORD, actor=MAKER)
    assess_everything()
    record(SUBJECT, "demo_done", actor=MAKER, facts={"cases": Case.objects.count()})


@transaction.atomic
def _found(plan: Plan, progress: Progress, size: Size) -> None:
    """Places, units, people, catalogue and calendars, all or nothing."""
    found_city(
        name=NAME,
        short_name="开封",
        code=ROOT,
        number_prefix="KF",
        actor=MAKER,
        is_demo=True,
    )
    planned = build_kaifeng()
    progress(f"{write_places(planned, actor=MAKER)} places with schematic boundaries")
    places = Place.objects.defer("boundary").order_by("first")
    chance = Random(plan.seed)
    organisation = found_organisation(
        places, chance=chance, actor=MAKER, progress=progress, size=size
    )
    found_calendar(actor=MAKER)
    fill_from_holiday_table(actor=MAKER)
    keep_own_hours(organisation, actor=MAKER)
    publish_catalogue(organisation.departments, valid_from=IN_FORCE, actor=MAKER)
    progress(f"{Kind.objects.count()} kinds of case")
    record(SUBJECT, "demo_begun", actor=MAKER, facts=plan.facts())


def album() -> Album:
    """The drawings, kept as photos once; taken up again where they are already."""
    kept = list(Photo.objects.filter(subject=PICTURES).order_by("id"))
    wanted = [(motif, mended) for motif in MOTIFS for mended in (False, True)]
    for motif, mended in wanted[len(kept) :]:
        role = Photo.Role.AFTER if mended else Photo.Role.SCENE
        drawn = ContentFile(picture(motif, mended=mended), name=f"{motif}.jpg")
        kept.append(keep_photo(drawn, subject=PICTURES, role=role, actor=MAKER))
    return Album(dict(zip(wanted, kept, strict=True)))


def _plan() -> Plan:
    """How this demo city was begun."""
    facts = Line.objects.filter(subject=SUBJECT, verb="demo_begun").latest("id").facts
    now = datetime.fromisoformat(facts["now"])
    return Plan(facts["seed"], facts["cases"], now, facts.get("size", DEMO))


def is_done() -> bool:
    return Line.objects.filter(subject=SUBJECT, verb="demo_done").exists()


def guests_of(town: Town) -> list[Unit]:
    """The units that a reader may sign in to."""
    return [town.units[hint.unit_id] for hint in sign_ins() if hint.duty == Duty.HANDLE]


def _live(plan: Plan, progress: Progress) -> int:
    """Six weeks of life; what an interrupted making has written already is left as it is."""
    town = read_town(plan.now, Random(plan.seed), album())
    kinds = list(Kind.objects.order_by("code"))
    stories = Stories(town, kinds, seed=plan.seed, count=plan.cases)
    there = set(Report.objects.filter(source="demo").values_list("source_ref", flat=True))
    engine = Engine(town.actors, town.units, plan.now)
    told = (g for g in stories.all(guests_of(town)) if g[0].source_ref not in there)
    added = engine.run(told, progress=lambda done: progress(f"{done} cases"))
    for _past, why in engine.rejected:
        progress(f"not possible: {why}")
    return added

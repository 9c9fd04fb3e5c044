"""The demo city's centres, rooms, departments, branches and the people in their posts (机构编制).

All people are made up. Whoever a reader may sign in as has a name that says the post; the rest
have a name that says the unit.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random

from shiyu.calendars.actions import found_calendar
from shiyu.history.kaifeng.catalogue import found_departments
from shiyu.history.kaifeng.people import Names
from shiyu.history.kaifeng.places import NAME, ROOT
from shiyu.people import actions
from shiyu.people.actors import Actor
from shiyu.people.bulk import PlannedPost, Reach, write_people, write_staff
from shiyu.people.duties import ADMINISTRATION, OF_A_UNIT, Duty
from shiyu.people.models import Tier, Unit
from shiyu.places.actions import enrol
from shiyu.places.models import Place

LONG_AGO = date(2024, 1, 1)
CENTRE, DEPARTMENT = Unit.Kind.CENTRE, Unit.Kind.DEPARTMENT
LONGTING = "410202"
CHIEFS = ("网格长", "街长", "党小组长", "楼长", "单元长")
ROSTERS = 24
WALKING = (Duty.PATROL, Duty.VERIFY, Duty.REPORT)

# title: (duties, how many at the city's centre, how many at a county's)
DESKS: dict[str, tuple[tuple[str, ...], int, int, str]] = {
    "受理派遣员": ((Duty.INTAKE, Duty.DISPATCH), 2, 1, "zx"),
    "受理员": ((Duty.INTAKE,), 4, 3, "sl"),
    "派遣员": ((Duty.DISPATCH,), 3, 2, "pq"),
    "值班长": ((Duty.COMMAND,), 2, 1, "zb"),
    "核查员": ((Duty.VERIFY,), 4, 4, "hc"),
}
ANSWERS = "zx"
"""Of a county's desks the one that also handles: it splits and answers orders from the city."""
ADMINISTRATORS = {
    Duty.SYSTEM_ADMIN: ("系统管理员", "xitong"),
    Duty.SECURITY_ADMIN: ("安全管理员", "anquan"),
    Duty.AUDIT_ADMIN: ("审计管理员", "shenji"),
}
SECOND = (Duty.SECURITY_ADMIN, "anquan2")
"""What one administrator asks another decides: so there are two."""
BRANCHES = frozenset(
    (
        *("城市管理局", "住房和城乡建设局", "交通运输局", "市场监督管理局", "公安局", "生态环境局"),
        *("水利局", "农业农村局", "自然资源和规划局", "人社局", "卫生健康委", "教育体育局"),
        *("环卫中心", "园林中心", "市政养护中心"),
    )
)
"""City departments of which each county has a branch, by their short names."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many people sit where (编制规模).

    desks     so many times the people of DESKS.
    clerks, walkers  in each township's room; handlers in each department and branch.
    branches  city departments of which each county has one.
    """

    desks: int = 1
    clerks: int = 1
    walkers: int = 2
    handlers: int = 1
    branches: frozenset[str] = BRANCHES


EVERY_DAY = ("城市管理局", "城管执法支队", "交警支队", "环卫中心", "排水中心")
STREET_HOURS = (("07:00", "12:00"), ("13:30", "20:30"))


@dataclass(slots=True)
class Organisation:
    """Who is there, by place code and unit."""

    centres: dict[str, Unit] = field(default_factory=dict)  # by place code
    departments: dict[str, Unit] = field(default_factory=dict)  # by short name
    branches: dict[tuple[str, str], Unit] = field(default_factory=dict)  # by county, department


def found_organisation(
    places: Iterable[Place],
    *,
    chance: Random,
    actor: Actor,
    progress: Callable[[str], None],
    size: Size = Size(),
) -> Organisation:
    """Found all units of the demo city and put made-up people into their posts."""
    places = list(places)
    found = Organisation(departments=found_departments(ROOT, actor=actor))
    _centres(found, places, actor)
    _branches(found, size.branches, actor)
    progress(f"{len(found.centres) + len(found.departments) + len(found.branches)} units")
    staff = _Staff({place.code: place for place in places}, Names(chance), size)
    staff.desks(found)
    staff.rooms(found)
    staff.handlers(found)
    chiefs = staff.chiefs()
    staff.second(found)
    people = write_staff(staff.posts, starts_on=LONG_AGO, actor=actor)
    accounts = write_people([account for _place, _title, account in chiefs], actor=actor)
    for (place, title, _account), person in zip(chiefs, accounts, strict=True):
        enrol(place, title=title, person=person, starts_on=LONG_AGO, actor=actor)
    progress(f"{len(people) + len(accounts)} people")
    return found


def _centres(found: Organisation, places: Sequence[Place], actor: Actor) -> None:
    """One centre for the city and for each county, a room for each township."""
    city = next(p for p in places if p.level == Place.Level.CITY)
    short = {"county": "指挥中心", "township": "指挥室"}
    tiers = {"county": Tier.COUNTY, "township": Tier.TOWNSHIP}
    found.centres[city.code] = actions.create_unit(
        f"{ROOT}-ZX",
        f"{NAME}社会治理指挥中心",
        short_name="市指挥中心",
        kind=CENTRE,
        tier=Tier.CITY,
        place_code=city.code,
        actor=actor,
        made_up=True,
    )
    by_id = {place.pk: place for place in places}
    for place in places:
        if place.level not in tiers or place.parent_id is None:
            continue
        name = _short(place.name)
        found.centres[place.code] = actions.create_unit(
            f"{place.code}-ZX",
            f"{place.name}社会治理{short[place.level]}",
            short_name=f"{name}{short[place.level]}",
            kind=CENTRE,
            tier=tiers[place.level],
            place_code=place.code,
            parent=found.centres[by_id[place.parent_id].code],
            actor=actor,
            made_up=True,
        )


def _branches(found: Organisation, names: Iterable[str], actor: Actor) -> None:
    """In each county a branch of the departments that work in the street."""
    counties = [unit for unit in found.centres.values() if unit.tier == Tier.COUNTY]
    for department in (found.departments[name] for name in sorted(names)):
        for centre in counties:
            county = centre.name.removesuffix("社会治理指挥中心")
            found.branches[centre.place_code, department.short_name] = actions.create_unit(
                f"{department.code}-{centre.place_code}",
                department.name.replace(NAME, county),
                short_name=f"{_short(county)}{department.short_name}",
                kind=DEPARTMENT,
                tier=Tier.COUNTY,
                place_code=centre.place_code,
                parent=department,
                actor=actor,
                made_up=True,
            )


class _Staff:
    """Plans posts and the people in them, with usernames that say where they sit."""

    def __init__(self, places: dict[str, Place], names: Names, size: Size) -> None:
        self._places = places
        self._names = names
        self._size = size
        self.posts: list[PlannedPost] = []

    def desks(self, found: Organisation) -> None:
        """The desks of the city and of the counties, and the three administrators."""
        for code, centre in found.centres.items():
            if centre.tier == Tier.TOWNSHIP:
                continue
            in_city = centre.tier == Tier.CITY
            where = "shi" if in_city else code
            for title, (duties, of_city, of_county, key) in DESKS.items():
                many = self._size.desks * (of_city if in_city else of_county)
                if key == ANSWERS and not in_city:
                    duties = (*duties, Duty.HANDLE)
                names = [f"{where}-{key}{number}" for number in range(1, many + 1)]
                self._post(centre, title, duties, names, over=code)
        for duty, (title, username) in ADMINISTRATORS.items():
            self._post(found.centres[ROOT], title, (duty,), [username])

    def rooms(self, found: Organisation) -> None:
        """In each township's room those who handle, and those who walk the grid."""
        for code, room in found.centres.items():
            if room.tier == Tier.TOWNSHIP:
                clerks = _numbered(f"{code}-zg", self._size.clerks)
                self._post(room, "综治专干", (Duty.HANDLE,), clerks)
                walkers = [f"{code}-wg{number}" for number in range(1, self._size.walkers + 1)]
                self._post(room, "网格员", WALKING, walkers, over=code)

    def handlers(self, found: Organisation) -> None:
        """In each department and branch a post that handles what is sent to it."""
        for unit in [*found.departments.values(), *found.branches.values()]:
            names = _numbered(f"{unit.code.lower()}-cz", self._size.handlers)
            self._post(unit, "处置员", (Duty.HANDLE,), names)

    def second(self, found: Organisation) -> None:
        """Another security administrator; drawn last, so that all others keep their names."""
        duty, username = SECOND
        self._post(found.centres[ROOT], ADMINISTRATORS[duty][0], (duty,), [username])

    def chiefs(self) -> list[tuple[Place, str, tuple[str, str]]]:
        """The five chiefs of the communities of one district (五长): place, title, account."""
        communities = [
            place
            for place in self._places.values()
            if place.level == Place.Level.COMMUNITY and place.code.startswith(LONGTING)
        ]
        return [
            (place, title, (f"{place.code}-{number}", self._names.draw()))
            for place in communities[:ROSTERS]
            for number, title in enumerate(CHIEFS, 1)
        ]

    def _post(
        self, unit: Unit, title: str, duties: Sequence[str], names: Sequence[str], over: str = ""
    ) -> None:
        reaches = tuple(self._reach(duty, over) for duty in duties)
        people = tuple((username, self._names.draw()) for username in names)
        self.posts.append(PlannedPost(unit, title, reaches, people))

    def _reach(self, duty: str, over: str) -> Reach:
        if duty in OF_A_UNIT or duty in ADMINISTRATION:
            return Reach(duty)
        place = self._places[over]
        return Reach(duty, place.code, place.first, place.last)


def keep_own_hours(found: Organisation, *, actor: Actor) -> int:
    """Give the units that work every day calendars of their own; returns how many."""
    units = [found.departments[name] for name in EVERY_DAY]
    units += [unit for (_county, name), unit in found.branches.items() if name in EVERY_DAY]
    for unit in units:
        found_calendar(
            f"unit-{unit.code}",
            name=f"{unit.short_name}工作日历",
            unit_id=unit.pk,
            hours=STREET_HOURS,
            weekdays=range(1, 8),
            actor=actor,
        )
    return len(units)


def _numbered(name: str, count: int) -> list[str]:
    """So many names for a post's people; the first without a number."""
    return [name, *(f"{name}{number}" for number in range(2, count + 1))]


def _short(name: str) -> str:
    """A place's name without its rank, where two signs or more are left."""
    if name.endswith("示范区"):
        return "示范区"
    for rank in ("街道办事处", "地区办事处", "街道", "回族区", "区", "县"):
        if name.endswith(rank) and len(name) - len(rank) > 1:
            return name.removesuffix(rank)
    return name

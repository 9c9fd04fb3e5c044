"""A small made city for tests: two counties, their desks, three units, one person for each duty.

    world = build()                              # some twenty inserts, no action, no hashing
    case = world.make_case(Stage.HANDLING)       # walked there by real actions
    world.actor("intake")                        # Actor of the person known by this key
    world.people["handler"]                      # Person, for client.force_login(...)

Everything lies in 鼓楼区 (gulou) unless the name says otherwise; `longting` is the other county,
whose people must never see it.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import shapely
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from shiyu.calendars.models import Calendar
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case, Report
from shiyu.catalogue.models import Kind, Procedure, Responsibility, Standard
from shiyu.people.actors import Actor
from shiyu.people.models import Appointment, Person, Post, PostDuty, Unit
from shiyu.places.models import City, Place

LONG_AGO = date(2020, 1, 1)

# key: (code, name, level, key of parent, first, last, west, south, east, north)
PLACES: dict[str, tuple[Any, ...]] = {
    "city": ("410200", "测试市", "city", None, 1, 9999, 114.30, 34.70, 114.50, 34.90),
    "gulou": ("410204", "鼓楼区", "county", "city", 1000, 4999, 114.30, 34.70, 114.40, 34.90),
    "longting": ("410202", "龙亭区", "county", "city", 5000, 8999, 114.40, 34.70, 114.50, 34.90),
    "shudian": (
        *("410204001", "书店街街道", "township", "gulou", 1100, 1999),
        *(114.30, 34.70, 114.35, 34.90),
    ),
    "xisi": (
        *("410204002", "西司门街道", "township", "gulou", 2100, 2999),
        *(114.35, 34.70, 114.40, 34.90),
    ),
    "beimen": (
        *("410202001", "北门街道", "township", "longting", 5100, 5999),
        *(114.40, 34.70, 114.50, 34.90),
    ),
    "community": (
        *("410204001001", "书店街社区", "community", "shudian", 1200, 1499),
        *(114.30, 34.78, 114.35, 34.82),
    ),
    "cell_a": (
        *("41020400100101", "书店街社区第一网格", "cell", "community", 1210, 1219),
        *(114.30, 34.78, 114.325, 34.82),
    ),
    "cell_b": (
        *("41020400100102", "书店街社区第二网格", "cell", "community", 1220, 1229),
        *(114.325, 34.78, 114.35, 34.82),
    ),
}
LEVELS = ("city", "county", "township", "community", "cell")
HERE = (114.31, 34.80)
"""A point in cell_a."""
THERE = (114.45, 34.80)
"""A point in 北门街道, in the other county."""

# key: (code, name, short name, kind, tier, key of parent, place code)
UNITS: dict[str, tuple[str, str, str, str, str, str | None, str]] = {
    "city": ("C1", "测试市指挥中心", "市中心", "centre", "city", None, "410200"),
    "gulou": ("C2", "鼓楼区指挥中心", "鼓楼中心", "centre", "county", "city", "410204"),
    "longting": ("C3", "龙亭区指挥中心", "龙亭中心", "centre", "county", "city", "410202"),
    "shudian": ("C4", "书店街指挥室", "书店街指挥室", "centre", "township", "gulou", "410204001"),
    "roads": ("D1", "市政养护所", "市政养护所", "department", "county", None, "410204"),
    "waste": ("D2", "环境卫生所", "环卫所", "department", "county", None, "410204"),
    "lamps": ("D3", "路灯管理所", "路灯所", "department", "county", None, "410204"),
}

# key: (name, key of unit, ((duty, key of place or unit), ...))
PEOPLE: dict[str, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    "intake": ("王芳", "gulou", (("intake", "gulou"),)),
    "dispatcher": ("李强", "gulou", (("dispatch", "gulou"),)),
    "commander": ("陈明", "gulou", (("command", "gulou"),)),
    "commander_two": ("赵宁", "gulou", (("command", "gulou"),)),
    "clerk": ("孙悦", "gulou", (("intake", "gulou"), ("dispatch", "gulou"))),
    "handler": ("刘洋", "roads", (("handle", "roads"),)),
    "handler_waste": ("周杰", "waste", (("handle", "waste"),)),
    "handler_lamps": ("吴敏", "lamps", (("handle", "lamps"),)),
    "verifier": ("郑华", "gulou", (("verify", "gulou"),)),
    "patrol": ("冯丽", "shudian", (("patrol", "shudian"), ("verify", "shudian"))),
    "patrol_xisi": ("蒋涛", "shudian", (("patrol", "xisi"),)),
    "room": ("何静", "shudian", (("intake", "shudian"), ("handle", "shudian"))),
    "intake_longting": ("韩雪", "longting", (("intake", "longting"), ("dispatch", "longting"))),
    "intake_city": ("朱红", "city", (("intake", "city"),)),
    "dispatcher_city": ("秦刚", "city", (("dispatch", "city"),)),
    "commander_city": ("许诺", "city", (("command", "city"),)),
    "administrator": ("沈杰", "city", (("system_admin", "city"),)),
    "nobody": ("杨帆", "city", ()),
}

# key: (code, name, category, major code, major name, in grid, settles, handling, evidence, lead)
KINDS: dict[str, tuple[str, str, str, str, str, bool, bool, str, list[str], str]] = {
    "manhole": (
        *("10101", "井盖破损", "component", "101", "公用设施", True, False),
        *("2紧急工作时", [], "roads"),
    ),
    "rubbish": (
        *("20101", "暴露垃圾", "event", "201", "市容环境", True, True),
        *("4紧急工作时", ["after"], "waste"),
    ),
    "lamp": (
        *("10201", "路灯不亮", "component", "102", "道路照明", True, False),
        *("3工作日", [], "lamps"),
    ),
    "noise": (
        *("30101", "噪声扰民", "appeal", "301", "噪声", False, False),
        *("5工作日", [], "waste"),
    ),
}

LIMITS = {
    "accept": "15分钟",
    "filing": "15分钟",
    "dispatch": "15分钟",
    "sign": "30分钟",
    "verify": "4紧急工作时",
}


def a_photo(name: str = "photo.jpg", colour: str = "gray") -> SimpleUploadedFile:
    """A real little JPEG, as a phone would send it."""
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(picture, "JPEG")
    return SimpleUploadedFile(name, picture.getvalue(), content_type="image/jpeg")


@dataclass
class World:
    """The made city's records, by the keys of the tables above."""

    city: City
    procedure: Procedure
    places: dict[str, Place] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)
    standards: dict[str, Standard] = field(default_factory=dict)
    made: int = 0

    def actor(self, key: str) -> Actor:
        """What this person may do today."""
        return Actor.for_person(self.people[key])

    def report(self, *, by: str | None = None, **changes: Any) -> tuple[Report, str]:
        """Take in a report in 书店街, from the public unless `by` names a person; its code too."""
        from shiyu.cases import actions

        self.made += 1
        said: dict[str, Any] = {
            "source": "test",
            "source_ref": f"t{self.made}",
            "channel": "public" if by is None else "hotline",
            "text": "井盖破了一个大洞",
            "address": f"书店街 {self.made} 号门前",
            "lon": HERE[0],
            "lat": HERE[1],
        }
        actor = Actor("receipt", 0) if by is None else self.actor(by)
        return actions.report(actions.Intake(**said | changes), actor=actor)

    def make_case(
        self,
        stage: Stage | str = Stage.REPORTED,
        *,
        kind: str = "manhole",
        lead: str = "roads",
        co: tuple[str, ...] = (),
        **report: Any,
    ) -> Case:
        """A case at this stage, walked there by the people whose work it is."""
        case = self.report(**report)[0].case
        for step in WAYS[Stage(stage)]:
            STEPS[step](self, case, kind, lead, co)
            case.refresh_from_db()
        return case


Walk = Callable[[World, Case, str, str, tuple[str, ...]], object]


def _steps() -> dict[str, Walk]:
    from shiyu.cases import actions as do

    handlers = {"roads": "handler", "waste": "handler_waste", "lamps": "handler_lamps"}
    handlers["shudian"] = "room"

    def each(w: World, c: Case, lead: str, co: tuple[str, ...], act: Callable[..., object]) -> None:
        for unit in (lead, *co):
            act(c, unit=w.units[unit], actor=w.actor(handlers[unit]))

    def merge(w: World, c: Case, *_: object) -> object:
        into = w.report(text="同一个井盖")[0].case
        return do.merge(c, into=into, actor=w.actor("intake"))

    def photos(kind: str) -> list[SimpleUploadedFile]:
        return [a_photo()] if KINDS[kind][8] else []

    return {
        "accept": lambda w, c, *_: do.accept(c, actor=w.actor("intake")),
        "file": lambda w, c, k, *_: do.file(c, standard=w.standards[k], actor=w.actor("intake")),
        "dispatch": lambda w, c, _k, lead, co: do.dispatch(
            c, lead=w.units[lead], co=[w.units[u] for u in co], actor=w.actor("dispatcher")
        ),
        "sign": lambda w, c, _k, lead, co: each(w, c, lead, co, do.sign),
        "handle": lambda w, c, k, lead, co: each(
            *(w, c, lead, co),
            lambda c, **about: do.handle(c, reason="已更换井盖", photos=photos(k), **about),
        ),
        "verify": lambda w, c, *_: do.verify(c, reason="现场已修好", actor=w.actor("verifier")),
        "close": lambda w, c, *_: do.close(c, outcome="fixed", actor=w.actor("intake")),
        "ask_suspension": lambda w, c, _k, lead, _co: do.ask_suspension(
            c, unit=w.units[lead], reason="等待占道许可", actor=w.actor(handlers[lead])
        ),
        "endorse": lambda w, c, *_: do.endorse_suspension(c, actor=w.actor("dispatcher")),
        "suspend": lambda w, c, *_: do.suspend(
            c, until=timezone.localdate() + timedelta(days=7), actor=w.actor("commander")
        ),
        "dismiss": lambda w, c, *_: do.dismiss(c, reason="不属城市管理", actor=w.actor("intake")),
        "merge": merge,
        "withdraw": lambda w, c, *_: do.withdraw(
            c, reason="已经自己解决", actor=Actor.receipt(c.reports.get().pk)
        ),
        "ask_void": lambda w, c, *_: do.ask_void(c, reason="误报", actor=w.actor("dispatcher")),
        "void": lambda w, c, *_: do.void(c, actor=w.actor("commander")),
    }


_FILED = ("accept", "file")
_HANDLING = (*_FILED, "dispatch", "sign")
WAYS: dict[Stage, tuple[str, ...]] = {
    Stage.REPORTED: (),
    Stage.ACCEPTED: ("accept",),
    Stage.FILED: _FILED,
    Stage.DISPATCHED: (*_FILED, "dispatch"),
    Stage.HANDLING: _HANDLING,
    Stage.SUSPENDED: (*_HANDLING, "ask_suspension", "endorse", "suspend"),
    Stage.HANDLED: (*_HANDLING, "handle"),
    Stage.VERIFIED: (*_HANDLING, "handle", "verify"),
    Stage.CLOSED: (*_HANDLING, "handle", "verify", "close"),
    Stage.DISMISSED: ("dismiss",),
    Stage.MERGED: ("merge",),
    Stage.WITHDRAWN: ("withdraw",),
    Stage.VOIDED: ("ask_void", "void"),
}


class _Lazy(dict[str, Walk]):
    """The steps, made when first asked for: actions load models."""

    def __missing__(self, key: str) -> Walk:
        self.update(_steps())
        return self[key]


STEPS: dict[str, Walk] = _Lazy()


def build() -> World:
    """Write the made city into the (empty) test database."""
    city = City.objects.create(
        pk=1,
        name="测试市",
        short_name="测试",
        code="410200",
        number_prefix="KF",
        west=114.30,
        south=34.70,
        east=114.50,
        north=34.90,
    )
    procedure = Procedure.objects.create(version=1, valid_from=LONG_AGO, limits=LIMITS)
    Calendar.objects.create(
        code="city",
        name="全市工作日历",
        timezone="Asia/Shanghai",
        valid_from=LONG_AGO,
        hours=[["08:00", "12:00"], ["14:00", "18:00"]],
        weekdays=[1, 2, 3, 4, 5],
    )
    world = World(city, procedure)
    _places(world)
    _units(world)
    _people(world)
    _assessed(world)
    _kinds(world)
    return world


def _places(world: World) -> None:
    for level in LEVELS:
        rows = {key: row for key, row in PLACES.items() if row[2] == level}
        made = Place.objects.bulk_create(
            Place(
                code=row[0],
                name=row[1],
                level=row[2],
                parent=world.places[row[3]] if row[3] else None,
                first=row[4],
                last=row[5],
                boundary=shapely.to_wkb(shapely.box(*row[6:])),
                boundary_source="示意",
                lon=(row[6] + row[8]) / 2,
                lat=(row[7] + row[9]) / 2,
            )
            for row in rows.values()
        )
        world.places |= dict(zip(rows, made, strict=True))


def _units(world: World) -> None:
    for key, (code, name, short, kind, tier, parent, place) in UNITS.items():
        world.units[key] = Unit.objects.create(
            code=code,
            name=name,
            short_name=short,
            kind=kind,
            tier=tier,
            parent=world.units[parent] if parent else None,
            place_code=place,
        )


def _people(world: World) -> None:
    made = Person.objects.bulk_create(
        Person(username=key, name=name, password="!", made_up=True)
        for key, (name, _, _) in PEOPLE.items()
    )
    world.people = dict(zip(PEOPLE, made, strict=True))
    posts = Post.objects.bulk_create(
        Post(unit=world.units[unit], title="岗位") for _, unit, _ in PEOPLE.values()
    )
    Appointment.objects.bulk_create(
        Appointment(person=person, post=post, starts_on=LONG_AGO)
        for person, post in zip(made, posts, strict=True)
    )
    PostDuty.objects.bulk_create(
        _duty(world, post, duty, over)
        for post, (_, _, duties) in zip(posts, PEOPLE.values(), strict=True)
        for duty, over in duties
    )


def _assessed(world: World) -> None:
    """Impact assessments that let everything begin: not what tests of the rest are about."""
    model = apps.get_model("privacy.Assessment")
    begun, approved = world.people["intake"], world.people["dispatcher"]
    day = datetime(2026, 1, 5, 9, tzinfo=UTC)
    words = dict.fromkeys(("purpose", "lawfulness", "necessity", "effects", "measures"), "有")
    model._default_manager.bulk_create(
        model(
            processing=name,
            conclusion="go",
            due_on=date(9999, 1, 1),
            stage="approved",
            begun_by=begun,
            begun_at=day,
            decided_by=approved,
            decided_at=day,
            **words,
        )
        for name in (
            *("reporter", "minor", "follow", "draft", "sign_in"),
            *("export", "interfaces", "suggest"),
        )
    )


def _duty(world: World, post: Post, duty: str, over: str) -> PostDuty:
    if duty == "handle":
        return PostDuty(post=post, duty=duty, unit=world.units[over])
    place = world.places[over]
    return PostDuty(
        post=post,
        duty=duty,
        place_code=place.code,
        place_first=place.first,
        place_last=place.last,
    )


def _kinds(world: World) -> None:
    rows = KINDS.items()
    made = Kind.objects.bulk_create(
        Kind(
            code=row[0],
            name=row[1],
            category=row[2],
            major_code=row[3],
            major_name=row[4],
            in_grid=row[5],
            not_in_grid_because="" if row[5] else "未列入入格事项清单",
            settles=row[6],
        )
        for _, row in rows
    )
    world.kinds = dict(zip(KINDS, made, strict=True))
    standards = Standard.objects.bulk_create(
        Standard(
            kind=world.kinds[key],
            ordinal=1,
            version=1,
            valid_from=LONG_AGO,
            filing_condition=f"{row[1]}，影响通行或安全",
            closing_condition=f"{row[1]}已消除",
            handling=row[7],
            evidence=row[8],
            legal_basis="《城市管理执法办法》",
        )
        for key, row in rows
    )
    world.standards = dict(zip(KINDS, standards, strict=True))
    Responsibility.objects.bulk_create(
        Responsibility(
            standard=world.standards[key], tier="county", unit=world.units[row[9]], role="lead"
        )
        for key, row in rows
    )

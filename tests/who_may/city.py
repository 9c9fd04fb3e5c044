"""The city in which everybody is tried with every case: built once, each asked and put back."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from shiyu.api.tests.calling import System, expire, let_in, revoke
from shiyu.cases import actions as do
from shiyu.cases.models import Case
from shiyu.cases.tests.world import LONG_AGO, THERE, World, a_photo, build
from shiyu.catalogue.models import Kind
from shiyu.files.models import Photo
from shiyu.people.actors import Actor
from shiyu.people.middleware import SEEN
from shiyu.people.models import Appointment, Heir, Person, Post, PostDuty, Unit, UnitChange
from tests.who_may.people import CLOSED, IN_FORCE, KEYS, LEFT, OVER, PEOPLE, SIGNED_OUT, TO_COME

AN_HOUR_S = 3600
PHONE, NAME = "13800001234", "张建国"
BEIMEN = {"lon": THERE[0], "lat": THERE[1], "address": "北门大街"}
WRITTEN = (
    *("journal_line", "cases_case", "cases_report", "cases_assignment", "files_photo"),
    *("notices_notice", "people_person", "people_appointment", "people_postduty"),
    *("desk_batch", "desk_export", "desk_saved", "api_client", "api_grant", "cases_look"),
)
"""Tables in which whoever is refused leaves nothing."""


@dataclass
class City:
    """The made city, its people signed in, its systems with their keys, its cases by name."""

    world: World
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    sessions: dict[str, str] = field(default_factory=dict)
    systems: dict[str, System] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    photos: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)

    def browser(self, who: str) -> Client:
        """This person's browser, fresh."""
        self.client.cookies = SimpleCookie()
        if who != SIGNED_OUT:
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[who]
        return self.client

    def actor(self, who: str) -> Actor:
        """Who it is to the program."""
        if who in KEYS:
            client = self.systems[who].client
            assert client is not None
            from shiyu.api.rules import held_by

            return Actor("key", client.pk, client.name, held_by(client))
        return self.world.actor(who)

    def named(self, ids: Any) -> frozenset[str]:
        """The names of the cases with these ids or numbers; others count as "?"."""
        known: dict[Any, str] = {case.pk: name for name, case in self.cases.items()}
        known |= {case.number: name for name, case in self.cases.items()}
        return frozenset(known[one] for one in ids if one in known)


def traces() -> tuple[int, ...]:
    """How much is written where a refusal may write nothing: one statement."""
    counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in WRITTEN)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counts}, (SELECT sum(version) FROM cases_case)")
        return tuple(cursor.fetchone())


@contextmanager
def put_back() -> Iterator[None]:
    """What is done inside is undone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def undone(ask: Callable[[], Any]) -> Any:
    with put_back():
        return ask()


def build_city() -> City:
    city = City(build())
    _employ(city.world)
    for name in KEYS:
        city.systems[name] = _system(city.world, name)
    verbs = ("intake", "dispatch", "command", "verify", "patrol", "report")
    scopes = [f"cases:{verb}@410204" for verb in verbs]
    city.systems["all"] = let_in(city.world, *scopes, "cases:handle@D1", unit="gulou")
    for name, make in _makers(city).items():
        case = make()
        case.refresh_from_db()
        city.cases[name] = case
        photo = Photo.objects.filter(subject=case.subject).first()
        city.photos[name] = photo.public_id if photo else ""
    Kind.objects.update(for_public=True)
    for name in ("reporter who left", "left today", "account closed"):
        _withdraw(city.world, name)
    Person.objects.update(password=make_password("nobody types this"))
    for name in PEOPLE:
        city.world.people[name].refresh_from_db()
        _sign_in(city, name)
    return city


def _employ(world: World) -> None:
    for code, key in (("B1", "bureau"), ("B2", "old"), ("B3", "heir")):
        world.units[key] = Unit.objects.create(
            code=code, name=f"机构{code}", short_name=code, kind="department", tier="county"
        )
    Unit.objects.filter(pk=world.units["roads"].pk).update(parent=world.units["bureau"])
    today = timezone.localdate()
    days = {
        OVER: (today - timedelta(days=9), today - timedelta(days=1)),
        TO_COME: (today + timedelta(days=1), today + timedelta(days=9)),
    }
    for number, (name, one) in enumerate(PEOPLE.items()):
        world.people[name] = Person.objects.create(
            username=f"kind{number}", name=f"人员{number}", password="!", made_up=True
        )
        post = Post.objects.create(unit=world.units[one.unit], title=name)
        starts, ends = days.get(one.stands, (LONG_AGO, None))
        if one.instead and ends is None:
            ends = today + timedelta(days=9)
        whose = world.people[one.instead] if one.instead else None
        Appointment.objects.create(
            person=world.people[name], post=post, starts_on=starts, ends_on=ends, acting_for=whose
        )
        for duty, at in one.held:
            _give(world, post, duty, at)


def _give(world: World, post: Post, duty: str, at: str) -> None:
    if duty == "handle":
        PostDuty.objects.create(post=post, duty=duty, unit=world.units[at])
        return
    if not at:  # an administrator's duty without a place is for the whole city
        PostDuty.objects.create(post=post, duty=duty)
        return
    place = world.places[at]
    PostDuty.objects.create(
        post=post, duty=duty, place_code=place.code, place_first=place.first, place_last=place.last
    )


def _withdraw(world: World, name: str) -> None:
    """As the actions leave it when somebody goes today, or an account is closed."""
    person = world.people[name]
    if PEOPLE[name].stands == CLOSED:
        Person.objects.filter(pk=person.pk).update(is_active=False)
    else:
        ends = {"ends_on": timezone.localdate(), "left_at": timezone.now()}
        Appointment.objects.filter(person=person).update(**ends)


def _system(world: World, name: str) -> System:
    one = KEYS[name]
    written = {duty: verb for verb, duty in _grants().items()}
    (duty, at), *_more = one.held
    reach = world.units[at].code if duty == "handle" else world.places[at].code
    purpose = "open311" if one.stands == LEFT else "api"
    system = let_in(
        world, f"{written[duty]}@{reach}", unit=one.unit, purpose=purpose, name=name[:60]
    )
    if one.stands == CLOSED:
        return revoke(system)
    return expire(system) if one.stands == OVER else system


def _grants() -> dict[str, str]:
    from tests.who_may.people import GRANTS

    return GRANTS


def _sign_in(city: City, name: str) -> None:
    browser = city.browser(SIGNED_OUT)
    person = city.world.people[name]
    Person.objects.filter(pk=person.pk).update(is_active=True)
    browser.force_login(person)
    if PEOPLE[name].stands == CLOSED:
        Person.objects.filter(pk=person.pk).update(is_active=False)
    session = browser.session
    session[SEEN] = int(time.time()) + AN_HOUR_S
    session.save()
    city.sessions[name] = browser.cookies[settings.SESSION_COOKIE_NAME].value


def _makers(city: City) -> dict[str, Callable[[], Case]]:
    world = city.world
    with_all = {"name": NAME, "phone": PHONE}

    def at_stage(stage: str, **more: Any) -> Callable[[], Case]:
        return lambda: world.make_case(stage, photos=[a_photo()], **with_all, **more)

    def plain(**more: Any) -> Callable[[], Case]:
        return lambda: world.report(photos=[a_photo()], **with_all, **more)[0].case

    def by_account(who: str, **more: Any) -> Callable[[], Case]:
        # `world.report` names another channel for who reports by account: patrols are reporters
        return lambda: world.report(by=who, photos=[a_photo()], channel="patrol", **more)[0].case

    return {
        "new": at_stage("reported"),
        "at work": at_stage("handling", co=("waste",)),
        "taken back": lambda: _taken_back(world, at_stage("dispatched")()),
        **{stage: at_stage(stage) for stage in ("closed", "merged", "withdrawn", "voided")},
        "dismissed": at_stage("dismissed"),
        "order": lambda: _order(city),
        "child of the order": lambda: _child(city),
        "escalated": lambda: _escalated(world, at_stage("accepted")()),
        "in the next township": plain(lon=114.37, lat=34.80, address="西司门 1 号"),
        "in another county": plain(**BEIMEN),
        "at work in another county": lambda: _elsewhere(world, plain(**BEIMEN)()),
        "of a unit merged since": lambda: _inherited(world, at_stage("filed")()),
        "reported by account": by_account("reporter"),
        "reported by one who left": by_account("reporter who left"),
        "reported from elsewhere": by_account("patrol who reported elsewhere"),
        "reported by a key": lambda: _by_key(city),
    }


def _taken_back(world: World, case: Case) -> Case:
    return do.recall(case, actor=world.actor("dispatcher"))


def _escalated(world: World, case: Case) -> Case:
    return do.escalate(case, actor=world.actor("intake"), reason="跨区")


def _elsewhere(world: World, case: Case) -> Case:
    desk = world.actor("intake_longting")
    do.accept(case, actor=desk)
    do.file(case, standard=world.standards["lamp"], actor=desk)
    do.dispatch(case, lead=world.units["lamps"], actor=desk)
    return do.sign(case, unit=world.units["lamps"], actor=world.actor("handler_lamps"))


def _inherited(world: World, case: Case) -> Case:
    """Sent to a unit that was merged into another afterwards, and not handed over yet."""
    old, heir, now = world.units["old"], world.units["heir"], timezone.now()
    post = Post.objects.create(unit=old, title="旧岗")
    PostDuty.objects.create(post=post, duty="handle", unit=old)
    of_old = Appointment.objects.create(
        person=world.people["nobody"], post=post, starts_on=LONG_AGO
    )
    do.dispatch(case, lead=old, actor=world.actor("dispatcher"))
    do.sign(case, unit=old, actor=world.actor("nobody"))
    of_old.ends_on, of_old.left_at = now.date(), now
    of_old.save(update_fields=["ends_on", "left_at"])
    change = UnitChange.objects.create(
        unit=old, kind="merge", from_on=now.date(), ordered_at=now, applied_at=now
    )
    Heir.objects.create(change=change, unit=heir, ordinal=1)
    return case


def _order(city: City) -> Case:
    world = city.world
    intake = do.Intake(
        source="test",
        source_ref="order",
        channel="superior",
        text="全面排查井盖",
        place=world.places["shudian"],
        kind=world.kinds["manhole"],
        photos=[a_photo()],
    )
    case = do.order(intake, actor=world.actor("intake")).case
    do.accept(case, actor=world.actor("intake"))
    do.file(case, standard=world.standards["manhole"], actor=world.actor("intake"))
    do.dispatch(case, lead=world.units["shudian"], actor=world.actor("dispatcher"))
    return do.sign(case, unit=world.units["shudian"], actor=world.actor("room"))


def _child(city: City) -> Case:
    world = city.world
    part = do.Intake(
        source="test",
        source_ref="part",
        channel="superior",
        text="排查书店街社区井盖",
        place=world.places["community"],
    )
    do.split(
        city.cases["order"],
        unit=world.units["shudian"],
        parts=[part],
        actor=world.actor("room"),
    )
    return Case.objects.get(parent=city.cases["order"])


def _by_key(city: City) -> Case:
    said = {"text": "路灯不亮", "lon": 114.31, "lat": 34.80}
    answer = city.systems["key that reported"].post("/cases", said)
    return Case.objects.get(number=answer.json()["number"])


__all__ = ["IN_FORCE", "City", "build_city", "put_back", "traces", "undone"]

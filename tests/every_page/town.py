"""The city in which every page is tried: its people signed in, and a case for each row of SEES."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shiyu.api.actions import admit
from shiyu.calendars.actions import draw_up_hours
from shiyu.calendars.models import Revision
from shiyu.cases import actions as do
from shiyu.cases.models import Case
from shiyu.cases.tests.world import LONG_AGO, THERE, World, a_photo, build
from shiyu.files.models import Photo
from shiyu.journal.models import Line
from shiyu.notices.actions import owe
from shiyu.notices.models import Connector, Delivery, Notice
from shiyu.notices.tests.conftest import make_subscription
from shiyu.people.actors import Actor
from shiyu.people.middleware import SEEN
from shiyu.people.models import Appointment, Person, Post, PostDuty, Proposal
from shiyu.places.models import Address as WrittenAddress
from shiyu.places.models import Survey
from shiyu.privacy.models import Assessment, Demand, Hold, SelfAudit
from tests.every_page.address import WITH_CODE, Address
from tests.every_page.people import EVERYBODY, SIGNED_OUT

AN_HOUR_S = 3600


@dataclass
class Town:
    """The made city, one session for each person, and one case for each row of SEES."""

    world: World
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    sessions: dict[str, str] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    photos: dict[str, str] = field(default_factory=dict)
    code: str = ""
    things: dict[str, Any] = field(default_factory=dict)

    def browser(self, who: str) -> Client:
        """This person's browser; what was sent before (signing out!) is forgotten."""
        self.client.cookies = SimpleCookie()
        if who != SIGNED_OUT:
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[who]
        return self.client

    def path(self, name: str, address: Address, case: str = "") -> str:
        """The address with what stands for its parts."""
        parts = {key: self.things.get(str(v), v) for key, v in address.named.items()}
        if address.whose == WITH_CODE:
            parts["code"] = self.code
        if case:
            found = self.cases[case]
            by = {"desk:row": "pk", "desk:by_id": "pk", "files:photo": "public_id"}
            part = by.get(name, "number")
            parts[part] = self.photos[case] if part == "public_id" else getattr(found, part)
        return reverse(name, kwargs=parts)


def undone(ask: Callable[[], Any]) -> Any:
    """Ask, and put the city back as it was."""
    with transaction.atomic():
        answer = ask()
        transaction.set_rollback(True)
    return answer


def led_to_sign_in(answer: Any) -> bool:
    where = answer.headers.get("Location") or answer.headers.get("HX-Redirect", "")
    return where.startswith("/account/login/")


def traces() -> tuple[int, ...]:
    """How much the city has written of what nobody may write who was refused."""
    kept = (Line, Case, Photo, Notice, Person, Appointment)
    counts = ", ".join(f"(SELECT count(*) FROM {model._meta.db_table})" for model in kept)
    return _row(f"SELECT {counts}")


def state(case: Case) -> tuple[Any, ...]:
    """Stage and version of a case, and how long the whole journal is."""
    lines = f"(SELECT count(*) FROM {Line._meta.db_table})"
    return _row(f"SELECT stage, version, {lines} FROM cases_case WHERE id = %s", case.pk)


def _row(words: str, *values: Any) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(words, values)
        return cursor.fetchone()


def build_town() -> Town:
    town = Town(build())
    world = town.world
    for key, duty in (("security", "security_admin"), ("audit", "audit_admin")):
        _employ(world, key, duty)
    for stage in ("reported", "filed", "handling", "handled", "closed", "merged", "dismissed"):
        town.cases[f"gulou {stage}"] = world.make_case(stage, photos=[a_photo()])
    for stage in ("reported", "handling", "dismissed", "merged"):
        town.cases[f"longting {stage}"] = _in_longting(world, stage)
    for name, case in town.cases.items():
        case.refresh_from_db()
        town.photos[name] = Photo.objects.filter(subject=case.subject)[0].public_id
    town.code = world.report(text="路灯不亮")[1]
    Person.objects.update(password=make_password("nobody types this"))
    for key in EVERYBODY:
        world.people[key].refresh_from_db()
        _sign_in(town, key)
    town.things = _things(world, town)
    return town


def _sign_in(town: Town, key: str) -> None:
    """A session in use: its last request is noted already, so that a look need not note it."""
    browser = town.browser(SIGNED_OUT)
    browser.force_login(town.world.people[key])
    session = browser.session
    session[SEEN] = int(time.time()) + AN_HOUR_S
    session.save()
    town.sessions[key] = browser.cookies[settings.SESSION_COOKIE_NAME].value


def _employ(world: World, key: str, duty: str) -> None:
    person = Person.objects.create(username=key, name=f"管理员{key}", password="!", made_up=True)
    post = Post.objects.create(unit=world.units["city"], title="管理员")
    Appointment.objects.create(person=person, post=post, starts_on=LONG_AGO)
    city = world.places["city"]
    PostDuty.objects.create(
        post=post, duty=duty, place_code=city.code, place_first=city.first, place_last=city.last
    )
    world.people[key] = person


def _in_longting(world: World, stage: str) -> Case:
    """The other county's cases, walked by its own desk."""
    where = {"lon": THERE[0], "lat": THERE[1], "address": "北门大街", "photos": [a_photo()]}
    case, desk = world.report(**where)[0].case, world.actor("intake_longting")
    if stage == "dismissed":
        return do.dismiss(case, reason="不属城市管理", actor=desk)
    if stage == "merged":
        return do.merge(case, into=world.report(**where)[0].case, actor=desk)
    if stage == "handling":
        do.accept(case, actor=desk)
        do.file(case, standard=world.standards["lamp"], actor=desk)
        do.dispatch(case, lead=world.units["lamps"], actor=desk)
        do.sign(case, unit=world.units["lamps"], actor=world.actor("handler_lamps"))
    return case


def a_revision() -> Revision:
    """Other office hours, drawn up and not published."""
    return draw_up_hours(
        "city",
        actor=Actor.program("test"),
        valid_from=timezone.localdate(),
        hours=[["09:00", "17:00"]],
        weekdays=[1, 2, 3],
    )


MAIL = {"host": "smtp.example.com", "port": 587, "security": "starttls", "sender": "a@b.example"}


def _things(world: World, town: Town) -> dict[str, Any]:
    owner = Person.objects.create(username="colleague", name="同事", password="!")
    owe([owner.pk], town.cases["gulou handling"].subject, "urged", facts={}, at=timezone.now())
    notice = Notice.objects.filter(to=owner).latest("pk")
    session = UserSession.objects.create(
        user=owner, ip="127.0.0.1", user_agent="x", session_key="of-another"
    )
    post = Post.objects.create(unit=world.units["waste"], title="空岗")
    at = timezone.now()
    peer = Connector.objects.create(channel="mail", name="邮件", made_at=at, settings=MAIL)
    taker = make_subscription("https://a.example/", standing="paused")
    told = Delivery.objects.create(
        key="x", channel="webhook", state="unknown", subscription=taker, due_at=at, owed_at=at
    )
    report = town.cases["gulou closed"].reports.get()
    erase = Demand.objects.create(report=report, ground="withdrawn", asked_by="x:1", asked_at=at)
    kept = Hold.objects.create(report=report, ground="lawsuit", until=at.date(), by=owner, at=at)
    proposed = Proposal.objects.create(
        what="reactivate", person=owner, asked_by=world.people["nobody"], asked_at=at
    )
    assessed = Assessment.objects.create(
        processing="reporter",
        purpose="收件",
        lawfulness="第十三条",
        necessity="联系得上",
        effects="被打扰",
        measures="加密",
        conclusion="go",
        due_on=at.date(),
        begun_by=owner,
        begun_at=at,
    )
    return {
        "an assessment": assessed.pk,
        "a self-audit": SelfAudit.objects.create(
            since=at.date(), until=at.date(), points=[], made_by=owner, made_at=at
        ).pk,
        "a proposal": proposed.pk,
        "its report": report.pk,
        "a demand": erase.pk,
        "a hold": kept.pk,
        "a connector": peer.pk,
        "a subscription": taker.pk,
        "a delivery": told.pk,
        "another's notice": notice.pk,
        "another's session": session.pk,
        "somebody": world.people["nobody"].pk,
        "a post": post.pk,
        "a unit": world.units["waste"].pk,
        "a revision": a_revision().pk,
        "a survey": Survey.objects.create(source="测绘院", crs="wgs84", based_on=1).pk,
        "an address": WrittenAddress.objects.create(
            name="书店街 12 号", plain="书店街12号", lon=114.31, lat=34.8
        ).pk,
        "a case's photo": town.photos["gulou closed"],
        "a client": admit("热线平台", purpose="api", actor=Actor.program("test")).pk,
        "a case's number": town.cases["gulou closed"].number,
    }

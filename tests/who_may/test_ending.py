"""Access that ends, ends: with the next request on every channel, in open streams within 5 s."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client
from django.utils import timezone

from shiyu.api.models import Key
from shiyu.api.tests.calling import let_in
from shiyu.cases import actions as do
from shiyu.cases.tests.world import THERE, World, a_photo, build
from shiyu.common.errors import NotAllowed
from shiyu.desk.actions import batches, exports
from shiyu.desk.columns import USUAL
from shiyu.desk.models import Export
from shiyu.desk.queues import QUEUES
from shiyu.files.models import Photo
from shiyu.live import asgi, who
from shiyu.live.tests.test_feed import in_a_thread, session_of
from shiyu.people import actions as people
from shiyu.people.middleware import SEEN
from shiyu.people.models import Person
from tests.who_may.city import City
from tests.who_may.ways_to_end import (
    ENDS,
    KEEP_THE_SESSION,
    KEYS_END,
    PROGRAM,
    RIGHTS_END,
)

WITHIN_S = 5.0
WHO, CASE = "intake at gulou", "at work"


def ways(city: City) -> dict[str, str]:
    """An address of each channel."""
    case, photo = city.cases[CASE], city.photos[CASE]
    return {
        "page": f"/cases/{case.number}/",
        "print": f"/cases/{case.number}/print/",
        "row": f"/desk/row/{case.pk}/",
        "meanwhile": f"/cases/{case.number}/since/0/",
        "photo": f"/files/{photo}/full.jpg",
        "list": "/desk/all/",
        "figures": "/desk/figures/",
    }


def an_export(city: City, person: str) -> Export:
    said = {"columns": USUAL, "purpose": "report", "reason": "周例会", "personal": False}
    actor = city.actor(person)
    export = exports.ask(QUEUES["all"], {}, actor=actor, later=lambda _one: None, **said)
    exports.make(export)
    export.refresh_from_db()
    return export


def signed_in(city: City) -> tuple[Client, Person]:
    """A browser with a session of its own, known to the list of sessions as in service."""
    browser, person = Client(raise_request_exception=False), city.world.people[WHO]
    browser.force_login(person)
    UserSession.objects.get_or_create(
        session_key=browser.session.session_key, user=person, defaults={"ip": "127.0.0.1"}
    )
    return browser, person


@pytest.mark.parametrize("how", ENDS)
def test_with_the_next_request_nothing_is_seen_any_more(how: str, kept: City) -> None:
    browser, person = signed_in(kept)
    export = an_export(kept, WHO)
    batch = batches.choose([kept.cases[CASE]], "remark", actor=kept.actor(WHO))
    session = browser.session.session_key
    file = f"/desk/exports/{export.key}/download/"
    assert {name: browser.get(p).status_code for name, p in ways(kept).items()} == dict.fromkeys(
        ways(kept), 200
    )
    assert browser.post(file).status_code == 200

    ENDS[how](person)

    wanted = {403, 404} if how in KEEP_THE_SESSION else {302, 404}
    shown = {name: browser.get(path).status_code for name, path in ways(kept).items()}
    assert set(shown.values()) <= wanted, shown
    fragment = browser.get(ways(kept)["page"], headers={"HX-Request": "true"})
    assert fragment.status_code in {401, 404}
    assert browser.post(file).status_code in {302, 403}
    told = who._actor(SessionStore(session).load())
    assert told is None or not told.held
    if how in RIGHTS_END:  # else they sign in again and go on; what was begun goes on as well
        with pytest.raises(NotAllowed):
            exports.download(export, actor=kept.world.actor(WHO))
        batch.state = "running"
        batch.save()
        batches.carry_out(batch)
        assert batch.items.get().state == "refused"


@pytest.mark.parametrize("how", KEYS_END)
def test_with_the_next_question_a_key_opens_nothing_more(how: str, kept: City) -> None:
    system = let_in(kept.world, "cases:read@410204", "cases:report@410204")
    number = kept.cases[CASE].number
    picture = system.get(f"/cases/{number}/photos").json()["items"][0]["href"]
    stranger = Client(raise_request_exception=False)
    assert stranger.get(picture).status_code == 200

    KEYS_END[how](Key.objects.get(client=system.client))

    assert system.get(f"/cases/{number}").status_code in {401, 404}
    seen = {row["number"] for row in system.get("/cases").json().get("items", [])}
    assert number not in seen
    assert stranger.get(picture).status_code == 404


def test_the_address_of_a_picture_ends_with_its_minute_and_opens_no_other(kept: City) -> None:
    system = kept.systems["key cases:read at gulou"]
    item = system.get(f"/cases/{kept.cases[CASE].number}/photos").json()["items"][0]
    other = kept.photos["in another county"]

    forged = item["href"].replace(item["id"], other)

    assert kept.client.get(forged).status_code == 404


def test_a_deputy_sees_nothing_after_the_last_day(kept: City) -> None:
    assert kept.browser("deputy").get(ways(kept)["page"]).status_code == 200
    assert kept.browser("deputy no more").get(ways(kept)["page"]).status_code == 404
    assert kept.browser("deputy to come").get(ways(kept)["page"]).status_code == 404


def test_the_feed_ends_with_what_ends_a_session_on_the_pages(kept: City) -> None:
    """Idle too long, or a new password due: then the pages show nothing, nor does the feed."""
    browser, person = signed_in(kept)
    session = browser.session
    assert who._actor(session) is not None

    session[SEEN] = int(time.time()) - settings.IDLE_LIMIT_S - 1
    assert who._actor(session) is None
    session[SEEN] = int(time.time())
    Person.objects.filter(pk=person.pk).update(must_change_password=True)
    assert who._actor(session) is None


class Page:
    """An open page at the feed's own program."""

    def __init__(self, session: str) -> None:
        self.session, self.body, self.ended_at = session, b"", 0.0

    async def open(self) -> None:
        name = f"{settings.SESSION_COOKIE_NAME}={self.session}".encode()
        scope = {"type": "http", "path": "/feed", "method": "GET", "headers": [(b"cookie", name)]}
        await asgi.application(scope, self._wait, self._take)
        self.ended_at = time.monotonic()

    async def _wait(self) -> dict[str, Any]:
        await asyncio.sleep(3600)
        return {"type": "http.disconnect"}

    async def _take(self, event: dict[str, Any]) -> None:
        self.body += event.get("body", b"")

    def heard_of(self, case: int) -> bool:
        return f'"id": {case},'.encode() in self.body


def five(world: World) -> dict[str, str]:
    """Five colleagues at one desk, each with an open page, and one who goes on working."""
    sessions = {}
    for how in [*ENDS, "nothing ends"]:
        person = people.create_person(f"p{len(sessions)}", "同事", made_up=True, actor=PROGRAM)
        post = people.create_post(world.units["gulou"], how, actor=PROGRAM)
        people.appoint(person, post, starts_on=timezone.localdate(), actor=PROGRAM)
        place = world.places["gulou"]
        people.give_duty(
            *(post, "intake"),
            place_code=place.code,
            first=place.first,
            last=place.last,
            actor=PROGRAM,
        )
        world.people[how] = Person.objects.get(pk=person.pk)
        sessions[how] = session_of(world, how)
        UserSession.objects.create(
            user=person, ip="127.0.0.1", user_agent="x", session_key=sessions[how]
        )
    return sessions


@pytest.mark.django_db(transaction=True)
def test_streams_that_are_open_end_within_five_seconds(database: Any, monkeypatch: Any) -> None:
    """The feed's program as it runs, a real database, and every way of ending at once."""
    import psycopg

    world = build()
    pages = {how: Page(session) for how, session in five(world).items()}
    where = psycopg.conninfo.conninfo_to_dict(database.url("web"))
    monkeypatch.setattr(asgi, "feed", asgi.Feed(where))
    monkeypatch.setattr(asgi, "_reader", None)
    monkeypatch.setattr(asgi, "_sweeper", None)
    made: list[int] = []

    def closing(act: Callable[[], object]) -> None:
        act()
        connection.close()

    def end_all() -> None:
        for how, end in ENDS.items():
            end(world.people[how])

    def report() -> None:
        where_it_is = {"lon": THERE[0], "lat": THERE[1], "address": "北门"}
        made.append(world.report(photos=[a_photo()])[0].case.pk)
        world.report(**where_it_is)

    async def live() -> float:
        running = [asyncio.create_task(page.open()) for page in pages.values()]
        await _until(lambda: all(b"retry" in page.body for page in pages.values()))
        await asyncio.to_thread(closing, report)
        await _until(lambda: all(page.heard_of(made[0]) for page in pages.values()))
        await asyncio.to_thread(closing, end_all)
        ended = time.monotonic()
        await _until(lambda: _over(pages), WITHIN_S)
        await asyncio.sleep(max(0.0, ended + WITHIN_S - time.monotonic()))
        await asyncio.to_thread(closing, report)
        await _until(lambda: pages["nothing ends"].heard_of(made[1]))
        for task in running:
            task.cancel()
        return ended

    ended = in_a_thread(live())

    late = {how: page.ended_at - ended for how, page in pages.items() if page.ended_at}
    assert set(late) == set(ENDS) - KEEP_THE_SESSION
    assert max(late.values()) <= WITHIN_S
    assert [how for how, page in pages.items() if page.heard_of(made[1])] == ["nothing ends"]
    print(f"who may: streams ended after {max(late.values()):.1f} s at the latest")
    assert Photo.objects.exists()
    do.accept(world.report()[0].case, actor=world.actor("intake"))


def _over(pages: dict[str, Page]) -> bool:
    return all(
        page.ended_at for how, page in pages.items() if how in ENDS.keys() - KEEP_THE_SESSION
    )


async def _until(question: Callable[[], bool], patience_s: float = 30.0) -> None:
    give_up_at = time.monotonic() + patience_s
    while not question() and time.monotonic() < give_up_at:
        await asyncio.sleep(0.05)

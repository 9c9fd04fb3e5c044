"""Streams that are open when access ends, end within five seconds, or tell of nothing more."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import connection
from django.utils import timezone

from shiyu.cases import actions as do
from shiyu.cases.tests.world import THERE, World, a_photo, build
from shiyu.files.models import Photo
from shiyu.live import asgi
from shiyu.live.tests.test_feed import in_a_thread, session_of
from shiyu.people import actions as people
from shiyu.people.models import Person
from tests.who_may.ways_to_end import (
    ENDS,
    KEEP_THE_SESSION,
    PROGRAM,
)

WITHIN_S = 5.0


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

    assert all(page.heard_of(made[0]) for page in pages.values())
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

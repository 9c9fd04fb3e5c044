"""Who looks at a case is told to whoever works on it too, and forgotten when they leave."""

import asyncio
import json

import pytest

from shiyu.cases.lifecycle import Stage
from shiyu.cases.tests.world import build
from shiyu.live import asgi
from shiyu.live.feed import Change, Concern, Stream
from shiyu.live.presence import SILENT_S, Presence
from shiyu.live.tests.test_feed import in_a_thread, session_of
from shiyu.people.actors import Actor, Scope

CASE = Concern(12, 1210, frozenset({5, 6}))
OTHER = Concern(13, 1210, frozenset())


def a_stream(person: int, name: str, *scopes: Scope) -> Stream:
    return Stream(Actor("person", person, name, scopes))


def at_desk(person: int, name: str, first: int = 1000, last: int = 1999) -> Stream:
    return a_stream(person, name, Scope("intake", first, last, 1))


def handling(person: int, name: str, unit: int) -> Stream:
    return a_stream(person, name, Scope("handle", 1, 0, unit))


def told(stream: Stream) -> list[tuple[int, list[str]]]:
    """What this page was told since it was last asked."""
    frames = [stream.waiting.get_nowait().frame() for _ in range(stream.waiting.qsize())]
    said = [json.loads(frame.decode().split("data: ")[1]) for frame in frames]
    return [(one["id"], one["names"]) for one in said]


@pytest.fixture
def presence() -> Presence:
    return Presence()


def test_two_who_look_at_one_case_are_told_of_each_other(presence):
    wang, zhang = at_desk(1, "王芳"), at_desk(2, "张伟")

    presence.look(wang, CASE, now=0)
    assert told(wang) == []
    presence.look(zhang, CASE, now=1)

    assert told(wang) == [(12, ["张伟"])]
    assert told(zhang) == [(12, ["王芳"])]


def test_whoever_goes_to_another_case_or_away_is_no_longer_named(presence):
    wang, zhang = at_desk(1, "王芳"), at_desk(2, "张伟")
    for stream in (wang, zhang):
        presence.look(stream, CASE, now=0)
    told(wang), told(zhang)

    presence.look(zhang, OTHER, now=1)
    assert told(wang) == [(12, [])]
    presence.look(zhang, CASE, now=2)
    assert told(wang) == [(12, ["张伟"])]
    presence.part(zhang)
    assert told(wang) == [(12, [])]


def test_a_page_that_falls_silent_is_let_go_of_well_within_half_a_minute(presence):
    wang, zhang = at_desk(1, "王芳"), at_desk(2, "张伟")
    for stream in (wang, zhang):
        presence.look(stream, CASE, now=0)
    told(wang)

    assert presence.still(wang, 12, now=15)
    presence.sweep(now=SILENT_S)
    assert told(wang) == []
    presence.sweep(now=SILENT_S + 1)

    assert told(wang) == [(12, [])]
    assert not presence.still(zhang, 12, now=22)
    assert SILENT_S + asgi.SWEEP_S < 30


def test_ones_own_second_window_is_nobody_else_and_no_one_is_named_twice(presence):
    wang, again, zhang = at_desk(1, "王芳"), at_desk(1, "王芳"), at_desk(2, "张伟")
    for stream in (wang, again, zhang):
        presence.look(stream, CASE, now=0)

    assert told(wang) == [(12, ["张伟"])]
    assert told(zhang) == [(12, ["王芳"])]
    presence.part(again)
    assert told(zhang) == []


def test_who_may_not_see_the_case_neither_sees_nor_is_seen(presence):
    wang = at_desk(1, "王芳")
    elsewhere = at_desk(3, "韩雪", 3000, 3999)
    reporter = Stream(Actor("person", 4, "郑强", (Scope("patrol", 3000, 3999, 2),)))
    for stream in (wang, elsewhere, reporter):
        presence.look(stream, CASE, now=0)

    assert [told(stream) for stream in (wang, elsewhere, reporter)] == [[], [], []]
    assert not presence.still(elsewhere, 12, now=1)


def test_two_units_with_a_part_each_do_not_meet_but_both_meet_the_desk(presence):
    wang, liu, zhou, ma = (
        at_desk(1, "王芳"),
        handling(5, "刘洋", 5),
        handling(6, "周杰", 6),
        handling(7, "马超", 5),
    )
    for stream in (wang, liu, zhou, ma):
        presence.look(stream, CASE, now=0)

    assert told(wang)[-1] == (12, ["刘洋", "周杰", "马超"])
    assert told(liu)[-1] == (12, ["王芳", "马超"])
    assert told(zhou)[-1] == (12, ["王芳"])


def test_a_unit_from_which_the_case_was_taken_is_gone_at_once(presence):
    wang, liu = at_desk(1, "王芳"), handling(5, "刘洋", 5)
    for stream in (wang, liu):
        presence.look(stream, CASE, now=0)
    told(wang), told(liu)

    presence.changed(Change((7, 1), "case", 12, 3, 1210, frozenset({6})))

    assert told(wang) == [(12, [])]
    assert told(liu) == [(12, [])]


def test_duties_that_ended_end_it_too(presence):
    wang, zhang = at_desk(1, "王芳"), at_desk(2, "张伟")
    for stream in (wang, zhang):
        presence.look(stream, CASE, now=0)
    told(wang)

    zhang.actor = Actor("person", 2, "张伟")
    presence.other_duties(zhang)

    assert told(wang) == [(12, [])]


def test_a_crowd_is_counted_and_three_are_named(presence):
    wang = at_desk(1, "王芳")
    for n in range(2, 7):
        presence.look(at_desk(n, f"同事{n}"), CASE, now=0)
    presence.look(wang, CASE, now=0)

    said = json.loads(wang.waiting.get_nowait().frame().decode().split("data: ")[1])

    assert said == {"id": 12, "names": ["同事2", "同事3", "同事4"], "count": 5}


def test_a_key_speaks_only_for_the_session_it_was_given_to(presence):
    wang = at_desk(1, "王芳")
    hello = presence.welcome(wang, "session")

    assert presence.stream_of(hello.key, "session") is wang
    assert presence.stream_of(hello.key, "another") is None
    assert presence.stream_of("guessed", "session") is None
    presence.part(wang)
    assert presence.stream_of(hello.key, "session") is None
    assert presence.sights == {} == presence.streams


# ---- through the program itself ------------------------------------------------------------------


def say(session: str, words: str, origin: str = "http://localhost:8000") -> int:
    """POST /feed/at as a page does; the status answered."""
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": words.encode(), "more_body": False}

    async def send(event: dict) -> None:
        sent.append(event)

    headers = [(b"cookie", f"sessionid={session}".encode()), (b"origin", origin.encode())]
    scope = {"type": "http", "path": "/feed/at", "method": "POST", "headers": headers}

    async def ask() -> None:
        task = asyncio.create_task(asgi.application(scope, receive, send))
        await task
        for running in (asgi._reader, asgi._sweeper):
            if running is not None:
                running.cancel()

    in_a_thread(ask())
    return int(sent[0]["status"])


@pytest.mark.django_db(transaction=True)
def test_a_page_says_what_it_shows_and_only_what_its_person_may_see():
    world = build()
    case = world.make_case(Stage.REPORTED)
    mine, theirs = Stream(world.actor("intake")), Stream(world.actor("intake_longting"))
    session, other = session_of(world, "intake"), session_of(world, "intake_longting")
    key = asgi.presence.welcome(mine, session).key
    stranger = asgi.presence.welcome(theirs, other).key

    assert say(session, f"{key} {case.pk}") == 204
    assert say(other, f"{stranger} {case.pk}") == 204
    assert set(asgi.presence.sights[case.pk].seen_at) == {mine}
    assert say(session, f"{key} 999999999") == 204
    assert asgi.presence.sights == {}
    assert say(other, f"{key} {case.pk}") == 404
    assert say(session, f"{key} {case.pk}", origin="https://elsewhere.example") == 403
    for nonsense in ("", key, f"{key} x", f"{key} {10**30}", "x" * 5000):
        assert say(session, nonsense) == 404
    for stream in (mine, theirs):
        asgi.presence.part(stream)

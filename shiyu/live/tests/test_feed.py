"""The feed gives each page what its person may know of, in commit order, and loses nothing."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from shiyu.cases import actions as do
from shiyu.cases.lifecycle import Stage
from shiyu.cases.tests.world import THERE, World, build
from shiyu.live import feed as feeding
from shiyu.live.asgi import _event_id
from shiyu.live.feed import Change, Feed, Stream, frames, may_know
from shiyu.live.presence import Presence
from shiyu.live.who import actor_of_session, actors_of_sessions

pytestmark = pytest.mark.django_db(transaction=True)

INSERT_CHANGE = "INSERT INTO journal_change (topic, ref, version) VALUES (%s, %s, %s)"


def in_a_thread(going):
    """Run it in a loop of its own, whatever loop a browser test has left in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, going).result()


def session_of(world: World, key: str) -> str:
    person, session = world.people[key], SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def read_while(database, streams: list[Stream], act) -> Feed:
    """Run a reader for these streams while `act` happens in another thread."""

    async def follow() -> Feed:
        feed = Feed(psycopg.conninfo.conninfo_to_dict(database.url("web")))
        feed.streams.update(streams)
        reader = asyncio.create_task(feed.run())
        while feed.last == (0, 0):
            await asyncio.sleep(0.02)
        await asyncio.to_thread(act)
        await asyncio.sleep(1.2)
        reader.cancel()
        return feed

    return in_a_thread(follow())


def waiting(stream: Stream) -> list[int]:
    return [stream.waiting.get_nowait().ref for _ in range(stream.waiting.qsize())]


def test_each_stream_gets_the_cases_its_person_sees_and_no_other(database):
    world = build()
    mine = Stream(world.actor("intake"))
    other = Stream(world.actor("intake_longting"))
    unit = Stream(world.actor("handler"))
    made = []

    def act() -> None:
        from django.db import connection

        made.append(world.report()[0].case)
        made.append(world.report(lon=THERE[0], lat=THERE[1])[0].case)
        made.append(world.make_case(Stage.DISPATCHED))
        connection.close()

    read_while(database, [mine, other, unit], act)

    assert set(waiting(mine)) == {made[0].pk, made[2].pk}
    assert set(waiting(other)) == {made[1].pk}
    assert set(waiting(unit)) == {made[2].pk}


def test_a_change_that_commits_late_is_not_lost(database):
    world = build()
    case = world.report()[0].case
    stream = Stream(world.actor("intake"))

    def act() -> None:
        with (
            database.connect("web", database.name) as slow,
            database.connect("web", database.name) as quick,
        ):
            slow.autocommit = quick.autocommit = False
            slow.execute(INSERT_CHANGE, ("case", case.pk, 71))
            quick.execute(INSERT_CHANGE, ("case", case.pk, 72))
            quick.commit()
            threading.Event().wait(1.0)
            slow.commit()

    read_while(database, [stream], act)

    found = [stream.waiting.get_nowait().version for _ in range(stream.waiting.qsize())]
    assert sorted(found) == [71, 72]


def test_a_page_that_comes_back_reads_what_it_missed(database):
    world = build()
    case = world.report()[0].case
    stream = Stream(world.actor("intake"))
    feed = read_while(
        database, [stream], lambda: _closing(lambda: do.accept(case, actor=world.actor("intake")))
    )
    seen = stream.waiting.get_nowait()
    feed.last = (2**62, 0)
    _closing(lambda: do.remark(case, actor=world.actor("intake"), reason="已电话核实"))

    async def missed_since(at: tuple[int, int]) -> list[Change]:
        return [change async for change in feed.since(at)]

    missed = in_a_thread(missed_since(seen.at))

    assert [(c.ref, c.version) for c in missed] == [(case.pk, 3)]


def test_a_page_long_away_reads_all_it_missed_and_no_more(database, monkeypatch):
    monkeypatch.setattr(feeding, "CHANGES", feeding.CHANGES.replace("LIMIT 2000", "LIMIT 2"))
    world = build()
    case = world.report()[0].case
    stream = Stream(world.actor("intake"))
    feed = read_while(
        database, [stream], lambda: _closing(lambda: do.accept(case, actor=world.actor("intake")))
    )
    seen = stream.waiting.get_nowait()
    feed.last = (2**62, 0)
    for _ in range(5):
        _closing(lambda: do.remark(case, actor=world.actor("intake"), reason="已电话核实"))

    async def missed() -> list[int]:
        return [change.version async for change in feed.since(seen.at)]

    assert in_a_thread(missed()) == [3, 4, 5, 6, 7]


def _closing(act) -> None:
    from django.db import connection

    act()
    connection.close()


def test_only_topic_id_and_version_go_out():
    change = Change((7, 1), "case", 12, 3, 1210, frozenset({5}))

    data = change.frame().decode().split("data: ")[1]

    assert json.loads(data) == {"topic": "case", "id": 12, "version": 3}


def test_who_holds_nothing_is_told_nothing():
    world = build()
    change = Change((7, 1), "case", 12, 3, 1210, frozenset({world.units["roads"].pk}))

    assert not may_know(world.actor("nobody"), change)
    assert may_know(world.actor("handler"), change)
    assert not may_know(world.actor("handler_waste"), change)


def test_an_ended_session_or_account_has_no_stream():
    world = build()
    key = session_of(world, "intake")

    assert actor_of_session(key) == world.actor("intake")
    assert actor_of_session("nonsense") is None
    assert actor_of_session("") is None
    type(world.people["intake"]).objects.filter(pk=world.people["intake"].pk).update(
        is_active=False
    )
    assert actor_of_session(key) is None


def test_a_page_too_slow_is_sent_away_to_begin_anew():
    world = build()
    stream = Stream(world.actor("intake"), waiting=asyncio.Queue(maxsize=1))
    for n in range(3):
        stream.offer(Change((7, n), "case", 12, n, 1210, frozenset()))

    async def all_frames() -> list[bytes]:
        return [frame async for frame in frames(stream, patience_s=0.01)]

    assert in_a_thread(all_frames()) == []


def test_pages_that_come_back_after_a_restart_ask_the_database_once(database, monkeypatch):
    world = build()
    case = world.report()[0].case
    stream = Stream(world.actor("intake"))
    read_while(
        database, [stream], lambda: _closing(lambda: do.accept(case, actor=world.actor("intake")))
    )
    seen = stream.waiting.get_nowait()
    for _ in range(5):
        _closing(lambda: do.remark(case, actor=world.actor("intake"), reason="已电话核实"))
    asked, read = [], feeding._read

    async def counted(connection, last):
        asked.append(last)
        return await read(connection, last)

    async def come_back() -> list[list[int]]:
        feed = Feed(psycopg.conninfo.conninfo_to_dict(database.url("web")))
        reader = asyncio.create_task(feed.run())
        while feed.last == (0, 0):
            await asyncio.sleep(0.02)
        reader.cancel()
        monkeypatch.setattr(feeding, "_read", counted)
        return await asyncio.gather(*(missed(feed) for _ in range(20)))

    async def missed(feed: Feed) -> list[int]:
        return [change.version async for change in feed.since(seen.at)]

    assert in_a_thread(come_back()) == [[3, 4, 5, 6, 7]] * 20
    assert len(asked) <= 2


def test_a_page_away_for_longer_than_is_kept_still_misses_nothing(database, monkeypatch):
    monkeypatch.setattr(feeding, "KEPT_MOST", 3)
    world = build()
    case = world.report()[0].case
    stream = Stream(world.actor("intake"))

    def act() -> None:
        do.accept(case, actor=world.actor("intake"))
        for _ in range(6):
            do.remark(case, actor=world.actor("intake"), reason="已电话核实")
        _closing(lambda: None)

    feed = read_while(database, [stream], act)
    seen = stream.waiting.get_nowait()

    async def missed() -> list[int]:
        return [change.version async for change in feed.since(seen.at)]

    assert len(feed.kept) == 3
    assert in_a_thread(missed()) == [3, 4, 5, 6, 7, 8]


def test_many_sessions_are_known_by_as_few_questions_as_one(django_assert_max_num_queries):
    world = build()
    names = ("intake", "handler", "verifier", "intake_longting")
    keys = {name: session_of(world, name) for name in names}

    with django_assert_max_num_queries(6):
        found = actors_of_sessions([*keys.values(), "nonsense", ""])

    assert {name: found[key] for name, key in keys.items()} == {
        name: world.actor(name) for name in names
    }
    assert found["nonsense"] is found[""] is None


def test_a_page_that_heard_of_nothing_yet_can_come_back_without_missing_anything(database):
    world = build()
    case, actor = world.report()[0].case, world.actor("intake")

    async def stand() -> tuple[Feed, bytes]:
        feed = Feed(psycopg.conninfo.conninfo_to_dict(database.url("web")))
        reader = asyncio.create_task(feed.run())
        while feed.last == (0, 0):
            await asyncio.sleep(0.02)
        reader.cancel()
        return feed, Presence().welcome(Stream(actor), "s", feed.last).frame()

    feed, hello = in_a_thread(stand())
    _closing(lambda: do.accept(case, actor=actor))
    known = _event_id(hello.decode().split("\n")[0].removeprefix("id: "))
    feed.last = (2**62, 0)

    async def missed() -> list[int]:
        return [change.version async for change in feed.since(known)]

    assert in_a_thread(missed()) == [2]

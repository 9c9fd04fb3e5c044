"""The live feed's own program: `GET /feed` streams what changed to signed-in pages (实时推送).

Raw ASGI beside the pages, sharing their sign-in and policy. It sends `{topic, id, version}` and
never content; the page fetches again through the ordinary way in. `POST /feed/at` says which case
a page shows, so that others who look at it are told.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from http.cookies import SimpleCookie
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shiyu.site.settings")
django.setup()

from shiyu.common import measures  # noqa: E402
from shiyu.common.connection import conninfo  # noqa: E402
from shiyu.common.egress.leaving import bar, database_names  # noqa: E402
from shiyu.live.feed import Feed, Reach, Stream, frames  # noqa: E402
from shiyu.live.knowing import Knowing  # noqa: E402
from shiyu.live.presence import Presence  # noqa: E402
from shiyu.live.who import concern_of  # noqa: E402

LOOK_AGAIN_S = 4.0
SWEEP_S = 3.0
SAID_MOST = 200
TOGETHER_BYTES = 16_384
SAFE = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-site"),
)
"""What keeps an answer of the feed from being read as a page or a picture."""
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

bar(names=database_names())
feed = Feed(conninfo("web"))
presence = Presence()
knowing = Knowing()
feed.watchers.append(presence.changed)
_reader: asyncio.Task[None] | None = None
_sweeper: asyncio.Task[None] | None = None


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """One request: the feed for who is signed in, health for anyone, 404 for the rest."""
    if scope["type"] == "lifespan":
        return await _live_on(receive, send)
    if scope["type"] != "http":
        return None
    _start_reader()
    headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
    if scope["path"] == "/health":
        return await _answer(send, 200, b"ok", headers)
    cookie = SimpleCookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    session = cookie.value if cookie else ""
    if scope["path"] == "/feed/at" and scope["method"] == "POST":
        return await _answer(send, await _at(headers, session, receive), b"", headers)
    if scope["path"] != "/feed" or scope["method"] != "GET":
        return await _answer(send, 404, b"", headers)
    actor = await knowing.actor(session) if session else None
    if actor is None:
        return await _answer(send, 401, b"", headers)
    return await _stream(Stream(actor), session, headers, receive, send)


async def _at(headers: dict[str, str], session: str, receive: Receive) -> int:
    """A page says which case it shows, "KEY CASE", and again while it does; 0 for none."""
    if headers.get("origin", "") not in _origins():
        return 403
    key, _, said = (await _said(receive)).partition(" ")
    stream = presence.stream_of(key, session)
    if stream is None or not (said.isascii() and said.isdigit() and len(said) < 19):
        return 404
    now = time.monotonic()
    if not presence.still(stream, int(said), now=now):
        concern = await sync_to_async(concern_of)(int(said)) if int(said) else None
        if presence.stream_of(key, session) is not stream:  # it ended meanwhile
            return 404
        if concern is None:
            presence.leave(stream)
        else:
            presence.look(stream, concern, now=now)
    return 204


async def _said(receive: Receive) -> str:
    body = b""
    while len(body) <= SAID_MOST:
        event = await receive()
        body += event.get("body", b"")
        if event["type"] != "http.request" or not event.get("more_body"):
            break
    return body[:SAID_MOST].decode("latin-1").strip()


async def _stream(
    stream: Stream, session: str, headers: dict[str, str], receive: Receive, send: Send
) -> None:
    await send(_start(200, headers, b"text/event-stream; charset=utf-8"))
    feed.streams.add(stream)
    measures.STREAMS.set(len(feed.streams))
    stream.tell(presence.welcome(stream, session, feed.last))
    gone = asyncio.ensure_future(_gone(receive))
    watch = asyncio.ensure_future(_watch(stream, session))
    tell = asyncio.ensure_future(_tell(stream, headers.get("last-event-id", ""), send))
    try:
        await asyncio.wait({gone, watch, tell}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        feed.streams.discard(stream)
        measures.STREAMS.set(len(feed.streams))
        presence.part(stream)
        for task in (gone, watch, tell):
            task.cancel()
    if not gone.done() or gone.cancelled():
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _tell(stream: Stream, last: str, send: Send) -> None:
    """First what was missed, then what comes."""
    await send(_body(b"retry: 2000\n\n"))
    if missed := _event_id(last):
        reach, told = Reach.of(stream.actor), bytearray()
        async for change in feed.since(missed):
            if reach.lets_out(change):
                told += change.frame()
            if len(told) > TOGETHER_BYTES:
                await send(_body(bytes(told)))
                told.clear()
        if told:
            await send(_body(bytes(told)))
    async for frame in frames(stream, patience_s=15.0):
        await send(_body(frame))


async def _watch(stream: Stream, session: str) -> None:
    """Look again at whose stream it is: a revoked session or duty ends within seconds."""
    while True:
        await asyncio.sleep(LOOK_AGAIN_S)
        actor = await knowing.actor(session)
        if actor is None:
            return
        if stream.actor != actor:
            stream.actor = actor
            presence.other_duties(stream)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _live_on(receive: Receive, send: Send) -> None:
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            _start_reader()
            await send({"type": "lifespan.startup.complete"})
        elif event["type"] == "lifespan.shutdown":
            for task in filter(None, (_reader, _sweeper)):
                task.cancel()
            await send({"type": "lifespan.shutdown.complete"})
            return


def _start_reader() -> None:
    global _reader, _sweeper
    loop = asyncio.get_running_loop()
    if _reader is None or _reader.done():
        _reader = loop.create_task(feed.run())
    if _sweeper is None or _sweeper.done():
        _sweeper = loop.create_task(_sweep())


async def _sweep() -> None:
    """Let go of pages that fell silent."""
    while True:
        await asyncio.sleep(SWEEP_S)
        presence.sweep(now=time.monotonic())


async def _answer(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    await send(_start(status, headers, b"text/plain; charset=utf-8"))
    await send({"type": "http.response.body", "body": body})


def _start(status: int, headers: dict[str, str], kind: bytes) -> dict[str, Any]:
    given = [(b"content-type", kind), (b"cache-control", b"no-store"), (b"vary", b"Origin")]
    given.extend(SAFE)
    origin = headers.get("origin", "")
    if origin and origin in _origins():
        given.append((b"access-control-allow-origin", origin.encode("latin-1")))
        given.append((b"access-control-allow-credentials", b"true"))
    return {"type": "http.response.start", "status": status, "headers": given}


def _origins() -> set[str]:
    return set(os.environ.get("SHIYU_PAGES_URL", "http://localhost:8000").split(","))


def _body(frame: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": frame, "more_body": True}


def _event_id(text: str) -> tuple[int, int] | None:
    first, _, second = text.partition("-")
    if not (first.isascii() and first.isdigit() and second.isascii() and second.isdigit()):
        return None
    if max(len(first), len(second)) > 18:
        return None
    return int(first), int(second)

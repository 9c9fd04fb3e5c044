"""What is open while one server takes over from another: streams of the feed, uploads half sent.

Each stream is a signed-in clerk's, kept open as a browser keeps it (again after a second, from
where it stood). Each upload is a resident's photo whose second half comes seconds after the
first, so that some are half sent whenever a server is told to end.
"""

import asyncio
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import psycopg

from bench.browser import Browser, Line, Unexpected
from bench.faults.patience import patient, wait_until
from bench.faults.place import Facts, Place
from bench.load.listening import EVENT, Ear
from bench.served import Trouble
from shiyu.common.connection import conninfo

STREAMS, UPLOADS = 3, 4
HALF_S = 4.0
LARGE = 20_000
HEARD_WITHIN_S = 10.0
HAPPENED = "SELECT ref, version FROM journal_change WHERE topic = 'case' AND id > %s"
NEWEST = "SELECT coalesce(max(id), 0) FROM journal_change"


@dataclass(slots=True)
class SlowLine(Line):
    """A resident's line on the road: the second half of what is large comes later."""

    halves: int = 0

    async def _send(self, message: bytes) -> tuple[int, list[str], bytes]:
        if len(message) < LARGE:
            return await Line._send(self, message)
        self.close()
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        middle = len(message) // 2
        self._writer.write(message[:middle])
        await self._writer.drain()
        self.halves += 1
        try:
            await asyncio.sleep(HALF_S)
        finally:
            self.halves -= 1
        return await Line._send(self, message[middle:])


class Stream(Ear):
    """Also which case each event was of."""

    def __init__(self, port: int, cookie: str) -> None:
        super().__init__(port, cookie, set())
        self.pairs: set[tuple[int, int]] = set()
        self.broken = 0

    def data_received(self, data: bytes) -> None:
        for found in EVENT.finditer(self.rest + data):
            self.pairs.add((int(found[2]), int(found[3])))
        super().data_received(data)


class OpenEnds:
    """Streams and uploads in the background, from `with` to its end."""

    def __init__(self, city: Place) -> None:
        self.city = city
        self.uploads: Counter[str] = Counter()
        self.streams: list[Stream] = []
        self.lines: list[SlowLine] = []
        self.found: Facts = {}
        self.open_at_switch = 0
        self.stop = threading.Event()
        self.ready = threading.Event()
        self.wrong: BaseException | None = None
        self.thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> "OpenEnds":
        self.thread.start()
        if not self.ready.wait(patient(60)):
            self.stop.set()
            raise Trouble("the streams were not open in time")
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: Any, _trace: TracebackType | None
    ) -> None:
        self.stop.set()
        self.thread.join(patient(180))
        if self.thread.is_alive() and self.wrong is None:
            self.wrong = Trouble("photos half sent never came to their end")

    def switch(self) -> None:
        """Now a server is told to end: how many uploads are half sent; at least one is."""
        wait_until(lambda: any(line.halves for line in self.lines), 30, every_s=0.02)
        self.open_at_switch = sum(line.halves for line in self.lines)

    def _work(self) -> None:
        try:
            asyncio.run(self._live())
        except BaseException as wrong:
            self.wrong = wrong
            self.ready.set()

    def told(self) -> Facts:
        if self.wrong is not None:
            raise self.wrong
        return {
            **self.found,
            "uploads": dict(self.uploads),
            "uploads_half_sent_at_the_end_of_the_old": self.open_at_switch,
        }

    async def _live(self) -> None:
        clerk = await self._cookie()
        few = asyncio.Semaphore(STREAMS)
        self.streams = [Stream(self.city.port + 1, clerk) for _ in range(STREAMS)]
        await asyncio.gather(*(stream.open(few) for stream in self.streams))
        async with asyncio.timeout(patient(60)):
            while any(not stream.last for stream in self.streams):
                await asyncio.sleep(0.1)
        from_here = _newest()
        again = [asyncio.create_task(self._keep(stream, few)) for stream in self.streams]
        sending = [asyncio.create_task(self._upload(n)) for n in range(UPLOADS)]
        self.ready.set()
        while not self.stop.is_set():
            await asyncio.sleep(0.2)
        await asyncio.gather(*sending)
        await self._compare(from_here)
        for task in again:
            task.cancel()
        for stream in self.streams:
            stream.close()

    async def _keep(self, stream: Stream, few: asyncio.Semaphore) -> None:
        """Open again whenever it has broken off."""
        while True:
            await stream.come_back(few)
            stream.broken += 1

    async def _compare(self, from_here: int) -> None:
        """What happened against what each stream heard, with patience for the last of it."""
        with psycopg.connect(**conninfo("backup")) as connection:
            happened = set(connection.execute(HAPPENED, [from_here]).fetchall())
        until = time.monotonic() + patient(HEARD_WITHIN_S)
        while any(happened - s.pairs for s in self.streams) and time.monotonic() < until:
            await asyncio.sleep(0.2)
        self.found = {
            "changes": len(happened),
            "streams": len(self.streams),
            "streams_broken_off": sum(stream.broken for stream in self.streams),
            "changes_missed": [len(happened - stream.pairs) for stream in self.streams],
        }

    async def _cookie(self) -> str:
        line = Line(self.city.port)
        line.go.set()
        person = Browser(line, "10.9.9.9")
        page = await person.get("/account/login/", name="sign in")
        who = {"login": self.city.plan["people"]["intake"][0]}
        who["password"] = self.city.plan["password"]
        fields = page.form("/account/login/") | who
        answer = await person.post("/account/login/", fields, name="sign in")
        await person.follow(answer, name="desk")
        line.close()
        return person.cookies["sessionid"]

    async def _upload(self, number: int) -> None:
        """One resident after another sends a photo, slowly; nothing is repeated."""
        with open(self.city.plan["photo"], "rb") as file:
            photo = file.read()
        line = SlowLine(self.city.port)
        line.go.set()
        self.lines.append(line)
        sent = 0
        await asyncio.sleep(number)
        while not self.stop.is_set():
            sent += 1
            person = Browser(line, f"10.8.{number}.{sent % 250 + 1}")
            with suppress(Unexpected):
                page = await person.get("/report/photo/", name="photo")
                fields = page.form("/report/photo/")
                files = [("photos", "IMG_0001.JPG", photo)]
                try:
                    answer = await person.post("/report/photo/", fields, name="photo", files=files)
                except Unexpected as wrong:
                    self.uploads[str(wrong)] += 1
                else:
                    self.uploads[str(answer.status)] += 1
            line.close()
            await asyncio.sleep(0.2)


def _newest() -> int:
    with psycopg.connect(**conninfo("backup")) as connection:
        row: Any = connection.execute(NEWEST).fetchone()
    return int(row[0])

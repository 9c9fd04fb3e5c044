"""One page that listens to the live feed, as a server sees it; takes up where it broke off."""

import asyncio
import re
import time

EVENT = re.compile(rb'id: (\d+-\d+)\ndata: \{"topic": "case", "id": (\d+), "version": (\d+)\}\n\n')
HELLO = re.compile(rb"id: (\d+-\d+)\nevent: hello\n")
AGAIN_AFTER_S = 1.0


class Ear(asyncio.Protocol):
    """A stream: what it must hear, when it heard each event first, and where it stands."""

    def __init__(self, port: int, cookie: str, cases: set[int]) -> None:
        self.port, self.cookie, self.cases = port, cookie, cases
        self.heard: dict[int, float] = {}
        self.last = b""
        self.lost_at = 0.0
        self.refused = 0
        self.rest = b""
        self.transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[bool] | None = None

    async def open(self, few: asyncio.Semaphore) -> None:
        """Connect, until the stream is there."""
        loop = asyncio.get_running_loop()
        while True:
            async with few:
                self.opened, self.rest = loop.create_future(), b""
                try:
                    await loop.create_connection(lambda: self, "127.0.0.1", self.port)
                    async with asyncio.timeout(20):
                        if await self.opened:
                            return
                except (OSError, TimeoutError):
                    self.close()
            self.refused += 1
            await asyncio.sleep(AGAIN_AFTER_S)

    async def come_back(self, few: asyncio.Semaphore) -> None:
        """As a browser does when its stream breaks off."""
        while self.transport is not None and not self.transport.is_closing():
            await asyncio.sleep(0.05)
        await self.open(few)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        head = [b"GET /feed HTTP/1.1", b"Host: 127.0.0.1", b"Accept: text/event-stream"]
        head.append(b"Cookie: sessionid=" + self.cookie.encode())
        if self.last:
            head.append(b"Last-Event-ID: " + self.last)
        transport.write(b"\r\n".join(head) + b"\r\n\r\n")

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        if self.opened is not None and not self.opened.done():
            self.opened.set_result(data.startswith(b"HTTP/1.1 200"))
        self.rest += data
        at = 0
        if not self.last and (hello := HELLO.search(self.rest)):
            self.last = hello[1]
        for found in EVENT.finditer(self.rest):
            self.last, at = found[1], found.end()
            self.heard.setdefault(int(found[3]), now)
        self.rest = self.rest[at:][-4096:]

    def connection_lost(self, _error: Exception | None) -> None:
        self.transport = None
        if self.opened is not None and not self.opened.done():
            self.opened.set_result(False)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

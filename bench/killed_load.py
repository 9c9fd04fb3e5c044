"""Clients that do not give up: what was sent is sent again, the same, until it is answered.

As a browser and another system would after a broken connection: the same form with the same
token, the same request with the same key. Whatever is answered is written down as done.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bench import intake, loop, loop_api
from bench.browser import Line, Unexpected
from bench.caller import Caller
from bench.client import Client
from bench.faults.patience import patient

AGAIN_AFTER_S = 0.4
GIVE_UP_AFTER_S = patient(180)
BUSY = 503
TOGETHER = 24
BATCHES = (1, 4)
"""How many cases a system drives in one request: one system one by one, the other four."""
TOGETHER_KIND = "10201"
GO_ON = "resume"


@dataclass(slots=True)
class StubbornLine(Line):
    """A line that asks again, word for word, until somebody answers."""

    repeats: Counter[str] = field(default_factory=Counter)

    async def exchange(self, name: str, head: str, body: bytes) -> tuple[int, list[str], bytes]:
        begun = asyncio.get_running_loop().time()
        while True:
            try:
                answer = await Line.exchange(self, name, head, body)
            except Unexpected:
                why = "broken"
            else:
                if answer[0] != BUSY:
                    return answer
                why = "unavailable"
            self.repeats[why] += 1
            if asyncio.get_running_loop().time() > begun + GIVE_UP_AFTER_S:
                raise Unexpected(f"{name}: nobody answered for {GIVE_UP_AFTER_S:.0f} s")
            await asyncio.sleep(AGAIN_AFTER_S)


@dataclass
class Crowd:
    """All clients of a run; each ends the unit of work it is in when told to stop."""

    plan: dict[str, Any]
    port: int
    ledger: Any
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    failures: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    lines: list[StubbornLine] = field(default_factory=list)

    async def run(self, numbers: dict[str, int]) -> None:
        """So many clients of each work, until `stopping`, and then to the end of their unit."""
        works: list[tuple[str, Work, Client]] = []
        for name, count in numbers.items():
            for _ in range(count):
                prepare, work = WORKS[name]
                client = self._client(len(works))
                await prepare(client)
                works.append((name, work, client))
        self.ready.set()
        await asyncio.gather(*(self._live(*each) for each in works))

    @property
    def repeats(self) -> Counter[str]:
        return sum((line.repeats for line in self.lines), Counter[str]())

    def _client(self, number: int) -> Client:
        line = StubbornLine(self.port)
        line.go.set()
        self.lines.append(line)
        plan = self.plan | {"batch": BATCHES[number % 2]}
        return Client(number, line, plan, self.ledger)

    async def _live(self, name: str, work: "Work", client: Client) -> None:
        while not self.stopping.is_set():
            try:
                await work(client)
            except Unexpected as wrong:
                self.failures[f"{name}: {wrong}"] += 1
                await asyncio.sleep(AGAIN_AFTER_S)
            else:
                self.done[name] += 1


async def many(client: Client) -> None:
    """Cases reported by the desk's system, then accepted together by the clerk on pages."""
    desk = Caller(client.line, client.plan["keys"]["desk"])
    for _ in range(TOGETHER):
        said = {
            "text": f"{client.plan['said']} {client.mark()}",
            "address": client.plan["address"],
            "kind": TOGETHER_KIND,
            "lon": round(client.plan["lon"] + random.random() * client.plan["wide"], 6),
            "lat": round(client.plan["lat"] + random.random() * client.plan["high"], 6),
        }
        number = (await desk.post("/cases", said, name="report"))["number"]
        client.acknowledge(number=number, verb="report")
    await _accept_together(client)


async def _accept_together(client: Client) -> None:
    """All that the clerk's list shows of this kind, by the pages of the bulk move."""
    clerk = client.people["intake"]
    page = await clerk.get(f"/desk/to_accept/?kind={TOGETHER_KIND[:3]}", name="list")
    fields = page.form("/desk/together/") | {"move": "accept", "all": "1"}
    answer = await clerk.post("/desk/together/", fields, name="choose")
    page = await clerk.follow(answer, name="preview")
    address = page.path
    answer = await clerk.post(address, page.form(address) | {"go": "1"}, name="together")
    page = await clerk.follow(answer, name="together")
    client.acknowledge(batch=address.split("/")[3], verb="together")
    while "等候中" in page.text:
        await asyncio.sleep(2)
        page = await clerk.get(address, name="together")
        if f'name="{GO_ON}"' in page.text:  # stopped, as its owner is told: who sees that goes on
            fields = page.form(address) | {GO_ON: "1"}
            page = await clerk.follow(await clerk.post(address, fields, name="go on"), name="go on")


async def take_out(client: Client) -> None:
    """An export of the clerk's list; made in the background while the next one is asked for."""
    clerk = client.people["intake"]
    back = "in%3Dto_accept"
    page = await clerk.get(f"/desk/exports/new/?back={back}", name="export")
    fields = page.form(page.path)
    fields |= {"purpose": "report", "reason": "周报", "columns": "number", "back": "in=to_accept"}
    answer = await clerk.post("/desk/exports/new/", fields, name="export")
    if "没有案件" in answer.text:
        await asyncio.sleep(2)
        return
    page = await clerk.follow(answer, name="export")
    client.acknowledge(export=page.path.split("/")[3], verb="export")
    await asyncio.sleep(5)


Work = Callable[[Client], Awaitable[None]]
WORKS: dict[str, tuple[Work, Work]] = {
    "systems": (loop_api.prepare, loop_api.unit),
    "desk": (loop.prepare, loop.unit),
    "residents": (intake.prepare, intake.unit),
    "together": (loop.prepare, many),
    "exports": (loop.prepare, take_out),
}

"""The loop as other systems make it: from a report to the closed case, by `/api/v1` (闭环).

Three systems as in a city: the centre's, the unit's, that of those who verify. One unit of work
is one case in eight requests. The floor is that of `loop`.
"""

import random
from typing import Any

from bench.caller import Caller
from bench.client import Client
from bench.loop import floor

__all__ = ["floor", "prepare", "unit"]


async def prepare(client: Client) -> None:
    """Other systems sign in nowhere."""


async def unit(client: Client) -> None:
    """One case, from its report to its closure."""
    mark, plan = client.mark(), client.plan
    desk, unit_, check = (
        Caller(client.line, plan["keys"][side]) for side in ("desk", "unit", "check")
    )
    said = {
        "text": f"{plan['said']} {mark}",
        "address": plan["address"],
        "kind": plan["kind_code"],
        "lon": round(plan["lon"] + random.random() * plan["wide"], 6),
        "lat": round(plan["lat"] + random.random() * plan["high"], 6),
    }
    number = (await desk.post("/cases", said, name="report"))["number"]
    client.acknowledge(number=number, verb="report")

    async def move(who: Caller, verb: str, **fields: Any) -> None:
        await who.post(f"/cases/{number}/moves/{verb}", fields, name=verb)
        client.acknowledge(number=number, verb=verb)

    await move(desk, "accept")
    await move(desk, "file")
    await move(desk, "dispatch", lead=plan["lead_code"])
    await move(unit_, "sign")
    await move(unit_, "handle", reason=f"已更换井盖 {mark}")
    await move(check, "verify", reason="现场已修好")
    await move(desk, "close", outcome="fixed")

"""Intake as another system does it: one request a report, by `/api/v1` (上报).

One unit of work is one report, with the words, the point and the kind that the pages ask for
step by step. The floor is that of `intake`.
"""

import random

from bench.caller import Caller
from bench.client import Client
from bench.intake import floor

__all__ = ["floor", "prepare", "unit"]


async def prepare(client: Client) -> None:
    """Another system signs in nowhere."""


async def unit(client: Client) -> None:
    """One report, and its receipt."""
    mark, plan = client.mark(), client.plan
    said = {
        "text": f"{plan['said']} {mark}",
        "address": plan["address"],
        "kind": plan["kind_code"],
        "lon": round(plan["lon"] + random.random() * plan["wide"], 6),
        "lat": round(plan["lat"] + random.random() * plan["high"], 6),
        "name": "某女士",
        "phone": "13800000000",
    }
    told = await Caller(client.line, plan["keys"]["desk"]).post("/cases", said, name="report")
    client.acknowledge(number=told["number"], code=told["receipt"], mark=mark)

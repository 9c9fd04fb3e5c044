"""Intake as another system does it: by `/api/v1`, one report a request or a batch (上报).

One unit of work is one request. The words, the point and the kind are those that the pages ask
for step by step. The floor is that of `intake`, or as many rows in one request.
"""

import random
from typing import Any

from bench.batches import floor_of
from bench.caller import Caller
from bench.client import Client
from bench.intake import floor as floor_of_one


async def prepare(client: Client) -> None:
    """Another system signs in nowhere."""


async def unit(client: Client) -> None:
    """One report and its receipt, or so many at once."""
    desk = Caller(client.line, client.plan["keys"]["desk"])
    batch = client.plan["batch"]
    marks = [client.mark() for _ in range(batch)]
    said = [report_of(client.plan, mark) for mark in marks]
    if batch == 1:
        told = [await desk.post("/cases", said[0], name="report")]
    else:
        named = [one | {"ref": mark} for one, mark in zip(said, marks, strict=True)]
        told = await desk.post_many("/batches/cases", named, name="report")
    for case, mark in zip(told, marks, strict=True):
        client.acknowledge(number=case["number"], code=case["receipt"], mark=mark)


def report_of(plan: dict[str, Any], mark: str) -> dict[str, Any]:
    """What one person reports."""
    return {
        "text": f"{plan['said']} {mark}",
        "address": plan["address"],
        "kind": plan["kind_code"],
        "lon": round(plan["lon"] + random.random() * plan["wide"], 6),
        "lat": round(plan["lat"] + random.random() * plan["high"], 6),
        "name": "某女士",
        "phone": "13800000000",
    }


async def floor(client: Client) -> None:
    """One row, or as many as a batch has reports."""
    if client.plan["batch"] == 1:
        await floor_of_one(client)
    else:
        await floor_of(client, ["report"])

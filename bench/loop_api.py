"""The loop as other systems make it: from a report to the closed case, by `/api/v1` (闭环).

Three systems as in a city: the centre's, the unit's, that of those who verify. One unit of work
is one case in eight requests, or a batch of cases in as many. The floor is that of `loop`, or as
many rows in each request.
"""

from typing import Any

from bench.batches import floor_of
from bench.caller import Caller
from bench.client import Client
from bench.intake_api import report_of
from bench.loop import MOVES
from bench.loop import floor as floor_of_one


async def prepare(client: Client) -> None:
    """Other systems sign in nowhere."""


async def unit(client: Client) -> None:
    """A case, or a batch of them, from report to closure."""
    mark, plan = client.mark(), client.plan
    sides = {side: Caller(client.line, key) for side, key in plan["keys"].items()}
    numbers = await _report(client, sides["desk"], mark)
    for side, verb, fields in (
        ("desk", "accept", {}),
        ("desk", "file", {}),
        ("desk", "dispatch", {"lead": plan["lead_code"]}),
        ("unit", "sign", {}),
        ("unit", "handle", {"reason": f"已更换井盖 {mark}"}),
        ("check", "verify", {"reason": "现场已修好"}),
        ("desk", "close", {"outcome": "fixed"}),
    ):
        await _move(client, sides[side], numbers, verb, fields)


async def floor(client: Client) -> None:
    """A row for each move."""
    if client.plan["batch"] == 1:
        await floor_of_one(client)
    else:
        await floor_of(client, list(MOVES))


async def _report(client: Client, desk: Caller, mark: str) -> list[str]:
    plan = client.plan
    if plan["batch"] == 1:
        told = [await desk.post("/cases", report_of(plan, mark), name="report")]
    else:
        marks = [f"{mark}.{at}" for at in range(plan["batch"])]
        items = [report_of(plan, each) | {"ref": each} for each in marks]
        told = await desk.post_many("/batches/cases", items, name="report")
    numbers = [case["number"] for case in told]
    for number in numbers:
        client.acknowledge(number=number, verb="report")
    return numbers


async def _move(
    client: Client, who: Caller, numbers: list[str], verb: str, fields: dict[str, Any]
) -> None:
    if client.plan["batch"] == 1:
        await who.post(f"/cases/{numbers[0]}/moves/{verb}", fields, name=verb)
    else:
        items = [{"number": number, "move": verb, "data": fields} for number in numbers]
        await who.post_many("/batches/moves", items, name=verb)
    for number in numbers:
        client.acknowledge(number=number, verb=verb)

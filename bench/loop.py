"""The loop as those on duty make it: from a call to the closed case, by the real forms (闭环).

Each client has four people signed in, one for each duty, and drives one case after another. One
unit of work is one case from its report to its closure; of the floor it is a row for each move.
"""

import random
import re
from typing import Any

from bench.browser import Answer, Browser, Unexpected
from bench.client import Client

MOVES = ("report", "accept", "file", "dispatch", "sign", "handle", "verify", "close")
RADIO = re.compile(r'<input type="radio" name="standard" value="(\d+)"')


async def prepare(client: Client) -> None:
    """The client's four people sign in."""
    for duty, names in client.plan["people"].items():
        person = Browser(client.line, f"10.{client.number % 256}.255.1")
        page = await person.get("/account/login/", name="sign in")
        who = {"login": names[client.number % len(names)], "password": client.plan["password"]}
        fields = page.form("/account/login/") | who
        answer = await person.post("/account/login/", fields, name="sign in")
        await person.follow(answer, name="desk")
        client.people[duty] = person


async def unit(client: Client) -> None:
    """One case, from its report to its closure."""
    mark, plan = client.mark(), client.plan
    clerk, dispatcher = client.people["intake"], client.people["dispatch"]
    handler, verifier = client.people["handle"], client.people["verify"]
    page = await _report(client, clerk, f"{plan['said']} {mark}")
    number = page.path.split("/")[2]
    client.acknowledge(number=number, verb="report")
    clerk.swaps = dispatcher.swaps
    page = await _move(client, clerk, page, number, "accept")
    await _move(client, clerk, page, number, "file")
    page = await _open(dispatcher, number)
    await _move(client, dispatcher, page, number, "dispatch", lead=plan["lead"])
    page = await _open(handler, number)
    page = await _move(client, handler, page, number, "sign")
    await _move(client, handler, page, number, "handle", reason=f"已更换井盖 {mark}")
    page = await _open(verifier, number)
    await _move(client, verifier, page, number, "verify", reason="现场已修好")
    page = await _open(clerk, number)
    await _move(client, clerk, page, number, "close", outcome="fixed")


async def panes(client: Client) -> None:
    """The same with scripts, as people at a desk work: cases open beside the list, and each move
    is answered with the case as it is then.
    """
    everybody = [client.people[duty] for duty in ("dispatch", "handle", "verify", "intake")]
    for person in everybody[:-1]:
        person.swaps = True
    try:
        await unit(client)
    finally:
        for person in everybody:
            person.swaps = False


async def floor(client: Client) -> None:
    """A row for each move, with words about as long."""
    mark = client.mark()
    person = Browser(client.line, "10.0.0.1")
    for verb in MOVES:
        said = f"{client.plan['said']} {client.plan['address']} {verb} {mark}"
        fields = {"mark": mark, "verb": verb, "said": said}
        answer = await person.post("/", fields, name=verb)
        if answer.status != 201:
            raise Unexpected(f"the floor answered {answer.status}")
        client.acknowledge(mark=mark, verb=verb)


async def _report(client: Client, clerk: Browser, said: str) -> Answer:
    page = await clerk.get("/desk/new/", name="new")
    plan = client.plan
    fields = page.form("/desk/new/") | {"text": said, "address": plan["address"]}
    lon, lat = _somewhere(plan)
    fields |= {"lon": lon, "lat": lat, "kind": plan["kind"]}
    answer = await clerk.post("/desk/new/", fields, name="report", multipart=True)
    return await clerk.follow(answer, name="case")


def _somewhere(plan: dict[str, Any]) -> tuple[str, str]:
    """A point of the cell, so that not everything is reported as near to everything."""
    chance = random.random
    lon, lat = plan["lon"] + chance() * plan["wide"], plan["lat"] + chance() * plan["high"]
    return f"{lon:.6f}", f"{lat:.6f}"


async def _open(person: Browser, number: str) -> Answer:
    return await person.get(f"/cases/{number}/", name="case")


async def _move(
    client: Client, person: Browser, page: Answer, number: str, verb: str, **typed: str
) -> Answer:
    """Fill in one move's form and send it; where the page asks to check first, do so."""
    address = f"/cases/{number}/{verb}/"
    fields = page.form(address) | typed
    if verb == "file" and "standard" not in fields:
        fields |= {"standard": RADIO.findall(page.text)[0]}
    multipart = verb in {"handle", "verify"}
    answer = await person.post(address, fields, name=verb, multipart=multipart)
    if answer.status == 200 and "hx-trigger" not in answer.headers:
        answer = await person.post(address, answer.form(address), name=f"{verb}, checked")
    if answer.status == 302 or "hx-trigger" in answer.headers:
        client.acknowledge(number=number, verb=verb)
    return answer if person.swaps else await person.follow(answer, name="case")

"""What residents, staff and other systems do with django-helpdesk, by its own pages and API."""

import base64
import json
from typing import Any

from bench.browser import Answer, Browser, Fields, Unexpected
from bench.client import Client
from bench.neighbours.calls import call, opened, quoted

STEPS = {"loop_api": 6, "loop_pages": 6}
OPEN, RESOLVED, CLOSED = 1, 3, 4
ROWS = 50
SIGN_IN = {"loop_api", "loop_pages", "lists"}
PEOPLE = ("clerk", "dispatcher", "handler", "verifier")


def _query(words: str = "", **filtering: list[int]) -> dict[str, Any]:
    return {
        "filtering": filtering,
        "filtering_null": {},
        "sorting": "created",
        "sortreverse": True,
        "search_string": words,
    }


LISTS: dict[str, tuple[str, dict[str, Any]]] = {
    "newest open": ("?status=1&status=2&sortx=created", _query(status__in=[1, 2])),
    "waiting": ("?assigned_to=-1&status=1", _query(status__in=[1]) | {"nobody": True}),
    "mine": ("?assigned_to={me}&status=1&status=2", _query(status__in=[1, 2]) | {"mine": True}),
    "one place": ("?queue={queue}", _query(queue__id__in=[0])),
    "a week": ("?date_from={week}&status=1&status=2&status=3&status=4", _query() | {"week": True}),
    "words": ("?q=%E4%BA%95%E7%9B%96", _query("井盖")),
    "closed": ("?status=4", _query(status__in=[4])),
}


async def prepare(client: Client) -> None:
    """Four people of the staff sign in."""
    names = client.plan["people"]
    for nth, duty in enumerate(PEOPLE):
        person = Browser(client.line, "10.0.0.1")
        page = await person.get("/login/", name="sign in")
        who = names[(client.number * len(PEOPLE) + nth) % len(names)]
        fields = page.form("/login/") | {"username": who, "password": client.plan["password"]}
        answer = await person.post("/login/", fields, name="sign in")
        if answer.status != 302:
            raise Unexpected(f"{who} was not let in: {answer.status}")
        client.people[duty] = person


async def intake_form(client: Client) -> None:
    """A resident's ticket: the public form, sent, and the ticket's own page."""
    mark, plan = client.mark(), client.plan
    person = Browser(client.line, client.address())
    page = await person.get("/tickets/submit/", name="form")
    fields = (
        quoted(page).form("/tickets/submit/") | _words(plan, mark) | {"queue": str(plan["queue"])}
    )
    answer = await person.post("/tickets/submit/", fields, name="send", multipart=True)
    page = await person.follow(answer, name="done")
    if mark not in page.text:
        raise Unexpected(f"no ticket on {page.path[:60]}")
    client.acknowledge(number=answer.headers["location"], mark=mark)


async def intake_api(client: Client) -> None:
    """Another system's ticket."""
    ticket = await _create(client, client.mark())
    client.acknowledge(number=str(ticket))


async def loop_api(client: Client) -> None:
    """Created, assigned, taken, handled, resolved, closed: a request each.

    Assigned by the address its own page sends to: PATCH of its API reads all tickets first.
    """
    mark, plan = client.mark(), client.plan
    number = await _create(client, mark)
    client.acknowledge(number=str(number), verb="report")
    whom = plan["ids"][client.number % len(plan["ids"])]
    await _assign(client, client.people["dispatcher"], number, whom)
    for verb, more in (
        ("take", {"comment": "已签收", "public": False}),
        ("handle", {"comment": f"已更换井盖 {mark}", "public": True}),
        ("resolve", {"comment": "现场已修好", "public": True, "new_status": RESOLVED}),
        ("close", {"comment": "已办结", "public": True, "new_status": CLOSED}),
    ):
        said = {"ticket": number, "user": whom, "title": verb, **more}
        await call(client.line, "POST", "/api/followups/", said, name=verb, token=plan["token"])
        client.acknowledge(number=str(number), verb=verb)


async def loop_pages(client: Client) -> None:
    """The same six steps by the people whose work they are, on its pages."""
    mark, plan = client.mark(), client.plan
    clerk, dispatcher, handler, verifier = (client.people[duty] for duty in PEOPLE)
    page = await clerk.get("/tickets/submit/", name="new")
    fields = (
        quoted(page).form("/tickets/submit/") | _words(plan, mark) | {"queue": str(plan["queue"])}
    )
    answer = await clerk.post("/tickets/submit/", fields, name="report", multipart=True)
    page = await clerk.follow(answer, name="ticket")
    number = page.path.split("/")[2]
    client.acknowledge(number=number, verb="report")
    page = await dispatcher.get(f"/tickets/{number}/", name="ticket")
    whom = str(plan["ids"][client.number % len(plan["ids"])])
    await _update(client, dispatcher, page, number, "assign", owner=whom)
    page = await handler.get(f"/tickets/{number}/", name="ticket")
    page = await _update(client, handler, page, number, "take", comment="已签收")
    await _update(client, handler, page, number, "handle", comment=f"已更换井盖 {mark}")
    page = await verifier.get(f"/tickets/{number}/", name="ticket")
    said = {"comment": "现场已修好", "new_status": str(RESOLVED)}
    await _update(client, verifier, page, number, "resolve", **said)
    page = await clerk.get(f"/tickets/{number}/", name="ticket")
    said = {"comment": "已办结", "new_status": str(CLOSED)}
    await _update(client, clerk, page, number, "close", **said)


async def lists(client: Client) -> None:
    """Each list once: the page, then its rows, which its script asks for; fifty of them."""
    person, plan = client.people["handler"], client.plan
    me = plan["ids"][(client.number * len(PEOPLE) + 2) % len(plan["ids"])]
    for name, (asked, query) in LISTS.items():
        rows = dict(query, filtering=dict(query["filtering"]))
        if rows.pop("nobody", False):
            rows["filtering_null"] = {"assigned_to__id__isnull": True}
        if rows.pop("mine", False):
            rows["filtering"]["assigned_to__id__in"] = [me]
        if rows.pop("week", False):
            rows["filtering"]["created__gte"] = plan["week"]
        if name == "one place":
            rows["filtering"]["queue__id__in"] = [plan["queue"]]
        path = asked.format(me=me, queue=plan["queue"], week=plan["week"])
        spent = client.line.spent
        page = await person.get(f"/tickets/{path}", name=f"{name}: page")
        coded = base64.b64encode(json.dumps(rows).encode()).decode()
        told = await person.get(
            f"/datatables_ticket_list/{coded}?draw=1&start=0&length={ROWS}", name=f"{name}: rows"
        )
        if page.status != 200 or told.status != 200:
            raise Unexpected(f"{name} answered {page.status}, {told.status}")
        opened(client, name, spent)


async def _create(client: Client, mark: str) -> int:
    plan = client.plan
    said = _words(plan, mark)
    said = {**said, "description": said.pop("body"), "queue": plan["queue"]}
    told = await call(
        client.line, "POST", "/api/tickets/", said, name="report", token=plan["token"]
    )
    return int(told["id"])


async def _assign(client: Client, dispatcher: Browser, number: int, whom: int) -> None:
    token = dispatcher.cookies["csrftoken"].partition(";")[0]
    fields = {"csrfmiddlewaretoken": token, "owner": str(whom), "new_status": str(OPEN)}
    fields |= {"title": client.plan["address"], "queue": str(client.plan["queue"])}
    fields |= {"priority": "3", "public": "1", "comment": "已派遣"}
    path = f"/tickets/{number}/update/"
    answer = await dispatcher.post(path, fields, name="assign")
    if answer.status != 302:
        raise Unexpected(f"assign answered {answer.status}")
    client.acknowledge(number=str(number), verb="assign")


def _form(page: Answer, plan: dict[str, Any], mark: str) -> Fields:
    """The form of a new ticket, filled in."""
    filled = quoted(page).form("/tickets/submit/")
    return filled | _words(plan, mark) | {"queue": str(plan["queue"])}


def _words(plan: dict[str, Any], mark: str) -> dict[str, str]:
    return {
        "title": f"{plan['address']} {mark}",
        "body": f"{plan['said']} {plan['address']} 13800000000 某女士",
        "submitter_email": "resident1@city.example",
        "priority": "3",
    }


async def _update(
    client: Client, person: Browser, page: Answer, number: str, verb: str, **typed: str
) -> Answer:
    """Fill in the ticket's form and send it."""
    filled = quoted(page).form(f"/tickets/{number}/update/")
    fields = filled | {"public": "1", "new_status": str(OPEN), **typed}
    answer = await person.post(f"/tickets/{number}/update/", fields, name=verb, multipart=True)
    if answer.status == 302:
        client.acknowledge(number=number, verb=verb)
    return await person.follow(answer, name="ticket")


WAYS = {
    "intake_form": intake_form,
    "intake_api": intake_api,
    "loop_api": loop_api,
    "loop_pages": loop_pages,
    "lists": lists,
}

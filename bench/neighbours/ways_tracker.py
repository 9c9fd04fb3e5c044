"""What residents, staff and other systems do with Request Tracker: pages, REST 2, mail gateway."""

import json
from email.header import Header
from typing import Any
from urllib.parse import quote, urlencode

from bench.browser import Browser, Unexpected
from bench.client import Client
from bench.neighbours.calls import call, opened, send

STEPS = {"loop_api": 6, "loop_pages": 6}
ROWS = 50
SIGN_IN = {"intake_form", "loop_pages", "lists"}
PEOPLE = ("clerk", "dispatcher", "handler", "verifier")
LISTS = {
    "newest open": "Status = '__Active__'",
    "waiting": "Status = 'new' AND Owner = 'Nobody'",
    "mine": "Owner = '__CurrentUser__' AND Status = '__Active__'",
    "one place": "Queue = 'roads'",
    "a week": "Created > '7 days ago'",
    "words": "Subject LIKE '井盖'",
    "closed": "Status = '__Inactive__'",
}


async def prepare(client: Client) -> None:
    """Four of the staff and a resident sign in."""
    plan = client.plan
    names = {
        duty: plan["people"][(client.number * len(PEOPLE) + nth) % len(plan["people"])]
        for nth, duty in enumerate(PEOPLE)
    }
    names["resident"] = plan["residents"][client.number % len(plan["residents"])]
    for duty, name in names.items():
        person = Browser(client.line, "10.0.0.1")
        page = await person.get("/", name="sign in")
        fields = page.form("/NoAuth/Login.html") | {"user": name, "pass": plan["password"]}
        answer = await person.post("/NoAuth/Login.html", fields, name="sign in")
        if answer.status != 302:
            raise Unexpected(f"{name} was not let in: {answer.status}")
        client.people[duty] = person


async def intake_form(client: Client) -> None:
    """A resident's ticket by the self-service pages: the form, sent, and the ticket's own page."""
    mark, plan = client.mark(), client.plan
    person = client.people["resident"]
    path = "/SelfService/Create.html"
    page = await person.get(f"{path}?Queue={plan['queue_id']}", name="form")
    if "TicketCreate" not in page.text:
        raise Unexpected(f"no form: {page.status} {page.headers.get('location', '')}")
    fields = {"id": "new", "Queue": str(plan["queue_id"]), "Token": "", "SubmitTicket": "1"}
    fields |= {"Subject": f"{plan['address']} {mark}", "Content": _words(plan)}
    fields |= {"Requestors": f"{_resident(client)}@city.example", "Status": "new"}
    answer = await person.post(path, fields, name="send", multipart=True)
    page = await person.follow(answer, name="done")
    if mark not in page.text:
        raise Unexpected(f"no ticket on {page.path[:60]}")
    client.acknowledge(number=answer.headers["location"], mark=mark)


async def intake_mail(client: Client) -> None:
    """A resident's mail, as `rt-mailgate` hands it over (its own start is not measured)."""
    mark, plan = client.mark(), client.plan
    subject = Header(f"{plan['address']} {mark}", "utf-8").encode()
    message = (
        f"From: {_resident(client)}@city.example\r\nTo: roads@city.example\r\n"
        f"Subject: {subject}\r\nMessage-ID: <{mark}.{plan['run']}@city.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: 8bit\r\n\r\n{_words(plan)}\r\n"
    )
    said = {"queue": "roads", "action": "correspond", "message": message}
    status, _lines, content = await send(
        client.line,
        "POST",
        "/REST/1.0/NoAuth/mail-gateway",
        urlencode(said).encode(),
        "application/x-www-form-urlencoded",
        name="mail",
    )
    if status != 200 or not content.startswith(b"ok"):
        raise Unexpected(f"the gateway answered {status}: {content[:100].decode()}")
    client.acknowledge(mark=mark)


async def intake_api(client: Client) -> None:
    """Another system's ticket."""
    number = await _create(client, client.mark())
    client.acknowledge(number=number)


async def loop_api(client: Client) -> None:
    """Created, assigned, taken, handled, checked, resolved: a request each."""
    mark, plan = client.mark(), client.plan
    number = await _create(client, mark)
    client.acknowledge(number=number, verb="report")
    whom = plan["people"][client.number % len(plan["people"])]
    text = {"ContentType": "text/plain"}
    for verb, method, path, said in (
        ("assign", "PUT", "", {"Owner": whom}),
        ("take", "PUT", "", {"Status": "open"}),
        ("handle", "POST", "/correspond", {"Content": f"已更换井盖 {mark}", **text}),
        ("check", "POST", "/comment", {"Content": "现场已修好", **text}),
        ("resolve", "PUT", "", {"Status": "resolved"}),
    ):
        address = f"/REST/2.0/ticket/{number}{path}"
        await call(client.line, method, address, said, name=verb, token=plan["token"])
        client.acknowledge(number=number, verb=verb)


async def loop_pages(client: Client) -> None:
    """The same six steps by the people whose work they are, on its pages."""
    mark, plan = client.mark(), client.plan
    clerk, dispatcher, handler, verifier = (client.people[duty] for duty in PEOPLE)
    path = "/Ticket/Create.html"
    await clerk.get(f"{path}?Queue={plan['queue_id']}", name="new")
    fields = {"id": "new", "Queue": str(plan["queue_id"]), "Status": "new", "SubmitTicket": "1"}
    fields |= {"Subject": f"{plan['address']} {mark}", "Content": _words(plan)}
    fields |= {"Requestors": f"{_resident(client)}@city.example", "Owner": plan["nobody"]}
    answer = await clerk.post(path, fields, name="report", multipart=True)
    number = (await clerk.follow(answer, name="ticket")).path.partition("id=")[2].partition("&")[0]
    client.acknowledge(number=number, verb="report")
    whom = str(plan["ids"][client.number % len(plan["ids"])])
    await _open(dispatcher, number)
    await dispatcher.get(f"/Ticket/Modify.html?id={number}", name="basics")
    await _change(client, dispatcher, number, "assign", "Modify", Owner=whom, SubmitTicket="1")
    await _open(handler, number)
    await _change(client, handler, number, "take", "Display", Status="open")
    await _write(client, handler, number, "handle", "Respond", f"已更换井盖 {mark}")
    await _open(verifier, number)
    await _write(client, verifier, number, "check", "Comment", "现场已修好")
    await _open(clerk, number)
    await _write(client, clerk, number, "resolve", "Respond", "已办结", Status="resolved")


async def lists(client: Client) -> None:
    """Each list once, as its search shows it: one page of fifty rows."""
    person = client.people["handler"]
    for name, query in LISTS.items():
        asked = f"Query={quote(query)}&Rows={ROWS}&OrderBy=Created&Order=DESC"
        spent = client.line.spent
        page = await person.get(f"/Search/Results.html?{asked}", name=name)
        if page.status != 200 or "page-menu" not in page.text:
            raise Unexpected(f"{name} answered {page.status}")
        opened(client, name, spent)


def _words(plan: dict[str, Any]) -> str:
    return f"{plan['said']} {plan['address']} 13800000000 某女士"


def _resident(client: Client) -> str:
    residents = client.plan["residents"]
    return str(residents[client.number % len(residents)])


async def _create(client: Client, mark: str) -> str:
    plan = client.plan
    said = {"Queue": "roads", "Subject": f"{plan['address']} {mark}"}
    said |= {"Requestor": f"{_resident(client)}@city.example"}
    said |= {"Content": _words(plan), "ContentType": "text/plain"}
    told = await call(
        client.line, "POST", "/REST/2.0/ticket", said, name="report", token=plan["token"]
    )
    if "id" not in told:
        raise Unexpected(f"no ticket: {json.dumps(told)[:200]}")
    return str(told["id"])


async def _open(person: Browser, number: str) -> None:
    page = await person.get(f"/Ticket/Display.html?id={number}", name="ticket")
    if page.status != 200:
        raise Unexpected(f"ticket {number} answered {page.status}")


async def _write(
    client: Client, person: Browser, number: str, verb: str, action: str, words: str, **more: str
) -> None:
    """Open the form of a reply or a comment, fill it in, send it."""
    await person.get(f"/Ticket/Update.html?id={number}&Action={action}", name=f"form {action}")
    kind = "response" if action == "Respond" else "private"
    fields = {"UpdateType": kind, "UpdateContent": words, "SubmitTicket": "Update Ticket"}
    await _change(client, person, number, verb, "Update", **fields, **more)


async def _change(
    client: Client, person: Browser, number: str, verb: str, page: str, **fields: str
) -> None:
    """Send a form of the ticket and go where it leads: to the ticket."""
    address = f"/Ticket/{page}.html"
    answer = await person.post(address, {"id": number, **fields}, name=verb, multipart=True)
    if answer.status == 302:
        client.acknowledge(number=number, verb=verb)
    await person.follow(answer, name="ticket")


WAYS = {
    "intake_form": intake_form,
    "intake_mail": intake_mail,
    "intake_api": intake_api,
    "loop_api": loop_api,
    "loop_pages": loop_pages,
    "lists": lists,
}

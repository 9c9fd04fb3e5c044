"""Intake as residents do it: every step of a report until its receipt, without scripts (上报).

One unit of work is one report by somebody new: another phone, another address. Of the floor it
is one form sent.
"""

import re

from bench.browser import Answer, Browser, Unexpected
from bench.client import Client

NUMBER = re.compile(r"data-receipt-number>([^<]+)<")
CODE = re.compile(r"data-receipt-code>([^<]+)<")


async def prepare(client: Client) -> None:
    """A resident signs in nowhere."""


async def unit(client: Client) -> None:
    """One report, and its receipt."""
    mark, plan = client.mark(), client.plan
    said = f"{plan['said']} {mark}"
    phone = Browser(client.line, client.address())
    page = await (_with_photo(phone, plan["photo"]) if plan["photo"] else _in_words(phone, said))
    page = await _where(phone, page, plan["address"])
    fields = page.form("/report/kind/") | {"kind": plan["kind_code"]}
    fields |= {"text": said} if "text" in fields else {}
    page = await phone.follow(await phone.post("/report/kind/", fields, name="kind"), name="check")
    if "text" in fields and page.path.startswith("/report/kind/"):  # new words, new suggestions
        fields = page.form("/report/kind/") | {"kind": plan["kind_code"]}
        answer = await phone.post("/report/kind/", fields, name="kind")
        page = await phone.follow(answer, name="check")
    fields = page.form("/report/check/") | {"phone": "13800000000", "name": "某女士"}
    page = await phone.follow(await phone.post("/report/check/", fields, name="send"), name="done")
    _receipt(client, page, mark)


async def whole(client: Client) -> None:
    """One report, and its receipt, on the page that holds all of it: as one who knows the way."""
    mark, plan = client.mark(), client.plan
    phone = Browser(client.line, client.address())
    page = await phone.get("/report/whole/", name="whole")
    fields = page.form("/report/whole/") | {"text": f"{plan['said']} {mark}"}
    fields |= {"address": plan["address"], "place": plan["street_code"], "kind": plan["kind_code"]}
    fields |= {"phone": "13800000000", "name": "某女士"}
    answer = await phone.post("/report/whole/", fields, name="send", multipart=True)
    _receipt(client, await phone.follow(answer, name="done"), mark)


def _receipt(client: Client, page: Answer, mark: str) -> None:
    number, code = NUMBER.findall(page.text), CODE.findall(page.text)
    if not number or not code:
        raise Unexpected(f"no receipt on {page.path}")
    client.acknowledge(number=number[0].strip(), code=code[0].strip(), mark=mark)


async def floor(client: Client) -> None:
    """The same words, and the same photo, to the floor."""
    mark, plan = client.mark(), client.plan
    said = f"{plan['said']} {plan['address']} {plan['kind_code']} 13800000000 {mark}"
    photo = _photo(plan["photo"])
    files = [("photo", "IMG_0001.JPG", photo)] if photo else []
    fields = {"mark": mark, "verb": "report", "said": said}
    person = Browser(client.line, client.address())
    answer = await person.post("/", fields, name="report", files=files)
    if answer.status != 201:
        raise Unexpected(f"the floor answered {answer.status}")
    client.acknowledge(mark=mark, verb="report")


async def _in_words(phone: Browser, said: str) -> Answer:
    page = await phone.get("/report/words/", name="words")
    fields = page.form("/report/words/") | {"text": said}
    return await phone.follow(
        await phone.post("/report/words/", fields, name="words"), name="place"
    )


async def _with_photo(phone: Browser, path: str) -> Answer:
    page = await phone.get("/report/photo/", name="photo")
    files = [("photos", "IMG_0001.JPG", _photo(path))]
    fields = page.form("/report/photo/")
    answer = await phone.post("/report/photo/", fields, name="photo", files=files)
    return await phone.follow(answer, name="place")


async def _where(phone: Browser, page: Answer, address: str) -> Answer:
    """Say the address in words; asked which place is meant, take the first."""
    fields = page.form("/report/place/") | {"address": address}
    answer = await phone.post("/report/place/", fields, name="place")
    if answer.status == 200:
        answer = await phone.post("/report/place/", answer.form("/report/place/"), name="place")
    return await phone.follow(answer, name="kind")


_photos: dict[str, bytes] = {}


def _photo(path: str) -> bytes:
    if path and path not in _photos:
        with open(path, "rb") as file:
            _photos[path] = file.read()
    return _photos.get(path, b"")

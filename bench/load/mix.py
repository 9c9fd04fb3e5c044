"""What people of a day ask for: 60 % lists and cases, 15 % search, 15 % commands, 10 % figures.

Each is one request. Half the commands are remarks by the form of the case page last opened, half
are steps of other systems' cases through `/api/v1`, from report to closure.
"""

import json
import random
import re
import secrets
from collections import deque
from typing import Any
from urllib.parse import quote

from bench.browser import Answer
from bench.intake_api import report_of
from bench.load.crowd import Someone

LISTS = {
    "intake": ("to_accept", "to_file", "to_close", "all"),
    "dispatch": ("to_dispatch", "all", "all/?light=red&state=open"),
    "handle": ("to_sign", "handling", "all"),
    "verify": ("to_verify", "all"),
    "patrol": ("mine", "all"),
}
FIGURES = ("/desk/figures/", "/desk/figures/", "/overview/", "/desk/figures/?days=30")
NUMBER = re.compile(r'href="/cases/([A-Z]*[0-9][0-9A-Z-]+)/')
STEPS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "report": ("accept", "desk", {}),
    "accept": ("file", "desk", {}),
    "file": ("dispatch", "desk", {}),
    "dispatch": ("sign", "unit", {}),
    "sign": ("handle", "unit", {"reason": "已更换井盖"}),
    "handle": ("verify", "check", {"reason": "现场已修好"}),
    "verify": ("close", "desk", {"outcome": "fixed"}),
}


class Mix:
    """One day's work; cases of other systems wait between two steps."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.waiting: deque[tuple[str, str]] = deque()
        self.made = 0
        self.mark = secrets.token_hex(4)
        self.acknowledged: list[dict[str, str]] = []

    async def __call__(self, one: Someone, chance: random.Random) -> tuple[str, int, bool]:
        drawn = chance.random()
        if drawn < 0.35:
            return await self._list(one, chance)
        if drawn < 0.60:
            return await self._case(one, chance)
        if drawn < 0.75:
            return await self._search(one, chance)
        if drawn < 0.90:
            return await self._command(one, chance)
        return await _get(one, chance.choice(FIGURES), "figures")

    async def _list(self, one: Someone, chance: random.Random) -> tuple[str, int, bool]:
        name = chance.choice(LISTS[one.duty])
        path = f"/desk/{name}" if "?" in name else f"/desk/{name}/"
        answer = await one.browser.get(path, name="list")
        if answer.status == 200:
            one.numbers = NUMBER.findall(answer.text)[:50] or one.numbers
        return "list", *_told(answer)

    async def _case(self, one: Someone, chance: random.Random) -> tuple[str, int, bool]:
        if not one.numbers:
            return await self._list(one, chance)
        number = chance.choice(one.numbers)
        answer = await one.browser.get(f"/cases/{number}/", name="case")
        one.page = answer if answer.status == 200 else None
        return "case", *_told(answer)

    async def _search(self, one: Someone, chance: random.Random) -> tuple[str, int, bool]:
        asked = chance.choice([*self.plan["words"], chance.choice(self.plan["numbers"])])
        return await _get(one, f"/desk/search/?q={quote(asked)}", "search")

    async def _command(self, one: Someone, chance: random.Random) -> tuple[str, int, bool]:
        page = one.page
        address = f"{page.path}remark/" if page else ""
        if chance.random() < 0.5 and page and f'action="{address}"' in page.text:
            one.page = None
            fields = page.form(address) | {"reason": "已电话告知当事人处理进度"}
            answer = await one.browser.post(address, fields, name="remark")
            return "command: remark", *_told(answer)
        return await self._step(one)

    async def _step(self, one: Someone) -> tuple[str, int, bool]:
        """The next step of a case that waits; a new report where none does."""
        if len(self.waiting) < 8:
            self.made += 1
            said = report_of(self.plan, f"{self.mark}-{self.made}")
            status, says, body = await _post(one, self.plan["keys"]["desk"], "/cases", said)
            if status in {200, 201}:
                self.waiting.append((json.loads(body)["number"], "report"))
            return "command: report", status, says
        number, last = self.waiting.popleft()
        verb, side, said = STEPS[last]
        if verb == "dispatch":
            said = {"lead": self.plan["lead_code"]}
        if verb == "file":
            said = {"standard": self.plan["standard"]}
        path = f"/cases/{number}/moves/{verb}"
        status, says, _body = await _post(one, self.plan["keys"][side], path, said)
        if status == 503:
            self.waiting.appendleft((number, last))
        elif status in {200, 201} and verb != "close":
            self.waiting.append((number, verb))
        return f"command: {verb}", status, says


async def _get(one: Someone, path: str, name: str) -> tuple[str, int, bool]:
    return name, *_told(await one.browser.get(path, name=name))


def _told(answer: Answer) -> tuple[int, bool]:
    return answer.status, "retry-after" in answer.headers


async def _post(one: Someone, key: str, path: str, said: dict[str, Any]) -> tuple[int, bool, bytes]:
    line, body = one.browser.line, json.dumps(said, ensure_ascii=False).encode()
    head = [f"POST /api/v1{path} HTTP/1.1", f"Host: 127.0.0.1:{line.port}"]
    head += [f"Authorization: Bearer {key}", f"Idempotency-Key: {secrets.token_hex(16)}"]
    head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    status, lines, content = await line.exchange(f"POST {path}", "\r\n".join(head), body)
    return status, any(one.lower().startswith("retry-after:") for one in lines), content

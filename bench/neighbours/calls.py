"""Another program's caller: HTTP/1.1 kept alive, JSON and a token, whatever the server."""

import json
import re
from dataclasses import replace
from typing import Any

from bench.browser import Answer, Line, Timing, Unexpected
from bench.client import Client

LIST = "list: "


async def call(
    line: Line, method: str, path: str, said: dict[str, Any], *, name: str, token: str
) -> Any:
    """Send one change with a token in the header both neighbours know; what was answered."""
    body = json.dumps(said, ensure_ascii=False).encode()
    status, _lines, content = await send(
        line, method, path, body, "application/json", name=name, token=token
    )
    if status not in {200, 201}:
        raise Unexpected(f"{name} answered {status}: {content.decode(errors='replace')[:200]}")
    return json.loads(content) if content else None


async def send(
    line: Line, method: str, path: str, body: bytes, kind: str, *, name: str, token: str = ""
) -> tuple[int, list[str], bytes]:
    """Send these bytes of this kind; status, header lines and body of the answer."""
    head = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{line.port}"]
    head += [f"Authorization: Token {token}"] if token else []
    head += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return await line.exchange(f"{method} {name}", "\r\n".join(head), body)


def opened(client: Client, name: str, spent_before: float) -> None:
    """Note how long a person waited for a list, all its requests together."""
    waited = client.line.spent - spent_before
    client.line.taken.append(Timing(LIST + name, waited, 200))
    client.acknowledge(list=name)


def quoted(page: Answer) -> Answer:
    """The page with every attribute in double quotes, as the reader of forms wants it."""
    return replace(page, text=re.sub(r"=\'([^\'\"<>]*)\'", r'="\1"', page.text))

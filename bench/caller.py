"""Another system as far as a server can tell: HTTP/1.1 kept alive, JSON, a key; no cookies."""

import json
import secrets
from typing import Any

from bench.browser import Line, Unexpected


class Caller:
    """One key over a line that others may use in turn."""

    def __init__(self, line: Line, key: str) -> None:
        self.line = line
        self.key = key

    async def post_many(
        self, path: str, items: list[dict[str, Any]], *, name: str
    ) -> list[dict[str, Any]]:
        """Send a batch; the case of each item, all of which must have been carried out."""
        answer = await self.post(path, {"items": items}, name=name)
        refused = [item for item in answer["items"] if item["status"] not in {200, 201}]
        if refused:
            raise Unexpected(f"{name} refused {len(refused)}: {json.dumps(refused[0])[:200]}")
        return [item["case"] for item in answer["items"]]

    async def post(self, path: str, said: dict[str, Any], *, name: str) -> dict[str, Any]:
        """Send one change and read what became of it."""
        body = json.dumps(said, ensure_ascii=False).encode()
        head = [f"POST /api/v1{path} HTTP/1.1", f"Host: 127.0.0.1:{self.line.port}"]
        head += [f"Authorization: Bearer {self.key}", f"Idempotency-Key: {secrets.token_hex(16)}"]
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        status, _lines, content = await self.line.exchange(f"POST {name}", "\r\n".join(head), body)
        if status not in {200, 201}:
            raise Unexpected(f"{name} answered {status}: {content.decode()[:200]}")
        answer: dict[str, Any] = json.loads(content)
        return answer

"""The floor of a batch: as many rows in one request and one transaction (对照程序)."""

import json

from bench.browser import Unexpected
from bench.client import Client


async def floor_of(client: Client, verbs: list[str]) -> None:
    """A row for each case of a batch, a request for each verb."""
    plan = client.plan
    marks = [client.mark() for _ in range(plan["batch"])]
    for verb in verbs:
        rows = [[mark, verb, f"{plan['said']} {plan['address']} {mark}"] for mark in marks]
        body = json.dumps(rows, ensure_ascii=False).encode()
        head = ["POST / HTTP/1.1", f"Host: 127.0.0.1:{client.line.port}"]
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        status, _lines, content = await client.line.exchange(
            f"POST {verb}", "\r\n".join(head), body
        )
        if status != 201 or content != b"ok":
            raise Unexpected(f"the floor answered {status}")
        for mark in marks:
            client.acknowledge(mark=mark, verb=verb)

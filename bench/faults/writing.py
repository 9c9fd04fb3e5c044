"""Somebody who writes while something is broken: what each attempt is told (写入者).

Each report is sent once, with a key of its own, and never repeated: an answer is one of success, a
refusal that says when to come again, or a fault of ours. Acknowledged reports go into the ledger.
"""

import http.client
import json
import secrets
import threading
import time
from collections import Counter

from bench.faults.place import Place
from bench.intake_api import report_of

PAUSE_S = 0.3


class Writing:
    """Reports sent one after another until the end; statuses, and refusals that say too little."""

    def __init__(self, city: Place) -> None:
        self.city = city
        self.statuses: Counter[str] = Counter()
        self.unclear: Counter[str] = Counter()
        self.longest = 0.0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._write, daemon=True)

    def begin(self) -> None:
        self.thread.start()

    def end(self) -> dict[str, dict[str, int]]:
        self.stop.set()
        self.thread.join()
        return {"writes": dict(self.statuses), "unclear": dict(self.unclear)}

    def _write(self) -> None:
        while not self.stop.is_set():
            begun = time.monotonic()
            try:
                self._once()
            except (OSError, http.client.HTTPException):
                self.statuses["broken"] += 1
            self.longest = max(self.longest, time.monotonic() - begun)
            time.sleep(PAUSE_S)

    def _once(self) -> None:
        said = json.dumps(report_of(self.city.plan, secrets.token_hex(8))).encode()
        asking = http.client.HTTPConnection("127.0.0.1", self.city.port, timeout=60)
        try:
            head = {
                "Authorization": f"Bearer {self.city.plan['keys']['desk']}",
                "Idempotency-Key": secrets.token_hex(16),
                "Content-Type": "application/json",
                "Host": "127.0.0.1",
            }
            asking.request("POST", "/api/v1/cases", said, head)
            answer = asking.getresponse()
            body = answer.read()
        finally:
            asking.close()
        self.statuses[str(answer.status)] += 1
        if answer.status in {200, 201}:
            row = {"number": json.loads(body)["number"], "verb": "report"}
            self.city.ledger.write(json.dumps(row))
            self.city.ledger.flush()
        elif not _says_enough(answer, body):
            self.unclear[f"{answer.status}: {body[:120]!r}"] += 1


def _says_enough(answer: http.client.HTTPResponse, body: bytes) -> bool:
    """Whether a program can tell that it is not its own fault, and when to come again."""
    try:
        said = json.loads(body)
    except ValueError:
        return False
    return answer.status in {429, 503, 507} and bool(
        answer.headers.get("Retry-After") and (said.get("message") or said.get("detail"))
    )

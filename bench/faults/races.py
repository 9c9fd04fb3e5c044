"""T-F16: so many at once ask for the same move of the same case; one wins, others hear who.

Each race: one case, `ways` connections that each ask with a key of their own; every second race
with one key for all (a click repeated). One line in the journal, whatever was answered.
"""

import asyncio
import json
import secrets
from collections import Counter

import psycopg

from bench.browser import Line
from bench.caller import Caller
from bench.faults.judging import judge
from bench.faults.place import Facts, place, verified
from bench.intake_api import report_of
from shiyu.common.connection import conninfo

PUT_OFF = {429, 503}
LINES = """
SELECT count(*) FROM journal_line l JOIN cases_case c ON l.subject = 'case:' || c.id
 WHERE c.number = %s AND l.verb = %s
"""


def run(races: float = 20, ways: float = 50) -> Facts:
    with place() as city:
        city.serve()
        answers, wrong = asyncio.run(_race_all(city.plan, city.port, int(races), int(ways)))
        found: Facts = {"races": int(races), "ways": int(ways)}
        found |= {"answers": {str(k): n for k, n in sorted(answers.items())}, "wrong": wrong}
        city.end()
        found |= verified(city)
        alone = found["stand_alone"]
        return judge(found, one_winner=not wrong, verify=found["verify"], stand_alone=alone)


async def _race_all(
    plan: Facts, port: int, races: int, ways: int
) -> tuple[Counter[str], list[Facts]]:
    lines = []
    for _ in range(ways):
        line = Line(port)
        line.go.set()
        lines.append(line)
    answers: Counter[str] = Counter()
    wrong: list[Facts] = []
    turns = list(range(races))
    for race in turns:
        desk = Caller(lines[0], plan["keys"]["desk"])
        number = (await desk.post("/cases", report_of(plan, f"race-{race}"), name="report"))[
            "number"
        ]
        one_key = secrets.token_hex(16) if race % 2 else ""
        gate = asyncio.Event()
        asking = [
            asyncio.create_task(_ask(line, gate, plan["keys"]["desk"], number, one_key))
            for line in lines
        ]
        await asyncio.sleep(0.05)
        gate.set()
        heard = await asyncio.gather(*asking)
        statuses = Counter(status for status, _ in heard)
        answers.update(
            {f"{'one key' if one_key else 'own keys'} {s}": n for s, n in statuses.items()}
        )
        with psycopg.connect(**conninfo("backup")) as connection:
            row = connection.execute(LINES, [number, "accept"]).fetchone()
        kept = row[0] if row else 0
        if not kept and set(statuses) <= PUT_OFF and len(turns) < 5 * races:
            turns.append(race)  # more at once than a slow machine takes on: nobody has won yet
            continue
        others = {s for s in statuses if s not in {200, 409, 429, 503}}
        winners = statuses[200]
        if kept != 1 or others or winners < 1 or (not one_key and winners != 1):
            wrong.append(
                {"race": race, "kept": kept, "statuses": dict(statuses), "said": heard[-1]}
            )
    return answers, wrong


async def _ask(
    line: Line, gate: asyncio.Event, key: str, number: str, one_key: str
) -> tuple[int, str]:
    body = json.dumps({}).encode()
    head = [f"POST /api/v1/cases/{number}/moves/accept HTTP/1.1", f"Host: 127.0.0.1:{line.port}"]
    head += [f"Authorization: Bearer {key}"]
    head += [f"Idempotency-Key: {one_key or secrets.token_hex(16)}"]
    head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    await gate.wait()
    status, _lines, content = await line.exchange("race", "\r\n".join(head), body)
    return status, content.decode()[:200]

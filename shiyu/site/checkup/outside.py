"""What the checkup asks of the ways out: are they reachable, is anything stuck (送达自检)."""

import os
from collections.abc import Iterator
from typing import Any

import psycopg

from shiyu.common.egress import Forbidden, NothingLeft, door, target_of
from shiyu.common.egress.addresses import openings
from shiyu.common.egress.reaching import OPENINGS
from shiyu.site.checkup.finding import Finding

PEERS = "SELECT channel, name, settings FROM notices_connector WHERE in_use ORDER BY channel"
STUCK = """
SELECT count(*) FILTER (WHERE state = 'unknown'),
       count(*) FILTER (WHERE state = 'owed' AND due_at < now() - interval '15 minutes'),
       count(*) FILTER (WHERE state = 'sending' AND begun_at < now() - interval '10 minutes')
  FROM notices_delivery WHERE state IN ('unknown', 'owed', 'sending')
"""

Connection = psycopg.Connection[Any]


def findings(connection: Connection) -> Iterator[Finding]:
    """The openings as they are written, each connector in use, what waits too long."""
    yield _openings()
    for channel, name, settings in connection.execute(PEERS).fetchall():
        yield _peer(channel, name, settings)
    yield _deliveries(connection)


def _openings() -> Finding:
    text = os.environ.get(OPENINGS, "")
    try:
        found = openings(text)
    except ValueError as error:
        return Finding("egress", False, str(error), f"Correct {OPENINGS}.")
    seen = text if found else "no inside network is opened"
    return Finding("egress", True, seen)


def _peer(channel: str, name: str, settings: dict[str, Any]) -> Finding:
    """Reached and left again: nothing is said to it."""
    what = f"{channel} ({name})"
    advice = "Look at 接口与送达, and at the network of this machine."
    try:
        host, port, plain = _where(channel, settings)
        door(channel).reach(host, port, plain=plain).close()
    except (Forbidden, NothingLeft, KeyError, ValueError) as trouble:
        why = getattr(trouble, "why", None) or getattr(trouble, "message", str(trouble))
        return Finding(what, False, f"not reached ({why})", advice, fatal=False)
    return Finding(what, True, f"{host}:{port} reached")


def _where(channel: str, settings: dict[str, Any]) -> tuple[str, int, bool]:
    if channel == "mail":
        plain = settings.get("security") == "plain"
        return str(settings["host"]), int(settings["port"]), plain
    target = target_of(str(settings["url"]))
    return target.host, target.port, target.scheme == "http"


def _deliveries(connection: Connection) -> Finding:
    unknown, late, stuck = connection.execute(STUCK).fetchone() or (0, 0, 0)
    seen = f"{unknown} outcome unknown, {late} owed for over 15 minutes, {stuck} left in hand"
    advice = "Keep `shiyu worker` running; settle the unknown ones on 送达记录."
    return Finding("deliveries", not (unknown or late or stuck), seen, advice, fatal=False)

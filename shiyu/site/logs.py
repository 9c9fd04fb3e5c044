"""What is written to the log: who asked for what by name, and where it went wrong (日志).

A log is read by many and kept long, so nothing a person wrote may reach it: no address with its
codes, no words of an error (a database quotes the value it refuses, a parser what it could not
read), no arguments of a job. An error is told by its kind and the lines of code it came through.
Words of other libraries are told only as far as they are a fixed sentence.
"""

import json
import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError
from procrastinate.exceptions import ConnectorException

from shiyu.api.keys import hidden
from shiyu.common import trail

OUTAGE = (OperationalError, InterfaceError, psycopg.OperationalError, ConnectorException)
OURS = ("shiyu", "psycopg.pool")
"""Loggers whose words are fixed sentences with ids in them; a test reads each call of ours."""
PHRASES = frozenset(status.phrase for status in HTTPStatus)
"""What an answer's status is called: the only words of others that are let through."""
MOST_FRAMES = 30
JOB_WORDS = ("id", "task_name", "queue", "attempts")


class NotAnOutage(logging.Filter):
    """Leaves out what repeats, with a page of traceback each time, that the database is gone."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, OUTAGE)


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """What a line says: when, how grave, who speaks, what of, on which trail."""
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    said: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "from": record.name}
    said["says"] = _words(record)
    said |= getattr(record, "facts", {})
    walked = trail.here()
    if walked is not None:
        named = {"request": walked.number, "route": walked.route, "actor": walked.actor}
        named |= {"span": walked.span, "parent": walked.parent, "link": walked.link}
        said |= {name: value for name, value in named.items() if value and name not in said}
        if walked.job is not None:
            said["job"] = walked.job
    said |= _of_job(record)
    if record.exc_info and record.exc_info[1] is not None:
        said["error"] = _chain(record.exc_info[1])
    return said


class Json(logging.Formatter):
    """One JSON object a line, for a program that gathers logs."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(facts_of(record), ensure_ascii=False, default=str)


class Lines(logging.Formatter):
    """One line for a person who reads along; the way of an error below it."""

    def format(self, record: logging.LogRecord) -> str:
        said = facts_of(record)
        head = f"{said.pop('at')[:19]} {said.pop('level').upper()} {said.pop('from')}:"
        errors = said.pop("error", [])
        text = " ".join([head, str(said.pop("says")), *(f"{k}={v}" for k, v in said.items())])
        for error in errors:
            text += "\n  " + " ".join([error["kind"], *map(str, error.get("code", []))])
            text += "".join(f"\n    {frame}" for frame in error["at"])
        return text


def watch_threads() -> None:
    """Have an error that nobody caught told as every other, also in a thread."""

    def told(kind: Any, error: Any, _trace: Any) -> None:
        if issubclass(kind, KeyboardInterrupt | SystemExit):
            return
        logging.getLogger("shiyu").critical("ended by an error", exc_info=error)

    sys.excepthook = told
    threading.excepthook = lambda args: told(args.exc_type, args.exc_value, args.exc_traceback)


def _words(record: logging.LogRecord) -> str:
    """The sentence, with its values where they are ours or cannot be somebody's words."""
    if record.name.startswith(OURS):
        return hidden(record.getMessage())
    if not record.args:
        return f"({record.module}.{record.funcName}:{record.lineno})"
    values = record.args if isinstance(record.args, tuple) else ()
    try:
        return str(record.msg) % tuple(_plain(value) for value in values)
    except (TypeError, ValueError):
        return str(record.msg)


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    return value if isinstance(value, str) and value in PHRASES else "…"


def _of_job(record: logging.LogRecord) -> dict[str, Any]:
    """Which job Procrastinate speaks of, without what it was given."""
    said: dict[str, Any] = {}
    if isinstance(action := getattr(record, "action", None), str):
        said["action"] = action
    if isinstance(job := getattr(record, "job", None), dict):
        said |= {f"job_{name.removesuffix('_name')}": job.get(name) for name in JOB_WORDS}
    return said


def _chain(error: BaseException | None) -> list[dict[str, Any]]:
    """An error and what led to it: kinds, codes of the database, lines of code; no words."""
    told: list[dict[str, Any]] = []
    while error is not None and len(told) < 5:
        frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
        at = [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in frames]
        one: dict[str, Any] = {"kind": f"{type(error).__module__}.{type(error).__qualname__}"}
        if codes := _codes(error):
            one["code"] = codes
        told.append(one | {"at": at})
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return told


def _codes(error: BaseException) -> list[str]:
    """What the database calls the error, and the name of the rule it broke."""
    if not isinstance(error, psycopg.Error):
        return []
    named = [error.sqlstate, error.diag.constraint_name, error.diag.table_name]
    return [word for word in named if word]


def _short(path: str) -> str:
    for mark in ("/site-packages/", "/shiyu/"):
        if mark in path:
            rest = path.rpartition(mark)[2]
            return f"shiyu/{rest}" if mark == "/shiyu/" else rest
    return path.rpartition("/")[2]
